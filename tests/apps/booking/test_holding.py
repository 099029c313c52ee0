"""A slot held for five minutes, a pencilled visit until its flag is due: both block, and both end by themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.booking import services as booking
from apps.booking.queries import slots_of
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, NotFound
from apps.clinic.models import Change, Clinic, Resource
from apps.treatments import services as treatments
from apps.treatments.models import Appointment, Occupation, Treatment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
EIGHT = datetime(2026, 1, 27, 2, 30, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


@pytest.fixture
def listed(clinic: Clinic) -> dict[str, Resource]:
    found = rows.equipped(clinic)
    Resource.objects.filter(name="Nurse 2").update(is_active=False)
    return found


def dose(clinic: Clinic, number: int = 1) -> Appointment:
    couple = rows.a_couple(
        clinic,
        recipient=rows.PersonInput(given_name=f"Meena{number}"),
        partner=rows.PersonInput(given_name=f"Kiran{number}"),
    )
    return rows.visit(rows.a_treatment(clinic, couple=couple), "sensitisation")


def starts(visit: Appointment, at: datetime = AT) -> list[datetime]:
    (found,) = slots_of(visit, at=at, from_on=EIGHT.date(), to_on=EIGHT.date())
    return [slot.starts_at for slot in found.slots]


def test_a_held_slot_is_nobody_elses_for_five_minutes(
    clinic: Clinic, listed: dict[str, Resource], nurse: Actor
) -> None:
    one, two = dose(clinic, 1), dose(clinic, 2)
    held = booking.hold(appointment=one, starts_at=EIGHT, actor=nurse, at=AT)
    assert held.until == AT + 5 * MINUTES
    assert held.slot.starts_at == EIGHT
    assert one.status == "proposed"
    assert {row.by_name for row in Occupation.objects.all()} == {nurse.name}
    assert EIGHT not in starts(two)
    with pytest.raises(Conflict) as raised:
        booking.book(appointment=two, starts_at=EIGHT, actor=nurse, at=AT + 4 * MINUTES)
    assert raised.value.code == "slot_taken"
    assert EIGHT in starts(one)
    assert EIGHT in starts(two, AT + 5 * MINUTES)
    booked = booking.book(appointment=two, starts_at=EIGHT, actor=nurse, at=AT + 5 * MINUTES)
    assert set(Occupation.objects.values_list("appointment", "purpose")) == {(booked.pk, "booked")}


def test_whoever_holds_a_slot_books_it_and_a_second_hold_replaces_the_first(
    clinic: Clinic, listed: dict[str, Resource], nurse: Actor
) -> None:
    one, two = dose(clinic, 1), dose(clinic, 2)
    booking.hold(appointment=one, starts_at=EIGHT, actor=nurse, at=AT)
    booking.hold(appointment=one, starts_at=EIGHT + 30 * MINUTES, actor=nurse, at=AT)
    assert EIGHT in starts(two)
    booking.book(appointment=one, starts_at=EIGHT + 30 * MINUTES, actor=nurse, at=AT + MINUTES)
    assert set(Occupation.objects.values_list("purpose", flat=True)) == {"booked"}


def test_a_dropped_hold_is_free_at_once(clinic: Clinic, listed: dict[str, Resource], nurse: Actor) -> None:
    one = dose(clinic, 1)
    booking.hold(appointment=one, starts_at=EIGHT, actor=nurse, at=AT)
    booking.drop_hold(appointment=one, actor=nurse, at=AT)
    booking.drop_hold(appointment=one, actor=nurse, at=AT)
    assert not Occupation.objects.exists()


def test_a_slot_that_meets_the_visits_own_booking_can_be_held_before_it_is_moved(
    clinic: Clinic, listed: dict[str, Resource], nurse: Actor
) -> None:
    one = dose(clinic, 1)
    booking.book(appointment=one, starts_at=EIGHT, actor=nurse, at=AT)
    before = set(Occupation.objects.values_list("pk", flat=True))
    booking.hold(appointment=one, starts_at=EIGHT + 5 * MINUTES, actor=nurse, at=AT)
    assert before <= set(Occupation.objects.values_list("pk", flat=True))
    moved = booking.move(appointment=one, starts_at=EIGHT + 5 * MINUTES, actor=nurse, at=AT + MINUTES)
    assert moved.starts_at == EIGHT + 5 * MINUTES
    assert set(Occupation.objects.values_list("purpose", flat=True)) == {"booked", "kept"}


def test_a_hold_changes_neither_the_plan_nor_its_fingerprint_and_is_told_to_nobody(
    clinic: Clinic, listed: dict[str, Resource], nurse: Actor
) -> None:
    one = dose(clinic, 1)
    before = Change.objects.count()
    booking.hold(appointment=one, starts_at=EIGHT, actor=nurse, at=AT)
    one.refresh_from_db()
    assert (one.status, one.touched, Change.objects.count()) == ("proposed", False, before)


def test_nobody_holds_in_another_clinic(clinic: Clinic, listed: dict[str, Resource]) -> None:
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        booking.hold(appointment=dose(clinic), starts_at=EIGHT, actor=stranger, at=AT)


# Pencilled visits.


@pytest.fixture
def flagged(clinic: Clinic, listed: dict[str, Resource], nurse: Actor) -> tuple[Treatment, datetime]:
    """A couple with a negative test after three doses, which holds the booster; and the day of the test."""
    Resource.objects.filter(name="Nurse 2").update(is_active=True)
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.said(treatment, nurse, at, "milestone", name="conception-attempt", certainty="planned",
              on=(at + timedelta(days=60)).date())  # fmt: skip
    rows.resulted(treatment, nurse, at, 4)
    return treatment, at


def pencilled(treatment: Treatment, nurse: Actor, at: datetime) -> Appointment:
    visit = rows.visit(treatment, "preconception-booster")
    (first, *_) = [slot for day in slots_of(visit, at=at) for slot in day.slots if not slot.needs_reason]
    return booking.book(appointment=visit, starts_at=first.starts_at, actor=nurse, at=at, pencil=True)


def decide(treatment: Treatment, clinic: Clinic, at: datetime) -> None:
    treatments.decide(
        flag=rows.flag(treatment, "no_antibody_response"),
        choice="continue",
        reason="agreed",
        parameters={},
        actor=rows.staff(clinic, "doctor"),
        at=at,
    )


def due(treatment: Treatment) -> date:
    return rows.flag(treatment, "no_antibody_response").due_on


def test_a_pencil_blocks_its_places_until_the_end_of_the_day_on_which_the_flag_is_due(
    clinic: Clinic, nurse: Actor, flagged: tuple[Treatment, datetime]
) -> None:
    treatment, at = flagged
    row = pencilled(treatment, nurse, at)
    taken = Occupation.objects.filter(appointment=row)
    assert {one.purpose for one in taken} == {"pencilled"}
    last = due(treatment)
    assert {one.until for one in taken} == {datetime(last.year, last.month, last.day, 18, 30, tzinfo=UTC)}
    assert taken.filter(resource__isnull=False).exists()


def test_a_pencil_becomes_booked_with_the_decision_even_late_while_nobody_took_its_places(
    clinic: Clinic, nurse: Actor, flagged: tuple[Treatment, datetime]
) -> None:
    treatment, at = flagged
    row = pencilled(treatment, nurse, at)
    decide(treatment, clinic, at + timedelta(days=1))
    row.refresh_from_db()
    assert not row.pencilled
    assert set(Occupation.objects.filter(appointment=row).values_list("purpose", "until")) == {
        ("booked", None)
    }


def test_a_pencil_whose_place_went_to_somebody_else_stays_pencilled_and_that_is_told(
    clinic: Clinic, listed: dict[str, Resource], nurse: Actor, flagged: tuple[Treatment, datetime]
) -> None:
    treatment, at = flagged
    row = pencilled(treatment, nurse, at)
    assert row.starts_at
    Resource.objects.filter(name="Nurse 2").update(is_active=False)
    after = Occupation.objects.filter(appointment=row)[0].until
    assert after
    taker = dose(clinic, 7)
    on = row.starts_at.date()
    with pytest.raises(Conflict):
        booking.book(
            appointment=taker, starts_at=row.starts_at, actor=nurse, at=after - MINUTES, reason="the only day"
        )
    booking.book(appointment=taker, starts_at=row.starts_at, actor=nurse, at=after, reason="the only day")
    assert not Occupation.objects.filter(appointment=row).exists()
    decide(treatment, clinic, after + MINUTES)
    row.refresh_from_db()
    assert (row.status, row.pencilled) == ("booked", True)
    assert Change.objects.filter(kind="appointment.place_lost", subject_id=row.pk).count() == 1
    with pytest.raises(Conflict) as raised:
        booking.confirm(appointment=row, actor=nurse, at=after + MINUTES, reason="agreed")
    assert raised.value.code == "slot_taken"
    booking.cancel(appointment=taker, reason="patient asked", actor=nurse, at=after + MINUTES)
    row = booking.confirm(appointment=row, actor=nurse, at=after + 2 * MINUTES, reason="agreed")
    assert not row.pencilled
    assert set(Occupation.objects.filter(appointment=row).values_list("purpose", flat=True)) == {"booked"}
    assert row.starts_at
    assert row.starts_at.date() == on


def test_a_second_pencil_for_the_same_places_is_refused(
    clinic: Clinic, listed: dict[str, Resource], nurse: Actor, flagged: tuple[Treatment, datetime]
) -> None:
    treatment, at = flagged
    Resource.objects.filter(name="Nurse 2").update(is_active=False)
    row = pencilled(treatment, nurse, at)
    assert row.starts_at
    with pytest.raises(Conflict) as raised:
        booking.book(
            appointment=dose(clinic, 8), starts_at=row.starts_at, actor=nurse, at=at, reason="the only day"
        )
    assert raised.value.code == "slot_taken"
