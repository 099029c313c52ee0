"""A session is a chain of activities with places and people: booked, moved, confirmed and cancelled as one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.booking import services as booking
from apps.booking.models import SessionActivity
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.models import Clinic, Resource
from apps.treatments.fingerprint import fingerprint
from apps.treatments.models import Appointment, Occupation, Treatment
from apps.treatments.reconciling import load
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
DAY = date(2026, 1, 27)


def wall(hour: int, minute: int = 0, on: date = DAY) -> datetime:
    """Hyderabad's wall time as a moment: five and a half hours ahead."""
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


@pytest.fixture
def treatment(clinic: Clinic, listed: dict[str, Resource]) -> Treatment:
    return rows.a_treatment(clinic)


def book(treatment: Treatment, nurse: Actor, starts_at: datetime, **more: Any) -> Appointment:
    step = more.pop("step", "sensitisation")
    return booking.book(
        appointment=rows.visit(treatment, step), starts_at=starts_at, actor=nurse, at=AT, **more
    )


def chain(row: Appointment) -> list[tuple[str, datetime, datetime]]:
    return [(one.name, one.starts_at, one.ends_at) for one in row.activities.order_by("position")]


def taken(row: Appointment, **only: Any) -> set[tuple[str, str, datetime, datetime]]:
    """What the visit has: activity, resource or person, from, to."""
    found = Occupation.objects.filter(appointment=row, **only).select_related("resource", "person")
    return {
        (
            one.activity,
            f"{one.resource.name}/{one.place}" if one.resource else one.person.given_name,
            one.starts_at,
            one.ends_at,
        )
        for one in found
    }


def test_a_dose_of_cells_is_booked_as_its_whole_chain_of_the_day(treatment: Treatment, nurse: Actor) -> None:
    row = book(treatment, nurse, wall(8))
    assert chain(row) == [
        ("fitness", wall(8), wall(8, 15)),
        ("draw", wall(8, 15), wall(8, 45)),
        ("serology", wall(8, 45), wall(9, 45)),
        ("release", wall(9, 45), wall(9, 55)),
        # The morning's batch is open until ten and ready at noon.
        ("preparation", wall(9, 55), wall(12)),
        ("injection", wall(12), wall(12, 15)),
        ("observation", wall(12, 15), wall(12, 45)),
    ]
    assert (row.starts_at, row.ends_at) == (wall(8), wall(12, 45))
    assert taken(row) == {
        ("fitness", "Nurse 1/1", wall(8), wall(8, 15)),
        ("fitness", "Lalitha", wall(8), wall(8, 15)),
        ("fitness", "Arjun", wall(8), wall(8, 15)),
        ("draw", "Phlebotomy/1", wall(8, 15), wall(8, 45)),
        ("draw", "Arjun", wall(8, 15), wall(8, 45)),
        ("preparation", "Bench/1", wall(9), wall(12)),
        ("injection", "Chair 1/1", wall(12), wall(12, 15)),
        ("injection", "Nurse 1/1", wall(12), wall(12, 15)),
        ("injection", "Lalitha", wall(12), wall(12, 15)),
        ("observation", "Chair 1/1", wall(12, 15), wall(12, 45)),
        ("observation", "Lalitha", wall(12, 15), wall(12, 45)),
    }
    assert set(Occupation.objects.values_list("purpose", "until")) == {("booked", None)}
    assert {one.kind for one in row.activities.all()} >= {"draw", "gate", "injection"}


def test_blood_that_misses_the_cut_off_waits_for_the_afternoons_batch(
    treatment: Treatment, nurse: Actor
) -> None:
    row = book(treatment, nurse, wall(8, 15))
    assert chain(row)[4:6] == [
        ("preparation", wall(13), wall(16)),
        ("injection", wall(16), wall(16, 15)),
    ]


def test_the_second_session_of_a_day_gets_other_places_and_the_third_waits(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    first, second = book(treatment, nurse, wall(8)), book(rows.another(clinic), nurse, wall(8))
    places = {name for _, name, *_ in taken(second, resource__isnull=False)}
    assert places == {"Nurse 2/1", "Phlebotomy/2", "Bench/2", "Chair 2/1"}
    with pytest.raises(Conflict) as raised:
        book(rows.another(clinic, 3), nurse, wall(8))
    assert (raised.value.code, raised.value.field) == ("slot_taken", "starts_at")
    assert "08:15" in raised.value.remedy
    assert chain(first)[0][1] == chain(second)[0][1]


def test_a_batch_that_is_full_sends_the_next_session_to_the_afternoon(
    clinic: Clinic, listed: dict[str, Resource], treatment: Treatment, nurse: Actor
) -> None:
    Resource.objects.filter(pk=listed["Bench"].pk).update(places=1)
    book(treatment, nurse, wall(8))
    assert chain(book(rows.another(clinic), nurse, wall(8)))[4][1] == wall(13)


def test_people_are_taken_for_what_they_attend_and_are_free_between(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    book(treatment, nurse, wall(8))
    other = rows.a_treatment(clinic, couple=treatment.couple)
    for start in (wall(8), wall(12, 30)):
        with pytest.raises(Conflict) as raised:
            book(other, nurse, start, step="baseline-antibody-test", reason="late")
        assert raised.value.code == "two_places"
    between = book(other, nurse, wall(10), step="baseline-antibody-test", reason="late")
    assert taken(between) == {
        ("sample", "Phlebotomy/1", wall(10), wall(10, 15)),
        ("sample", "Lalitha", wall(10), wall(10, 15)),
    }


def test_a_moved_session_moves_as_one_and_what_it_leaves_stays_blocked(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    row = book(treatment, nurse, wall(8))
    tomorrow = DAY + timedelta(days=1)
    row = booking.move(appointment=row, starts_at=wall(8, on=tomorrow), actor=nurse, at=AT)
    assert chain(row)[-1] == ("observation", wall(12, 15, tomorrow), wall(12, 45, tomorrow))
    assert {starts for _, _, starts, _ in taken(row, purpose="booked")} >= {wall(12, 15, tomorrow)}
    kept = Occupation.objects.filter(appointment=row, purpose="kept")
    assert {one.resource.name for one in kept} == {"Nurse 1", "Phlebotomy", "Bench", "Chair 1"}
    # Monday; the next working day is Tuesday, and the clinic's day ends at half past six in the evening UTC.
    assert {one.until for one in kept} == {datetime(2026, 1, 6, 18, 30, tzinfo=UTC)}
    others = [rows.another(clinic, number) for number in (2, 3)]
    assert taken(book(others[0], nurse, wall(8)), activity="injection", resource__kind="chair") == {
        ("injection", "Chair 2/1", wall(12), wall(12, 15))
    }
    with pytest.raises(Conflict):
        book(others[1], nurse, wall(8))
    later = AT + timedelta(days=2)
    freed = booking.book(
        appointment=rows.visit(others[1], "sensitisation"), starts_at=wall(8), actor=nurse, at=later
    )
    assert ("injection", "Chair 1/1", wall(12), wall(12, 15)) in taken(freed)


def test_a_couple_takes_back_what_it_has_kept(treatment: Treatment, nurse: Actor) -> None:
    row = book(treatment, nurse, wall(8))
    booked = taken(row)
    row = booking.move(appointment=row, starts_at=wall(8, on=DAY + timedelta(days=1)), actor=nurse, at=AT)
    row = booking.move(appointment=row, starts_at=wall(8), actor=nurse, at=AT)
    assert taken(row, purpose="booked") == booked
    assert {starts.date() for _, _, starts, _ in taken(row, purpose="kept")} == {DAY + timedelta(days=1)}


def test_a_session_moved_by_a_quarter_keeps_what_it_no_longer_covers(
    treatment: Treatment, nurse: Actor
) -> None:
    test = book(treatment, nurse, wall(10, on=date(2026, 1, 12)), step="baseline-antibody-test", minutes=30)
    day = date(2026, 1, 12)
    test = booking.move(appointment=test, starts_at=wall(10, 10, day), actor=nurse, at=AT)
    assert taken(test, resource__isnull=False) == {
        ("sample", "Phlebotomy/1", wall(10, on=day), wall(10, 10, day)),
        ("sample", "Phlebotomy/1", wall(10, 10, day), wall(10, 40, day)),
    }
    assert taken(test, purpose="kept") == {("sample", "Phlebotomy/1", wall(10, on=day), wall(10, 10, day))}


def test_a_nurse_gives_kept_places_free_at_once(treatment: Treatment, nurse: Actor) -> None:
    row = book(treatment, nurse, wall(8))
    booking.move(appointment=row, starts_at=wall(8, on=DAY + timedelta(days=1)), actor=nurse, at=AT)
    assert booking.release_kept(appointment=row, actor=nurse, at=AT) == 6
    assert not Occupation.objects.filter(purpose="kept").exists()
    assert booking.release_kept(appointment=row, actor=nurse, at=AT) == 0


def test_a_cancelled_session_gives_everything_back(treatment: Treatment, nurse: Actor) -> None:
    row = book(treatment, nurse, wall(8))
    booking.cancel(appointment=row, reason="patient asked", actor=nurse, at=AT)
    assert not Occupation.objects.exists()
    assert set(SessionActivity.objects.values_list("state", flat=True)) == {"cancelled"}
    again = book(treatment, nurse, wall(8))
    assert set(again.activities.values_list("state", flat=True)) == {"planned"}


def test_a_loss_keeps_the_places_and_frees_the_people(treatment: Treatment, nurse: Actor) -> None:
    row = book(treatment, nurse, wall(8))
    rows.said(treatment, nurse, AT, "milestone", name="loss", on=AT.date())
    assert rows.visit(treatment, "sensitisation").status == "cancelled"
    left = Occupation.objects.filter(appointment=row)
    assert {one.purpose for one in left} == {"kept"}
    assert not left.filter(person__isnull=False).exists()


def test_a_clinic_without_resources_books_a_stretch_of_time(nurse: Actor, clinic: Clinic) -> None:
    row = book(rows.a_treatment(clinic), nurse, wall(9, 3))
    assert chain(row) == []
    assert taken(row) == {
        ("visit", "Lalitha", wall(9, 3), wall(10, 3)),
        ("visit", "Arjun", wall(9, 3), wall(10, 3)),
    }


def test_a_kind_that_the_clinic_has_not_listed_is_not_counted(clinic: Clinic, nurse: Actor) -> None:
    rows.equipped(clinic)
    Resource.objects.exclude(kind="chair").update(is_active=False)
    row = book(rows.a_treatment(clinic), nurse, wall(8))
    assert {name for _, name, *_ in taken(row, resource__isnull=False)} == {"Chair 1/1"}
    # Without a bench that works in batches the preparation takes its own two hours.
    assert chain(row)[4] == ("preparation", wall(9, 55), wall(11, 55))


@pytest.mark.parametrize(
    ("starts_at", "minutes", "code", "field"),
    [
        (wall(8, 3), None, "fives", "starts_at"),
        (wall(8), 283, "minutes", "minutes"),
        (wall(8), 60, "minutes", "minutes"),
        (wall(7, 45), None, "outside_hours", "starts_at"),
    ],
)
def test_a_time_that_the_grid_or_the_chain_cannot_have_is_named(
    treatment: Treatment, nurse: Actor, starts_at: datetime, minutes: int | None, code: str, field: str
) -> None:
    with pytest.raises(Invalid) as raised:
        book(treatment, nurse, starts_at, minutes=minutes)
    assert (raised.value.code, raised.value.field) == (code, field)
    assert raised.value.remedy
    assert not Occupation.objects.exists()


def test_minutes_lengthen_the_last_activity_of_a_chain_and_stay_with_it(
    treatment: Treatment, nurse: Actor
) -> None:
    row = book(treatment, nurse, wall(8), minutes=300)
    assert chain(row)[-1] == ("observation", wall(12, 15), wall(13))
    tomorrow = DAY + timedelta(days=1)
    row = booking.move(appointment=row, starts_at=wall(8, on=tomorrow), actor=nurse, at=AT)
    assert chain(row)[-1] == ("observation", wall(12, 15, tomorrow), wall(13, on=tomorrow))


def test_minutes_set_the_length_of_a_session_of_one_activity(treatment: Treatment, nurse: Actor) -> None:
    test = book(treatment, nurse, wall(10, on=date(2026, 1, 12)), step="baseline-antibody-test", minutes=45)
    assert chain(test) == [("sample", wall(10, on=date(2026, 1, 12)), wall(10, 45, date(2026, 1, 12)))]


def test_a_full_day_names_the_nearest_free_one(
    clinic: Clinic, listed: dict[str, Resource], treatment: Treatment, nurse: Actor
) -> None:
    rows.clinic_resources.close_resource(
        clinic=clinic,
        resource=listed["Bench"],
        starts_at=wall(0),
        ends_at=wall(23, 55),
        reason="repair",
        actor=rows.SYSTEM,
        at=AT,
    )
    with pytest.raises(Conflict) as raised:
        book(treatment, nurse, wall(8))
    assert raised.value.code == "slot_taken"
    assert "26 Jan" in raised.value.remedy
    assert "08:00" in raised.value.remedy


def test_a_half_day_on_which_the_clinic_is_closed_lets_nothing_in(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    rows.clinic_resources.close_resource(
        clinic=clinic,
        resource=None,
        starts_at=wall(12),
        ends_at=wall(23, 55),
        reason="half day",
        actor=rows.SYSTEM,
        at=AT,
    )
    with pytest.raises(Conflict):
        book(treatment, nurse, wall(8))
    test = rows.visit(treatment, "baseline-antibody-test")
    row = booking.book(appointment=test, starts_at=wall(11, 45), actor=nurse, at=AT, reason="late")
    assert row.ends_at == wall(12)


def test_a_plan_that_has_changed_since_it_was_shown_is_not_booked(treatment: Treatment, nurse: Actor) -> None:
    seen = fingerprint(load(treatment, at=AT))
    book(treatment, nurse, wall(10, on=date(2026, 1, 12)), step="baseline-antibody-test")
    with pytest.raises(Conflict) as raised:
        book(treatment, nurse, wall(8, on=DAY + timedelta(days=1)), expected=seen)
    assert (raised.value.code, raised.value.field) == ("plan_changed", "expected")
    seen = fingerprint(load(treatment, at=AT))
    assert book(treatment, nurse, wall(8, on=DAY + timedelta(days=1)), expected=seen).status == "booked"
