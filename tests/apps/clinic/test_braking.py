"""The brake of a clinic: on by anyone who works there, at once; off by who may; it is known since when and by whom."""

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Brake, Change, Clinic
from apps.clinic.queries import brake_of
from apps.clinic.services import brake, release_brake
from tests.rows import AT, LONDON, a_clinic, staff

pytestmark = pytest.mark.django_db
LATER = AT.replace(hour=9)


@pytest.fixture
def clinic() -> Clinic:
    return a_clinic()


def test_a_brake_says_since_when_and_by_whom_and_a_second_changes_nothing(clinic: Clinic) -> None:
    nurse, lab = staff(clinic, "nurse"), staff(clinic, "lab")
    first = brake(clinic=clinic, reason="Wrong phone number in every message", actor=nurse, at=AT)
    assert brake(clinic=clinic, reason="The same", actor=lab, at=LATER) == first
    found = brake_of(clinic)
    assert found is not None
    assert (found.since, found.by_name, found.reason) == (
        AT,
        nurse.name,
        "Wrong phone number in every message",
    )
    assert Change.objects.filter(kind="clinic.braked").count() == 1


def test_released_it_is_kept_and_the_next_one_is_another(clinic: Clinic) -> None:
    nurse = staff(clinic, "nurse")
    brake(clinic=clinic, reason="Trial", actor=nurse, at=AT)
    released = release_brake(clinic=clinic, actor=nurse, at=LATER)
    assert (released.released_at, released.released_by, brake_of(clinic)) == (LATER, nurse.name, None)
    brake(clinic=clinic, reason="Again", actor=nurse, at=LATER)
    assert Brake.objects.filter(clinic=clinic).count() == 2


def test_who_may_and_what_is_refused_changes_nothing(clinic: Clinic) -> None:
    lab, foreign = staff(clinic, "lab"), staff(a_clinic(LONDON), "manager", "mary")
    machine = Actor.client(name="portal", clinic_id=clinic.pk)
    for actor, fault in ((machine, Forbidden), (foreign, NotFound)):
        with pytest.raises(fault):
            brake(clinic=clinic, reason="x", actor=actor, at=AT)
    with pytest.raises(Invalid):
        brake(clinic=clinic, reason="  ", actor=lab, at=AT)
    with pytest.raises(Conflict):
        release_brake(clinic=clinic, actor=staff(clinic, "doctor"), at=AT)
    brake(clinic=clinic, reason="x", actor=lab, at=AT)
    with pytest.raises(Forbidden):
        release_brake(clinic=clinic, actor=lab, at=AT)
    assert brake_of(clinic) is not None
