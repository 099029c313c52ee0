"""Lives the stories: every row of the demo is made by the verb that a member of staff would have used on that day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from apps.booking.queries import slots_of
from apps.booking.services import arrive, attend, book, cancel, miss
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.loading import workdays_of
from apps.clinic.models import Clinic
from apps.couples.models import Couple, SilenceReason
from apps.couples.services import Identifier, PersonInput, enrol_couple, silence_couple
from apps.desk.demo.acts import Act, in_order
from apps.desk.demo.people import BLOOD_GROUPS, Two, born, mail, phone
from apps.desk.demo.stories import Story
from apps.treatments.models import Appointment, Flag, ProtocolVersion, Treatment
from apps.treatments.queries import appointments_of, flags_of
from apps.treatments.services import (
    decide,
    join_in_midcourse,
    reconcile,
    record,
    record_together,
    start_treatment,
)

_FIRST_ACT = time(9, 0)
_FINDINGS = frozenset({"consent", "screening", "absence"})
_DAY, _SOON = timedelta(days=1), timedelta(days=6)
# So many of the times of a day are given out; the others stay for whoever looks around.
_USUAL = 6


@dataclass(frozen=True, slots=True)
class Calendar:
    """Offsets as dates of one clinic: the past falls back to an open day, the future goes on to one."""

    today: date
    is_open: Callable[[date], bool]

    def date(self, offset: int) -> date:
        day = self.today + timedelta(days=offset)
        step = -_DAY if offset < 0 else _DAY
        for _ in range(30):
            if self.is_open(day):
                return day
            day += step
        raise ValueError("the clinic is closed for a month")


@dataclass(slots=True)
class Place:
    """One clinic of the demo while it is being made."""

    clinic: Clinic
    staff: Mapping[str, Actor]
    protocol: ProtocolVersion
    now: datetime
    calendar: Calendar = field(init=False)

    def __post_init__(self) -> None:
        workdays = workdays_of(self.clinic)
        self.calendar = Calendar(local_date(self.clinic.zone, self.now), workdays.is_open)

    def moment(self, on: date, minutes: int) -> datetime:
        """So many minutes after nine by the clinic's clock, but never later than now."""
        wall = datetime.combine(on, _FIRST_ACT, ZoneInfo(self.clinic.zone)) + timedelta(minutes=minutes)
        return min(wall, self.now)


def enrol(place: Place, n: int, two: Two, story: Story) -> Couple:
    """The couple of a story, enrolled before its first act."""
    first = min([story.enrolled, *(act.day - 3 for act in story.acts)])
    at = place.moment(place.calendar.date(first), n % 40)
    return enrol_couple(
        clinic=place.clinic,
        recipient=_person(place, n, two.recipient, two.language, at, partner=False),
        partner=_person(place, n, two.partner, two.language, at, partner=True),
        actor=place.staff["nurse"],
        at=at,
    )


def _person(
    place: Place, n: int, name: tuple[str, str], language: str, at: datetime, *, partner: bool
) -> PersonInput:
    given, family = name
    return PersonInput(
        given_name=given,
        family_name=family,
        birth_on=born(n, partner=partner, today=place.calendar.today),
        email=mail(given + family, n, partner=partner),
        phone=phone(n, partner=partner, country=place.clinic.country),
        language=language,
        blood_group=BLOOD_GROUPS[(n * 3 + partner) % len(BLOOD_GROUPS)],
        contact_consent_at=None if n % 11 == 7 and partner else at,
        wants_email=n % 13 != 5,
        hard_news_note="Please call me after six, not my family" if n % 9 == 2 and not partner else "",
        identifiers=(Identifier("mrn", f"{place.clinic.country}{10_000 + 2 * n + partner}"),),
    )


def live(place: Place, n: int, couple: Couple, story: Story) -> Treatment | None:
    """Everything that happened to the couple, in its order. Returns the treatment, if there is one."""
    life = _Life(place, n, couple)
    for (kind, _, _), sitting in groupby(in_order(story.acts), key=_sitting):
        acts = list(sitting)
        if kind in _FINDINGS:
            life.do_together(acts)
        else:
            life.do_each(acts)
    return life.treatment


def _sitting(act: Act) -> tuple[str, int, str]:
    """What one person found on one day is written down together; everything else is an act of its own."""
    return (str(act.given.get("kind", act.verb)), act.day, act.by)


@dataclass(slots=True)
class _Life:
    place: Place
    n: int
    couple: Couple
    treatment: Treatment | None = None
    acts: int = 0

    def do_each(self, acts: Iterable[Act]) -> None:
        for act in acts:
            self.do(act)

    def do_together(self, acts: Sequence[Act]) -> None:
        first = acts[0]
        self.acts += len(acts)
        at = self.place.moment(self.place.calendar.date(first.day), self.n % 20 + 3 * self.acts)
        items = [self._dated(act.given) for act in acts]
        record_together(treatment=self._started(), items=items, actor=self.place.staff[first.by], at=at)

    def do(self, act: Act) -> None:
        on = self.place.calendar.date(act.day)
        self.acts += 1
        at = self.place.moment(on, self.n % 20 + 3 * self.acts)
        actor = self.place.staff[act.by]
        verbs: dict[str, Callable[[Mapping[str, Any], Actor, datetime], object]] = {
            "start": self._start,
            "join": self._join,
            "record": self._record,
            "result": self._record,
            "decide": self._decide,
            "book": self._book,
            "attend": self._attend,
            "arrive": self._arrive,
            "miss": self._miss,
            "cancel": self._cancel,
            "silence": self._silence,
        }
        verbs[act.verb](self._dated(act.given), actor, at)

    def _dated(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Offsets become days; everything else stays."""
        return {
            name: self.place.calendar.date(value) if name.endswith("on") and isinstance(value, int) else value
            for name, value in given.items()
        }

    def _started(self) -> Treatment:
        if self.treatment is None:
            raise ValueError("the story does not start a treatment")
        return self.treatment

    def _visit(self, given: Mapping[str, Any]) -> Appointment:
        rows = appointments_of(self.place.clinic, treatment=self._started())
        return rows.get(step=given["step"], occurrence=given["occurrence"])

    def _flag(self, code: str) -> Flag:
        return flags_of(self.place.clinic, treatment=self._started()).get(code=code)

    def _start(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        self.treatment = start_treatment(
            couple=self.couple,
            protocol_version=self.place.protocol,
            started_on=given["started_on"],
            actor=actor,
            at=at,
        )

    def _join(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        items = [self._dated(item) for item in given["items"]]
        join_in_midcourse(**{**given, "items": items}, treatment=self._started(), actor=actor, at=at)

    def _record(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        record(treatment=self._started(), data=given, actor=actor, at=at)

    def _decide(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        # The sweep would have raised by now what only time raises.
        reconcile(treatment=self._started(), at=at)
        flag = self._flag(given["code"])
        decide(
            flag=flag,
            choice=given["choice"],
            reason=given["reason"],
            parameters=given["parameters"],
            actor=actor,
            at=at,
        )

    def _book(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        visit = self._visit(given)
        days = slots_of(visit, at=at, from_on=given["on"], to_on=given["on"] + _SOON)
        # Feasts that follow one another can push more onto one day than it holds: then the next one has room.
        day = next((day for day in days if day.slots), None)
        if day is None:
            raise ValueError(f"{visit.title} from {given['on']}: {days[0].why}")
        # Those who need not wait long come first; what is left differs from couple to couple.
        usual = sorted(day.slots, key=lambda slot: (slot.ends_at - slot.starts_at, slot.starts_at))[:_USUAL]
        slot = usual[self.n % len(usual)]
        reason = given["reason"] or ("Clinic closed or fully booked" if slot.needs_reason else "")
        book(
            appointment=visit,
            starts_at=slot.starts_at,
            actor=actor,
            at=at,
            reason=reason,
            pencil=given["pencil"],
        )

    def _attend(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        attend(appointment=self._visit(given), on=given["on"], given=given["given"], actor=actor, at=at)

    def _arrive(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        visit = self._visit(given)
        if (
            visit.starts_at
            and local_date(self.place.clinic.zone, visit.starts_at) == self.place.calendar.today
        ):
            arrive(appointment=visit, actor=actor, at=self.place.now)

    def _miss(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        miss(appointment=self._visit(given), reason=given["reason"], actor=actor, at=at)

    def _cancel(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        cancel(appointment=self._visit(given), reason=given["reason"], actor=actor, at=at)

    def _silence(self, given: Mapping[str, Any], actor: Actor, at: datetime) -> None:
        silence_couple(couple=self.couple, reason=SilenceReason.OWN_WISH, actor=actor, at=at)
