"""A couple that responds, from enrolment to the booster in early pregnancy, lived through the services day by day."""

from __future__ import annotations

from datetime import date

from tests.clinic_day import AT_THE_START, Course
from tests.houses import ServicesHouse

MISSING = {"prerequisite_missing"}
CONTENT = {"cells_million": 100, "viability_percent": 95}


def test_a_couple_that_responds_reaches_the_booster_in_early_pregnancy(house: ServicesHouse) -> None:
    course = enrolled(house)
    baseline_is_negative(house, course)
    first_dose(house, course)
    second_dose_is_moved(house, course)
    third_dose_is_cancelled_and_booked_again(house, course)
    responds(house, course)
    booster_before_conception(house, course)
    booster_in_early_pregnancy(house, course)
    house.until("2026-12-15")
    course.expect()


def enrolled(house: ServicesHouse) -> Course:
    course = Course.begin(house, date(2026, 1, 5))
    course.expect(AT_THE_START)
    course.consent(date(2026, 1, 5))
    course.expect()
    return course


def baseline_is_negative(house: ServicesHouse, course: Course) -> None:
    """She comes alone, and alone hears of it. The next day is too near for a reminder."""
    course.act("book", "baseline-antibody-test#1", starts_at=house.moment("2026-01-06"))
    course.expect(
        {
            "baseline-antibody-test#1": "booked 2026-01-06",
            "sensitisation#1": "proposed 2026-01-27",
            "sensitisation#2": "proposed 2026-02-24",
            "sensitisation#3": "proposed 2026-03-24",
            "antibody-test#1": "proposed 2026-04-21",
        },
        mails=course.hers("Appointment Tue 6 Jan 09:30"),
    )
    house.until("2026-01-06", "09:30")
    course.expect()
    course.act("arrive", "baseline-antibody-test#1")
    course.expect()
    course.act("attend", "baseline-antibody-test#1")
    course.expect({"baseline-antibody-test#1": "fulfilled 2026-01-06"})
    house.until("2026-01-09")
    course.result(4, date(2026, 1, 6), date(2026, 1, 9))
    course.expect()


def first_dose(house: ServicesHouse, course: Course) -> None:
    """Both come: confirmation, reminders three days and one day before, nothing performed before the screens."""
    subject = "Appointment Tue 27 Jan 09:30"
    course.act("book", "sensitisation#1", starts_at=house.moment("2026-01-27"))
    course.expect({"sensitisation#1": "booked 2026-01-27"}, mails=course.both(subject))
    house.until("2026-01-24", "08:59")
    course.expect(flags=MISSING)
    house.until("2026-01-24", "09:00")
    course.expect(mails=course.both(subject))
    house.until("2026-01-26", "09:00")
    course.expect(mails=course.both(subject))
    house.until("2026-01-27", "09:30")
    course.expect()
    with course.refused("prerequisite_missing", 409):
        course.act("attend", "sensitisation#1")
    course.screen(date(2026, 1, 27))
    course.expect(flags=set())
    course.act("arrive", "sensitisation#1")
    course.expect()
    course.act("attend", "sensitisation#1", given=CONTENT)
    course.expect({"sensitisation#1": "fulfilled 2026-01-27"})


def second_dose_is_moved(house: ServicesHouse, course: Course) -> None:
    """The reminders follow the new time and forget the old one."""
    course.act("book", "sensitisation#2", starts_at=house.moment("2026-02-24"))
    course.expect({"sensitisation#2": "booked 2026-02-24"}, mails=course.both("Appointment Tue 24 Feb 09:30"))
    course.act("move", "sensitisation#2", starts_at=house.moment("2026-02-25", "10:00"))
    course.expect(
        {
            "sensitisation#2": "booked 2026-02-25",
            "sensitisation#3": "proposed 2026-03-25",
            "antibody-test#1": "proposed 2026-04-22",
        },
        mails=course.both("New time: appointment Wed 25 Feb 10:00"),
    )
    house.until("2026-02-21", "09:00")
    course.expect(flags=MISSING)
    house.until("2026-02-22", "09:00")
    course.expect(mails=course.both("Appointment Wed 25 Feb 10:00"))
    house.until("2026-02-24", "09:00")
    course.expect(mails=course.both("Appointment Wed 25 Feb 10:00"))
    course.screen(house.until("2026-02-25", "10:00"))
    course.expect(flags=set())
    course.act("attend", "sensitisation#2", given=CONTENT)
    course.expect({"sensitisation#2": "fulfilled 2026-02-25"})


def third_dose_is_cancelled_and_booked_again(house: ServicesHouse, course: Course) -> None:
    """No sweep runs from the booking to the visit: reminders whose time has passed are not sent late."""
    course.act("book", "sensitisation#3", starts_at=house.moment("2026-03-25"))
    course.expect({"sensitisation#3": "booked 2026-03-25"}, mails=course.both("Appointment Wed 25 Mar 09:30"))
    course.act("cancel", "sensitisation#3", reason="The centrifuge is away")
    course.expect(
        {"sensitisation#3": "proposed 2026-03-25"},
        mails=course.both("Cancelled: appointment Wed 25 Mar 09:30"),
    )
    course.act("book", "sensitisation#3", starts_at=house.moment("2026-03-26"))
    course.expect(
        {"sensitisation#3": "booked 2026-03-26", "antibody-test#1": "proposed 2026-04-23"},
        mails=course.both("New time: appointment Thu 26 Mar 09:30"),
    )
    course.screen(house.until("2026-03-26", "09:30"))
    course.expect()
    course.act("attend", "sensitisation#3", given=CONTENT)
    course.expect({"sensitisation#3": "fulfilled 2026-03-26"})


def responds(house: ServicesHouse, course: Course) -> None:
    house.until("2026-04-20")
    course.act("book", "antibody-test#1", starts_at=house.moment("2026-04-23"))
    course.expect({"antibody-test#1": "booked 2026-04-23"}, mails=course.hers("Appointment Thu 23 Apr 09:30"))
    house.until("2026-04-23", "10:00")
    course.act("attend", "antibody-test#1")
    course.expect({"antibody-test#1": "fulfilled 2026-04-23"})
    house.until("2026-04-29", "10:00")
    course.result(64, date(2026, 4, 23), date(2026, 4, 29))
    course.expect({"re-dose#1": "proposed 2026-09-26"})


def booster_before_conception(house: ServicesHouse, course: Course) -> None:
    attempt = date(2026, 5, 25)
    course.said("nurse", "milestone", name="conception-attempt", on=attempt, certainty="planned")
    course.expect({"preconception-booster#1": "proposed 2026-05-11", "re-dose#1": "proposed 2026-11-11"})
    course.act("book", "preconception-booster#1", starts_at=house.moment("2026-05-11"))
    course.expect(
        {"preconception-booster#1": "booked 2026-05-11"}, mails=course.both("Appointment Mon 11 May 09:30")
    )
    course.screen(house.until("2026-05-11", "10:00"))
    course.act("attend", "preconception-booster#1", given=CONTENT)
    course.expect({"preconception-booster#1": "fulfilled 2026-05-11"})
    house.until("2026-05-25")
    course.said("nurse", "milestone", name="conception-attempt", on=attempt)
    course.expect()


def booster_in_early_pregnancy(house: ServicesHouse, course: Course) -> None:
    """It is asked for only by a couple that wishes it, and its day follows the dating."""
    house.until("2026-06-15")
    course.said("nurse", "milestone", name="pregnancy", on=date(2026, 6, 15))
    course.expect({"re-dose#1": "not_applicable"})
    course.said("nurse", "dating", basis="lmp", on=date(2026, 5, 11))
    course.expect()
    course.said("nurse", "opt_in", step="early-pregnancy-booster", on=date(2026, 6, 15))
    course.expect({"early-pregnancy-booster#1": "proposed 2026-07-06"})
    course.act("book", "early-pregnancy-booster#1", starts_at=house.moment("2026-07-07"))
    subject = "Appointment Tue 7 Jul 09:30"
    course.expect({"early-pregnancy-booster#1": "booked 2026-07-07"}, mails=course.both(subject))
    house.until("2026-07-04", "09:00")
    course.expect(mails=course.both(subject), flags=MISSING)
    house.until("2026-07-06", "09:00")
    course.expect(mails=course.both(subject))
    course.screen(house.until("2026-07-07", "09:30"), pregnant=True)
    course.expect(flags=set())
    course.act("attend", "early-pregnancy-booster#1", given=CONTENT)
    course.expect({"early-pregnancy-booster#1": "fulfilled 2026-07-07"})
