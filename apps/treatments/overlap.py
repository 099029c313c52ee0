"""One person is at one place at a time: an exclusion constraint in PostgreSQL, not a check in Python."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db.models import DateTimeField, F, Func, Q

from protocols.status import IN_FORCE

STATUSES_IN_FORCE = sorted(status.value for status in IN_FORCE)
_SUFFIX = "_at_one_place"


class TstzRange(Func):
    """A span of moments, its end not included: visits may follow one another without a gap."""

    function = "TSTZRANGE"
    output_field = DateTimeField()


def at_one_place(person: str) -> ExclusionConstraint:
    """No two bookings in force of the person in the column `person` overlap, in any couple or treatment."""
    during = TstzRange(F("starts_at"), F("ends_at"), RangeBoundary())
    return ExclusionConstraint(
        name=f"appointment_{person}{_SUFFIX}",
        expressions=[(person, RangeOperators.EQUAL), (during, RangeOperators.OVERLAPS)],
        condition=Q(status__in=STATUSES_IN_FORCE, **{f"{person}__isnull": False}),
    )


def is_overlap(constraint: str | None) -> bool:
    """True for the name of one of these constraints."""
    return constraint is not None and constraint.endswith(_SUFFIX)
