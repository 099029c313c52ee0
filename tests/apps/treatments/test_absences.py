"""Days on which one of the two cannot come: said by themself, an input of the plan, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.treatments.absences import can_come_again, cannot_come
from apps.treatments.models import Record, Treatment
from apps.treatments.services import correct, record
from tests import rows

AT = rows.AT
TODAY = AT.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def treatment() -> Treatment:
    return rows.a_treatment(rows.a_clinic())


def patient(treatment: Treatment, role: str) -> Actor:
    person = getattr(treatment.couple, role)
    return Actor.patient(person_id=person.pk, clinic_id=person.clinic_id)


def test_a_proposal_goes_around_the_days_and_comes_back_when_they_are_taken_back(
    treatment: Treatment,
) -> None:
    her = treatment.couple.recipient
    actor = patient(treatment, "recipient")
    before = rows.visit(treatment, "baseline-antibody-test").proposed_on
    assert before is not None
    (said,) = cannot_come(person=her, from_on=before, to_on=before + timedelta(days=1), actor=actor, at=AT)
    assert (said.by_role, said.route, said.by_user_id) == ("patient", "page", None)
    assert rows.visit(treatment, "baseline-antibody-test").proposed_on not in (
        before,
        before + timedelta(days=1),
    )
    for _ in range(2):
        can_come_again(person=her, record=said, actor=actor, at=AT)
    assert rows.visit(treatment, "baseline-antibody-test").proposed_on == before


def test_nobody_says_or_takes_back_what_is_another_persons(treatment: Treatment) -> None:
    her, him = treatment.couple.recipient, treatment.couple.partner
    days = {"from_on": TODAY, "to_on": TODAY}
    with pytest.raises(NotFound):
        cannot_come(person=him, actor=patient(treatment, "recipient"), at=AT, **days)
    (said,) = cannot_come(person=him, actor=patient(treatment, "partner"), at=AT, **days)
    with pytest.raises(NotFound):
        can_come_again(person=her, record=said, actor=patient(treatment, "recipient"), at=AT)
    nurse = rows.staff(treatment.clinic, "nurse")
    note = rows.said(treatment, nurse, AT, "note", text="Rang", on=TODAY)
    with pytest.raises(NotFound):
        can_come_again(person=her, record=note, actor=patient(treatment, "recipient"), at=AT)


def test_days_in_the_wrong_order_or_past_are_refused_and_nothing_changes(treatment: Treatment) -> None:
    her, actor = treatment.couple.recipient, patient(treatment, "recipient")
    wrong = [(1, 0), (-3, -2), (0, 400), (400, 401)]
    count = Record.objects.count()
    for first, last in wrong:
        with pytest.raises(Invalid):
            cannot_come(
                person=her,
                from_on=TODAY + timedelta(days=first),
                to_on=TODAY + timedelta(days=last),
                actor=actor,
                at=AT,
            )
    assert Record.objects.count() == count


def test_through_the_general_verbs_a_patient_records_not_even_an_absence(treatment: Treatment) -> None:
    actor = patient(treatment, "recipient")
    data = {"kind": "absence", "person": "recipient", "from_on": TODAY, "to_on": TODAY}
    with pytest.raises(Forbidden):
        record(treatment=treatment, data=data, actor=actor, at=AT)
    (said,) = cannot_come(person=treatment.couple.recipient, from_on=TODAY, to_on=TODAY, actor=actor, at=AT)
    with pytest.raises(Forbidden):
        correct(record=said, reason="x", replacement=None, actor=actor, at=AT)
