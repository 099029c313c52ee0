"""A worker that is killed in the middle of a move: whole treatments have moved, and the next worker moves the rest."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.clinic.actors import Actor
from apps.clinic.models import Change, User
from apps.clinic.queries import actor_for
from apps.treatments.models import LineState, ProtocolVersion, Treatment, VersionMove, VersionMoveLine
from apps.treatments.move_previews import preview_move
from apps.treatments.moving import Chosen, start_move
from apps.treatments.services import publish_protocol
from apps.treatments.version_queries import movable, progress
from protocols import library_text
from tests import rows
from tests.live import LiveStack
from tests.live_house import LiveHouse

GAP = "target: {at: P4W, source: S02, grade: A}"


def begun(house: LiveHouse, count: int) -> VersionMove:
    """A move of `count` treatments that no request has handed to a worker: the sweep has to find it."""
    for _ in range(count):
        rows.a_treatment(house.clinic, protocol=house.protocol, at=house.now())
    text = (
        library_text("lit-standard")
        .replace('version: "1"', 'version: "2"')
        .replace(GAP, GAP.replace("P4W", "P3W"))
    )
    given = {"clinic": house.clinic, "document": text, "signed_by": "Dr Sen", "actor": rows.SYSTEM}
    version = publish_protocol(**given, at=house.now())  # type: ignore[arg-type]
    at = house.now()
    chosen = [
        Chosen(one.treatment.pk, one.comparison.verdict, one.comparison.fingerprint)
        for one in preview_move(version=version, treatments=movable(version), at=at)
    ]
    return start_move(version=version, chosen=chosen, actor=doctor_of(house), at=at)


def doctor_of(house: LiveHouse) -> Actor:
    user = User.objects.get(username=f"doctor-{house.clinic.slug}")
    return actor_for(user, house.clinic, "admin")


def test_a_worker_killed_in_the_middle_of_a_move_loses_and_doubles_nothing(live_stack: LiveStack) -> None:
    house = LiveHouse(live_stack)
    live_stack.kill_worker()
    move = begun(house, 4)
    ids = list(
        VersionMoveLine.objects.filter(move=move).order_by("id").values_list("treatment_id", flat=True)
    )
    with transaction.atomic():
        # Somebody else is at the last two: the worker's hands, of which it has several, wait there when it is killed.
        held = Treatment.objects.select_for_update(no_key=True).filter(pk__in=ids[2:])
        assert len(held) == 2
        live_stack.restart_worker()
        live_stack.until(lambda: progress(move).moved == 2, what="two treatments moved")
        live_stack.kill_worker()
    assert [version_of(pk) for pk in ids] == ["2", "2", "1", "1"]
    assert (progress(move).moved, progress(move).waiting) == (2, 2)
    live_stack.restart_worker()
    live_stack.until(lambda: not progress(move).is_open, what="the end of the move")
    assert [version_of(pk) for pk in ids] == ["2", "2", "2", "2"]
    assert set(VersionMoveLine.objects.filter(move=move).values_list("state", flat=True)) == {LineState.MOVED}
    told = Change.objects.filter(clinic=house.clinic, kind="treatment.version_changed")
    assert told.count() == len(ids)
    assert set(told.values_list("treatment_id", flat=True)) == set(ids)


def version_of(pk: UUID) -> str:
    return ProtocolVersion.objects.values_list("version", flat=True).get(treatments=pk)
