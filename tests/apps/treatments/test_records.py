"""Recording: what is taken, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, LitError, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments import queries, services
from apps.treatments.models import Appointment, Flag, ProtocolVersion, Record, Treatment
from protocols import library_text
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def doctor(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "doctor")


@pytest.fixture
def treatment(clinic: Clinic) -> Treatment:
    return rows.a_treatment(clinic)


def everything(treatment: Treatment) -> list[Any]:
    return [
        list(model.objects.filter(treatment=treatment).order_by("pk").values())
        for model in (Record, Appointment, Flag)
    ] + [Change.objects.count()]


# --- Protocol versions and records never change ------------------------------------------------------------


def test_a_published_version_cannot_be_changed_or_deleted_by_any_sql(clinic: Clinic) -> None:
    version = rows.a_protocol(clinic)
    for sql in (
        "UPDATE treatments_protocolversion SET document = ''",
        "DELETE FROM treatments_protocolversion",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    version.refresh_from_db()
    assert version.document == library_text("lit-standard")


def test_a_name_and_version_is_published_once(clinic: Clinic) -> None:
    rows.a_protocol(clinic)
    with pytest.raises(Conflict) as raised:
        rows.a_protocol(clinic)
    assert (raised.value.code, raised.value.field) == ("published", "version")


@pytest.mark.parametrize("document", ["", "name: x", "{", "name: lit\nversion: '1'\nsteps: []"])
def test_a_protocol_with_faults_is_refused_with_all_of_them(clinic: Clinic, document: str) -> None:
    with pytest.raises(Invalid) as raised:
        services.publish_protocol(
            clinic=clinic, document=document, signed_by="Dr Sen", actor=rows.SYSTEM, at=AT
        )
    assert raised.value.code == "protocol_faults"
    assert all(fault.field and fault.remedy for fault in raised.value.faults)
    assert not ProtocolVersion.objects.exists()


def test_records_are_append_only_for_any_sql(treatment: Treatment) -> None:
    for sql in ("UPDATE treatments_record SET kind = 'note'", "DELETE FROM treatments_record"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert treatment.records.get().kind == "milestone"


# --- What a record keeps -----------------------------------------------------------------------------------


def test_a_record_keeps_who_when_and_from_where_and_the_body_as_said(
    treatment: Treatment, nurse: Actor
) -> None:
    row = rows.said(treatment, nurse, AT, "opt_in", step="early-pregnancy-booster", on="2026-01-05")
    row.refresh_from_db()
    assert row.data == {
        "kind": "opt_in",
        "step": "early-pregnancy-booster",
        "on": "2026-01-05",
        "wanted": True,
    }
    assert (row.on, row.recorded_at) == (date(2026, 1, 5), AT)
    assert (row.by_name, row.by_role, row.by_user_id, row.route) == (
        nurse.name,
        "nurse",
        nurse.user_id,
        "admin",
    )
    told = Change.objects.filter(kind="record.added").latest("id")
    assert (told.subject_id, told.detail, told.user_id) == (row.pk, {"on": "2026-01-05"}, nurse.user_id)


def test_the_author_is_who_acts_whatever_the_body_says(treatment: Treatment, nurse: Actor) -> None:
    body = {"kind": "note", "text": "called", "by": {"name": "Dr Sen", "role": "doctor"}, "id": "1"}
    row = services.record(treatment=treatment, data=body, actor=nurse, at=AT)
    assert (row.by_name, row.by_role) == (nurse.name, "nurse")
    assert row.data == {"kind": "note", "text": "called"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"kind": "moon"}, {"kind"}),
        ({"kind": "result", "test": "apca", "sampled_on": "2026-01-05"}, {"resulted_on"}),
        ({"kind": "result", "value": 4}, {"test", "sampled_on", "resulted_on"}),
        ({"kind": "milestone", "name": "landing", "on": "2026-01-05"}, {"name"}),
        ({"kind": "fulfilled", "step": "sensitisation", "on": "2026-01-06"}, {"on"}),
        ({"kind": "milestone", "name": "course-start", "on": "2026-01-04"}, {"name"}),
        ({"kind": "opt_in", "step": "sensitisation", "on": "2026-01-05", "moon": 1}, {"moon"}),
    ],
)
def test_a_body_with_faults_is_refused_with_all_of_them_and_nothing_changes(
    treatment: Treatment, nurse: Actor, body: dict[str, Any], fields: set[str]
) -> None:
    rows.consented(treatment, nurse)
    rows.screened(treatment, nurse, AT)
    before = everything(treatment)
    with pytest.raises(Invalid) as raised:
        services.record(treatment=treatment, data=body, actor=nurse, at=AT)
    assert {fault.field for fault in raised.value.faults} == fields
    assert all(fault.message and fault.remedy for fault in raised.value.faults)
    assert everything(treatment) == before


def test_a_booking_is_not_taken_as_a_record(treatment: Treatment, nurse: Actor) -> None:
    with pytest.raises(Invalid) as raised:
        rows.said(treatment, nurse, AT, "booked", step="sensitisation", on="2026-01-26")
    assert (raised.value.code, raised.value.field) == ("not_a_record", "kind")


# --- Who may record what -----------------------------------------------------------------------------------


def actors(clinic: Clinic, nurse: Actor) -> dict[str, Actor]:
    unverified = Actor("Nisha", "nurse", "api", user_id=nurse.user_id, clinic_id=clinic.pk)
    return {
        "nurse": nurse,
        "doctor": rows.staff(clinic, "doctor"),
        "lab": rows.staff(clinic, "lab"),
        "client": Actor.client(name="HIS", clinic_id=clinic.pk),
        "system": rows.SYSTEM,
        "unverified nurse": unverified,
    }


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (
            {"kind": "consent", "person": "recipient", "on": "2026-01-05"},
            {"nurse", "doctor"},
        ),
        (
            {
                "kind": "result",
                "test": "apca",
                "sampled_on": "2026-01-05",
                "resulted_on": "2026-01-05",
                "value": 4,
            },
            {"nurse", "doctor", "lab", "client", "system", "unverified nurse"},
        ),
        (
            {"kind": "pause", "on": "2026-01-05"},
            {"nurse", "doctor", "client", "system", "unverified nurse"},
        ),
    ],
)
def test_consent_needs_a_person_who_signed_in_and_a_laboratory_only_measures(
    clinic: Clinic, nurse: Actor, body: dict[str, Any], allowed: set[str]
) -> None:
    for name, actor in actors(clinic, nurse).items():
        treatment = rows.a_treatment(clinic)
        if name in allowed:
            assert services.record(treatment=treatment, data=body, actor=actor, at=AT).by_name == actor.name
        else:
            with pytest.raises(Forbidden):
                services.record(treatment=treatment, data=body, actor=actor, at=AT)


def test_what_is_in_another_clinic_does_not_exist(treatment: Treatment) -> None:
    london = rows.a_clinic(rows.LONDON)
    stranger = rows.staff(london, "nurse")
    with pytest.raises(NotFound):
        rows.said(treatment, stranger, AT, "note", text="x")
    with pytest.raises(NotFound):
        services.correct(record=treatment.records.get(), reason="x", replacement=None, actor=stranger, at=AT)
    for ask in (queries.treatment_by_id, queries.appointment_by_id, queries.record_by_id, queries.flag_by_id):
        for pk in (treatment.pk, rows.visit(treatment, "sensitisation").pk, treatment.records.get().pk):
            with pytest.raises(NotFound):
                ask(london, pk)
    assert not queries.treatments_of(london).exists()
    assert not queries.appointments_of(london).exists()
    with pytest.raises(NotFound):
        services.start_treatment(
            couple=rows.a_couple(london),
            protocol_version=treatment.protocol_version,
            actor=stranger,
            at=AT,
        )


# --- What may be performed (the same for admin, API, import and shell: there is one verb) --------------------


def refused(treatment: Treatment, actor: Actor, at: Any, step: str, occurrence: int = 1) -> LitError:
    before = everything(treatment)
    with pytest.raises(Conflict) as raised:
        rows.said(treatment, actor, at, "fulfilled", step=step, occurrence=occurrence, on=at.date())
    assert raised.value.remedy
    assert everything(treatment) == before
    return raised.value


def test_a_dose_without_consent_or_screening_is_refused_and_names_what_is_missing(
    treatment: Treatment, nurse: Actor
) -> None:
    error = refused(treatment, nurse, AT, "sensitisation")
    assert error.code == "prerequisite_missing"
    assert "consent of partner" in error.message
    rows.consented(treatment, nurse)
    assert "consent" not in refused(treatment, nurse, AT, "sensitisation").message
    rows.dosed(treatment, nurse, AT, 1)
    assert rows.visit(treatment, "sensitisation").status == "fulfilled"


def test_screening_is_judged_on_the_day_of_the_act(treatment: Treatment, nurse: Actor) -> None:
    rows.consented(treatment, nurse)
    rows.screened(treatment, nurse, AT)
    late = AT + timedelta(days=8)
    error = refused(treatment, nurse, late, "sensitisation")
    assert error.code == "prerequisite_missing"
    assert "infection screen of partner" in error.message
    assert "pregnancy test of recipient" in error.message
    rows.said(treatment, nurse, late, "fulfilled", step="sensitisation", on=AT.date())
    assert rows.visit(treatment, "sensitisation").status == "fulfilled"


def test_a_held_visit_is_not_performed_by_anyone_on_any_day(clinic: Clinic, nurse: Actor) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    planned = (at + timedelta(weeks=3)).date()
    rows.said(treatment, nurse, at, "milestone", name="conception-attempt", on=planned, certainty="planned")
    rows.resulted(treatment, nurse, at, 3)
    for actor in actors(clinic, nurse).values():
        if actor.role != "lab":
            assert refused(treatment, actor, at, "preconception-booster").code == "held"
    booster = rows.visit(treatment, "preconception-booster")
    with pytest.raises(Conflict) as raised:
        booking.attend(appointment=booster, on=(at - timedelta(days=1)).date(), actor=nurse, at=at)
    assert raised.value.code == "held"


def test_a_visit_that_is_not_needed_or_not_planned_is_not_performed(
    treatment: Treatment, nurse: Actor
) -> None:
    rows.said(treatment, nurse, AT, "opt_in", step="early-pregnancy-booster", on=AT.date(), wanted=False)
    assert refused(treatment, nurse, AT, "early-pregnancy-booster").code == "not_needed"
    rows.said(treatment, nurse, AT, "close", on=AT.date(), reason="moved away")
    assert refused(treatment, nurse, AT, "sensitisation").code == "not_needed"


def test_an_expired_visit_is_not_performed_but_one_done_in_time_is_still_recorded(
    clinic: Clinic, nurse: Actor
) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 70)
    attempt = at + timedelta(weeks=2)
    rows.said(
        treatment, nurse, at, "milestone", name="conception-attempt", on=attempt.date(), certainty="planned"
    )
    in_time = attempt - timedelta(days=1)
    rows.screened(treatment, nurse, in_time)
    late = attempt + timedelta(days=1)
    rows.screened(treatment, nurse, late)
    services.reconcile(treatment=treatment, at=late)
    assert rows.visit(treatment, "preconception-booster").state == "expired"
    assert refused(treatment, nurse, late, "preconception-booster").code == "expired"
    rows.said(treatment, nurse, late, "fulfilled", step="preconception-booster", on=in_time.date())
    assert rows.visit(treatment, "preconception-booster").status == "fulfilled"


def test_a_dose_too_early_is_taken_and_judged(treatment: Treatment, nurse: Actor) -> None:
    rows.consented(treatment, nurse)
    rows.dosed(treatment, nurse, AT, 1)
    rows.dosed(treatment, nurse, AT + timedelta(days=7), 2)
    assert rows.visit(treatment, "sensitisation", 2).status == "fulfilled"
    assert rows.flag(treatment, "given_too_early").is_open
    assert rows.visit(treatment, "sensitisation", 3).plan["dose"] == 2


def test_a_visit_is_missed_only_when_it_was_booked(treatment: Treatment, nurse: Actor) -> None:
    with pytest.raises(Conflict):
        rows.said(treatment, nurse, AT, "missed", step="sensitisation", on=AT.date())


def test_skipping_a_booked_visit_cancels_its_booking(treatment: Treatment, nurse: Actor) -> None:
    test = rows.visit(treatment, "baseline-antibody-test")
    booking.book(appointment=test, starts_at=AT + timedelta(days=2), actor=nurse, at=AT)
    rows.said(
        treatment, nurse, AT, "skipped", step="baseline-antibody-test", on=AT.date(), reason="done elsewhere"
    )
    row = rows.visit(treatment, "baseline-antibody-test")
    assert (row.status, row.state, row.cancel_reason) == ("cancelled", "skipped", "done elsewhere")
    assert Change.objects.filter(kind="appointment.cancelled", subject_id=row.pk).exists()
