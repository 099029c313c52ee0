"""The laboratory tests that ship: each with its assays, units, legal values and bands, for a protocol to take over.

`docs/laboratory-tests.md` says the same for a laboratory to read. A cut-off that no source gives, or only a weak one,
is a blank there and here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from protocols.laboratory import LabTest
from protocols.loader import catalogue_text, load

# A protocol has a step. This one asks nothing of anybody, so that the catalogue is read by `load` and refused for the
# same faults, with their lines, as the tests of any protocol.
_STEP = """
milestones: {never: {title: never}}
steps:
  - name: none
    title: None
    noun: none
    kind: contact
    relations: [{after: {milestone: never}, earliest: {at: P0D, source: clinic, grade: setting}}]
"""


def read_catalogue(text: str) -> Mapping[str, LabTest]:
    """The tests of a catalogue's document by name. Raises TemplateFaults with every fault and its line at once."""
    return MappingProxyType(load(text + _STEP).tests)


@cache
def catalogue() -> Mapping[str, LabTest]:
    """The laboratory tests that ship, by name. Values of two assays, or of two versions of cut-offs, are never compared."""
    return read_catalogue(catalogue_text())
