"""A donor from outside the couple is rung about each time at which he has to come, by whatever route it was booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from apps.booking import services as booking
from apps.booking.call_models import CallState, CallTask
from apps.booking.calls.donors import donor_calls, donors_from_outside, told_to_donor, word_for_donor
from apps.booking.calls.outcomes import record_call, record_call_to_donor, take_note, undo_outcome
from apps.booking.donor_contacts import donor_contacts, set_donor_contact
from apps.booking.models import CallOutcome
from apps.booking.undoing import undo
from apps.booking.worklist import Asked, calls, to_call
from apps.clinic.actors import Actor
from apps.clinic.covering import coverage_of
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Treatment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
FIRST = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
OTHER = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Course:
    """A couple whose first dose is a donor's from outside, and the acts of a nurse."""

    treatment: Treatment
    nurse: Actor
    doctor: Actor
    minutes: int = 0

    def a_moment(self) -> datetime:
        """Each act a minute after the one before it."""
        self.minutes += 1
        return AT + timedelta(minutes=self.minutes)

    @property
    def visit(self) -> Appointment:
        return rows.visit(self.treatment, "sensitisation", 1)

    def book(self, starts_at: datetime = FIRST, *, pencil: bool = False) -> None:
        booking.book(
            appointment=self.visit, starts_at=starts_at, actor=self.nurse, at=AT, reason="wish", pencil=pencil
        )

    def move(self, starts_at: datetime) -> None:
        booking.move(appointment=self.visit, starts_at=starts_at, actor=self.nurse, at=AT, reason="wish")

    def cancel(self) -> None:
        booking.cancel(appointment=self.visit, reason="ill", actor=self.nurse, at=AT)

    def given_by(self, donor: str) -> None:
        rows.said(self.treatment, self.nurse, self.a_moment(), "donor", donor=donor, on=AT.date())

    def tell(self, outcome: str = "reached", **given: object) -> CallOutcome:
        at = self.a_moment()
        word = word_for_donor(self.visit, at=at)
        assert word is not None
        return record_call_to_donor(
            appointment=self.visit,
            word=word.token,
            outcome=outcome,
            actor=self.nurse,
            at=at,
            **given,  # type: ignore[arg-type]
        )

    def asked(self, at: datetime = AT, *, later: bool = False) -> list[tuple[str, datetime, str]]:
        """What the list asks to be told, and that the visit itself says the same."""
        found = donor_calls(a_question(self.treatment.clinic, at), later=later)
        listed = [found.due[row.pk].word for row in found.rows]
        words = [(word.why, word.about_at, word.donor) for word in listed]
        due = word_for_donor(self.visit, at=at)
        assert later or not words or (due and (due.why, due.about_at, due.donor) == words[0])
        return words


def a_question(clinic: Clinic, at: datetime = AT) -> Asked:
    nobody = coverage_of([], [], "nurse", at.date())
    return Asked(clinic=clinic, at=at, nurses=nobody, doctors=nobody)


@pytest.fixture
def course(clinic: Clinic, nurse: Actor) -> Course:
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    made = Course(treatment, nurse, rows.staff(clinic, "doctor"))
    made.given_by("unrelated")
    return made


def test_a_booking_asks_for_a_call_to_him_until_he_was_told(course: Course) -> None:
    assert course.asked() == []
    course.book()
    assert course.asked() == [("donor", FIRST, "unrelated")]
    stranger = rows.a_clinic(rows.LONDON)
    assert list(donor_calls(a_question(stranger)).rows) == []
    said = course.tell()
    assert (said.task.why, said.task.about_at, said.task.donor) == ("donor", FIRST, "unrelated")
    assert course.asked() == []
    told = told_to_donor(course.visit)
    assert told is not None
    assert told.about_at == FIRST
    undo_outcome(outcome=said, actor=course.nurse, at=AT)
    assert course.asked() == [("donor", FIRST, "unrelated")]
    assert list(calls(a_question(course.treatment.clinic))) == []  # on one list only


def test_what_was_moved_before_he_was_told_asks_for_the_new_time_alone(course: Course) -> None:
    course.book()
    course.move(OTHER)
    assert course.asked() == [("donor", OTHER, "unrelated")]
    course.cancel()
    assert course.asked() == []  # he never knew of any


def test_whoever_was_told_hears_of_the_new_time_and_not_of_what_stands_as_he_knows_it(course: Course) -> None:
    course.book()
    course.tell()
    course.move(OTHER)
    assert course.asked() == [("donor", OTHER, "unrelated")]
    undo(appointment=course.visit, actor=course.nurse, at=AT)
    assert course.asked() == []
    course.move(OTHER)
    course.tell()
    course.move(FIRST)
    assert course.asked() == [("donor", FIRST, "unrelated")]


def test_whoever_was_told_hears_that_it_is_off_on_every_route_and_of_the_next_booking(course: Course) -> None:
    course.book()
    course.tell()
    course.cancel()
    assert course.asked() == [("donor_off", FIRST, "unrelated")]
    assert course.asked(FIRST + DAY) == []  # it is over, there is nothing to keep him from
    course.tell()
    assert course.asked() == []
    course.book(OTHER)
    assert course.asked() == [("donor", OTHER, "unrelated")]
    course.tell()
    # A loss silences the couple and cancels everything: he must not come all the same.
    rows.said(course.treatment, course.nurse, AT, "milestone", name="loss", on=AT.date())
    assert course.asked() == [("donor_off", OTHER, "unrelated")]
    assert course.asked()[0][0] == course.tell().task.why


@pytest.mark.parametrize(("donor", "whom"), [("partner", ""), ("partner+unrelated", "unrelated")])
def test_only_donors_from_outside_are_rung(course: Course, donor: str, whom: str) -> None:
    course.given_by(donor)
    course.book()
    assert course.asked() == ([("donor", FIRST, whom)] if whom else [])
    assert donors_from_outside(course.visit.attends, course.visit.plan["donor"]) == whom
    assert donors_from_outside(["recipient"], donor) == ""


def test_another_donor_is_told_and_the_first_one_that_he_is_not_needed(course: Course) -> None:
    course.book()
    course.tell()
    course.given_by("brother")
    assert course.asked() == [("donor_off", FIRST, "unrelated")]
    course.tell()
    assert course.asked() == [("donor", FIRST, "brother")]
    course.tell()
    course.given_by("partner")
    assert course.asked() == [("donor_off", FIRST, "brother")]


def test_a_pencil_mark_is_told_to_nobody(course: Course) -> None:
    rows.said(course.treatment, course.nurse, AT, "milestone", name="pregnancy", on=AT.date())
    assert course.visit.held
    course.book(pencil=True)
    assert course.asked() == []


def test_put_off_it_waits_for_its_day_and_moved_it_is_asked_for_anew(course: Course) -> None:
    course.book()
    course.tell("call_again", again_on=(AT + DAY).date())
    assert (course.asked(), course.asked(later=True)) == ([], [("donor", FIRST, "unrelated")])
    assert course.asked(AT + DAY) == [("donor", FIRST, "unrelated")]
    course.move(OTHER)
    assert (course.asked(), course.asked(later=True)) == ([("donor", OTHER, "unrelated")], [])
    course.tell("call_again", again_on=(AT + DAY).date())
    course.cancel()
    # The couple is still to be rung about its own visit.
    assert [visit.pk for visit in to_call(a_question(course.treatment.clinic))] == [course.visit.pk]
    assert list(calls(a_question(course.treatment.clinic), later=True)) == []


def test_if_he_will_not_come_a_doctor_takes_note(course: Course) -> None:
    course.book()
    said = course.tell("declined")
    assert (course.asked(), course.asked(later=True)) == ([], [("donor", FIRST, "unrelated")])
    take_note(task=said.task, actor=course.doctor, at=AT)
    assert (course.asked(), course.asked(later=True)) == ([], [])
    assert CallTask.objects.get().state == CallState.DONE


def test_nobody_is_said_to_have_been_told_of_a_time_that_no_longer_stands(course: Course) -> None:
    course.book()
    word = word_for_donor(course.visit, at=AT)
    assert word is not None
    put_off = course.tell("call_again", again_on=AT.date()).task
    course.move(OTHER)
    given = {"outcome": "reached", "actor": course.nurse, "at": AT}
    with pytest.raises(Conflict, match="moved or called off"):
        record_call_to_donor(appointment=course.visit, word=word.token, **given)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="moved or called off"):
        record_call(task=put_off, **given)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        course.tell("booked")
    lab = rows.staff(course.treatment.clinic, "lab")
    now = word_for_donor(course.visit, at=AT)
    assert now is not None
    with pytest.raises(Forbidden):
        record_call_to_donor(appointment=course.visit, word=now.token, outcome="reached", actor=lab, at=AT)
    assert course.asked() == [("donor", OTHER, "unrelated")]
    assert told_to_donor(course.visit) is None


def test_how_he_is_reached_is_contact_data(course: Course) -> None:
    given = {"treatment": course.treatment, "donor": "unrelated", "at": AT}
    set_donor_contact(name="D-17", phone="+44 20 7946 0999", actor=course.nurse, **given)  # type: ignore[arg-type]
    set_donor_contact(name=" D-17 ", phone="+44 20 7946 0998", actor=course.nurse, **given)  # type: ignore[arg-type]
    [contact] = donor_contacts(course.treatment).values()
    assert (contact.name, contact.phone) == ("D-17", "+442079460998")
    with pytest.raises(Invalid):
        set_donor_contact(name="", phone="call me", actor=course.nurse, **given)  # type: ignore[arg-type]
    lab = rows.staff(course.treatment.clinic, "lab")
    with pytest.raises(Forbidden):
        set_donor_contact(name="", phone="", actor=lab, **given)  # type: ignore[arg-type]
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        set_donor_contact(name="", phone="", actor=stranger, **given)  # type: ignore[arg-type]
