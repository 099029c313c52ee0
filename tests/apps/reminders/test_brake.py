"""While a clinic's brake is on nothing leaves for it, whatever was claimed; released, only what is still to the point."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.clinic.services import brake, release_brake
from apps.reminders import services
from apps.reminders.models import Delivery
from tests import rows
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, THREE_DAYS_BEFORE, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def test_what_is_due_waits_and_goes_once_after_the_release(scene: Scene) -> None:
    scene.book()
    brake(clinic=scene.clinic, reason="Trial", actor=scene.nurse, at=BOOKED)
    assert scene.send_due(BOOKED) == ["braked", "braked"]
    assert scene.send_due(BOOKED + MINUTE) == []
    assert scene.send_due(BOOKED + 6 * MINUTE) == ["braked", "braked"]
    assert scene.channel.letters == []
    release_brake(clinic=scene.clinic, actor=scene.nurse, at=BOOKED + 7 * MINUTE)
    assert scene.send_due(BOOKED + 12 * MINUTE) == ["sent", "sent"]
    assert scene.send_due(BOOKED + 30 * MINUTE) == []


def test_a_claim_of_before_the_brake_sends_nothing_after_it(scene: Scene) -> None:
    scene.book()
    scene.derive(BOOKED)
    claims = services.claim_due(limit=10, at=BOOKED)
    brake(clinic=scene.clinic, reason="Trial", actor=scene.nurse, at=BOOKED)
    assert [services.deliver(claim, scene.channel, at=BOOKED) for claim in claims] == ["braked", "braked"]
    assert scene.channel.letters == []
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_what_became_pointless_meanwhile_is_never_sent(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    brake(clinic=scene.clinic, reason="Trial", actor=scene.nurse, at=BOOKED + MINUTE)
    scene.send_due(THREE_DAYS_BEFORE)
    scene.send_due(DAY_BEFORE)
    release_brake(clinic=scene.clinic, actor=scene.nurse, at=VISIT)
    scene.send_due(VISIT + MINUTE)
    assert len(scene.channel.letters) == 2
    assert set(Delivery.objects.filter(kind__startswith="reminder").values_list("state", flat=True)) == {
        "expired"
    }


def test_a_brake_stops_one_clinic_alone(scene: Scene) -> None:
    other = rows.a_clinic(rows.LONDON)
    brake(clinic=other, reason="Trial", actor=rows.staff(other, "manager", "mary"), at=BOOKED)
    scene.book()
    assert scene.send_due(BOOKED) == ["sent", "sent"]
