"""Resources of a clinic: who may change them, what is refused, what is told, and whom a closure waits for."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.clinic import resources
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.inputs import Span
from apps.clinic.models import Batch, Change, Clinic, Resource, ResourceClosure
from apps.clinic.resource_queries import (
    counts_capacity,
    resource_by_id,
    resource_closures_of,
    resources_of,
)
from apps.clinic.resources import BatchInput
from tests.rows import AT, HYDERABAD, LONDON, SYSTEM, a_clinic, equipped, staff

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MORNING = BatchInput("Morning", time(9), time(10), time(12))


def a_chair(clinic: Clinic) -> Resource:
    return resources.add_resource(clinic=clinic, kind="chair", name="Chair 1", actor=SYSTEM, at=AT)


def test_a_clinic_that_has_listed_nothing_counts_nothing() -> None:
    clinic = a_clinic()
    assert not counts_capacity(clinic)
    chair = a_chair(clinic)
    assert counts_capacity(clinic)
    resources.change_resource(resource=chair, name="Chair 1", places=1, is_active=False, actor=SYSTEM, at=AT)
    assert not counts_capacity(clinic)


def test_a_clinic_lists_every_kind_and_sees_its_own_only() -> None:
    clinic, other = a_clinic(), a_clinic(LONDON)
    equipped(clinic)
    a_chair(other)
    assert {row.kind for row in resources_of(clinic)} == {
        "chair",
        "phlebotomy",
        "bench",
        "nurse",
        "doctor",
        "ultrasound",
    }
    assert resources_of(other).count() == 1
    with pytest.raises(NotFound):
        resource_by_id(clinic, resources_of(other).get().pk)


@pytest.mark.parametrize("role", ["nurse", "doctor", "lab"])
def test_only_a_manager_sets_up_resources(role: str) -> None:
    clinic = a_clinic()
    actor, chair = staff(clinic, role), a_chair(clinic)
    with pytest.raises(Forbidden):
        resources.add_resource(clinic=clinic, kind="chair", name="Chair 2", actor=actor, at=AT)
    with pytest.raises(Forbidden):
        resources.set_resource_hours(resource=chair, spans=[], actor=actor, at=AT)
    with pytest.raises(Forbidden):
        resources.set_batches(resource=chair, batches=[], actor=actor, at=AT)
    with pytest.raises(Forbidden):
        resources.change_resource(resource=chair, name="X", places=1, is_active=True, actor=actor, at=AT)


@pytest.mark.parametrize(
    ("role", "may"), [("nurse", True), ("doctor", True), ("manager", True), ("lab", False)]
)
def test_who_treats_may_close_and_reopen(role: str, may: bool) -> None:
    clinic = a_clinic()
    actor, chair = staff(clinic, role), a_chair(clinic)

    def close() -> ResourceClosure:
        return resources.close_resource(
            clinic=clinic, resource=chair, starts_at=AT, ends_at=AT + HOUR, reason="", actor=actor, at=AT
        )

    if not may:
        with pytest.raises(Forbidden):
            close()
        return
    assert resources.reopen_resource(closure=close(), actor=actor, at=AT) is None


def test_what_is_wrong_is_named_and_nothing_is_written() -> None:
    clinic = a_clinic()
    for kind, name, places, field in (
        ("sofa", "Sofa", 1, "kind"),
        ("chair", " ", 1, "name"),
        ("chair", "C", 0, "places"),
        ("chair", "C", 51, "places"),
    ):
        with pytest.raises(Invalid) as refused:
            resources.add_resource(clinic=clinic, kind=kind, name=name, places=places, actor=SYSTEM, at=AT)
        assert refused.value.field == field
        assert refused.value.remedy
    assert not Resource.objects.exists()


def test_two_resources_of_a_clinic_never_share_a_name_and_those_of_two_clinics_may() -> None:
    clinic = a_clinic()
    a_chair(clinic)
    with pytest.raises(Conflict) as refused:
        a_chair(clinic)
    assert refused.value.code == "name_taken"
    a_chair(a_clinic(LONDON))


def test_hours_are_replaced_with_a_break_and_overlaps_are_refused() -> None:
    chair = a_chair(a_clinic())
    with_break = [Span(0, time(8), time(12)), Span(0, time(13), time(17))]
    rows = resources.set_resource_hours(resource=chair, spans=with_break, actor=SYSTEM, at=AT)
    assert [(row.opens_at, row.closes_at) for row in rows] == [(time(8), time(12)), (time(13), time(17))]
    told = Change.objects.count()
    resources.set_resource_hours(resource=chair, spans=with_break, actor=SYSTEM, at=AT)
    assert Change.objects.count() == told
    overlap = [Span(0, time(8), time(12)), Span(0, time(11), time(17))]
    with pytest.raises(Invalid) as refused:
        resources.set_resource_hours(resource=chair, spans=overlap, actor=SYSTEM, at=AT)
    assert refused.value.field == "opens_at"
    assert chair.hours.count() == 2
    assert resources.set_resource_hours(resource=chair, spans=[], actor=SYSTEM, at=AT) == []


def test_hours_and_batches_are_counted_in_fives() -> None:
    clinic = a_clinic()
    listed = equipped(clinic)
    with pytest.raises(Invalid, match="five"):
        resources.set_resource_hours(
            resource=listed["Chair 1"], spans=[Span(0, time(8, 2), time(12))], actor=SYSTEM, at=AT
        )
    with pytest.raises(Invalid, match="five"):
        resources.set_batches(
            resource=listed["Bench"],
            batches=[BatchInput("M", time(9), time(10, 1), time(12))],
            actor=SYSTEM,
            at=AT,
        )
    assert Batch.objects.count() == 2


@pytest.mark.parametrize(
    ("batches", "field"),
    [
        ([BatchInput("", time(9), time(10), time(12))], "name"),
        ([BatchInput("M", time(9), time(8), time(12))], "cutoff_at"),
        ([BatchInput("M", time(9), time(12), time(12))], "ends_at"),
        ([MORNING, BatchInput("Second", time(11), time(12), time(14))], "starts_at"),
    ],
)
def test_a_batch_runs_forward_and_never_over_another(batches: list[BatchInput], field: str) -> None:
    bench = equipped(a_clinic())["Bench"]
    with pytest.raises(Invalid) as refused:
        resources.set_batches(resource=bench, batches=batches, actor=SYSTEM, at=AT)
    assert refused.value.field == field
    assert bench.batches.count() == 2


def test_a_bench_may_lose_its_batches_and_nothing_else_has_any() -> None:
    listed = equipped(a_clinic())
    assert resources.set_batches(resource=listed["Bench"], batches=[], actor=SYSTEM, at=AT) == []
    with pytest.raises(Invalid, match="laboratory"):
        resources.set_batches(resource=listed["Chair 1"], batches=[MORNING], actor=SYSTEM, at=AT)


def test_a_closure_is_told_with_its_moments_and_stands_in_the_list_until_it_is_over() -> None:
    clinic = a_clinic()
    chair = a_chair(clinic)
    closure = resources.close_resource(
        clinic=clinic,
        resource=chair,
        starts_at=AT + HOUR,
        ends_at=AT + 4 * HOUR,
        reason="Repair",
        actor=SYSTEM,
        at=AT,
    )
    change = Change.objects.latest("id")
    assert (change.kind, change.subject_id) == ("resource.closed", closure.pk)
    assert change.detail["resource_id"] == str(chair.pk)
    assert "Repair" not in str(change.detail)
    assert list(resource_closures_of(clinic, AT + 3 * HOUR)) == [closure]
    assert list(resource_closures_of(clinic, AT + 4 * HOUR)) == []


@pytest.mark.parametrize(
    ("starts", "ends"), [(HOUR, HOUR), (2 * HOUR, HOUR), (-2 * HOUR, -HOUR), (HOUR, timedelta(days=400))]
)
def test_a_closure_runs_forward_is_not_over_and_ends_within_a_year(
    starts: timedelta, ends: timedelta
) -> None:
    clinic = a_clinic()
    with pytest.raises(Invalid) as refused:
        resources.close_resource(
            clinic=clinic,
            resource=None,
            starts_at=AT + starts,
            ends_at=AT + ends,
            reason="",
            actor=SYSTEM,
            at=AT,
        )
    assert refused.value.field == "ends_at"
    assert not ResourceClosure.objects.exists()


def test_reopening_keeps_what_was_closed_until_now() -> None:
    clinic = a_clinic()
    closure = resources.close_resource(
        clinic=clinic, resource=None, starts_at=AT, ends_at=AT + 4 * HOUR, reason="", actor=SYSTEM, at=AT
    )
    left = resources.reopen_resource(closure=closure, actor=SYSTEM, at=AT + HOUR)
    assert left is not None
    assert (left.starts_at, left.ends_at) == (AT, AT + HOUR)
    with pytest.raises(Conflict) as refused:
        resources.reopen_resource(closure=closure, actor=SYSTEM, at=AT + 2 * HOUR)
    assert refused.value.code == "closure_over"


def test_another_clinics_resource_is_neither_changed_nor_closed() -> None:
    clinic, other = a_clinic(), a_clinic(LONDON)
    theirs, manager = a_chair(other), staff(clinic, "manager")
    with pytest.raises(NotFound):
        resources.change_resource(
            resource=theirs, name="Mine", places=1, is_active=True, actor=manager, at=AT
        )
    with pytest.raises(NotFound):
        resources.close_resource(
            clinic=clinic, resource=theirs, starts_at=AT, ends_at=AT + HOUR, reason="", actor=manager, at=AT
        )


@pytest.mark.parametrize("whole", [False, True])
def test_closing_locks_what_it_closes_in_the_order_in_which_bookings_lock(whole: bool) -> None:
    clinic = a_clinic(HYDERABAD)
    listed = equipped(clinic)
    with CaptureQueriesContext(connection) as seen:
        resources.close_resource(
            clinic=clinic,
            resource=None if whole else listed["Chair 1"],
            starts_at=AT,
            ends_at=AT + HOUR,
            reason="",
            actor=SYSTEM,
            at=AT,
        )
    (lock,) = [query["sql"] for query in seen if "FOR UPDATE" in query["sql"]]
    assert "clinic_resource" in lock
    assert "ORDER BY" in lock
    assert (str(listed["Chair 1"].pk.hex) in lock.replace("-", "")) is not whole
