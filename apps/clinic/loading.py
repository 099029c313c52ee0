"""From rows to the core's calendar."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from apps.clinic.models import Clinic, Closure, Holiday, OpeningHours
from protocols.workdays import Workdays


def workdays_of(clinic: Clinic) -> Workdays:
    """The clinic's open weekdays less ticked holidays and closures. Two queries, whatever their number.

    A clinic without opening hours is open on no day: nothing can be planned until they are set.
    """
    weekdays = OpeningHours.objects.filter(clinic=clinic).order_by().values_list("weekday", flat=True)
    ticked = Holiday.objects.filter(clinic=clinic, closed=True).order_by()
    closed = Closure.objects.filter(clinic=clinic).order_by()
    spans = (
        ticked.annotate(start=F("on"), end=F("on"))
        .values_list("start", "end")
        .union(closed.annotate(start=F("from_on"), end=F("to_on")).values_list("start", "end"))
    )
    return Workdays(
        open_weekdays=frozenset(weekdays),
        closed=frozenset(
            date.fromordinal(day)
            for start, end in spans
            for day in range(start.toordinal(), end.toordinal() + 1)
        ),
    )
