"""Fields and bases of every shape that goes in or out: nothing is guessed, nothing unknown is let through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

# What every address takes in its query.
_EVERYWHERE = frozenset({"clinic"})
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class RemediedCode(str):
    """The code of an error, with what mends it. REST framework copies errors anew, but keeps their codes."""

    remedy: str
    __slots__ = ("remedy",)


def remedied(text: str, code: str, remedy: str) -> ErrorDetail:
    """An error's text that carries what mends it."""
    carrier = RemediedCode(code)
    carrier.remedy = remedy
    return ErrorDetail(text, carrier)


class Strict(serializers.Serializer[Any]):
    """A body or a query in which a name that is not known is a fault of its own, told with all the others."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        known = [field.field_name for field in self._writable_fields]
        allowed = ", ".join(str(name) for name in known) or "none"
        unknown = {
            name: [remedied(f"There is no field {name!r} here.", "unknown", f"Known: {allowed}.")]
            for name in data
            if name not in known
        }
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**cast(dict[str, Any], error.detail), **unknown}) from None
        if unknown:
            raise ValidationError(unknown)
        return value


class StrictBoolean(serializers.BooleanField):
    """true or false. "no", 0 and null are faults."""

    def to_internal_value(self, data: Any) -> Any:
        if data is True or data is False:
            return data
        return self.fail("invalid", input=data)


class StrictText(serializers.CharField):
    """A JSON string; a number is not one."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data) if isinstance(data, str) else self.fail("invalid")


class Moment(serializers.DateTimeField):
    """A moment with its offset. In: one without is refused. Out: it stands in the clinic's own time."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = _parsed(value)
        if moment is None:
            raise ValidationError(
                [remedied("This is no moment.", "invalid", "Write 2026-01-12T09:00:00+05:30.")]
            )
        if moment.tzinfo is None:
            raise ValidationError(
                [
                    remedied(
                        "This moment has no offset.", "naive", "End it with Z or an offset such as +05:30."
                    )
                ]
            )
        if not _EARLIEST <= moment <= _LATEST:
            raise ValidationError([remedied("This moment is too far away.", "range", "Check the year.")])
        return moment

    def to_representation(self, value: Any) -> str:
        return self.shown(value, self.context["zone"])

    @staticmethod
    def shown(moment: datetime, zone: str) -> str:
        """The moment as the clinic's clock shows it, with the offset of that day."""
        return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


class Day(serializers.DateField):
    """A whole day of the clinic's calendar, as YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> date:
        day = _day(value)
        if day is None:
            raise ValidationError([remedied("This is no date.", "invalid", "Write it like 2026-01-12.")])
        if not _EARLIEST.date() <= day <= _LATEST.date():
            raise ValidationError([remedied("This date is too far away.", "range", "Check the year.")])
        return day


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _parsed(value: Any) -> datetime | None:
    try:
        return parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None


@extend_schema_field(OpenApiTypes.STR)
class Zone(serializers.ReadOnlyField):
    """The clinic's IANA zone, beside every moment: an offset does not say what the clock does next week."""

    def __init__(self) -> None:
        super().__init__(source="*")

    def to_representation(self, value: Any) -> str:
        zone: str = self.context["zone"]
        return zone


class NoQuery(Strict):
    """An address that takes no parameters of its own."""


def read_query(request: Request, shape: type[Strict]) -> dict[str, Any]:
    """The checked query of a request. A parameter that is not known, or stands twice, is a fault."""
    repeated = {
        name: [remedied(f"{name} stands twice.", "repeated", "Give it once.")]
        for name, values in request.query_params.lists()
        if len(values) > 1
    }
    if repeated:
        raise ValidationError(repeated)
    given = {name: value for name, value in request.query_params.items() if name not in _EVERYWHERE}
    return read(shape, given)


def read(shape: type[Strict], data: Any, **context: Any) -> dict[str, Any]:
    """The checked body, as the shape says. Raises ValidationError with every fault."""
    checked = shape(data=data, context=context)
    checked.is_valid(raise_exception=True)
    found: dict[str, Any] = checked.validated_data
    return found
