"""What is booked ahead is not taken away unseen: places and use of a resource."""

from datetime import datetime, timedelta

import pytest

from apps.booking.capacity import change_resource
from apps.clinic.errors import Conflict, Forbidden
from apps.clinic.models import Resource
from apps.treatments.models import Occupation
from tests.rows import AT, SYSTEM, a_clinic, a_treatment, equipped, staff, visit

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def phlebotomy() -> Resource:
    return equipped(a_clinic())["Phlebotomy"]


def take(resource: Resource, place: int, starts_at: datetime, **more: object) -> None:
    test = visit(a_treatment(resource.clinic), "baseline-antibody-test")
    Occupation.objects.create(
        clinic=resource.clinic,
        appointment=test,
        activity="sample",
        resource=resource,
        place=place,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        **more,
    )


def change(resource: Resource, *, places: int = 2, is_active: bool = True) -> Resource:
    return change_resource(
        resource=resource, name=resource.name, places=places, is_active=is_active, actor=SYSTEM, at=AT
    )


def test_a_place_with_a_booking_ahead_stays_and_the_refusal_says_how_many_and_what_to_do(
    phlebotomy: Resource,
) -> None:
    take(phlebotomy, 2, AT + HOUR)
    with pytest.raises(Conflict, match="1 booking ahead") as refused:
        change(phlebotomy, places=1)
    assert (refused.value.code, refused.value.field) == ("still_booked", "places")
    assert "Close it" in refused.value.remedy
    phlebotomy.refresh_from_db()
    assert phlebotomy.places == 2
    assert change(phlebotomy, places=5).places == 5


def test_a_place_that_nobody_has_taken_may_go(phlebotomy: Resource) -> None:
    take(phlebotomy, 1, AT + HOUR)
    assert change(phlebotomy, places=1).places == 1
    with pytest.raises(Conflict) as refused:
        change(phlebotomy, places=1, is_active=False)
    assert refused.value.field == "is_active"


def test_what_is_over_or_has_run_out_keeps_nothing(phlebotomy: Resource) -> None:
    take(phlebotomy, 2, AT - 2 * HOUR)
    assert not change(phlebotomy, places=1, is_active=False).is_active


def test_a_hold_that_has_run_out_keeps_nothing_and_one_that_lives_does(phlebotomy: Resource) -> None:
    take(phlebotomy, 2, AT + HOUR, purpose="held", until=AT)
    assert change(phlebotomy, places=1).places == 1
    Occupation.objects.update(until=AT + HOUR)
    with pytest.raises(Conflict):
        change(phlebotomy, places=1)


def test_a_nurse_changes_no_resource(phlebotomy: Resource) -> None:
    nurse = staff(phlebotomy.clinic, "nurse")
    with pytest.raises(Forbidden):
        change_resource(resource=phlebotomy, name="X", places=2, is_active=True, actor=nurse, at=AT)
