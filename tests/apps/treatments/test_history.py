"""Invariant 13: who, when and from where is known for every change of every clinical row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.booking import services as booking
from apps.clinic.models import Change
from apps.treatments import services
from apps.treatments.models import Appointment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT


def test_every_change_of_treatment_visit_and_flag_leaves_a_row_with_actor_and_route() -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 3)
    for name in ("TreatmentEvent", "AppointmentEvent", "FlagEvent"):
        events = apps.get_model("treatments", name).objects.select_related("pgh_context")
        assert events
        for event in events:
            assert event.pgh_context.metadata["actor"] in (nurse.name, "system")
            assert event.pgh_context.metadata["route"] in ("admin", "shell")
    last = apps.get_model("treatments", "FlagEvent").objects.latest("pgh_id")
    assert last.pgh_context.metadata == {"actor": nurse.name, "user": nurse.user_id, "route": "admin"}


def test_plain_sql_is_seen_and_history_cannot_be_rewritten() -> None:
    treatment = rows.a_treatment(rows.a_clinic())
    events = apps.get_model("treatments", "AppointmentEvent").objects
    count = events.count()
    Appointment.objects.filter(treatment=treatment, step="re-dose").update(deviation_reason="x")
    assert events.count() == count + 1
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM treatments_appointmentevent")


def test_change_rows_hold_ids_and_dates_and_no_words_of_anybody() -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = rows.a_treatment(clinic)
    row = booking.book(
        appointment=rows.visit(treatment, "sensitisation"),
        starts_at=AT + timedelta(days=9),
        reason="Lalitha asked",
        actor=nurse,
        at=AT,
    )
    booking.cancel(appointment=row, reason="Lalitha is ill", actor=nurse, at=AT)
    rows.said(treatment, nurse, AT, "note", text="Lalitha called")
    rows.said(treatment, nurse, AT, "milestone", name="loss", on=AT.date())
    told = Change.objects.filter(treatment_id=treatment.pk)
    assert told.exclude(couple_id=treatment.couple_id).count() == 0
    for change in told:
        text = str(change.detail)
        assert not any(word in text for word in ("Lalitha", "loss", "sensitisation", "dose"))


def test_rows_of_two_clinics_cannot_be_joined_even_by_sql() -> None:
    clinic = rows.a_clinic()
    here, there = rows.a_treatment(clinic), rows.a_treatment(rows.a_clinic(rows.LONDON))
    at = AT + timedelta(weeks=3)
    services.reconcile(treatment=here, at=at)
    assert here.flags.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("UPDATE treatments_flag SET treatment_id = %s", [there.pk])
    assert not services.reconcile(treatment=here, at=at)
