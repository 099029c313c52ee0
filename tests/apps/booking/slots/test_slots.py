"""Which slots a visit is offered, day by day, and which come first."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.booking import services as booking
from apps.booking.queries import best_slots, slots_of
from apps.booking.slots.values import DaySlots
from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict
from apps.clinic.models import Clinic, Resource
from apps.treatments.models import Appointment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
# The proposed day of dose 1; its window is 5 Jan to 16 Feb.
TARGET = date(2026, 1, 26)


@pytest.fixture
def dose(clinic: Clinic, listed: dict[str, Resource]) -> Appointment:
    return rows.visit(rows.a_treatment(clinic), "sensitisation")


def on(visit: Appointment, day: date = TARGET) -> DaySlots:
    (found,) = slots_of(visit, at=AT, from_on=day, to_on=day)
    return found


def starts(found: DaySlots) -> list[str]:
    """Hyderabad's wall time."""
    return [f"{slot.starts_at + timedelta(hours=5, minutes=30):%H:%M}" for slot in found.slots]


def quarters(first: str, last: str) -> list[str]:
    start, end = (datetime.strptime(text, "%H:%M") for text in (first, last))  # noqa: DTZ007  wall time
    count = int((end - start).total_seconds()) // 900 + 1
    return [f"{start + timedelta(minutes=15 * number):%H:%M}" for number in range(count)]


def test_a_dose_can_begin_at_each_quarter_from_which_its_blood_meets_a_batch(dose: Appointment) -> None:
    found = on(dose)
    assert found.state == "good"
    # A chain needs 115 minutes until its blood is at the bench, which closes at ten and at two.
    assert starts(found) == quarters("08:00", "12:00")
    assert {slot.distance for slot in found.slots} == {0}
    assert not any(slot.needs_reason or slot.joins_batch for slot in found.slots)
    first = found.slots[0]
    assert [link.name for link in first.links] == [
        "fitness", "draw", "serology", "release", "preparation", "injection", "observation",
    ]  # fmt: skip
    assert first.links[0].attends == ("recipient", "donor")
    assert first.ends_at - first.starts_at == timedelta(hours=4, minutes=45)


def test_what_is_booked_is_what_was_shown(dose: Appointment, nurse: Actor) -> None:
    slot = on(dose).slots[3]
    row = booking.book(appointment=dose, starts_at=slot.starts_at, actor=nurse, at=AT)
    assert (row.starts_at, row.ends_at) == (slot.starts_at, slot.ends_at)
    shown = [(link.name, link.starts_at, link.ends_at) for link in slot.links]
    assert list(row.activities.values_list("name", "starts_at", "ends_at")) == shown


def test_the_days_of_the_window_say_what_they_are(
    clinic: Clinic, listed: dict[str, Resource], dose: Appointment, nurse: Actor
) -> None:
    rows.said(
        dose.treatment,
        nurse,
        AT,
        "absence",
        person="partner",
        from_on=date(2026, 1, 27),
        to_on=date(2026, 1, 27),
    )
    closed = date(2026, 1, 28)
    clinic_services.close_days(clinic=clinic, from_on=closed, to_on=closed, reason="x", actor=nurse, at=AT)
    rows.clinic_resources.close_resource(
        clinic=clinic,
        resource=listed["Phlebotomy"],
        starts_at=datetime(2026, 1, 28, 18, 30, tzinfo=UTC),
        ends_at=datetime(2026, 1, 29, 18, 30, tzinfo=UTC),
        reason="repair",
        actor=rows.SYSTEM,
        at=AT,
    )
    found = {day.on: day for day in slots_of(dose, at=AT, to_on=date(2026, 3, 9))}
    assert min(found) == AT.date()
    assert found[TARGET].state == "good"
    assert found[date(2026, 1, 25)].state == "closed"  # a Sunday
    assert (found[date(2026, 1, 27)].state, found[closed].state) == ("away", "closed")
    assert found[date(2026, 1, 29)].state == "full"
    late = found[date(2026, 3, 9)]
    assert late.state == "outside"
    assert all(slot.needs_reason for slot in late.slots)
    assert all(day.why for day in found.values() if day.state != "good")
    assert not any(day.slots for day in found.values() if day.state not in ("good", "outside"))


def test_nothing_before_the_absolute_minimum_is_shown_as_open(dose: Appointment, nurse: Actor) -> None:
    start = datetime(2026, 1, 26, 2, 30, tzinfo=UTC)
    booking.book(appointment=dose, starts_at=start, actor=nurse, at=AT)
    second = rows.visit(dose.treatment, "sensitisation", 2)
    first_day = TARGET + timedelta(weeks=2)
    assert slots_of(second, at=AT)[0].on == first_day
    before = slots_of(second, at=AT, from_on=first_day - timedelta(days=3), to_on=first_day)
    assert [day.state for day in before] == ["refused", "refused", "refused", "outside"]


def test_a_visit_that_nothing_asks_for_has_no_slots(dose: Appointment, nurse: Actor) -> None:
    booking.book(appointment=dose, starts_at=on(dose).slots[0].starts_at, actor=nurse, at=AT)
    rows.said(dose.treatment, nurse, AT, "milestone", name="loss", on=AT.date())
    with pytest.raises(Conflict) as raised:
        slots_of(dose, at=AT)
    assert raised.value.code == "not_needed"


def test_what_has_passed_of_today_is_not_offered(clinic: Clinic, listed: dict[str, Resource]) -> None:
    test = rows.visit(rows.a_treatment(clinic), "baseline-antibody-test")
    # It is half past eleven.
    assert starts(on(test, AT.date())) == quarters("11:30", "17:45")
    evening = datetime(2026, 1, 5, 13, tzinfo=UTC)
    (over,) = slots_of(test, at=evening, from_on=AT.date(), to_on=AT.date())
    assert (over.state, over.why, over.slots) == (
        "closed",
        "The clinic is closed for the rest of the day.",
        (),
    )
    (past,) = slots_of(test, at=evening, from_on=date(2026, 1, 2), to_on=date(2026, 1, 2))
    assert past.state == "refused"


def test_a_taken_place_is_not_offered_and_ones_own_booking_is_in_nobodys_way(
    clinic: Clinic, dose: Appointment, nurse: Actor
) -> None:
    others = [rows.visit(rows.another(clinic, number), "sensitisation") for number in (2, 3)]
    start = on(dose).slots[0].starts_at
    for visit in others:
        booking.book(appointment=visit, starts_at=start, actor=nurse, at=AT)
    assert "08:00" not in starts(on(dose))
    assert "08:00" in starts(on(others[0]))


def test_hours_of_a_resource_and_its_break_bound_the_day(clinic: Clinic, listed: dict[str, Resource]) -> None:
    spans = [clinic_services.Span(0, time(9), time(12)), clinic_services.Span(0, time(14), time(15))]
    rows.clinic_resources.set_resource_hours(
        resource=listed["Phlebotomy"], spans=spans, actor=rows.SYSTEM, at=AT
    )
    test = rows.visit(rows.a_treatment(clinic), "baseline-antibody-test")
    monday = date(2026, 1, 12)
    assert starts(on(test, monday)) == quarters("09:00", "11:45") + quarters("14:00", "14:45")
    assert on(test, monday + timedelta(days=1)).state == "full"


def test_a_clinic_without_resources_is_offered_its_open_hours_less_the_peoples_other_visits(
    clinic: Clinic, nurse: Actor
) -> None:
    treatment = rows.a_treatment(clinic)
    start = datetime(2026, 1, 12, 4, 30, tzinfo=UTC)
    booking.book(
        appointment=rows.visit(treatment, "baseline-antibody-test"), starts_at=start, actor=nurse, at=AT
    )
    dose = rows.visit(treatment, "sensitisation")
    found = on(dose, date(2026, 1, 12))
    assert starts(found) == quarters("08:00", "09:00") + quarters("10:30", "17:00")


def test_the_best_slots_are_near_the_target_and_fill_a_batch_that_has_begun(
    clinic: Clinic, dose: Appointment, nurse: Actor
) -> None:
    best = best_slots(dose, at=AT)
    assert [slot.on for slot in best[:2]] == [TARGET, TARGET]
    assert len(best) == 5
    assert [slot.distance for slot in best] == sorted(slot.distance for slot in best)
    other = rows.visit(rows.another(clinic), "sensitisation")
    afternoon = datetime(2026, 1, 26, 6, tzinfo=UTC)
    row = booking.book(appointment=other, starts_at=afternoon, actor=nurse, at=AT)
    first = best_slots(dose, at=AT)[0]
    assert first.joins_batch
    preparation = next(link for link in first.links if link.name == "preparation")
    assert preparation.ends_at == row.activities.get(name="preparation").ends_at


def test_of_two_days_equally_near_the_emptier_comes_first(
    clinic: Clinic, dose: Appointment, nurse: Actor
) -> None:
    clinic_services.close_days(clinic=clinic, from_on=TARGET, to_on=TARGET, reason="x", actor=nurse, at=AT)
    for number, hour in enumerate((3, 4), start=2):
        test = rows.visit(rows.another(clinic, number), "baseline-antibody-test")
        start = datetime(2026, 1, 27, hour, tzinfo=UTC)
        booking.book(appointment=test, starts_at=start, actor=nurse, at=AT, reason="late")
    # Saturday the 24th and Wednesday the 28th are equally far from Monday the 26th; so are no two others here.
    wednesday = datetime(2026, 1, 28, 3, tzinfo=UTC)
    test = rows.visit(rows.another(clinic, 9), "baseline-antibody-test")
    booking.book(appointment=test, starts_at=wednesday, actor=nurse, at=AT, reason="late")
    days = list(dict.fromkeys(slot.on.day for slot in best_slots(dose, at=AT, limit=6)))
    assert days == [27, 24, 28]


@pytest.mark.parametrize("zone", ["hyderabad", "london"])
def test_a_search_asks_the_database_as_often_for_one_day_as_for_ninety(zone: str) -> None:
    clinic = rows.a_clinic(rows.LONDON if zone == "london" else rows.HYDERABAD)
    rows.equipped(clinic)
    nurse = rows.staff(clinic, "nurse")
    visit = rows.visit(rows.a_treatment(clinic), "sensitisation")

    def queries(days: int) -> int:
        fresh = Appointment.objects.select_related(
            "clinic", "treatment__clinic", "treatment__protocol_version"
        ).get(pk=visit.pk)
        with CaptureQueriesContext(connection) as captured:
            slots_of(fresh, at=AT, from_on=TARGET, to_on=TARGET + timedelta(days=days))
        return len(captured)

    few = queries(0)
    for number in range(2, 5):
        other = rows.visit(rows.another(clinic, number), "sensitisation")
        slot = best_slots(other, at=AT)[0]
        booking.book(appointment=other, starts_at=slot.starts_at, actor=nurse, at=AT)
    assert queries(91) == few
    assert few <= 13


def test_the_day_on_which_the_clocks_change_has_no_slot_in_the_hour_that_shows_twice() -> None:
    clinic = rows.a_clinic(rows.LONDON)
    clinic_services.set_hours(
        clinic=clinic,
        spans=[clinic_services.Span(day, time(0), time(6)) for day in range(7)],
        actor=rows.SYSTEM,
        at=AT,
    )
    rows.equipped(clinic)
    at = datetime(2026, 10, 19, 9, tzinfo=UTC)
    test = rows.visit(rows.a_treatment(clinic, at=at), "baseline-antibody-test")
    (back,) = slots_of(test, at=at, from_on=date(2026, 10, 25), to_on=date(2026, 10, 25))
    begun = [slot.starts_at for slot in back.slots]
    # Between midnight and one in summer time, then from two in winter time: one to two is told twice.
    assert begun[0] == datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert begun[4] == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert begun[-1] == datetime(2026, 10, 25, 5, 45, tzinfo=UTC)
    at = datetime(2026, 3, 23, 9, tzinfo=UTC)
    test = rows.visit(
        rows.a_treatment(clinic, couple=rows.another(clinic).couple, at=at), "baseline-antibody-test"
    )
    (forward,) = slots_of(test, at=at, from_on=date(2026, 3, 29), to_on=date(2026, 3, 29))
    begun = [slot.starts_at for slot in forward.slots]
    assert begun[0] == datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert begun[-1] == datetime(2026, 3, 29, 4, 45, tzinfo=UTC)
    assert len(begun) == 20
