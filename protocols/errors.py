"""Everything the core can refuse, as one tree.

ProtocolsError
|-- DurationFault        a text that is no duration
|-- Faults               every fault of one input at once, each with line, field and remedy
|   |-- TemplateFaults   a protocol document that cannot be used
|   |-- BlankFaults      a protocol with parameters that a clinician has not filled
|   `-- FactFaults       records that contradict the protocol, each other or today
`-- IllegalMove          an appointment status change that the status table does not have
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where it stands, what is wrong and what mends it."""

    field: str
    message: str
    remedy: str
    line: int | None = None
    record: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.field}: {self.message}. {self.remedy}"

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "field": self.field, "message": self.message, "remedy": self.remedy}


class ProtocolsError(Exception):
    """Base of every error that this package raises on purpose."""


class DurationFault(ProtocolsError, ValueError):
    """A text that is no duration; also a ValueError, so that pydantic reports it beside its field."""


class Faults(ProtocolsError):
    """All faults of one input. Nothing was changed or computed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.field)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class TemplateFaults(Faults):
    """A protocol document that cannot be used."""


class BlankFaults(Faults):
    """A usable document with parameters that a clinician has yet to fill."""


class FactFaults(Faults):
    """Records that contradict the protocol, each other or today."""


class IllegalMove(ProtocolsError):
    """A status change that the table in `protocols.status` does not have."""

    def __init__(self, status: str, act: str) -> None:
        self.status, self.act = status, act
        super().__init__(f"an appointment that is {status} cannot be {act}")
