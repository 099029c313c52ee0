"""A visit is booked so that what hangs on it still fits, or with a reason; each surface says what is left and why."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Invalid
from apps.treatments import services
from apps.treatments.models import Appointment, CalendarEntry, Treatment
from tests import rows
from tests.builders import after, before, document, step

pytestmark = pytest.mark.django_db
AT = rows.AT
START = AT.date()
# The operation nine weeks on leaves the second visit seven weeks, and so the first three.
BOUND = document(
    step("first", after("course-start", absolute_minimum="P0D", earliest="P1W", target="P2W", latest="P6W")),
    step(
        "second",
        after({"step": "first"}, absolute_minimum="P3W", earliest="P4W", latest="P6W"),
        before("operation", maximum="P2W"),
    ),
)


@pytest.fixture
def nurse() -> Actor:
    return rows.staff(rows.a_clinic(), "nurse")


@pytest.fixture
def treatment(nurse: Actor) -> Treatment:
    couple = rows.a_couple(rows.Clinic.objects.get())
    version = services.publish_protocol(
        clinic=couple.clinic, document=json.dumps(BOUND), signed_by="Dr Sen", actor=rows.SYSTEM, at=AT
    )
    treatment = rows.a_treatment(couple.clinic, couple=couple, protocol=version)
    operation = START + timedelta(weeks=9)
    rows.said(treatment, nurse, AT, "milestone", name="operation", certainty="planned", on=operation)
    return treatment


def week(number: int) -> datetime:
    return AT + timedelta(weeks=number)


def book(treatment: Treatment, nurse: Actor, at: datetime, reason: str = "") -> Appointment:
    return booking.book(
        appointment=rows.visit(treatment, "first"), starts_at=at, reason=reason, actor=nurse, at=AT
    )


def test_the_row_keeps_what_is_left_beside_what_the_protocol_asks(treatment: Treatment) -> None:
    visit = rows.visit(treatment, "first")
    assert (visit.earliest_on, visit.latest_on) == (date(2026, 1, 12), date(2026, 2, 16))
    assert (visit.bookable_from, visit.bookable_to) == (date(2026, 1, 12), date(2026, 1, 26))
    assert visit.plan["bookable"]["bound_by"]


def test_a_day_inside_what_is_left_needs_no_reason(treatment: Treatment, nurse: Actor) -> None:
    assert book(treatment, nurse, week(3)).status == "booked"


def test_a_good_day_that_leaves_no_room_asks_why_and_names_what_binds_it(
    treatment: Treatment, nurse: Actor
) -> None:
    with pytest.raises(Invalid) as raised:
        book(treatment, nurse, week(4))
    (fault,) = raised.value.faults
    assert (raised.value.code, fault.field) == ("needs_reason", "reason")
    assert "12 Jan 2026 to 26 Jan 2026" in fault.message
    assert "operation" in fault.message
    assert fault.remedy
    assert rows.visit(treatment, "first").status == "proposed"
    assert book(treatment, nurse, week(4), "Donor not available").deviation_reason == "Donor not available"


def test_a_visit_that_is_booked_is_moved_as_though_it_were_not(treatment: Treatment, nurse: Actor) -> None:
    book(treatment, nurse, week(4), "Donor not available")
    row = rows.visit(treatment, "first")
    with pytest.raises(Invalid) as raised:
        booking.move(appointment=row, starts_at=week(5), actor=nurse, at=AT)
    assert raised.value.code == "needs_reason"
    moved = booking.move(appointment=row, starts_at=week(3), actor=nurse, at=AT)
    assert (moved.starts_at, moved.deviation_reason) == (week(3), "")


def test_before_the_absolute_minimum_no_reason_helps(treatment: Treatment, nurse: Actor) -> None:
    book(treatment, nurse, week(3))
    with pytest.raises(Invalid) as raised:
        booking.book(
            appointment=rows.visit(treatment, "second"),
            starts_at=week(5),
            reason="She insists",
            actor=nurse,
            at=AT,
        )
    assert raised.value.code == "before_minimum"


def test_a_calendar_hears_of_it_when_what_is_left_changes(treatment: Treatment, nurse: Actor) -> None:
    visit = rows.visit(treatment, "first")
    before_it = CalendarEntry.objects.get(pk=visit.pk).sequence
    later = START + timedelta(weeks=10)
    rows.said(
        treatment,
        nurse,
        AT + timedelta(hours=1),
        "milestone",
        name="operation",
        certainty="planned",
        on=later,
    )
    assert rows.visit(treatment, "first").bookable_to == date(2026, 2, 2)
    assert CalendarEntry.objects.get(pk=visit.pk).sequence == before_it + 1
