"""The read path of closings: one function per question, each inside one clinic."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.booking.closing_models import Closing, ClosingLine, ClosingLineState, ClosingState
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic


@dataclass(frozen=True, slots=True)
class ClosingProgress:
    """How many lines of a closing stand where."""

    drafted: int = 0
    waiting: int = 0
    moved: int = 0
    cancelled: int = 0
    stayed: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.drafted + self.waiting + self.done

    @property
    def done(self) -> int:
        return self.moved + self.cancelled + self.stayed + self.skipped + self.failed


def closings_of(clinic: Clinic) -> QuerySet[Closing]:
    """The clinic's closings but for discarded ones, newest first."""
    found = Closing.objects.filter(clinic=clinic).exclude(state=ClosingState.DISCARDED)
    return found.select_related("clinic", "resource").order_by("-drafted_at", "id")


def closing_by_id(clinic: Clinic, closing_id: UUID) -> Closing:
    found = Closing.objects.filter(clinic=clinic, pk=closing_id).select_related("clinic", "resource").first()
    if found is None:
        raise NotFound("There is no such closing.", field="closing")
    return found


def lines_of_closing(closing: Closing) -> QuerySet[ClosingLine]:
    """Its sessions with couple and people, in the order in which to call."""
    return (
        ClosingLine.objects.filter(closing=closing)
        .select_related(
            "appointment__clinic",
            "appointment__treatment__couple__recipient",
            "appointment__treatment__couple__partner",
        )
        .order_by("rank", "id")
    )


def closing_progress(closing: Closing) -> ClosingProgress:
    """Counted from the lines, so it is true whatever died."""
    counted = (
        ClosingLine.objects.filter(closing=closing).order_by().values_list("state").annotate(n=Count("pk"))
    )
    return ClosingProgress(**{ClosingLineState(state).value: n for state, n in counted})
