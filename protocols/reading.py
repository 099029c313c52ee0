"""Reads one record from a mapping, and says every fault of it in the words of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from protocols.errors import FactFaults, Fault
from protocols.records import KINDS, Record

_RECORD: TypeAdapter[Record] = TypeAdapter(Record)


def read_record(data: Mapping[str, Any], number: int | None = None) -> Record:
    """One record from its mapping. Raises FactFaults with every fault of it; `number` says which record it was."""
    try:
        return _RECORD.validate_python(dict(data))
    except ValidationError as error:
        raise FactFaults([_fault(detail, data, number) for detail in error.errors()]) from None


def _path(location: Iterable[Any]) -> Iterator[str]:
    """The field of a pydantic location, without the kind that pydantic puts in front of a record's fields."""
    in_front = True
    for part in location:
        if not (in_front and part in KINDS):
            yield str(part)
        in_front = part == "replacement"


def _fault(detail: Any, data: Mapping[str, Any], number: int | None) -> Fault:
    kind = data.get("kind")
    field = ".".join(_path(detail["loc"])) or "record"
    if detail["type"].startswith("union_tag"):
        return Fault(
            "kind", f"there is no kind of record '{kind}'", f"Use one of: {', '.join(KINDS)}", record=number
        )
    if detail["type"] == "missing":
        return Fault(field, f"a {kind} record needs it", f"Add {field}", record=number)
    if detail["type"] == "extra_forbidden":
        return Fault(
            field, f"a {kind} record has no such field", f"Remove {field} or correct its name", record=number
        )
    message = detail["msg"].removeprefix("Value error, ")
    got = detail["input"] if isinstance(detail["input"], str | int | float | None) else ""
    return Fault(
        field, f"{message} (got {got!r})" if got != "" else message, "Correct the value", record=number
    )
