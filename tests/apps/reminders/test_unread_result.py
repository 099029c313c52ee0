"""In a pregnancy a result that is abnormal, late or unread holds messages back until a clinician has decided on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.treatments.models import Flag, Record
from apps.treatments.result_readings import read_result
from tests.apps.reminders.acts import BOOKED, Scene, a_scene

pytestmark = pytest.mark.django_db
LATER = BOOKED + timedelta(minutes=10)


@pytest.fixture
def scene() -> Scene:
    scene = a_scene()
    scene.book()
    return scene


def written(scene: Scene, by_role: str, **data: object) -> Record:
    """As a row: what a pregnancy does to the plan is tried elsewhere."""
    return Record.objects.create(
        clinic=scene.clinic,
        treatment=scene.treatment,
        kind=data["kind"],
        data=data,
        on=BOOKED.date(),
        recorded_at=BOOKED,
        by_name=by_role,
        by_role=by_role,
        route="admin",
    )


def pregnant(scene: Scene, certainty: str = "happened") -> None:
    written(scene, "nurse", kind="milestone", name="pregnancy", on="2026-01-06", certainty=certainty)


def flagged(scene: Scene, code: str = "result_overdue", state: str = "open") -> Flag:
    return Flag.objects.create(
        id=uuid4(),
        clinic=scene.clinic,
        treatment=scene.treatment,
        key=f"{code}:1",
        code=code,
        text="The result is late",
        severity="warning",
        owner="nurse",
        cause_on=BOOKED.date(),
        due_on=BOOKED.date(),
        state=state,
        raised_at=BOOKED,
        closed_at=BOOKED if state != "open" else None,
    )


def test_it_waits_and_goes_once_a_clinician_has_decided(scene: Scene) -> None:
    pregnant(scene)
    flag = flagged(scene)
    assert scene.send_due(BOOKED) == ["waiting", "waiting"]
    assert scene.channel.letters == []
    Flag.objects.filter(pk=flag.pk).update(state="decided", closed_at=LATER)
    assert scene.send_due(LATER) == ["sent", "sent"]


@pytest.mark.parametrize(
    ("is_pregnant", "code", "state"),
    [
        (False, "result_overdue", "open"),
        (True, "visit_overdue", "open"),
        (True, "no_antibody_response", "cleared"),
    ],
)
def test_nothing_else_holds_messages_back(scene: Scene, is_pregnant: bool, code: str, state: str) -> None:
    pregnant(scene, "happened" if is_pregnant else "planned")
    flagged(scene, code, state)
    assert scene.send_due(BOOKED) == ["sent", "sent"]


def test_a_result_that_no_clinician_has_read_holds_them_too(scene: Scene) -> None:
    pregnant(scene)
    day = BOOKED.date().isoformat()
    result = written(
        scene, "client", kind="result", test="apca", sampled_on=day, resulted_on=day, value=4, outcome="final"
    )
    assert scene.send_due(BOOKED) == ["waiting", "waiting"]
    read_result(record=result, actor=scene.nurse, at=LATER)
    assert scene.send_due(LATER) == ["sent", "sent"]
