"""What asks for a person, by kind: the read path of the first page. Every question is scoped to one clinic.

A kind is a query and no copy: a row is on the list while what it says is true, and on one list only. What people said
in between (call again on, declined) stands in `CallTask`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Least
from django.db.models.lookups import IsNull

from apps.booking.call_models import OF_A_TIME, OF_THE_DONOR, READ_OFF_THE_VISIT, CallState, CallTask, CallWhy
from apps.booking.coming_queries import with_coming
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.cover import COVER_HAS, Coverage
from apps.clinic.models import Clinic
from apps.couples.models import RUNG_ABOUT, Couple, SilenceReason
from apps.treatments.models import Appointment, Flag, FlagState, PhoneDecision, PhoneState, Record
from apps.treatments.overlap import STATUSES_IN_FORCE
from apps.treatments.result_readings import unread_results

CLOSING_WITHIN = timedelta(days=7)
# Flags that say what a visit's or a sample's own row says already.
SAID_BY_THE_VISIT = ("visit_overdue", "visit_unrecorded", "closing_unbooked")
# Calls in the place of a message: they end with whatever silences the couple.
OF_A_MESSAGE = (CallWhy.TELL, CallWhy.MESSAGE_REFUSED)
RESULT_OVERDUE = "result_overdue"
NOBODY = "nobody"

_PEOPLE = ("clinic", "treatment__couple__recipient", "treatment__couple__partner")
_ON_THE_LIST = ~Q(state=CallState.DONE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the worklist: the clinic, its day at a moment, and whose rows are wanted.

    `nurse` and `doctor` are users by number, `NOBODY` for couples that have none, or None for all. The two coverages
    say whose couples they have on the day, as covers too.
    """

    clinic: Clinic
    at: datetime
    nurses: Coverage
    doctors: Coverage
    nurse: int | str | None = None
    doctor: int | str | None = None
    first: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        return local_date(self.clinic.zone, self.at)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """First moment of today and of tomorrow."""
        return day_bounds(self.clinic.zone, self.today)

    def of_couple(self, path: str) -> Q:
        """Rows of the couples whose nurse and doctor are those asked for; `path` leads to the couple."""
        nurse = _answering(self.nurses, self.nurse, f"{path}nurse")
        return nurse & _answering(self.doctors, self.doctor, f"{path}doctor")


def _answering(coverage: Coverage, user: int | str | None, path: str) -> Q:
    if user is None:
        return Q()
    if not isinstance(user, int):
        return Q(**{f"{path}__isnull": True})
    theirs = {one for one in coverage.members if coverage.holder(one, late=False) == user}
    return Q(**{f"{path}__in": sorted(theirs | ({user} - coverage.members))})


def visits(asked: Asked) -> QuerySet[Appointment]:
    """Visits with their people; their protocol's document is not read."""
    found = Appointment.objects.filter(clinic=asked.clinic).select_related(*_PEOPLE)
    return found.filter(asked.of_couple("treatment__couple__"))


def arrived(asked: Asked) -> QuerySet[Appointment]:
    """Who is in the house, the longest first."""
    begins, ends = asked.bounds
    here = visits(asked).filter(status="arrived", starts_at__gte=begins, starts_at__lt=ends)
    return here.order_by("starts_at", "pk")


def expected_today(asked: Asked) -> QuerySet[Appointment]:
    """Booked today and not over yet, in order of time; `coming` says who told us that they come."""
    ends = asked.bounds[1]
    booked = with_coming(visits(asked).filter(status="booked", ends_at__gt=asked.at, starts_at__lt=ends))
    return booked.order_by("starts_at", "pk")


def without_outcome(asked: Asked) -> QuerySet[Appointment]:
    """Visits whose time is over and of which nobody has said what became; who is still in the house is left out."""
    over = visits(asked).filter(status__in=STATUSES_IN_FORCE, ends_at__lte=asked.at)
    return over.exclude(status="arrived", starts_at__gte=asked.bounds[0]).order_by("starts_at", "pk")


def unbooked(asked: Asked) -> QuerySet[Any]:
    """Visits that are asked for and have no booking, each with `last_good`, the last day that needs no reason.

    Left out: one about which somebody asked for a call (it is on that call's row), and one whose own call was put off
    beyond today or declined (see `said_later`).
    """
    put_off = _same_time() & (~Q(state=CallState.OPEN) | Q(due_at__gte=asked.bounds[1]))
    elsewhere = _calls_of_visit().filter(~Q(why__in=READ_OFF_THE_VISIT) | put_off)
    return _asked_for(asked).filter(~Exists(elsewhere))


def _asked_for(asked: Asked) -> QuerySet[Any]:
    return (
        visits(asked)
        .filter(status__in=("proposed", "noshow", "cancelled"), state__in=("proposed", "missed"), held=False)
        .annotate(last_good=Least("latest_on", "bookable_to"))  # PostgreSQL passes over the empty one
    )


def _calls_of_visit() -> QuerySet[CallTask]:
    """Of those about the couple: what a donor from outside is told of it says nothing of the two."""
    calls_of = CallTask.objects.filter(_ON_THE_LIST, appointment_id=OuterRef("pk"))
    return calls_of.exclude(why__in=OF_THE_DONOR)


def _same_time() -> Q:
    """The call of an earlier time of the visit is over: missed a second time, it is rung about anew."""
    never = Q(IsNull(OuterRef("starts_at"), True), about_at__isnull=True)
    return Q(about_at=OuterRef("starts_at")) | never


def to_call(asked: Asked) -> QuerySet[Any]:
    """Missed or cancelled and not booked again, unless somebody said to call another day or that they declined."""
    fallen = unbooked(asked).filter(status__in=("noshow", "cancelled"))
    return fallen.order_by(F("last_good").asc(nulls_last=True), "pk")


def overdue(asked: Asked) -> QuerySet[Any]:
    """Never booked, and the last good day has passed. What has expired is a flag's matter and not here."""
    past = unbooked(asked).filter(status="proposed", last_good__lt=asked.today)
    return past.order_by("last_good", "pk")


def closing(asked: Asked) -> QuerySet[Any]:
    """Never booked, and the good days end within a week."""
    span = (asked.today, asked.today + CLOSING_WITHIN)
    soon = unbooked(asked).filter(status="proposed", last_good__range=span)
    return soon.order_by("last_good", "pk")


def said_later(asked: Asked) -> QuerySet[Any]:
    """Visits without a booking whose call was put off, or who declined: on the list until booked or decided.

    `call_id`, `call_state` and `call_due` are those of the call about it.
    """
    mine = _calls_of_visit()
    call = mine.filter(_same_time(), why__in=READ_OFF_THE_VISIT).order_by("-asked_at")[:1]
    # From the few calls to their visits: asking each visit for its call would cost as much as the clinic is large.
    spoken_of = CallTask.objects.filter(_ON_THE_LIST, clinic=asked.clinic, why__in=READ_OFF_THE_VISIT)
    found = _asked_for(asked).filter(
        ~Exists(mine.exclude(why__in=READ_OFF_THE_VISIT)), pk__in=spoken_of.values("appointment_id")
    )
    with_call: QuerySet[Any] = found.annotate(
        call_id=Subquery(call.values("pk")),
        call_state=Subquery(call.values("state")),
        call_due=Subquery(call.values("due_at")),
    )
    put_off = ~Q(call_state=CallState.OPEN) | Q(call_due__gte=asked.bounds[1])
    return with_call.filter(put_off, call_id__isnull=False).order_by("call_due", "pk")


def calls(asked: Asked, *, later: bool = False) -> QuerySet[CallTask]:
    """Calls that somebody asked for, by when; `later` those put off beyond today and those who declined."""
    found = CallTask.objects.filter(_ON_THE_LIST, clinic=asked.clinic)
    found = found.exclude(why__in=(*READ_OFF_THE_VISIT, *OF_THE_DONOR))
    # What was to be said of a visit is said no more once it stands at another time, or once nothing is to be said at all.
    moved = Appointment.objects.filter(pk=OuterRef("appointment_id"), status__in=STATUSES_IN_FORCE)
    moved = moved.exclude(starts_at=OuterRef("about_at"))
    silent = Q(couple__silent_since__isnull=False)
    found = found.exclude(Exists(moved), why__in=OF_A_TIME).exclude(silent, why__in=OF_A_MESSAGE)
    found = found.exclude(couple__silent_reason__in=RUNG_ABOUT, why=CallWhy.CHANGE)
    stands = Appointment.objects.filter(
        pk=OuterRef("appointment_id"), starts_at=OuterRef("about_at"), status="booked"
    )
    hidden = Q(Exists(stands), couple__silent_reason=SilenceReason.OWN_WISH)
    found = found.exclude(~hidden, why=CallWhy.NOT_SHOWN)
    due = Q(state=CallState.OPEN, due_at__lt=asked.bounds[1])
    doctor = _answering(asked.doctors, asked.doctor, "couple__doctor")
    nurse = _answering(asked.nurses, asked.nurse, "couple__nurse")
    if asked.nurse is not None:
        nurse &= Q(assigned__isnull=True)
    if isinstance(asked.nurse, int):
        nurse |= Q(assigned=asked.nurse)
    return (
        found.filter(~due if later else due, nurse, doctor)
        .select_related("clinic", "couple__recipient", "couple__partner", "assigned")
        .order_by("due_at", "pk")
    )


def silenced(asked: Asked) -> QuerySet[Couple]:
    """Couples for whom everything was stopped by one act and whom nobody has rung about it, the longest first. Where one
    of them ended it at their own page, the call about that says it.
    """
    since = OuterRef("silent_reason_since")
    about = Q(why=CallWhy.SILENCED, about_at=since) | Q(why=CallWhy.ENDED, asked_at__gte=since)
    rung = CallTask.objects.filter(about, couple=OuterRef("pk"))
    stopped = Couple.objects.filter(
        clinic=asked.clinic, silent_since__isnull=False, silent_reason__in=RUNG_ABOUT, merged_into=None
    )
    return (
        stopped.filter(~Exists(rung), asked.of_couple(""))
        .select_related("clinic", "recipient", "partner")
        .order_by("silent_reason_since", "pk")
    )


def flags(asked: Asked) -> QuerySet[Flag]:
    """Open flags that somebody has to look at or decide, those of the roles in `asked.first` before others.

    A flag that only says what a visit's own row says is left out, as is that of a late result (see `late_results`).
    `by_phone`: a doctor's word by phone waits on it.
    """
    waiting = PhoneDecision.objects.filter(flag=OuterRef("pk"), state=PhoneState.WAITING)
    rank = Case(When(owner__in=asked.first, then=0), default=1, output_field=IntegerField())
    silent = Case(When(decisions=[], then=Value(1)), default=Value(0), output_field=IntegerField())
    return (
        _open_flags(asked)
        .exclude(code__in=(*SAID_BY_THE_VISIT, RESULT_OVERDUE))
        .annotate(by_phone=Exists(waiting), rank=rank, silent=silent)
        .order_by("silent", "rank", "due_on", "raised_at", "pk")
    )


def late_results(asked: Asked) -> QuerySet[Flag]:
    """Flags of samples whose result is late."""
    return _open_flags(asked).filter(code=RESULT_OVERDUE).order_by("due_on", "pk")


def results_to_read(asked: Asked) -> QuerySet[Record]:
    """Results of a pregnancy that no clinician has seen. Until one has, nothing automatic goes to the couple."""
    found = unread_results(asked.clinic).filter(asked.of_couple("treatment__couple__"))
    return found.select_related(*_PEOPLE, "treatment__protocol_version")


def _open_flags(asked: Asked) -> QuerySet[Flag]:
    found = Flag.objects.filter(clinic=asked.clinic, state=FlagState.OPEN).select_related(*_PEOPLE)
    return found.filter(_owned(asked))


def _owned(asked: Asked) -> Q:
    """Flags that are in the hands of those asked for: their own, as cover, or everybody's. See `Coverage.owners`."""
    nurse = _of_owner(asked.nurses, asked.nurse, "nurse", asked.today)
    doctor = _of_owner(asked.doctors, asked.doctor, "doctor", asked.today)
    return nurse & doctor


def _of_owner(coverage: Coverage, user: int | str | None, role: str, today: date) -> Q:
    """A nurse's flags by who has them now, as a doctor's; the other role's by whose the couple is."""
    path = f"treatment__couple__{role}"
    if not isinstance(user, int):
        return _answering(coverage, user, path)
    members = sorted(coverage.members)
    on_time = [one for one in members if coverage.holder(one, late=False) in (user, None)]
    late = [one for one in members if coverage.holder(one, late=True) in (user, None)]
    everybody = Q(due_on__lt=today - COVER_HAS) | Q(**{f"{path}__isnull": True})
    everybody |= ~Q(**{f"{path}__in": members})
    has_it = everybody | Q(due_on__gte=today, **{f"{path}__in": on_time})
    has_it |= Q(due_on__lt=today, **{f"{path}__in": late})
    if user not in coverage.members:
        has_it = Q(**{path: user})
    owner = Q(owner=role)
    return (owner & has_it) | (~owner & _answering(coverage, user, path))
