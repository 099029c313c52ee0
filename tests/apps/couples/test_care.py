"""Who answers for a couple."""

from __future__ import annotations

import pytest

from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.clinic.models import Change, User
from apps.couples.care import assign, mark_phone
from apps.couples.models import Couple
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT


def test_several_couples_get_one_doctor_and_only_those_that_change_are_told_of() -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    doctor = User.objects.get(pk=rows.staff(clinic, "doctor").user_id)
    couples = [rows.a_couple(clinic) for _ in range(3)]
    given = {"clinic": clinic, "role": "doctor", "user": doctor, "actor": nurse, "at": AT}
    assert assign(couples=couples[:1], **given) == 1  # type: ignore[arg-type]
    assert assign(couples=couples, **given) == 2  # type: ignore[arg-type]
    assert Couple.objects.filter(doctor=doctor, nurse__isnull=True).count() == 3
    assert Change.objects.filter(kind="couple.assigned").count() == 3
    assert assign(clinic=clinic, couples=couples, role="doctor", user=None, actor=nurse, at=AT) == 3


def test_only_somebody_of_that_role_here_answers_for_a_couple() -> None:
    clinic, other = rows.a_clinic(), rows.a_clinic(rows.LONDON)
    nurse = rows.staff(clinic, "nurse")
    couple = rows.a_couple(clinic)
    stranger = User.objects.get(pk=rows.staff(other, "doctor").user_id)
    for user, role in (
        (User.objects.get(pk=nurse.user_id), "doctor"),
        (stranger, "doctor"),
        (stranger, "lab"),
    ):
        with pytest.raises(Invalid):
            assign(clinic=clinic, couples=[couple], role=role, user=user, actor=nurse, at=AT)
    lab = rows.staff(clinic, "lab")
    with pytest.raises(Forbidden):
        assign(clinic=clinic, couples=[couple], role="nurse", user=None, actor=lab, at=AT)


def test_one_couple_of_a_neighbour_among_them_changes_nothing() -> None:
    clinic, other = rows.a_clinic(), rows.a_clinic(rows.LONDON)
    nurse = rows.staff(clinic, "nurse")
    mine, theirs = rows.a_couple(clinic), rows.a_couple(other)
    me = User.objects.get(pk=nurse.user_id)
    with pytest.raises(NotFound):
        assign(clinic=clinic, couples=[mine, theirs], role="nurse", user=me, actor=nurse, at=AT)
    assert not Couple.objects.filter(nurse__isnull=False).exists()
    with pytest.raises(NotFound):
        mark_phone(person=theirs.partner, wrong=True, actor=nurse, at=AT)
