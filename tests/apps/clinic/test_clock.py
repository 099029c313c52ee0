"""Wall time: what the zones skip or repeat is refused, on every continent that we test."""
# ruff: noqa: DTZ001  wall times without a zone are what is tested here

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.clinic.clock import day_bounds, is_zone, local_date, local_moment
from apps.clinic.errors import Invalid

# Zone, a wall time that does not exist, a wall time that comes twice.
CHANGES = [
    ("Europe/London", datetime(2026, 3, 29, 1, 30), datetime(2026, 10, 25, 1, 30)),
    ("America/New_York", datetime(2026, 3, 8, 2, 30), datetime(2026, 11, 1, 1, 30)),
    ("Africa/Cairo", datetime(2026, 4, 24, 0, 30), datetime(2026, 10, 29, 23, 30)),
]


@pytest.mark.parametrize(("zone", "skipped", "twice"), CHANGES)
def test_a_time_in_the_skipped_hour_is_refused_with_a_remedy(
    zone: str, skipped: datetime, twice: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        local_moment(zone, skipped)
    assert refused.value.code == "skipped_hour"
    assert "outside the hour" in refused.value.remedy


@pytest.mark.parametrize(("zone", "skipped", "twice"), CHANGES)
def test_a_time_that_comes_twice_is_refused_with_a_remedy(
    zone: str, skipped: datetime, twice: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        local_moment(zone, twice)
    assert refused.value.code == "repeated_hour"
    assert "outside the hour" in refused.value.remedy


@pytest.mark.parametrize(("zone", "skipped", "twice"), CHANGES)
@pytest.mark.parametrize("fold", [0, 1])
def test_an_offset_does_not_smuggle_in_a_time_that_comes_twice(
    zone: str, skipped: datetime, twice: datetime, fold: int
) -> None:
    moment = twice.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
    with pytest.raises(Invalid):
        local_moment(zone, moment)


@pytest.mark.parametrize(("zone", "skipped", "twice"), CHANGES)
def test_a_time_that_its_own_zone_skips_is_refused_in_another_zone_too(
    zone: str, skipped: datetime, twice: datetime
) -> None:
    with pytest.raises(Invalid):
        local_moment("Asia/Kolkata", skipped.replace(tzinfo=ZoneInfo(zone)))


@pytest.mark.parametrize(("zone", "skipped", "twice"), CHANGES)
def test_the_minutes_around_a_change_are_ordinary(zone: str, skipped: datetime, twice: datetime) -> None:
    for change in (skipped, twice):
        hour = change.replace(minute=0)
        assert local_moment(zone, hour - timedelta(minutes=1)).tzinfo == ZoneInfo(zone)
        assert local_moment(zone, hour + timedelta(hours=1)).minute == 0


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Kolkata", (5, 30)), ("Asia/Kathmandu", (5, 45))])
def test_zones_without_changes_take_every_hour_of_the_year(zone: str, offset: tuple[int, int]) -> None:
    ahead = timedelta(hours=offset[0], minutes=offset[1])
    for hour in range(0, 365 * 24, 7):
        wall = datetime(2026, 1, 1) + timedelta(hours=hour)
        assert local_moment(zone, wall).utcoffset() == ahead


def test_naive_is_wall_time_and_aware_is_converted() -> None:
    nine = local_moment("Asia/Kolkata", datetime(2026, 1, 5, 9, 0))
    assert nine.astimezone(UTC) == datetime(2026, 1, 5, 3, 30, tzinfo=UTC)
    assert local_moment("Asia/Kolkata", datetime(2026, 1, 5, 3, 30, tzinfo=UTC)) == nine


def test_a_clinic_has_its_own_date() -> None:
    at = datetime(2026, 1, 4, 19, 0, tzinfo=UTC)
    assert local_date("Asia/Kolkata", at) == date(2026, 1, 5)
    assert local_date("Europe/London", at) == date(2026, 1, 4)
    assert local_date("Asia/Kathmandu", datetime(2026, 1, 4, 18, 15, tzinfo=UTC)) == date(2026, 1, 5)


def test_a_moment_without_offset_has_no_date() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_date("Asia/Kolkata", datetime(2026, 1, 5))


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Africa/Cairo", date(2026, 10, 29), 25),
        ("Asia/Kathmandu", date(2026, 4, 24), 24),
    ],
)
def test_a_day_lasts_as_long_as_its_clock_says(zone: str, on: date, hours: int) -> None:
    first, next_first = day_bounds(zone, on)
    assert next_first - first == timedelta(hours=hours)
    assert local_date(zone, first) == on
    assert local_date(zone, first - timedelta(seconds=1)) == on - timedelta(days=1)


@pytest.mark.parametrize("name", ["", "IST", "Asia/Hyderabad", "../etc/passwd", "/etc/localtime", "asia"])
def test_only_names_of_the_database_are_zones(name: str) -> None:
    assert not is_zone(name)
