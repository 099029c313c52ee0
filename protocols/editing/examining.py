"""Everything that is wrong with a document that somebody is still writing: it never raises, it tells.

`protocols.load` refuses the same faults; here they come together with the blanks, and a text that no reader should
unfold (aliases that hold themselves) is a fault too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import yaml

from protocols.checks import blanks
from protocols.editing.number_spots import is_number, spots
from protocols.errors import Fault, TemplateFaults
from protocols.loader import Lines, Path, load, read_yaml
from protocols.places import applied, composed, is_endless, replaced
from protocols.template import Template

LONGEST = 100_000
# How the loader calls a field that does not exist.
NO_FIELD = "is no field here"
# What stands in for a number that cannot be read, where a blank would be a fault of its own.
_STAND_IN = {"notice": "P1D", "deadline": "P1D", "before": "P1D", "count": "1"}


@dataclass(frozen=True, slots=True)
class Examined:
    """A document as it stands: its template if it has no fault, all its faults, the fields left blank."""

    template: Template | None
    faults: tuple[Fault, ...]
    blanks: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it can be planned with."""
        return self.template is not None and not self.blanks


def examine(text: str) -> Examined:
    """Reads a document. The faults come by line; blanks are known only of a document without faults."""
    if len(text) > LONGEST:
        return _refused(f"is longer than {LONGEST} characters", "Shorten it")
    if is_endless(text):
        return _refused(
            "nests without end: an alias (*name) holds itself", "Write out what the alias stands for"
        )
    try:
        template = load(text)
    except TemplateFaults as error:
        faults = _without_echoes(error.faults)
        both = (*faults, *_behind(text, faults))
        return Examined(None, tuple(sorted(both, key=lambda fault: (fault.line or 0, fault.field))))
    return Examined(template, (), tuple(blanks(template)))


def _behind(text: str, told: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The faults that show only once those of reading are out of the way: all shall be told at once.

    So the document is read again without the fields that do not exist and with blanks for what is no number.
    """
    root = composed(text)
    unread = [] if root is None else [spot for spot in spots(root) if not is_number(spot)]
    stood_in = applied(text, [replaced(text, spot.value, _STAND_IN.get(spot.key, "null")) for spot in unread])
    try:
        data, lines = read_yaml(stood_in)
        dropped = [_drop(data, fault.field.split(".")) for fault in told if fault.message == NO_FIELD]
        if unread or any(dropped):
            load(yaml.safe_dump(data, allow_unicode=True))
    except TemplateFaults as error:
        known = {fault.field for fault in told}
        found = [fault for fault in _without_echoes(error.faults) if fault.field not in known]
        return tuple(replace(fault, line=_line(fault.field, lines)) for fault in found)
    return ()


def _drop(data: Any, path: list[str]) -> bool:
    """Takes a field out of the data, if it is there."""
    for name in path[:-1]:
        if isinstance(data, list):
            data = data[int(name)] if name.isdigit() and int(name) < len(data) else None
        else:
            data = data.get(name) if isinstance(data, dict) else None
    return isinstance(data, dict) and data.pop(path[-1], data) is not data


def _line(field: str, lines: Lines) -> int | None:
    """The line of the innermost part of a field that the document has."""
    path: Path = tuple(int(part) if part.isdigit() else part for part in field.split("."))
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


def _refused(message: str, remedy: str) -> Examined:
    return Examined(None, (Fault("document", message, remedy, 1),))


def _without_echoes(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Without "should have at least 1 item" of a list whose only fault is the item itself."""
    fields = [fault.field for fault in faults]
    return tuple(
        fault
        for fault in faults
        if "at least 1 item" not in fault.message
        or not any(field.startswith(f"{fault.field}.") for field in fields)
    )
