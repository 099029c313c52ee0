"""A visit as it stands now, and whether anything may be sent about it: read by derivation and again by every
send."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from apps.clinic.models import Change
from apps.couples.models import Couple, Person, SilenceReason
from apps.couples.queries import silent_elsewhere
from apps.couples.route_queries import address_of as address_of
from apps.couples.route_queries import ways_of
from apps.reminders.messages import family_of
from apps.reminders.models import Delivery, InboundAbout
from apps.reminders.texts import SECRET, TRIAL, UNTIMED, UPDATED
from apps.reminders.timing import wall_moment
from apps.treatments.loading import persons_coming
from apps.treatments.models import Appointment, Flag, FlagState, Record
from apps.treatments.result_readings import unread_results
from protocols.reminders import CANCELLED
from protocols.status import Status

AWAITED = ("proposed", "missed")
UNBOOKED = (Status.PROPOSED, Status.NOSHOW, Status.CANCELLED)
_ROUTES = ("recipient__routes", "partner__routes")

# Flags about a result: what it says, that it is late, or that nobody can say what it means.
OF_RESULTS = (
    "no_antibody_response",
    "weak_antibody_response",
    "result_not_interpretable",
    "result_overdue",
    "result_expired",
    "outside_result",
)


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who comes to a visit, and as whom."""

    role: str
    person: Person


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment with everybody who comes to it. Wall times are those of the zone that it was booked
    in."""

    row: Appointment
    coming: Mapping[UUID, Coming]
    silenced_since_change: bool = False
    stopped: bool = False

    @property
    def id(self) -> UUID:
        return self.row.pk

    @property
    def starts_at(self) -> datetime | None:
        return self.row.starts_at

    @property
    def time(self) -> datetime:
        if self.row.starts_at is None:
            raise ValueError("this visit has no time")
        return self.row.starts_at

    @property
    def told_until(self) -> datetime:
        """Until when its cancellation is worth telling: its start; of a session that was stopped, its end, since
        whoever comes later in the day has not left home."""
        return self.row.ends_at if self.stopped and self.row.ends_at is not None else self.time

    @property
    def is_booked(self) -> bool:
        """Agreed and not yet begun: arrived people need no message."""
        return self.row.status == Status.BOOKED

    @property
    def in_force(self) -> bool:
        """Not called off: booked, or already under way or over."""
        called_off = (Status.PROPOSED, Status.CANCELLED, Status.ENTERED_IN_ERROR)
        return self.row.status not in called_off

    @property
    def awaits_booking(self) -> bool:
        """Nothing is agreed: it was never booked, or missed, or called off, and the plan still asks for it."""
        return self.row.status in UNBOOKED and self.row.state in AWAITED

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.row.zone or self.row.clinic.zone)

    def wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def moment(self, wall: datetime) -> datetime:
        """A wall time that the clocks skip is read by the offset before the jump, one shown twice as the first."""
        return wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)

    def moment_for(self, person: Person, wall: datetime) -> datetime:
        """The hour of a reminder is an hour of the person's own day; the day is counted in the clinic's."""
        return wall_moment(person.zone, wall.date(), wall.time()) if person.zone else self.moment(wall)

    @property
    def good_days(self) -> tuple[date, date] | None:
        """The first and the last good day that the other visits leave; None while the plan does not name both ends."""
        row = self.row
        last = row.latest_on or row.bookable_to
        if row.earliest_on is None or last is None:
            return None
        left = max(row.earliest_on, row.bookable_from or row.earliest_on), min(last, row.bookable_to or last)
        return next((days for days in (left, (row.earliest_on, last)) if days[0] <= days[1]), None)

    @property
    def would_come(self) -> list[tuple[str, Person]]:
        """Who of the two an unbooked visit is for, and as whom, the recipient first."""
        couple, attends = self.row.treatment.couple, self.row.attends or ("recipient", "partner")
        coming = persons_coming(self.row.treatment, attends, str(self.row.plan.get("donor") or ""))
        both = (("recipient", couple.recipient), ("partner", couple.partner))
        return [one for one in both if one[1].pk in coming]


def load_visits(treatment_ids: Collection[UUID]) -> list[Visit]:
    """Every visit of the treatments that ever had a time, in one query."""
    rows = _with_everything(Appointment.objects.filter(treatment__in=treatment_ids, starts_at__isnull=False))
    return [visit_of(row) for row in rows.prefetch_related(*_ROUTES)]


def load_unbooked(treatment_ids: Collection[UUID]) -> list[Visit]:
    """Every visit of the treatments that the plan asks for and nobody has agreed on."""
    rows = _with_everything(Appointment.objects.filter(treatment__in=treatment_ids, state__in=AWAITED))
    rows = rows.select_related("treatment__couple__recipient", "treatment__couple__partner")
    found = rows.prefetch_related(
        "treatment__couple__recipient__routes", "treatment__couple__partner__routes"
    )
    return [visit for visit in map(visit_of, found) if visit.awaits_booking]


def load_visits_as_if(treatment_id: UUID, as_if: Mapping[UUID, Appointment]) -> list[Visit]:
    """`load_visits` of one treatment, with the times, people and holds of `as_if` in place of the stored ones."""
    rows = [
        _as_if(row, as_if[row.pk]) if row.pk in as_if else row
        for row in _with_everything(Appointment.objects.filter(treatment=treatment_id)).prefetch_related(
            *_ROUTES
        )
    ]
    return [visit_of(row) for row in rows if row.starts_at is not None]


def _as_if(row: Appointment, other: Appointment) -> Appointment:
    if (row.status, row.starts_at) != (other.status, other.starts_at):
        row.silenced_since = False  # type: ignore[attr-defined]  # a change of now is younger than any silence
    for name in ("status", "starts_at", "ends_at", "zone", "pencilled", "held"):
        setattr(row, name, getattr(other, name))
    row.recipient_id, row.partner_id = other.recipient_id, other.partner_id
    return row


def load_visit(appointment_id: UUID) -> Visit | None:
    """The visit as this transaction sees it; None once it is gone."""
    row = _with_everything(Appointment.objects.filter(pk=appointment_id)).first()
    return visit_of(row) if row else None


def visit_of(row: Appointment) -> Visit:
    named = (("recipient", row.recipient), ("partner", row.partner))
    coming = {person.pk: Coming(role, person) for role, person in named if person is not None}
    return Visit(
        row, coming, bool(getattr(row, "silenced_since", False)), bool(getattr(row, "stopped_since", False))
    )


def quiet_reason(visit: Visit) -> str:
    """Why nothing at all is sent about this visit; empty if something may be."""
    return next(iter(quiet_reasons(visit)), "")


def quiet_reasons(visit: Visit) -> tuple[str, ...]:
    """Everything for which nothing at all is sent about this visit, the most important first."""
    treatment = visit.row.treatment
    reasons = {
        "silent": treatment.couple.is_silent,
        "back-filled": not treatment.notify,
        "test clinic": visit.row.clinic.is_test,
        "held": visit.row.held and visit.in_force,
        "pencilled": visit.row.pencilled and visit.in_force,
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def may_write_to(person: Person) -> bool:
    """The person agreed to be contacted, still wants it, and there is a way."""
    return bool(ways_of(person))


def couples_of_person(person: Person) -> QuerySet[Couple]:
    theirs = Q(recipient=person) | Q(partner=person)
    return Couple.objects.filter(theirs, clinic=person.clinic_id, merged_into=None)


def is_paused(person: Person) -> bool:
    """Somebody of one of the person's couples wrote to us, and nobody has read it yet."""
    about = InboundAbout.objects.filter(inbound__read_at__isnull=True, couple__in=couples_of_person(person))
    return about.exists()


def awaits_a_reader(person: Person) -> bool:
    """In a pregnancy a result has come that no clinician has read, or is abnormal or late and none has decided on it."""
    couples = couples_of_person(person)
    if unread_results(person.clinic).filter(treatment__couple__in=couples).exists():
        return True
    pregnancy = Record.objects.filter(
        treatment=OuterRef("treatment"), kind="milestone", data__name="pregnancy"
    ).exclude(data__certainty="planned")
    unread = Flag.objects.filter(state=FlagState.OPEN, code__in=OF_RESULTS, treatment__couple__in=couples)
    return unread.filter(Exists(pregnancy)).exists()


def why_no_notice(row: Delivery) -> str:
    """Why a message about no visit must not go to its person now; empty if it may.

    A code or a link that the person asked for in this moment goes out of a silence too: it opens their own page. So does
    the one word that a clinician chose after a loss.
    """
    if row.clinic.is_test:
        return "test clinic"
    if row.kind == UPDATED:
        return why_no_word_after_loss(row.person)
    if row.kind in SECRET or row.kind == TRIAL:
        return ""
    return "silent" if couples_of_person(row.person).filter(silent_since__isnull=False).exists() else ""


def why_no_word_after_loss(person: Person) -> str:
    """`no loss` unless one of the person's couples is silent for a confirmed one, `own wish` where one of them asked for no
    messages; empty if the word may go."""
    silent = couples_of_person(person).filter(silent_since__isnull=False)
    if not silent.filter(silent_reason=SilenceReason.CONFIRMED_LOSS).exists():
        return "no loss"
    return "own wish" if silent.filter(own_wish_since__isnull=False).exists() else ""


def why_not(visit: Visit | None, *, person: Person, kind: str, starts_at: datetime | None) -> str:
    """Why a message of this kind about that time must not go to the person now; empty if it may."""
    if visit is None:
        return "visit gone"
    quiet = quiet_reason(visit)
    if quiet:
        return quiet
    if silent_elsewhere(person, visit.row.treatment.couple):
        return "silent"
    if not may_write_to(person):
        return "not to be written to"
    if family_of(kind) in UNTIMED:
        return "held" if visit.row.held else "" if visit.awaits_booking else "visit changed"
    if family_of(kind) == CANCELLED:
        return "visit stands" if visit.in_force else ""
    if not visit.is_booked or visit.starts_at != starts_at:
        return "visit changed"
    return "" if person.pk in visit.coming else "not coming"


def why_not_now(row: Delivery, visit: Visit | None) -> str:
    """Why this delivery must not go out now; empty if it may. `visit` is the one that it is about, as it stands."""
    if row.appointment_id is None:
        return why_no_notice(row)
    return why_not(visit, person=row.person, kind=row.kind, starts_at=row.starts_at)


def _with_everything(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    silenced = Change.objects.filter(
        couple_id=OuterRef("treatment__couple_id"), kind="couple.silenced", at__gte=OuterRef("changed_at")
    )
    stopped = Record.objects.alias(
        of_step=KT("data__step"), of_occurrence=Cast(KT("data__occurrence"), IntegerField())
    ).filter(
        treatment_id=OuterRef("treatment_id"),
        kind="stopped",
        of_step=OuterRef("step"),
        of_occurrence=OuterRef("occurrence"),
        recorded_at__gte=OuterRef("changed_at"),
    )
    return rows.select_related(
        "clinic", "recipient", "partner", "treatment__couple", "treatment__protocol_version"
    ).annotate(silenced_since=Exists(silenced), stopped_since=Exists(stopped))
