"""Findings of one sitting: all of them or none, in one act."""

from __future__ import annotations

import pytest

from apps.clinic.errors import Forbidden, Invalid
from apps.clinic.models import Change
from apps.treatments import services
from apps.treatments.models import Record
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db


def screens(*tests: str) -> list[dict[str, object]]:
    day = AT.date()
    return [
        {"kind": "screening", "person": "partner", "test": test, "sampled_on": day, "outcome": "clear"}
        for test in tests
    ]


def test_a_screen_of_four_tests_is_one_act() -> None:
    clinic = rows.a_clinic()
    treatment, nurse = rows.a_treatment(clinic), rows.staff(clinic, "nurse")
    before = Change.objects.count()
    found = services.record_together(
        treatment=treatment, items=screens("hiv", "hbv", "hcv", "syphilis"), actor=nurse, at=AT
    )
    assert [row.data["test"] for row in found] == ["hiv", "hbv", "hcv", "syphilis"]
    assert Change.objects.count() - before >= 4


def test_one_wrong_finding_refuses_all() -> None:
    clinic = rows.a_clinic()
    treatment, nurse = rows.a_treatment(clinic), rows.staff(clinic, "nurse")
    before = Record.objects.count()
    with pytest.raises(Invalid):
        services.record_together(
            treatment=treatment, items=[*screens("hiv"), {"kind": "screening"}], actor=nurse, at=AT
        )
    act = {"kind": "fulfilled", "step": "sensitisation", "occurrence": 1, "on": AT.date()}
    with pytest.raises(Invalid) as raised:
        services.record_together(treatment=treatment, items=[*screens("hiv"), act], actor=nurse, at=AT)
    assert raised.value.code == "on_its_own"
    assert Record.objects.count() == before


def test_consents_among_them_still_need_a_member_of_staff() -> None:
    clinic = rows.a_clinic()
    treatment = rows.a_treatment(clinic)
    program = rows.Actor.client(name="hospital", clinic_id=clinic.pk)
    consent = {"kind": "consent", "person": "partner", "on": AT.date()}
    with pytest.raises(Forbidden):
        services.record_together(treatment=treatment, items=[consent], actor=program, at=AT)


def test_nothing_restarts_at_a_programs_word() -> None:
    clinic = rows.a_clinic()
    treatment = rows.a_treatment(clinic)
    program = rows.Actor.client(name="hospital", clinic_id=clinic.pk)
    with pytest.raises(Forbidden):
        rows.said(treatment, program, AT, "resume", on=AT.date())
