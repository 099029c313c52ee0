"""Holidays that a manager ticks, confirms and shifts, with the days that the library really knows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from apps.clinic import services
from apps.clinic.errors import Conflict, Forbidden, Invalid
from apps.clinic.loading import workdays_of
from apps.clinic.models import Change, Clinic, Holiday
from apps.clinic.public_holidays import further_holidays, public_holidays
from apps.clinic.queries import holidays_to_confirm
from tests.rows import AT, HYDERABAD, LONDON, SYSTEM, a_clinic, staff

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def the_eid(clinic: Clinic) -> Holiday:
    services.tick_holidays(clinic=clinic, year=2027, actor=SYSTEM, at=AT)
    return Holiday.objects.get(clinic=clinic, name="Id-ul-Fitr")


def test_the_librarys_public_days_of_telangana_lack_festivals_which_its_further_days_hold() -> None:
    public = {day.name for day in public_holidays("IN", "TS", 2026)}
    further = {day.name: day for day in further_holidays("IN", "TS", 2026)}
    assert not any("Ugadi" in name or "Ganesh" in name for name in public)
    assert any("Ugadi" in name for name in further)
    assert any("Ganesh" in name for name in further)
    assert not set(further) & public


def test_a_further_day_knows_whether_its_date_is_an_estimate() -> None:
    days = {day.name: day for day in further_holidays("IN", "TS", 2027)}
    assert days["Jamat-Ul-Vida"].estimated
    assert not days["Easter Sunday"].estimated


def test_a_country_whose_library_knows_public_days_only_offers_nothing_further() -> None:
    assert further_holidays("GB", "ENG", 2026) == []


def test_days_of_authorities_are_offered_and_days_to_work_on_are_not() -> None:
    offered = {day.category for day in further_holidays("ID", "", 2026)}
    assert offered == {"government"}
    assert "workday" not in {day.category for day in further_holidays("LK", "", 2026)}


def test_a_missing_festival_is_ticked_with_its_name_and_the_plan_knows_the_day() -> None:
    clinic = a_clinic()
    manager = staff(clinic, "manager")
    ugadi = date(2026, 3, 19)
    services.tick_holidays(clinic=clinic, year=2026, actor=manager, at=AT)
    assert workdays_of(clinic).is_open(ugadi)
    added = services.tick_further_holidays(clinic=clinic, year=2026, days=[ugadi], actor=manager, at=AT)
    assert [row.on for row in added] == [ugadi]
    assert "Ugadi" in added[0].name
    assert not workdays_of(clinic).is_open(ugadi)
    assert services.tick_further_holidays(clinic=clinic, year=2026, days=[ugadi], actor=manager, at=AT) == []


def test_an_unknown_day_is_no_festival_and_nothing_is_ticked() -> None:
    clinic = a_clinic()
    days = [date(2026, 3, 19), date(2026, 7, 1)]
    with pytest.raises(Invalid, match="1"):
        services.tick_further_holidays(clinic=clinic, year=2026, days=days, actor=SYSTEM, at=AT)
    assert not Holiday.objects.filter(clinic=clinic).exists()


def test_only_a_manager_ticks_and_shifts() -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    eid = the_eid(clinic)
    with pytest.raises(Forbidden):
        services.shift_holiday(holiday=eid, days=1, actor=nurse, at=AT)
    with pytest.raises(Forbidden):
        services.tick_further_holidays(clinic=clinic, year=2026, days=[], actor=nurse, at=AT)


@pytest.mark.parametrize(("before", "asked"), [(15, False), (14, True), (1, True), (0, True), (-1, False)])
def test_an_estimated_day_is_asked_about_for_fourteen_days(before: int, asked: bool) -> None:
    clinic = a_clinic()
    eid = the_eid(clinic)
    assert (eid in holidays_to_confirm(clinic, eid.on - before * DAY)) is asked


def test_a_confirmed_day_and_one_on_which_the_clinic_is_open_are_not_asked_about() -> None:
    clinic = a_clinic()
    eid = the_eid(clinic)
    services.set_holiday(clinic=clinic, on=eid.on, closed=False, estimated=True, actor=SYSTEM, at=AT)
    assert eid not in holidays_to_confirm(clinic, eid.on - DAY)
    services.set_holiday(clinic=clinic, on=eid.on, closed=True, estimated=True, actor=SYSTEM, at=AT)
    assert eid in holidays_to_confirm(clinic, eid.on - DAY)
    services.set_holiday(clinic=clinic, on=eid.on, closed=True, actor=SYSTEM, at=AT)
    assert eid not in holidays_to_confirm(clinic, eid.on - DAY)


@pytest.mark.parametrize("days", [1, -1])
def test_a_shift_opens_the_old_day_closes_the_new_one_and_tells_both_at_once(days: int) -> None:
    clinic = a_clinic()
    eid = the_eid(clinic)
    was = eid.on
    told = Change.objects.count()
    moved = services.shift_holiday(holiday=eid, days=days, actor=SYSTEM, at=AT)
    workdays = workdays_of(clinic)
    assert was not in workdays.closed
    assert was + days * DAY in workdays.closed
    assert (moved.pk, moved.on, moved.estimated) == (eid.pk, was + days * DAY, False)
    (change,) = Change.objects.order_by("id")[told:]
    assert change.kind == "clinic.days"
    assert {change.detail["from_on"], change.detail["to_on"]} == {
        was.isoformat(),
        (was + days * DAY).isoformat(),
    }


def test_listing_the_year_again_does_not_bring_the_shifted_day_back() -> None:
    clinic = a_clinic()
    eid = the_eid(clinic)
    services.shift_holiday(holiday=eid, days=1, actor=SYSTEM, at=AT)
    assert services.tick_holidays(clinic=clinic, year=2027, actor=SYSTEM, at=AT) == []
    assert eid.on not in workdays_of(clinic).closed


def test_a_shift_onto_another_holiday_makes_one_of_the_two() -> None:
    clinic = a_clinic()
    eid = the_eid(clinic)
    services.set_holiday(
        clinic=clinic, on=eid.on + DAY, closed=False, name="Founders' day", actor=SYSTEM, at=AT
    )
    moved = services.shift_holiday(holiday=eid, days=1, actor=SYSTEM, at=AT)
    assert (moved.name, moved.closed) == ("Founders' day; Id-ul-Fitr", True)
    assert Holiday.objects.filter(clinic=clinic, on=moved.on).count() == 1


def test_estimated_days_that_follow_one_another_move_together() -> None:
    clinic = a_clinic(replace(LONDON, country="AE", subdivision=""))
    services.tick_holidays(clinic=clinic, year=2027, actor=SYSTEM, at=AT)
    run = list(Holiday.objects.filter(clinic=clinic, estimated=True, on__month=5))
    assert len(run) == 4, [str(row) for row in run]
    services.shift_holiday(holiday=run[1], days=1, actor=SYSTEM, at=AT)
    after = list(Holiday.objects.filter(clinic=clinic, on__month=5))
    assert [(row.name, row.on) for row in after] == [(row.name, row.on + DAY) for row in run]
    assert not any(row.estimated for row in after)


def test_a_holiday_moves_by_one_day_only_and_not_once_it_is_past() -> None:
    clinic = a_clinic()
    eid = the_eid(clinic)
    with pytest.raises(Invalid):
        services.shift_holiday(holiday=eid, days=2, actor=SYSTEM, at=AT)
    on_the_day = datetime(eid.on.year, eid.on.month, eid.on.day, 3, tzinfo=UTC)
    with pytest.raises(Conflict) as refused:
        services.shift_holiday(holiday=eid, days=-1, actor=SYSTEM, at=on_the_day)
    assert refused.value.code == "past_holiday"
    assert services.shift_holiday(holiday=eid, days=1, actor=SYSTEM, at=on_the_day).on == eid.on + DAY


def test_another_clinics_manager_finds_no_such_holiday() -> None:
    clinic = a_clinic(HYDERABAD)
    stranger = staff(a_clinic(LONDON), "manager")
    eid = the_eid(clinic)
    with pytest.raises(Exception, match="no such"):
        services.shift_holiday(holiday=eid, days=1, actor=stranger, at=AT)
