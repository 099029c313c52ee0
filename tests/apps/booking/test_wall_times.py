"""A new table of time zones: what was agreed on holds by the clock on the wall, and nobody is told what they know already.

British Columbia stopped changing its clocks in 2026. By the table of before, a visit of Vancouver's December lies at
eight hours from UTC; by the new one at seven.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from apps.booking import services as booking
from apps.booking.models import CallTask
from apps.booking.tasks import keep_times
from apps.booking.wall_times import KEPT, Kept, keep_wall_times
from apps.clinic.actors import Actor
from apps.clinic.models import Change, Clinic
from apps.couples.services import PersonInput
from apps.reminders import services as reminders
from apps.reminders.channels import MemoryChannel
from apps.reminders.models import Delivery
from apps.treatments.models import Appointment, CalendarEntry, Treatment
from tests import rows

ZONE = "America/Vancouver"
VANCOUVER = replace(
    rows.HYDERABAD, slug="vancouver", zone=ZONE, country="CA", subdivision="BC", phone="+1 604 555 0100"
)
# A Monday at noon in Vancouver, and the Monday after it at nine.
AT = datetime(2026, 12, 7, 20, tzinfo=UTC)
NINE, NEXT = datetime.fromisoformat("2026-12-14T09:00"), datetime.fromisoformat("2026-12-14T10:00")
BEFORE, AFTER = datetime(2026, 12, 14, 17, tzinfo=UTC), datetime(2026, 12, 14, 16, tzinfo=UTC)
STEP = "baseline-antibody-test"

pytestmark = pytest.mark.django_db


@pytest.fixture
def new_table(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """The table of before, with which a test begins (Los Angeles still changes its clocks); called, the one of today."""
    old = resources.files("tzdata").joinpath("zoneinfo/America/Los_Angeles").read_bytes()
    (tmp_path / "America").mkdir()
    (tmp_path / ZONE).write_bytes(old)

    def read_from(*folders: Path) -> None:
        zoneinfo.reset_tzpath(tuple(map(str, folders)))
        zoneinfo.ZoneInfo.clear_cache()

    paths = [Path(path) for path in zoneinfo.TZPATH]
    read_from(tmp_path)
    try:
        yield lambda: read_from(*paths)
    finally:
        read_from(*paths)


@pytest.fixture
def clinic(new_table: Callable[[], None]) -> Clinic:
    clinic = rows.a_clinic(VANCOUVER)
    rows.equipped(clinic)
    return clinic


def booked(clinic: Clinic, number: int, wall: datetime) -> tuple[Treatment, Appointment]:
    her = PersonInput(given_name=f"Meena{number}", email=f"m{number}@example.org")
    him = PersonInput(given_name=f"Kiran{number}")
    treatment = rows.a_treatment(clinic, couple=rows.a_couple(clinic, recipient=her, partner=him))
    visit = rows.visit(treatment, STEP)
    nurse: Actor = rows.staff(clinic, "nurse", f"nurse{number}")
    booking.book(appointment=visit, starts_at=wall, actor=nurse, at=AT, reason="her wish")
    return treatment, rows.visit(treatment, STEP)


def swept(treatment: Treatment, channel: MemoryChannel, at: datetime) -> list[str]:
    reminders.derive_treatments([treatment.pk], at)
    return [reminders.deliver(claim, channel, at=at) for claim in reminders.claim_due(limit=50, at=at)]


def test_a_visit_keeps_its_wall_time_with_all_that_it_takes_and_nobody_is_told_again(
    clinic: Clinic, new_table: Callable[[], None]
) -> None:
    treatment, visit = booked(clinic, 2, NINE)
    _, behind_it = booked(clinic, 3, NEXT)
    channel = MemoryChannel()
    assert set(swept(treatment, channel, AT)) == {"sent"}
    told = len(channel.letters)
    assert "09:00" in channel.letters[0].body
    assert visit.starts_at == BEFORE
    taken = sorted(visit.occupations.values_list("starts_at", "ends_at"))
    shown = CalendarEntry.objects.get(pk=visit.pk).sequence

    new_table()
    later = AT + timedelta(hours=1)
    assert keep_wall_times(at=later) == Kept(kept=2)
    assert keep_wall_times(at=later) == Kept()
    visit.refresh_from_db()
    assert (visit.starts_at, visit.local_start) == (AFTER, "2026-12-14T09:00")
    hour = timedelta(hours=1)
    assert sorted(visit.occupations.values_list("starts_at", "ends_at")) == [
        (starts - hour, ends - hour) for starts, ends in taken
    ]
    behind_it.refresh_from_db()
    assert behind_it.starts_at == AFTER + hour
    assert CalendarEntry.objects.get(pk=visit.pk).sequence > shown
    change = Change.objects.get(kind=KEPT, subject_id=visit.pk)
    assert (change.detail["from"], change.detail["starts_at"]) == (BEFORE.isoformat(), AFTER.isoformat())

    assert swept(treatment, channel, later) == []
    assert len(channel.letters) == told
    reminder = Delivery.objects.filter(appointment_id=visit.pk, kind="reminder-1d").first()
    assert reminder is not None
    assert (reminder.due_at, reminder.starts_at) == (AFTER - timedelta(days=1), AFTER)
    assert swept(treatment, channel, reminder.due_at) != []
    assert "09:00" in channel.letters[-1].body
    assert swept(treatment, channel, reminder.due_at) == []


def test_a_message_that_was_claimed_meanwhile_is_told_once_and_of_the_time_that_holds(
    clinic: Clinic, new_table: Callable[[], None]
) -> None:
    treatment, visit = booked(clinic, 2, NINE)
    reminders.derive_treatments([treatment.pk], AT)
    claims = reminders.claim_due(limit=50, at=AT)
    new_table()
    keep_wall_times(at=AT)
    channel = MemoryChannel()
    late = AT + timedelta(minutes=1)
    assert {reminders.deliver(claim, channel, at=late) for claim in claims} == {"withdrawn"}
    swept(treatment, channel, late)
    swept(treatment, channel, late)
    confirmed = Delivery.objects.filter(
        appointment_id=visit.pk, kind__startswith="confirmation", state="sent"
    )
    assert set(confirmed.values_list("starts_at", flat=True)) == {AFTER}
    assert confirmed.count() == len(channel.letters) == len(claims)
    assert all("09:00" in letter.body for letter in channel.letters)


def test_a_time_that_the_clocks_skip_now_becomes_a_call(clinic: Clinic) -> None:
    treatment, visit = booked(clinic, 2, NINE)
    # Agreed on by a table that did not skip it: half past two of the night in which the clocks go forward.
    skipped = {"local_start": "2027-03-14T02:30", "starts_at": datetime(2027, 3, 14, 9, 30, tzinfo=UTC)}
    Appointment.objects.filter(pk=visit.pk).update(**skipped, ends_at=datetime(2027, 3, 14, 10, tzinfo=UTC))
    assert keep_wall_times(at=AT) == Kept(called=1)
    assert keep_wall_times(at=AT) == Kept(called=1)
    call = CallTask.objects.get(appointment_id=visit.pk)
    assert (call.couple_id, call.why) == (treatment.couple_id, "no_visit")
    assert "02:30" in call.note
    assert rows.visit(treatment, STEP).starts_at == skipped["starts_at"]


def test_where_the_table_is_the_same_nothing_happens(clinic: Clinic) -> None:
    _, visit = booked(clinic, 2, NINE)
    changes = Change.objects.count()
    assert keep_wall_times(at=AT) == Kept()
    assert keep_times() == {"kept": 0, "called": 0}
    assert Change.objects.count() == changes
    assert Appointment.objects.get(pk=visit.pk).starts_at == BEFORE
