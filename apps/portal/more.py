"""What a page shows after a code, if the person asks: what each appointment is for, and what is planned after it.

Clinical words may stand here and nowhere else on the page. Of tests of a donor, results and other people it says nothing by
itself: what was found, and whether they may try, a doctor writes for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from apps.clinic.clock import local_date
from apps.couples.models import Couple, Note, Person
from apps.couples.queries import couples_with, silent_elsewhere, words_for
from apps.portal.titles import Title, title_of
from apps.reminders.present import awaits_a_reader
from apps.treatments.loading import persons_coming
from apps.treatments.models import Appointment, Flag, FlagState, Record, Treatment
from apps.treatments.queries import in_force, records_of, template
from protocols.plan import LIVE, State
from protocols.status import Status


@dataclass(frozen=True, slots=True)
class Step:
    """One visit of the plan. `on` is its day where it has one; else it will fall between `first` and `last`."""

    title: Title
    on: date | None
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Course:
    """One course of one couple: how many of the person's visits are done of those known, and what comes next. `decides`:
    a doctor decides before it goes on, by the day `decides_by` unless that has passed.
    """

    done: int
    of: int
    steps: tuple[Step, ...]
    decides: bool
    decides_by: date | None


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which the person said that they cannot come: one record in each of their open courses."""

    from_on: date
    to_on: date
    records: tuple[Record, ...]

    @property
    def id(self) -> UUID:
        return self.records[0].pk


def heard_couples(person: Person) -> list[Couple]:
    """The person's couples to whom something may be said."""
    couples = couples_with(person.clinic, person)
    return [one for one in couples if not one.is_silent and not silent_elsewhere(person, one)]


def words_to(person: Person) -> list[Note]:
    """What doctors wrote for the person and who is with them, the newest first. Nothing to a couple that is silent."""
    return list(words_for(heard_couples(person)))


def courses_of(person: Person, language: str, at: datetime) -> list[Course]:
    """The person's open courses as they stand, in that language. Nothing of a couple that is silent."""
    today = local_date(person.clinic.zone, at)
    found = Treatment.objects.filter(couple__in=heard_couples(person), closed_reason="")
    found = found.select_related("couple", "protocol_version").prefetch_related("appointments")
    return [_course(one, person, language, today) for one in found.order_by("created_at", "id")]


def away_of(person: Person, at: datetime) -> list[Away]:
    """Spans that end today or later, said and not taken back, the first day first."""
    today = local_date(person.clinic.zone, at)
    spans: dict[tuple[date, date], list[Record]] = {}
    couples = couples_with(person.clinic, person)
    for treatment in Treatment.objects.filter(couple__in=couples, closed_reason="").select_related("couple"):
        role = "recipient" if treatment.couple.recipient_id == person.pk else "partner"
        rows = list(records_of(treatment))
        standing = in_force(rows)
        for row in rows:
            if row.kind == "absence" and row.pk in standing and row.data["person"] == role:
                span = (date.fromisoformat(row.data["from_on"]), date.fromisoformat(row.data["to_on"]))
                spans.setdefault(span, []).append(row)
    return [Away(*span, tuple(spans[span])) for span in sorted(spans) if span[1] >= today]


def _course(treatment: Treatment, person: Person, language: str, today: date) -> Course:
    own = [one for one in treatment.appointments.all() if _comes(one, treatment, person)]
    done = [one for one in own if one.state == State.FULFILLED]
    ahead = [one for one in own if one.state in LIVE]
    known = [one for one in ahead if not one.pencilled and (one.in_force or one.proposed_on)]
    named = template(treatment.protocol_version).step_named
    steps = [_step(one, title_of(one, named.get(one.step), language)) for one in known]
    steps.sort(key=lambda step: (step.on or step.first or date.max, step.title.text))
    decision = _decision(treatment, person)
    return Course(
        done=len(done),
        of=len(done) + len(ahead),
        steps=tuple(steps),
        decides=decision is not None,
        decides_by=decision.due_on if decision is not None and decision.due_on >= today else None,
    )


def _decision(treatment: Treatment, person: Person) -> Flag | None:
    """The doctor's decision that is due first. In a pregnancy nothing is said of it before somebody has read the result."""
    if awaits_a_reader(person):
        return None
    waiting = Flag.objects.filter(treatment=treatment, state=FlagState.OPEN, owner="doctor")
    return waiting.exclude(decisions=[]).order_by("due_on", "pk").first()


def _comes(row: Appointment, treatment: Treatment, person: Person) -> bool:
    if row.in_force or row.status == Status.FULFILLED.value:
        return person.pk in (row.recipient_id, row.partner_id)
    return person.pk in persons_coming(treatment, row.attends, row.plan.get("donor") or "")


def _step(row: Appointment, title: Title) -> Step:
    if row.in_force and row.starts_at is not None:
        return Step(title, local_date(row.zone, row.starts_at), None, None)
    return Step(title, None, row.earliest_on or row.proposed_on, row.latest_on or row.proposed_on)
