"""A couple without response: the flag, the booster held on every route, the doctor's decision, extra doses, release."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from apps.treatments.models import Appointment, Record
from tests.clinic_day import AT_THE_START, NO_RESPONSE, Course, Refused
from tests.houses import ServicesHouse

BOOSTER = "preconception-booster#1"


def test_a_couple_without_response_is_held_until_the_doctor_decides(house: ServicesHouse) -> None:
    course = after_three_doses(house)
    no_response(house, course)
    held_by_services(house, course)
    held_by_the_api(house, course)
    held_at_the_desk(house, course)
    pencilled(house, course)
    decided_by_the_doctor_alone(house, course)
    extra_doses(house, course)
    released(house, course)


def after_three_doses(house: ServicesHouse) -> Course:
    course = Course.begin(house, date(2026, 1, 5))
    course.expect(AT_THE_START)
    course.consent(date(2026, 1, 5))
    course.act("attend", "baseline-antibody-test#1")
    course.expect({"baseline-antibody-test#1": "fulfilled 2026-01-05"})
    house.until("2026-01-08")
    course.result(4, date(2026, 1, 5), date(2026, 1, 8))
    attempt = date(2026, 8, 10)
    course.said("nurse", "milestone", name="conception-attempt", on=attempt, certainty="planned")
    course.expect()
    for number, on in enumerate(("2026-01-26", "2026-02-23", "2026-03-23"), start=1):
        dosed(house, course, number, on)
    return course


def dosed(
    house: ServicesHouse, course: Course, number: int, on: str, flags: frozenset[str] = frozenset()
) -> None:
    """Booked on its proposed day, confirmed to both, given."""
    visit = f"sensitisation#{number}"
    course.act("book", visit, starts_at=house.moment(on))
    day = date.fromisoformat(on)
    subject = f"Appointment {day:%a} {day.day} {day:%b} 09:30"
    course.expect({visit: f"booked {on}"}, mails=course.both(subject), flags=set(flags))
    course.screen(house.until(on, "09:30"))
    course.act("attend", visit)
    course.expect({visit: f"fulfilled {on}"}, flags=set())


def no_response(house: ServicesHouse, course: Course) -> None:
    house.until("2026-04-20", "10:00")
    course.act("attend", "antibody-test#1")
    course.expect({"antibody-test#1": "fulfilled 2026-04-20"})
    house.until("2026-04-27")
    course.result(5, date(2026, 4, 20), date(2026, 4, 27))
    boosters = (BOOSTER, "early-pregnancy-booster#1", "re-dose#1")
    course.expect(dict.fromkeys(boosters, "waiting held"), flags={"no_antibody_response"})
    flag = course.flag("no_antibody_response")
    assert NO_RESPONSE in flag["text"]
    assert (flag["owner"], flag["due_on"]) == ("doctor", "2026-05-04")
    assert BOOSTER.partition("#")[0] in flag["holds"]
    assert flag["decisions"] == ["continue", "extra_doses", "change_donor", "stop"]


def held_by_services(house: ServicesHouse, course: Course) -> None:
    for by in ("client", "nurse", "doctor"):
        with course.refused("held", 409):
            course.act("book", BOOSTER, by=by, starts_at=house.moment("2026-07-27"))
    with course.refused("held", 409):
        course.act("attend", BOOSTER)
    with course.refused("held", 409):
        course.said("nurse", "fulfilled", step="preconception-booster", occurrence=1, on=house.now().date())


def held_by_the_api(house: ServicesHouse, course: Course) -> None:
    address = f"appointments/{course.row(BOOSTER)['id']}"
    fulfilled = {"kind": "fulfilled", "step": "preconception-booster", "on": house.now().date().isoformat()}
    booking = {"starts_at": house.moment("2026-07-27").isoformat()}
    for by in ("client", "nurse", "doctor"):
        for path, body in (
            (f"{address}/book/", booking),
            (f"{address}/attend/", {}),
            (f"treatments/{course.treatment}/records/", fulfilled),
        ):
            with course.refused("held", 409):
                house.ask(by, path, body)


def held_at_the_desk(house: ServicesHouse, course: Course) -> None:
    browser, page = house.desk("nurse"), f"/admin/treatments/appointment/{course.row(BOOSTER)['id']}"
    records = Record.objects.count()
    assert browser.get(f"{page}/change/").status_code == 200
    answer = browser.post(f"{page}/book/", {"on": "2026-07-27", "time": "09:30", "minutes": "60"})
    assert "This visit is held" in answer.content.decode()
    answer = browser.post(f"{page}/dose/", {"on": house.now().date().isoformat()})
    assert "This visit is held" in answer.content.decode()
    assert Appointment.objects.get(pk=course.row(BOOSTER)["id"]).status == "proposed"
    assert Record.objects.count() == records
    course.expect()


def pencilled(house: ServicesHouse, course: Course) -> None:
    """Keeps its place, sends nothing, stands in no calendar and cannot be performed."""
    course.act("book", BOOSTER, starts_at=house.moment("2026-07-27"), pencil=True)
    course.expect({BOOSTER: "booked 2026-07-27 held pencilled"})
    with course.refused("pencilled", 409):
        course.act("arrive", BOOSTER)
    with course.refused("held", 409):
        course.act("attend", BOOSTER)


def decided_by_the_doctor_alone(house: ServicesHouse, course: Course) -> None:
    choice = {"choice": "extra_doses", "reason": "Two more, then another test", "parameters": {"doses": 2}}
    flag = course.flag("no_antibody_response")
    record = {"kind": "decision", "flag": flag["key"], "on": house.now().date().isoformat(), **choice}
    for by, code in (("client", "not_verified"), ("nurse", "wrong_role")):
        with course.refused(code, 403):
            house.decide(by, UUID(flag["id"]), choice)
        with course.refused(code, 403):
            house.ask(by, f"flags/{flag['id']}/decide/", choice)
        with course.refused(code, 403):
            house.ask(by, f"treatments/{course.treatment}/records/", record)
    nurse = house.desk("nurse").post(
        f"/admin/treatments/flag/{flag['id']}/change/", {"choice": "continue", "reason": "No"}
    )
    assert nurse.status_code == 403
    course.expect()
    with pytest.raises(Refused, match="no_choice"):
        house.ask("doctor", f"flags/{flag['id']}/decide/", {**choice, "choice": "wait"})
    house.until("2026-04-28")
    house.ask("doctor", f"flags/{flag['id']}/decide/", choice)
    course.expect(
        {
            "sensitisation#4": "proposed 2026-05-05",
            "sensitisation#5": "proposed 2026-06-02",
            "antibody-test#2": "proposed 2026-06-30",
            BOOSTER: "booked 2026-07-27 pencilled",
            "early-pregnancy-booster#1": "waiting",
            "re-dose#1": "waiting",
        },
        flags=set(),
    )
    decided = course.flag("no_antibody_response", state="decided")
    assert Record.objects.get(pk=decided["decision"]).by_role == "doctor"


def extra_doses(house: ServicesHouse, course: Course) -> None:
    """The booster keeps its pencilled place, and is not agreed before the answer is there."""
    dosed(house, course, 4, "2026-05-05", frozenset({"prerequisite_missing"}))
    dosed(house, course, 5, "2026-06-02")
    house.until("2026-06-30", "10:00")
    course.act("attend", "antibody-test#2")
    course.expect({"antibody-test#2": "fulfilled 2026-06-30"})
    with course.refused("waiting", 409):
        course.act("confirm", BOOSTER)


def released(house: ServicesHouse, course: Course) -> None:
    subject = "Appointment Mon 27 Jul 09:30"
    house.until("2026-07-07")
    course.result(62, date(2026, 6, 30), date(2026, 7, 7))
    course.expect({"re-dose#1": "proposed 2027-01-27"})
    course.act("confirm", BOOSTER)
    course.expect({BOOSTER: "booked 2026-07-27"}, mails=course.both(subject))
    house.until("2026-07-24", "09:00")
    course.expect(mails=course.both(subject), flags={"prerequisite_missing"})
    course.screen(house.until("2026-07-27", "09:30"))
    course.act("attend", BOOSTER)
    course.expect({BOOSTER: "fulfilled 2026-07-27"}, flags=set())
