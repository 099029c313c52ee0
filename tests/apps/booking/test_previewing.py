"""What a booking would change, seen before it is saved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.booking.previewing import preview_booking
from apps.booking.queries import best_slots
from apps.booking.services import book, cancel, move
from apps.clinic.actors import Actor
from apps.clinic.errors import NotFound
from apps.clinic.models import Change, Clinic
from apps.couples.services import PersonInput
from apps.treatments.models import Appointment, CalendarEntry, Flag, Occupation, Treatment
from apps.treatments.queries import calendar_entries_of
from tests import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def treatment(clinic: Clinic, nurse: Actor) -> Treatment:
    """A couple whose first dose can be booked."""
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, rows.AT, 4)
    return treatment


def at_nine(on: date) -> datetime:
    """09:30 in Hyderabad."""
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


def dose(treatment: Treatment, number: int = 1) -> Appointment:
    return rows.visit(treatment, "sensitisation", number)


def good_day(visit: Appointment, days: int = 0) -> date:
    on = max(visit.proposed_on or visit.earliest_on or rows.AT.date(), rows.AT.date() + timedelta(days=1))
    on += timedelta(days=days)
    return on if on.weekday() != 6 else on + timedelta(days=1)


def counts() -> list[int]:
    return [model.objects.count() for model in (Appointment, Flag, CalendarEntry, Change, Occupation)]


def test_every_later_date_that_saving_moves_was_foretold(treatment: Treatment, nurse: Actor) -> None:
    first = dose(treatment)
    book(appointment=first, starts_at=at_nine(good_day(first)), actor=nurse, at=rows.AT)
    first = dose(treatment)
    before = {row.pk: (row.state, row.proposed_on) for row in treatment.appointments.all()}
    seen = preview_booking(appointment=first, starts_at=at_nine(good_day(first, 8)), at=rows.AT)
    move(appointment=first, starts_at=at_nine(good_day(first, 8)), actor=nurse, at=rows.AT)
    after = {row.pk: (row.state, row.proposed_on) for row in treatment.appointments.all()}
    moved = {pk for pk in before.keys() | after.keys() if before.get(pk) != after.get(pk)}
    foretold = {change.appointment_id: change for change in seen.visits}
    assert moved
    assert moved <= foretold.keys()
    for pk in moved:
        becomes = foretold[pk].becomes
        assert becomes is not None
        assert (becomes.state, becomes.on) == after[pk]


def test_the_visits_that_a_preview_holds_are_stored_so_when_it_is_saved(
    treatment: Treatment, nurse: Actor
) -> None:
    first = dose(treatment)
    seen = preview_booking(appointment=first, starts_at=at_nine(good_day(first, 3)), at=rows.AT)
    book(appointment=first, starts_at=at_nine(good_day(first, 3)), actor=nurse, at=rows.AT)
    stored = {row.pk: row for row in treatment.appointments.all()}
    columns = ("state", "proposed_on", "earliest_on", "latest_on", "held", "status", "starts_at", "ends_at")
    foretold = {row.pk: [getattr(row, column) for column in columns] for row in seen.rows}
    assert foretold == {pk: [getattr(row, column) for column in columns] for pk, row in stored.items()}


def test_the_calendar_entries_that_saving_sends_anew_were_foretold(
    treatment: Treatment, nurse: Actor
) -> None:
    first = dose(treatment)
    book(appointment=first, starts_at=at_nine(good_day(first)), actor=nurse, at=rows.AT)
    before = {entry.pk: entry.sequence for entry in calendar_entries_of(treatment)}
    later = at_nine(good_day(first, 8))
    seen = preview_booking(appointment=dose(treatment), starts_at=later, at=rows.AT)
    move(appointment=first, starts_at=later, actor=nurse, at=rows.AT)
    after = {entry.pk: entry.sequence for entry in calendar_entries_of(treatment)}
    own = next(entry for entry in seen.entries if entry.appointment_id == first.pk)
    assert (own.was_at, own.becomes_at) == (at_nine(good_day(first)), later)
    assert own.sequence == after[first.pk] == before[first.pk] + 1
    assert all(after[entry.appointment_id] == entry.sequence for entry in seen.entries)


def test_a_preview_writes_nothing(treatment: Treatment) -> None:
    before = counts()
    preview_booking(appointment=dose(treatment), starts_at=at_nine(good_day(dose(treatment))), at=rows.AT)
    assert counts() == before


def test_a_day_that_the_rules_refuse_is_told_with_its_remedy(treatment: Treatment) -> None:
    visit = dose(treatment)
    sunday = date(2026, 1, 11)
    seen = preview_booking(appointment=visit, starts_at=at_nine(sunday), at=rows.AT)
    assert seen.refusal is not None
    assert seen.refusal.code == "closed_day"
    assert seen.refusal.remedy
    assert not seen.can_book


def test_a_day_outside_the_good_ones_asks_for_a_reason_and_can_be_booked(treatment: Treatment) -> None:
    visit = dose(treatment)
    assert visit.latest_on is not None
    on = visit.latest_on + timedelta(days=1)
    on = on if on.weekday() != 6 else on + timedelta(days=1)
    seen = preview_booking(appointment=visit, starts_at=at_nine(on), at=rows.AT)
    assert seen.refusal is not None
    assert seen.refusal.needs_reason
    assert seen.can_book


def test_a_booking_that_would_no_longer_fit_is_named(treatment: Treatment, nurse: Actor) -> None:
    first = dose(treatment)
    book(appointment=first, starts_at=at_nine(good_day(first)), actor=nurse, at=rows.AT)
    second = dose(treatment, 2)
    book(appointment=second, starts_at=at_nine(good_day(second)), actor=nurse, at=rows.AT)
    late = at_nine(good_day(first, 21))
    seen = preview_booking(appointment=dose(treatment), starts_at=late, at=rows.AT)
    assert [change.appointment_id for change in seen.no_longer_fits] == [second.pk]
    assert "booking_outside_window" in {flag.code for flag in seen.flags_raised}


def test_the_fingerprint_stays_while_nothing_changed_and_differs_after(
    treatment: Treatment, nurse: Actor
) -> None:
    visit, when = dose(treatment), at_nine(good_day(dose(treatment)))
    one = preview_booking(appointment=visit, starts_at=when, at=rows.AT)
    two = preview_booking(appointment=visit, starts_at=when + timedelta(hours=1), at=rows.AT)
    assert one.fingerprint == two.fingerprint
    book(appointment=visit, starts_at=when, actor=nurse, at=rows.AT)
    booked = preview_booking(appointment=dose(treatment), starts_at=when, at=rows.AT)
    assert booked.fingerprint != one.fingerprint
    cancel(appointment=visit, reason="ill", actor=nurse, at=rows.AT)
    assert (
        preview_booking(appointment=dose(treatment), starts_at=when, at=rows.AT).fingerprint
        != booked.fingerprint
    )


def test_the_session_with_its_places_is_the_one_that_is_booked(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    rows.equipped(clinic)
    slot = best_slots(dose(treatment), at=rows.AT)[0]
    seen = preview_booking(appointment=dose(treatment), starts_at=slot.starts_at, at=rows.AT)
    booked = book(appointment=dose(treatment), starts_at=slot.starts_at, actor=nurse, at=rows.AT)
    assert seen.refusal is None
    assert seen.slot is not None
    assert (seen.starts_at, seen.ends_at) == (booked.starts_at, booked.ends_at)
    taken = Occupation.objects.filter(appointment=booked, resource__isnull=False)
    wanted = {(take.resource_id, take.place) for link in seen.slot.links for take in link.takes}
    assert set(taken.values_list("resource_id", "place")) == wanted


def test_a_full_place_is_a_refusal_with_the_next_times(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    resources = rows.equipped(clinic)
    slot = best_slots(dose(treatment), at=rows.AT)[0]
    everything = [(one, place) for one in resources.values() for place in range(1, one.places + 1)]
    for resource, place in everything:
        Occupation.objects.create(
            clinic=clinic,
            appointment=rows.visit(treatment, "sensitisation", 2),
            activity="elsewhere",
            resource=resource,
            place=place,
            starts_at=slot.starts_at,
            ends_at=slot.starts_at + timedelta(minutes=30),
        )
    seen = preview_booking(appointment=dose(treatment), starts_at=slot.starts_at, at=rows.AT)
    assert seen.refusal is not None
    assert seen.refusal.code == "slot_taken"
    assert "Free on that day" in seen.refusal.remedy


def test_another_couples_booking_leaves_the_fingerprint(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    when = at_nine(good_day(dose(treatment)))
    before = preview_booking(appointment=dose(treatment), starts_at=when, at=rows.AT).fingerprint
    other = rows.a_treatment(
        clinic,
        couple=rows.a_couple(
            clinic, recipient=PersonInput("Mira", "Das"), partner=PersonInput("Ravi", "Das")
        ),
    )
    rows.consented(other, nurse)
    assert preview_booking(appointment=dose(treatment), starts_at=when, at=rows.AT).fingerprint == before


def test_a_wall_time_that_the_clocks_skip_is_a_refusal(nurse: Actor) -> None:
    london = rows.a_clinic(rows.LONDON)
    there = rows.a_treatment(london, protocol=rows.a_protocol(london))
    visit = there.appointments.exclude(proposed_on=None).first()
    assert visit is not None
    seen = preview_booking(
        appointment=visit, starts_at=datetime.fromisoformat("2026-03-29T01:30"), at=rows.AT
    )
    assert seen.refusal is not None
    assert seen.refusal.code == "skipped_hour"


def test_a_visit_that_the_plan_no_longer_has_is_not_found(treatment: Treatment) -> None:
    gone = dose(treatment)
    gone.occurrence = 40
    with pytest.raises(NotFound):
        preview_booking(appointment=gone, starts_at=at_nine(date(2026, 1, 12)), at=rows.AT)
