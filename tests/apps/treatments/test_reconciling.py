"""Plan to rows: one way, once, and never over what people decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.booking import services as booking
from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.models import Change, Clinic
from apps.treatments import queries, services
from apps.treatments.applying import PEOPLE_COLUMNS, PLANNER_COLUMNS
from apps.treatments.models import Appointment, CalendarEntry, Flag, Record, Treatment
from protocols.plan import LIVE, State
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


def stored(treatment: Treatment) -> list[list[dict[str, Any]]]:
    """Rows without the moments of writing."""

    def plain(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in ("changed_at", "raised_at")}

    return [
        [plain(values) for values in model.objects.filter(treatment=treatment).order_by("pk").values()]
        for model in (Appointment, CalendarEntry, Flag)
    ]


def no_booking_is_orphaned(treatment: Treatment, at: Any) -> None:
    """Invariant 3: a booking in force has a visit that is alive, or a flag that asks what shall become of it."""
    plan = queries.plan_of(treatment, at)
    asked = {(flag.step, flag.occurrence) for flag in plan.flags}
    for row in Appointment.objects.filter(treatment=treatment, status__in=["booked", "arrived"]):
        visit = plan.visit(row.step, row.occurrence)
        alive = visit is not None and visit.state in LIVE
        assert alive or (row.step, row.occurrence) in asked, row.step


# --- Budgets -----------------------------------------------------------------------------------------------


def test_starting_a_treatment_takes_at_most_twelve_queries(
    clinic: Clinic, nurse: Actor, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    protocol, couple = rows.a_protocol(clinic), rows.a_couple(clinic)
    with django_assert_max_num_queries(12):
        treatment = services.start_treatment(
            couple=couple, protocol_version=protocol, started_on=AT.date(), actor=nurse, at=AT
        )
    assert treatment.appointments.count() == treatment.calendar_entries.count() == 8


def test_a_record_costs_the_same_whether_it_moves_one_visit_or_all(clinic: Clinic, nurse: Actor) -> None:
    counts = []
    for _ in range(2):
        treatment = rows.a_treatment(clinic)
        with CaptureQueriesContext(
            connection,
        ) as few:
            rows.said(treatment, nurse, AT, "pause", on=AT.date())
        with CaptureQueriesContext(connection) as many:
            rows.said(treatment, nurse, AT, "resume", on=AT.date())
        counts.append((len(few), len(many)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 16


def test_reconciling_what_is_up_to_date_reads_six_times_and_writes_nothing(
    clinic: Clinic, nurse: Actor
) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 3)
    services.reconcile(treatment=treatment, at=at)
    told = Change.objects.count()
    with CaptureQueriesContext(connection) as asked:
        changes = services.reconcile(treatment=treatment, at=at)
    statements = [query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert not changes
    assert len(statements) == 6
    assert not [sql for sql in statements if 'UPDATE "' in sql or "INSERT" in sql or "DELETE" in sql]
    assert Change.objects.count() == told


# --- Once is enough, and nothing is lost ---------------------------------------------------------------------


def test_rows_that_the_planner_owns_come_back_with_the_same_ids_and_calendar_entries(
    clinic: Clinic, nurse: Actor
) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    attempt = (at + timedelta(weeks=8)).date()
    rows.said(treatment, nurse, at, "milestone", name="conception-attempt", on=attempt, certainty="planned")
    rows.resulted(treatment, nurse, at, 70)
    booster = rows.visit(treatment, "preconception-booster")
    booking.book(appointment=booster, starts_at=at + timedelta(weeks=6), actor=nurse, at=at, reason="x")
    before = stored(treatment)
    Appointment.objects.filter(treatment=treatment, touched=False).delete()
    Flag.objects.filter(treatment=treatment).delete()
    assert services.reconcile(treatment=treatment, at=at)
    assert stored(treatment) == before
    assert not services.reconcile(treatment=treatment, at=at)


def test_a_visit_withdrawn_and_asked_for_again_keeps_its_uid_and_a_higher_sequence(
    clinic: Clinic, nurse: Actor
) -> None:
    treatment = rows.a_treatment(clinic)
    row = rows.visit(treatment, "re-dose")
    first = CalendarEntry.objects.get(pk=row.pk)
    close = rows.said(treatment, nurse, AT, "close", on=AT.date(), reason="moved away")
    assert not Appointment.objects.filter(pk=row.pk).exists()
    services.correct(record=close, reason="they stay", replacement=None, actor=nurse, at=AT)
    again = rows.visit(treatment, "re-dose")
    entry = CalendarEntry.objects.get(pk=row.pk)
    assert (again.pk, again.uid, entry.uid) == (row.pk, row.uid, row.uid)
    assert entry.sequence == first.sequence + 2


def test_the_two_owners_share_no_column_but_the_moment_of_the_change() -> None:
    columns = {field.name for field in Appointment._meta.concrete_fields}
    fixed = {"id", "clinic", "treatment", "step", "occurrence"}
    assert set(PLANNER_COLUMNS) & set(PEOPLE_COLUMNS) == {"changed_at"}
    assert set(PLANNER_COLUMNS) | set(PEOPLE_COLUMNS) | fixed == columns


def test_no_reconciliation_writes_a_column_that_people_own(clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    rows.resulted(treatment, nurse, AT, 4)
    row = booking.book(
        appointment=rows.visit(treatment, "sensitisation"),
        starts_at=AT + timedelta(weeks=3),
        actor=nurse,
        at=AT,
    )
    day = (AT + timedelta(weeks=3)).date()
    clinic_services.close_days(clinic=clinic, from_on=day, to_on=day, reason="", actor=nurse, at=AT)
    people = [name for name in PEOPLE_COLUMNS if name != "changed_at"]
    before = Appointment.objects.filter(pk=row.pk).values(*people).get()
    with CaptureQueriesContext(connection) as asked:
        for weeks in range(30):
            services.reconcile(treatment=treatment, at=AT + timedelta(weeks=weeks))
            no_booking_is_orphaned(treatment, AT + timedelta(weeks=weeks))
    assert Appointment.objects.filter(pk=row.pk).values(*people).get() == before
    updates = [
        query["sql"] for query in asked.captured_queries if 'UPDATE "treatments_appointment"' in query["sql"]
    ]
    assert updates
    assert not [
        sql
        for sql in updates
        for name in ('"status"', '"starts_at"', '"touched"')
        if f"SET {name}" in sql or f", {name} =" in sql
    ]


def test_a_fulfilled_visit_never_moves(clinic: Clinic, nurse: Actor) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    done = Appointment.objects.filter(treatment=treatment, state="fulfilled").order_by("pk")
    before = [(row.pk, row.plan["on"], row.status) for row in done]
    assert len(before) == 4
    for weeks in range(0, 60, 4):
        services.reconcile(treatment=treatment, at=at + timedelta(weeks=weeks))
    assert [(row.pk, row.plan["on"], row.status) for row in done.all()] == before


# --- What cannot be kept is asked ----------------------------------------------------------------------------


def test_a_booked_day_that_no_longer_fits_is_flagged_and_stays(clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    first = AT + timedelta(weeks=3)
    second = booking.book(
        appointment=rows.visit(treatment, "sensitisation", 2),
        starts_at=AT + timedelta(weeks=7),
        actor=nurse,
        at=AT,
    )
    rows.dosed(treatment, nurse, first + timedelta(weeks=3), 1)
    row = rows.visit(treatment, "sensitisation", 2)
    assert (row.status, row.starts_at) == ("booked", second.starts_at)
    flag = rows.flag(treatment, "booking_outside_window")
    assert (flag.step, flag.occurrence) == ("sensitisation", 2)
    assert flag.proposed_on
    no_booking_is_orphaned(treatment, first + timedelta(weeks=3))


def test_a_booking_of_a_treatment_that_ended_stays_and_is_flagged(clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    booking.book(
        appointment=rows.visit(treatment, "baseline-antibody-test"),
        starts_at=AT + timedelta(days=2),
        actor=nurse,
        at=AT,
    )
    rows.said(treatment, nurse, AT, "close", on=AT.date(), reason="moved away")
    treatment.refresh_from_db()
    assert treatment.is_closed
    row = rows.visit(treatment, "baseline-antibody-test")
    assert (row.status, row.state) == ("booked", State.NOT_APPLICABLE)
    assert rows.flag(treatment, "booking_not_needed").is_open
    no_booking_is_orphaned(treatment, AT)
    booking.cancel(appointment=row, reason="ended", actor=nurse, at=AT)
    assert rows.flag(treatment, "booking_not_needed").state == "cleared"


def test_a_preview_writes_nothing_and_shows_what_would_move(clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    rows.resulted(treatment, nurse, AT, 4)
    before = stored(treatment), Record.objects.count(), Change.objects.count()
    week_late = {"kind": "booked", "step": "sensitisation", "occurrence": 1, "on": date(2026, 2, 2)}
    plan, changes = services.preview(treatment=treatment, records=[week_late], at=AT)
    second = plan.visit("sensitisation", 2)
    assert second is not None
    assert second.proposed_on == date(2026, 3, 2)
    assert {visit.key for visit in changes.move} >= {("sensitisation", 1), ("sensitisation", 2)}
    assert (stored(treatment), Record.objects.count(), Change.objects.count()) == before


def test_a_held_visit_that_is_booked_tells_that_it_is_held_and_released(clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    row = booking.book(
        appointment=rows.visit(treatment, "baseline-antibody-test"),
        starts_at=AT + timedelta(days=2),
        actor=nurse,
        at=AT,
    )
    rows.said(treatment, nurse, AT, "pause", on=AT.date())
    assert rows.visit(treatment, "baseline-antibody-test").held
    assert Change.objects.filter(kind="appointment.held", subject_id=row.pk).count() == 1
    rows.said(treatment, nurse, AT, "resume", on=AT.date())
    assert Change.objects.filter(kind="appointment.released", subject_id=row.pk).count() == 1
