"""Booking, moving, cancelling and attending through the services, on real rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.booking import services as booking
from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments import queries
from apps.treatments.models import Appointment, CalendarEntry, Treatment
from protocols import PlannedVisit
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
# Hyderabad's 09:30 on the proposed day of dose 1, three weeks on.
DOSE_1 = datetime(2026, 1, 27, 4, tzinfo=UTC)


@pytest.fixture
def treatment(clinic: Clinic) -> Treatment:
    return rows.a_treatment(clinic)


def booked(treatment: Treatment, nurse: Actor, starts_at: datetime = DOSE_1, **more: Any) -> Appointment:
    return booking.book(
        appointment=rows.visit(treatment, "sensitisation"), starts_at=starts_at, actor=nurse, at=AT, **more
    )


def planned(treatment: Treatment, step: str, at: datetime = AT) -> PlannedVisit:
    visit = queries.plan_of(treatment, at).visit(step)
    assert visit is not None
    return visit


def test_nothing_is_booked_for_who_became_somebody_else_while_it_waited(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    # What a booking sees that read the couple before a merge and got the lock on her after it.
    other = rows.a_couple(clinic, recipient=replace(rows.LALITHA, identifiers=()))
    recipient = treatment.couple.recipient
    recipient.merged_into = other.recipient
    recipient.save(update_fields=["merged_into"])
    with pytest.raises(Conflict) as refusal:
        booked(treatment, nurse)
    assert refusal.value.code == "busy"
    assert rows.visit(treatment, "sensitisation").status == "proposed"


def snapshot(treatment: Treatment) -> list[Any]:
    return [
        list(Appointment.objects.filter(treatment=treatment).order_by("pk").values()),
        list(CalendarEntry.objects.filter(treatment=treatment).order_by("pk").values()),
        list(treatment.records.values_list("pk")),
        Change.objects.count(),
    ]


def test_a_booking_keeps_moment_wall_time_zone_and_who_comes(treatment: Treatment, nurse: Actor) -> None:
    row = booked(treatment, nurse)
    row.refresh_from_db()
    assert (row.status, row.state, row.touched) == ("booked", "booked", True)
    assert (row.starts_at, row.ends_at) == (DOSE_1, DOSE_1 + timedelta(minutes=60))
    assert (row.local_start, row.zone) == ("2026-01-27T09:30", "Asia/Kolkata")
    assert (row.recipient_id, row.partner_id) == (treatment.couple.recipient_id, treatment.couple.partner_id)
    assert planned(treatment, "sensitisation").on == date(2026, 1, 27)
    told = Change.objects.get(kind="appointment.booked")
    assert told.subject_id == row.pk
    assert told.detail == {"starts_at": DOSE_1.isoformat()}


def test_a_test_takes_half_an_hour_and_the_recipient_alone(treatment: Treatment, nurse: Actor) -> None:
    test = rows.visit(treatment, "baseline-antibody-test")
    row = booking.book(appointment=test, starts_at=DOSE_1 - timedelta(days=14), actor=nurse, at=AT)
    assert row.starts_at
    assert row.ends_at
    assert row.ends_at - row.starts_at == timedelta(minutes=30)
    assert (row.recipient_id, row.partner_id) == (treatment.couple.recipient_id, None)


def test_a_booked_day_drives_the_visits_after_it(treatment: Treatment, nurse: Actor) -> None:
    booked(treatment, nurse, DOSE_1 + timedelta(days=7))
    assert rows.visit(treatment, "sensitisation", 2).proposed_on == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        (AT - timedelta(hours=1), "in_the_past"),
        (datetime(2026, 1, 26, 4, tzinfo=UTC), "closed_day"),
        (datetime(2026, 2, 1, 4, tzinfo=UTC), "closed_day"),
        (datetime(2026, 3, 9, 4, tzinfo=UTC), "needs_reason"),
    ],
)
def test_a_refused_booking_changes_nothing(
    clinic: Clinic, treatment: Treatment, nurse: Actor, starts_at: datetime, code: str
) -> None:
    day = date(2026, 1, 26)
    clinic_services.close_days(clinic=clinic, from_on=day, to_on=day, reason="holiday", actor=nurse, at=AT)
    before = snapshot(treatment)
    with pytest.raises(Invalid) as raised:
        booked(treatment, nurse, starts_at)
    assert raised.value.code == code
    assert raised.value.remedy
    assert snapshot(treatment) == before


def test_no_reason_opens_a_day_before_the_absolute_minimum(treatment: Treatment, nurse: Actor) -> None:
    booked(treatment, nurse)
    second = rows.visit(treatment, "sensitisation", 2)
    starts_at = DOSE_1 + timedelta(days=13)
    with pytest.raises(Invalid) as raised:
        booking.book(appointment=second, starts_at=starts_at, actor=nurse, at=AT, reason="in a hurry")
    assert raised.value.code == "before_minimum"
    row = booking.book(
        appointment=second, starts_at=starts_at + timedelta(days=1), actor=nurse, at=AT, reason="in a hurry"
    )
    assert row.deviation_reason == "in a hurry"


def test_an_hour_that_the_clocks_skip_or_show_twice_is_refused() -> None:
    clinic = rows.a_clinic(replace(rows.LONDON))
    nurse = rows.staff(clinic, "nurse")
    clinic_services.set_hours(
        clinic=clinic,
        spans=[clinic_services.Span(day, rows.time(0), rows.time(23)) for day in range(7)],
        actor=rows.SYSTEM,
        at=AT,
    )
    treatment = rows.a_treatment(clinic, at=datetime(2026, 3, 23, 9, tzinfo=UTC))
    test = rows.visit(treatment, "baseline-antibody-test")
    at = datetime(2026, 3, 23, 9, tzinfo=UTC)
    with pytest.raises(Invalid) as raised:
        booking.book(appointment=test, starts_at=datetime(2026, 3, 29, 1, 30), actor=nurse, at=at)  # noqa: DTZ001
    assert raised.value.code == "skipped_hour"
    row = booking.book(appointment=test, starts_at=datetime(2026, 3, 29, 9, 30), actor=nurse, at=at)  # noqa: DTZ001
    assert row.starts_at == datetime(2026, 3, 29, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "minutes"), [(7, 60), (17, 61), (18, 15), (3, 60)])
def test_a_visit_that_does_not_fit_into_the_opening_hours_is_refused(
    treatment: Treatment, nurse: Actor, hour: int, minutes: int
) -> None:
    starts_at = datetime(2026, 1, 26, hour, 30 if hour == 17 else 0)  # noqa: DTZ001  the clinic's wall time
    with pytest.raises(Invalid) as raised:
        booked(treatment, nurse, starts_at, minutes=minutes)
    assert (raised.value.code, raised.value.field) == ("outside_hours", "starts_at")
    assert "08:00 to 18:00" in str(raised.value)
    assert rows.visit(treatment, "sensitisation").status == "proposed"


def test_a_booked_visit_is_moved_and_never_booked_twice(treatment: Treatment, nurse: Actor) -> None:
    row = booked(treatment, nurse, minutes=45)
    with pytest.raises(Conflict) as raised:
        booked(treatment, nurse, DOSE_1 + timedelta(days=1))
    assert raised.value.code == "illegal_move"
    later = DOSE_1 + timedelta(days=2)
    moved = booking.move(appointment=row, starts_at=later, actor=nurse, at=AT)
    assert moved.pk == row.pk
    assert (moved.starts_at, moved.ends_at) == (later, later + timedelta(minutes=45))
    told = Change.objects.get(kind="appointment.moved")
    assert told.detail == {"starts_at": later.isoformat(), "from": DOSE_1.isoformat()}


def test_every_visible_change_raises_the_calendar_sequence_by_one(treatment: Treatment, nurse: Actor) -> None:
    row = booked(treatment, nurse)

    def sequence() -> int:
        return CalendarEntry.objects.get(pk=row.pk).sequence

    first = sequence()
    booking.move(appointment=row, starts_at=DOSE_1 + timedelta(days=1), actor=nurse, at=AT)
    assert sequence() == first + 1
    booking.cancel(appointment=row, reason="patient asked", actor=nurse, at=AT)
    assert sequence() == first + 2


def test_a_cancelled_day_anchors_nothing_and_the_visit_is_asked_for_again(
    treatment: Treatment, nurse: Actor
) -> None:
    row = booked(treatment, nurse, DOSE_1 + timedelta(days=7))
    row = booking.cancel(appointment=row, reason="patient asked", actor=nurse, at=AT)
    assert (row.status, row.cancel_reason) == ("cancelled", "patient asked")
    assert rows.visit(treatment, "sensitisation").state == "proposed"
    assert rows.visit(treatment, "sensitisation", 2).proposed_on == date(2026, 2, 23)
    assert booked(treatment, nurse).status == "booked"


@pytest.mark.parametrize("verb", ["cancel", "move", "arrive"])
def test_what_is_not_booked_can_be_neither_cancelled_nor_moved_nor_arrive(
    treatment: Treatment, nurse: Actor, verb: str
) -> None:
    row = rows.visit(treatment, "sensitisation")
    more = {"cancel": {"reason": "x"}, "move": {"starts_at": DOSE_1}, "arrive": {}}[verb]
    with pytest.raises(Conflict):
        getattr(booking, verb)(appointment=row, actor=nurse, at=AT, **more)
    assert rows.visit(treatment, "sensitisation").status == "proposed"


def test_a_cancellation_without_a_reason_is_refused(treatment: Treatment, nurse: Actor) -> None:
    row = booked(treatment, nurse)
    with pytest.raises(Invalid):
        booking.cancel(appointment=row, reason=" ", actor=nurse, at=AT)


def test_arrival_is_on_the_booked_day_and_attendance_writes_the_record(
    treatment: Treatment, nurse: Actor
) -> None:
    rows.resulted(treatment, nurse, AT, 4)
    row = booked(treatment, nurse)
    with pytest.raises(Conflict) as raised:
        booking.arrive(appointment=row, actor=nurse, at=DOSE_1 - timedelta(days=1))
    assert raised.value.code == "other_day"
    row = booking.arrive(appointment=row, actor=nurse, at=DOSE_1)
    assert row.status == "arrived"
    with pytest.raises(Conflict) as raised:
        booking.move(appointment=row, starts_at=DOSE_1 + timedelta(days=1), actor=nurse, at=DOSE_1)
    assert raised.value.code == "illegal_move"
    rows.consented(treatment, nurse, DOSE_1)
    rows.screened(treatment, nurse, DOSE_1)
    given = {"cells_million": 80}
    record = booking.attend(appointment=row, given=given, actor=nurse, at=DOSE_1 + timedelta(hours=1))
    assert (record.kind, record.on, record.data["given"]) == ("fulfilled", date(2026, 1, 27), given)
    assert rows.visit(treatment, "sensitisation").status == "fulfilled"
    assert Change.objects.filter(kind="appointment.fulfilled", subject_id=row.pk).count() == 1


def test_a_missed_visit_keeps_its_occurrence_and_is_booked_again(treatment: Treatment, nurse: Actor) -> None:
    rows.resulted(treatment, nurse, AT, 4)
    row = booked(treatment, nurse)
    with pytest.raises(Conflict) as raised:
        booking.miss(appointment=row, reason="", actor=nurse, at=DOSE_1 - timedelta(hours=1))
    assert raised.value.code == "still_ahead"
    booking.miss(appointment=row, reason="did not come", actor=nurse, at=DOSE_1 + timedelta(hours=5))
    row = rows.visit(treatment, "sensitisation")
    assert (row.status, row.state, row.plan["attempt"]) == ("noshow", "missed", 2)
    again = booking.book(
        appointment=row, starts_at=DOSE_1 + timedelta(days=2), actor=nurse, at=DOSE_1 + timedelta(hours=6)
    )
    assert (again.pk, again.status, again.state) == (row.pk, "booked", "booked")


def test_nobody_books_in_another_clinic_and_a_laboratory_books_nothing(
    clinic: Clinic, treatment: Treatment
) -> None:
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        booked(treatment, stranger)
    with pytest.raises(Forbidden):
        booked(treatment, rows.staff(clinic, "lab"))


def test_one_person_is_not_at_two_places_even_in_two_couples(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    booked(treatment, nurse)
    from_now = rows.couple_services.enrol_couple(
        clinic=clinic,
        recipient=treatment.couple.recipient_id,
        partner=rows.PersonInput(given_name="Kiran"),
        actor=nurse,
        at=AT,
    )
    other = rows.a_treatment(clinic, couple=from_now)
    before = snapshot(other)
    with pytest.raises(Conflict) as raised:
        booked(other, nurse, DOSE_1 + timedelta(minutes=30))
    assert raised.value.code == "two_places"
    assert snapshot(other) == before
    assert booked(other, nurse, DOSE_1 + timedelta(minutes=60)).status == "booked"
