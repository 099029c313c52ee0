"""The last act on a booking can be put back once, by the rules of any other act."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.booking.models import BookingAct
from apps.booking.services import arrive, release_kept
from apps.booking.undoing import undo, undoable
from apps.clinic.errors import Conflict, Forbidden
from apps.reminders.models import Delivery
from apps.treatments.models import Occupation
from tests import rows
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

LATER = BOOKED + timedelta(minutes=5)


@pytest.fixture
def scene(db: None) -> Scene:
    return a_scene()


def undone(scene: Scene, at: object = LATER) -> None:
    undo(appointment=scene.visit, actor=scene.nurse, at=at)  # type: ignore[arg-type]


def test_a_booking_that_is_undone_is_no_booking_any_more(scene: Scene) -> None:
    scene.book()
    undone(scene)
    assert not scene.visit.in_force
    assert not Occupation.objects.filter(appointment=scene.visit, purpose="booked").exists()


def test_a_move_that_is_undone_stands_at_its_old_time_with_its_old_reason(scene: Scene) -> None:
    scene.book()
    scene.move(OTHER, BOOKED + timedelta(minutes=1))
    undone(scene)
    visit = scene.visit
    assert (visit.status, visit.starts_at, visit.deviation_reason) == ("booked", VISIT, "her wish")


def test_a_cancelled_booking_stands_again(scene: Scene) -> None:
    scene.book()
    before = scene.visit
    scene.cancel(BOOKED + timedelta(minutes=1))
    undone(scene)
    visit = scene.visit
    assert (visit.status, visit.starts_at, visit.ends_at) == ("booked", before.starts_at, before.ends_at)
    assert visit.cancel_reason == ""


def test_an_act_is_undone_once_and_an_undo_never(scene: Scene) -> None:
    scene.book()
    scene.cancel(BOOKED + timedelta(minutes=1))
    undone(scene)
    with pytest.raises(Conflict) as refused:
        undone(scene, LATER + timedelta(minutes=1))
    assert refused.value.code == "nothing_to_undo"
    assert undoable(scene.visit, at=LATER) is None
    assert BookingAct.objects.filter(undoes__isnull=False).count() == 1


def test_a_visit_of_which_nothing_was_done_has_nothing_to_undo(scene: Scene) -> None:
    with pytest.raises(Conflict) as refused:
        undone(scene)
    assert refused.value.code == "nothing_to_undo"


def test_nothing_is_undone_after_something_else_was_recorded(scene: Scene) -> None:
    scene.book()
    rows.said(scene.treatment, scene.nurse, LATER, "note", on=LATER.date(), text="She asked about the way.")
    with pytest.raises(Conflict) as refused:
        undone(scene, LATER + timedelta(minutes=1))
    assert refused.value.code == "acted_since"
    assert scene.visit.in_force


def test_nothing_is_undone_once_the_couple_has_arrived(scene: Scene) -> None:
    scene.book()
    arrive(appointment=scene.visit, actor=scene.nurse, at=VISIT)
    with pytest.raises(Conflict) as refused:
        undone(scene, VISIT + timedelta(minutes=1))
    assert refused.value.code == "acted_since"


def test_a_move_is_not_undone_once_its_old_time_is_over(scene: Scene) -> None:
    scene.book()
    scene.move(OTHER, BOOKED + timedelta(minutes=1))
    with pytest.raises(Conflict) as refused:
        undone(scene, VISIT + timedelta(minutes=1))
    assert refused.value.code == "in_the_past"
    assert scene.visit.starts_at == OTHER


def test_its_own_kept_place_counts_as_free(scene: Scene) -> None:
    rows.equipped(scene.clinic)
    scene.book()
    had = taken(scene)
    scene.move(OTHER, BOOKED + timedelta(minutes=1))
    assert Occupation.objects.filter(appointment=scene.visit, purpose="kept").exists()
    undone(scene)
    assert taken(scene) == had


def taken(scene: Scene) -> set[tuple[object, ...]]:
    found = Occupation.objects.filter(appointment=scene.visit, purpose="booked")
    return set(found.values_list("resource_id", "place", "person_id", "starts_at", "ends_at"))


def test_a_move_whose_old_place_somebody_has_is_not_undone(scene: Scene) -> None:
    resources = rows.equipped(scene.clinic)
    scene.book()
    scene.move(OTHER, BOOKED + timedelta(minutes=1))
    release_kept(appointment=scene.visit, actor=scene.nurse, at=LATER)
    other = rows.a_treatment(
        scene.clinic,
        couple=rows.a_couple(scene.clinic, recipient=rows.LALITHA, partner=rows.ARJUN),
    )
    visit = rows.visit(other, "sensitisation", 1)
    doctor = Occupation(
        clinic=scene.clinic,
        appointment=visit,
        activity="elsewhere",
        resource=resources["Phlebotomy"],
        starts_at=VISIT - timedelta(hours=2),
        ends_at=VISIT + timedelta(hours=9),
    )
    second = Occupation(
        clinic=scene.clinic,
        appointment=visit,
        activity="elsewhere",
        resource=resources["Phlebotomy"],
        place=2,
        starts_at=VISIT - timedelta(hours=2),
        ends_at=VISIT + timedelta(hours=9),
    )
    Occupation.objects.bulk_create([doctor, second])
    with pytest.raises(Conflict) as refused:
        undone(scene)
    assert refused.value.code == "slot_taken"
    assert scene.visit.starts_at == OTHER


def test_who_may_not_book_may_not_undo(scene: Scene) -> None:
    scene.book()
    lab = rows.staff(scene.clinic, "lab")
    with pytest.raises(Forbidden):
        undo(appointment=scene.visit, actor=lab, at=LATER)


def test_what_was_not_yet_sent_of_a_booking_is_withdrawn_with_it(scene: Scene) -> None:
    scene.book()
    scene.derive(BOOKED)
    undone(scene)
    scene.derive(LATER)
    assert {state for _, _, state in scene.kinds()} == {"withdrawn"}


def test_who_has_read_of_a_move_that_is_undone_hears_of_the_old_time_again(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    moved = BOOKED + timedelta(minutes=1)
    scene.move(OTHER, moved)
    scene.send_due(moved)
    undone(scene)
    scene.send_due(LATER)
    last = Delivery.objects.filter(role="recipient", state="sent").order_by("sent_at").last()
    assert last is not None
    assert last.starts_at == VISIT
    assert "new time" in last.body
    assert {state for _, _, state in scene.kinds(starts_at=OTHER)} == {"sent", "withdrawn"}


def test_who_has_read_of_a_cancellation_that_is_undone_is_told_that_the_booking_stands(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    cancelled = BOOKED + timedelta(minutes=1)
    scene.cancel(cancelled)
    scene.send_due(cancelled)
    undone(scene)
    scene.send_due(LATER)
    last = Delivery.objects.filter(role="recipient", state="sent").order_by("sent_at").last()
    assert last is not None
    assert (last.kind.partition("-")[0], last.starts_at) == ("confirmation", VISIT)
