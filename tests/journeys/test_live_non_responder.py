"""Over HTTP, with everything running: no response, the booster held, the doctor's decision by her own sign-in."""

from __future__ import annotations

from datetime import datetime

from tests.clinic_day import NO_RESPONSE, Course
from tests.live import LiveStack
from tests.live_house import LiveHouse, enter_past

BOOSTER = "preconception-booster#1"


def test_a_couple_without_response_is_held_until_the_doctor_decides(live_stack: LiveStack) -> None:
    house = LiveHouse(live_stack)
    course = enter_past(house, -170, (-149, -121, -93))
    attempt = {"name": "conception-attempt", "certainty": "planned"}
    course.said("client", "milestone", on=house.day(30), **attempt)
    course.done("antibody-test#1", house.day(-65))
    course.result(5, house.day(-65), house.day(-58))
    course.catch_up(flags={"no_antibody_response"})
    assert NO_RESPONSE in course.flag("no_antibody_response")["text"]
    place = held(house, course)
    decided(house, course)
    entered_as_it_was_said(house, course)
    released(house, course, place)


def held(house: LiveHouse, course: Course) -> datetime:
    """Refused on every route, and pencilled. Returns the moment of the place that is kept."""
    for by in ("client", "nurse", "doctor"):
        with course.refused("held", 409):
            course.act("book", BOOSTER, by=by, starts_at=house.moment(16))
        with course.refused("held", 409):
            course.act("attend", BOOSTER, by=by)
        with course.refused("held", 409):
            course.done(BOOSTER, house.today, by=by)
    place = house.moment(16)
    course.act("book", BOOSTER, starts_at=place, pencil=True)
    course.expect({BOOSTER: f"booked {house.day(16)} held pencilled"})
    return place


def decided(house: LiveHouse, course: Course) -> None:
    """Two more doses, and nobody but a doctor who signed in may say so."""
    for by, code in (("client", "insufficient_scope"), ("nurse", "wrong_role")):
        with course.refused(code, 403):
            course.decide(by, "no_antibody_response", "extra_doses", "One more", doses=1)
    course.decide("doctor", "no_antibody_response", "extra_doses", "One more, then a test", doses=1)
    # Its day would now come before the last dose has done its work, so somebody must look at it.
    course.expect(
        {
            "sensitisation#4": f"proposed {house.day(7)}",
            "antibody-test#2": f"proposed {house.day(35)}",
            BOOSTER: f"booked {house.day(16)} pencilled",
            "early-pregnancy-booster#1": "waiting",
            "re-dose#1": "waiting",
        },
        flags={"booking_outside_window", "plan_tight"},
    )


def entered_as_it_was_said(house: LiveHouse, course: Course) -> None:
    """She had said so by telephone seven weeks ago, and the dose and the test were done since."""
    flag = course.flag("no_antibody_response", state="decided")
    decision = {
        "kind": "decision",
        "flag": flag["key"],
        "choice": "extra_doses",
        "on": house.day(-50),
        "reason": "One more, then a test",
        "parameters": {"doses": 1},
        "cause": flag["cause"],
    }
    course.said("doctor", "correction", of=flag["decision"], reason="By telephone", replacement=decision)
    course.expect(
        {"sensitisation#4": f"proposed {house.day(6)}", "antibody-test#2": f"proposed {house.day(34)}"},
        flags={"booking_outside_window", "visit_overdue"},
    )
    course.screen(house.day(-43))
    course.done("sensitisation#4", house.day(-43))
    course.expect(
        {"sensitisation#4": f"fulfilled {house.day(-43)}", "antibody-test#2": f"proposed {house.day(6)}"},
        flags={"visit_overdue"},
    )
    course.done("antibody-test#2", house.day(-15))
    course.expect({"antibody-test#2": f"fulfilled {house.day(-15)}"}, flags=set())


def released(house: LiveHouse, course: Course, place: datetime) -> None:
    course.result(62, house.day(-15), house.day(-8))
    course.expect({"re-dose#1": "proposed *"})
    course.act("confirm", BOOSTER)
    course.expect({BOOSTER: f"booked {house.day(16)}"}, mails=course.both(house.subject(place)))
    house.two_sweeps_later()
    course.expect()
