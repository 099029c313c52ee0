"""The error tree of everything above the core.

    LitError
    |-- NotFound    404  no such row, or it is another clinic's: the two look the same from outside
    |-- Forbidden   403  the actor may not do this
    |-- Conflict    409  the state of things has moved on, or forbids it
    `-- Invalid     400  the input is wrong; carries every fault at once

Each edge has one translator (problem+json, admin message). Messages hold no names and no clinical words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field, and what to do about it."""

    field: str
    message: str
    remedy: str = ""


class LitError(Exception):
    """Base of all expected failures. `status` is a hint for HTTP edges."""

    code = "error"
    status = 500

    def __init__(self, message: str, *, code: str | None = None, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field
        self.remedy = remedy

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong, field by field; one entry unless the error says more."""
        return (Fault(self.field, self.message, self.remedy),)


class NotFound(LitError):
    code = "not_found"
    status = 404


class Forbidden(LitError):
    code = "forbidden"
    status = 403


class Conflict(LitError):
    code = "conflict"
    status = 409


class Invalid(LitError):
    """Wrong input. Built from one message or from several faults."""

    code = "invalid"
    status = 400

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        field: str = "",
        remedy: str = "",
        faults: Sequence[Fault] = (),
    ) -> None:
        given = tuple(faults) or (Fault(field, message, remedy),)
        super().__init__(
            message or " ".join(fault.message for fault in given),
            code=code,
            field=given[0].field,
            remedy=given[0].remedy,
        )
        self._faults = given

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self._faults
