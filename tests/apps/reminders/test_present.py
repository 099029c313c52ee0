"""Reminders keep their hour on the clinic's wall, whatever its clocks do."""

from datetime import UTC, datetime

import pytest

from apps.clinic.models import Clinic
from apps.reminders.present import Visit
from apps.treatments.models import Appointment


@pytest.mark.parametrize(
    ("zone", "wall", "moment"),
    [
        ("Asia/Kolkata", "2026-01-14 09:00", "2026-01-14 03:30"),
        ("Europe/London", "2026-03-28 09:00", "2026-03-28 09:00"),
        ("Europe/London", "2026-03-29 09:00", "2026-03-29 08:00"),
        ("Europe/London", "2026-03-29 01:30", "2026-03-29 01:30"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("America/New_York", "2026-11-02 09:00", "2026-11-02 14:00"),
    ],
)
def test_a_wall_time_becomes_the_clinics_own_moment(zone: str, wall: str, moment: str) -> None:
    visit = Visit(Appointment(clinic=Clinic(zone=zone), zone=zone), {})
    assert visit.moment(datetime.fromisoformat(wall)) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_moments_and_walls_are_inverse() -> None:
    visit = Visit(Appointment(zone="Europe/London"), {})
    wall = datetime.fromisoformat("2026-07-01 09:00")
    assert visit.wall(visit.moment(wall)) == wall
