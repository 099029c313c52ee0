"""Open days: hours, ticked holidays and closures, and what the planner is told of them."""

from datetime import date, time

import pytest

from apps.clinic import services
from apps.clinic.errors import Forbidden, Invalid
from apps.clinic.loading import workdays_of
from apps.clinic.models import Change, Closure, Holiday, OpeningHours
from apps.clinic.public_holidays import public_holidays
from apps.clinic.queries import closed_days, closures_of, holidays_of, hours_of, last_beat, local_today
from apps.clinic.services import Span
from tests.rows import AT, LONDON, SYSTEM, a_clinic, staff

pytestmark = pytest.mark.django_db


def test_a_new_clinic_is_open_on_its_weekdays_only() -> None:
    workdays = workdays_of(a_clinic())
    assert workdays.open_weekdays == frozenset(range(6))
    assert workdays.is_open(date(2026, 1, 5))
    assert not workdays.is_open(date(2026, 1, 4))


def test_the_calendar_costs_two_queries_whatever_it_holds(django_assert_num_queries: object) -> None:
    clinic = a_clinic()
    services.tick_holidays(clinic=clinic, year=2026, actor=SYSTEM, at=AT)
    for month in range(1, 6):
        first = date(2026, month, 10)
        services.close_days(clinic=clinic, from_on=first, to_on=first, reason="paint", actor=SYSTEM, at=AT)
    with django_assert_num_queries(2):  # type: ignore[operator]
        workdays = workdays_of(clinic)
    assert {date(2026, 1, 26), date(2026, 1, 10), date(2026, 5, 10)} <= workdays.closed


def test_the_years_holidays_are_seeded_once_and_keep_what_a_manager_decided() -> None:
    clinic = a_clinic()
    manager = staff(clinic, "manager")
    added = services.tick_holidays(clinic=clinic, year=2026, actor=manager, at=AT)
    assert len(added) >= 15
    republic_day = date(2026, 1, 26)
    assert republic_day in workdays_of(clinic).closed

    services.set_holiday(clinic=clinic, on=republic_day, closed=False, actor=manager, at=AT)
    services.set_holiday(clinic=clinic, on=date(2026, 8, 7), closed=True, name="Bonalu", actor=manager, at=AT)
    assert services.tick_holidays(clinic=clinic, year=2026, actor=manager, at=AT) == []
    assert republic_day not in workdays_of(clinic).closed
    assert date(2026, 8, 7) in workdays_of(clinic).closed
    assert holidays_of(clinic, 2026).get(on=republic_day).name == "Republic Day"


def test_dates_that_hang_on_the_moon_are_marked_and_a_manager_confirms_them() -> None:
    clinic = a_clinic()
    services.tick_holidays(clinic=clinic, year=2027, actor=SYSTEM, at=AT)
    eid = Holiday.objects.get(clinic=clinic, name="Id-ul-Fitr")
    assert eid.estimated
    services.set_holiday(clinic=clinic, on=eid.on, closed=True, actor=SYSTEM, at=AT)
    confirmed = Holiday.objects.get(pk=eid.pk)
    assert (confirmed.name, confirmed.estimated) == ("Id-ul-Fitr", False)


def test_marks_of_estimation_are_read_in_languages_other_than_english_too() -> None:
    days = public_holidays("AE", "", 2027)
    assert any(day.estimated for day in days)
    assert not any("estimated" in day.name for day in days)


def test_a_holiday_needs_a_name() -> None:
    clinic = a_clinic()
    with pytest.raises(Invalid):
        services.set_holiday(clinic=clinic, on=date(2026, 8, 7), closed=True, actor=SYSTEM, at=AT)


def test_a_closure_closes_every_day_of_it_and_reopening_splits_it() -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    first, last = date(2026, 2, 2), date(2026, 2, 13)
    services.close_days(clinic=clinic, from_on=first, to_on=last, reason="repairs", actor=nurse, at=AT)
    assert date(2026, 2, 13) in workdays_of(clinic).closed

    left = services.reopen_days(
        clinic=clinic, from_on=date(2026, 2, 4), to_on=date(2026, 2, 5), actor=nurse, at=AT
    )
    assert [(row.from_on, row.to_on) for row in left] == [
        (date(2026, 2, 2), date(2026, 2, 3)),
        (date(2026, 2, 6), date(2026, 2, 13)),
    ]
    assert workdays_of(clinic).is_open(date(2026, 2, 4))
    assert not workdays_of(clinic).is_open(date(2026, 2, 6))
    assert closures_of(clinic, date(2026, 2, 4), date(2026, 2, 5)).count() == 0

    services.reopen_days(clinic=clinic, from_on=first, to_on=last, actor=nurse, at=AT)
    assert Closure.objects.filter(clinic=clinic).count() == 0


def test_reopening_days_that_are_open_changes_and_tells_nothing() -> None:
    clinic = a_clinic()
    before = Change.objects.count()
    on = date(2026, 2, 4)
    assert services.reopen_days(clinic=clinic, from_on=on, to_on=on, actor=SYSTEM, at=AT) == []
    assert Change.objects.count() == before


def test_every_change_of_days_is_told_with_its_dates() -> None:
    clinic = a_clinic()
    services.close_days(
        clinic=clinic, from_on=date(2026, 2, 2), to_on=date(2026, 2, 3), reason="x", actor=SYSTEM, at=AT
    )
    row = Change.objects.latest("id")
    assert row.kind == "clinic.days"
    assert row.detail == {"from_on": "2026-02-02", "to_on": "2026-02-03"}


def test_hours_are_replaced_as_a_whole_and_only_what_differs_is_written() -> None:
    clinic = a_clinic()
    kept = hours_of(clinic).get(weekday=0)
    spans = [Span(0, time(8), time(18)), Span(1, time(8), time(12)), Span(1, time(14), time(18))]
    services.set_hours(clinic=clinic, spans=spans, actor=SYSTEM, at=AT)
    assert workdays_of(clinic).open_weekdays == {0, 1}
    assert OpeningHours.objects.get(clinic=clinic, weekday=0).pk == kept.pk

    told = Change.objects.count()
    services.set_hours(clinic=clinic, spans=spans, actor=SYSTEM, at=AT)
    assert Change.objects.count() == told


def test_every_fault_of_the_hours_is_said_at_once() -> None:
    clinic = a_clinic()
    spans = [
        Span(7, time(8), time(9)),
        Span(0, time(9), time(8)),
        Span(1, time(8), time(12)),
        Span(1, time(11), time(13)),
    ]
    with pytest.raises(Invalid) as refused:
        services.set_hours(clinic=clinic, spans=spans, actor=SYSTEM, at=AT)
    assert {fault.field for fault in refused.value.faults} == {"weekday", "closes_at", "opens_at"}


@pytest.mark.parametrize("to_on", [date(2026, 2, 1), date(2027, 3, 1)])
def test_a_closure_that_runs_backwards_or_for_years_is_refused(to_on: date) -> None:
    clinic = a_clinic()
    with pytest.raises(Invalid):
        services.close_days(
            clinic=clinic, from_on=date(2026, 2, 2), to_on=to_on, reason="", actor=SYSTEM, at=AT
        )


@pytest.mark.parametrize("role", ["nurse", "doctor", "lab"])
def test_hours_and_holidays_are_the_managers(role: str) -> None:
    clinic = a_clinic()
    actor = staff(clinic, role)
    with pytest.raises(Forbidden):
        services.set_hours(clinic=clinic, spans=[], actor=actor, at=AT)
    with pytest.raises(Forbidden):
        services.tick_holidays(clinic=clinic, year=2026, actor=actor, at=AT)


def test_closed_days_are_rest_days_holidays_and_closures() -> None:
    clinic = a_clinic(LONDON)
    services.tick_holidays(clinic=clinic, year=2026, actor=SYSTEM, at=AT)
    services.close_days(
        clinic=clinic, from_on=date(2026, 12, 24), to_on=date(2026, 12, 24), reason="", actor=SYSTEM, at=AT
    )
    assert closed_days(clinic, date(2026, 12, 23), date(2026, 12, 28)) == {
        date(2026, 12, 24),
        date(2026, 12, 25),
        date(2026, 12, 26),
        date(2026, 12, 27),
        date(2026, 12, 28),
    }


def test_today_is_the_clinics_own() -> None:
    late = AT.replace(hour=20)
    assert local_today(a_clinic(), late) == date(2026, 1, 6)
    assert local_today(a_clinic(LONDON), late) == date(2026, 1, 5)


def test_a_job_that_never_ran_has_no_heartbeat() -> None:
    assert last_beat("sweep") is None
    services.beat(name="sweep", at=AT)
    assert last_beat("sweep") == AT
