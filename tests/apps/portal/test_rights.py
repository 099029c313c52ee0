"""Through a patient's page nothing of care can be decided, on no route: verbs that do not name patients refuse them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from apps.booking import services
from apps.booking.call_models import CallTask
from apps.booking.calls.services import ask_for_call, assign_call
from apps.clinic.access import require_clinic, require_role, require_verified
from apps.clinic.actors import Actor
from apps.clinic.braking import brake
from apps.clinic.errors import Forbidden, NotFound
from apps.couples.notes import write_note
from apps.couples.people import update_person
from apps.couples.services import PersonInput, silence_couple
from apps.feeds.services import issue_link
from apps.portal.services import issue_page
from apps.treatments.models import Appointment, Record, Treatment
from apps.treatments.services import record, start_treatment
from apps.treatments.standstill import end_by_one, pause_couple
from tests import rows

AT = rows.AT
APPS = Path(__file__).resolve().parents[3] / "apps"
pytestmark = pytest.mark.django_db
# Where a patient may speak, and of what: whoever adds a place adds what keeps it from deciding.
OWN_WORDS = {
    "booking/calls/services.py",  # a call to her own couple
    "booking/coming.py",  # that she comes
    "couples/routes.py",  # her own ways to be reached
    "couples/silence.py",  # her own wish alone
    "couples/wishes.py",
    "feeds/services.py",  # her own calendar
    "treatments/absences.py",  # her own days
}


def test_the_places_where_a_patient_may_speak_are_counted() -> None:
    found = {
        path.relative_to(APPS).as_posix()
        for path in APPS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require_own_or_role"
    }
    assert found == OWN_WORDS


def test_a_patient_passes_no_question_that_is_asked_of_staff() -> None:
    clinic = uuid4()
    actor = Actor.patient(person_id=uuid4(), clinic_id=clinic)
    with pytest.raises(Forbidden):
        require_clinic(actor, clinic)
    for ask in (require_role, require_verified):
        with pytest.raises(Forbidden):
            ask(actor, "nurse", "doctor", "lab", "manager", "client")


def test_no_verb_of_care_lets_a_patient_through(treatment: Treatment, visit: Appointment) -> None:
    couple, clinic, her = treatment.couple, treatment.clinic, treatment.couple.recipient
    actor = Actor.patient(person_id=her.pk, clinic_id=clinic.pk)
    given = {"actor": actor, "at": AT}
    said = [
        {"kind": "fulfilled", "step": visit.step, "occurrence": visit.occurrence, "on": AT.date()},
        {"kind": "consent", "person": "recipient", "on": AT.date()},
        {"kind": "milestone", "name": "loss", "on": AT.date(), "certainty": "happened"},
        {"kind": "decision", "flag": "x", "choice": "continue", "on": AT.date(), "reason": "x"},
        {"kind": "note", "text": "x", "on": AT.date()},
    ]
    verbs: list[Callable[[], object]] = [
        *(lambda data=data: record(treatment=treatment, data=data, **given) for data in said),
        lambda: services.move(appointment=visit, starts_at=AT + timedelta(days=3), **given),
        lambda: services.cancel(appointment=visit, reason="x", **given),
        lambda: services.arrive(appointment=visit, **given),
        lambda: services.attend(appointment=visit, **given),
        lambda: start_treatment(couple=couple, protocol_version=treatment.protocol_version, **given),
        lambda: pause_couple(couple=couple, reason="paused", **given),
        lambda: end_by_one(couple=couple, person=her, **given),
        lambda: silence_couple(couple=couple, reason="suspected_loss", **given),
        lambda: update_person(person=her, given=PersonInput.of(her), **given),
        lambda: write_note(couple=couple, kind="note", text="x", on=AT.date(), **given),
        lambda: issue_page(person=her, label="x", **given),
        lambda: brake(clinic=clinic, reason="x", **given),
    ]
    before = (Record.objects.count(), Appointment.objects.get(pk=visit.pk).status, visit.starts_at)
    for verb in verbs:
        with pytest.raises(Forbidden):
            verb()
    after = Appointment.objects.get(pk=visit.pk)
    assert (Record.objects.count(), after.status, after.starts_at) == before


def test_of_another_couple_a_patient_knows_nothing(treatment: Treatment, visit: Appointment) -> None:
    stranger = Actor.patient(person_id=uuid4(), clinic_id=treatment.clinic_id)
    with pytest.raises(NotFound):
        ask_for_call(couple=treatment.couple, why="other", due_at=AT, actor=stranger, at=AT)
    with pytest.raises(NotFound):
        issue_link(person=treatment.couple.recipient, label="x", actor=stranger, at=AT)
    with pytest.raises(NotFound):
        silence_couple(couple=treatment.couple, reason="own_wish", actor=stranger, at=AT)
    own = Actor.patient(person_id=treatment.couple.recipient_id, clinic_id=treatment.clinic_id)
    call = ask_for_call(couple=treatment.couple, why="other", due_at=AT, actor=own, at=AT)
    with pytest.raises(Forbidden):
        assign_call(task=call, nurse=None, actor=own, at=AT)
    assert CallTask.objects.count() == 1
