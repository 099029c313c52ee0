"""A loss in mid-course: one act stops everything ahead for both, whole or not at all, and nothing is sent afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from apps.clinic.models import Change
from apps.couples import services as couples
from apps.couples.models import Couple
from apps.reminders import services as reminders
from apps.reminders.channels import EmailChannel, MemoryChannel
from apps.reminders.models import Delivery, DeliveryState
from apps.treatments import services
from apps.treatments.models import Appointment, CalendarEntry, Flag, Record, Treatment
from tests.clinic_day import AT_THE_START, Course
from tests.houses import ServicesHouse, refusals
from tests.rows import a_yes

DOSES = ("sensitisation#1", "sensitisation#2", "sensitisation#3")
TEST = "antibody-test#1"


def test_a_loss_stops_everything_ahead_for_both(
    house: ServicesHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = booked_ahead(house)
    pregnant(house, course)
    on_their_way = reminders.claim_due(limit=10, at=house.now())
    assert len(on_their_way) == 2
    half_a_loss_is_none(house, course, monkeypatch)
    lost(house, course)
    assert [reminders.deliver(claim, EmailChannel(), at=house.now()) for claim in on_their_way] == [
        DeliveryState.WITHDRAWN
    ] * 2
    course.expect()
    nothing_is_ever_sent(house, course)
    said_by_mistake(house, course)


def booked_ahead(house: ServicesHouse) -> Course:
    """Dose 1 is given; doses 2 and 3 and the test after them are booked."""
    course = Course.begin(house, date(2026, 1, 5))
    course.expect(AT_THE_START)
    course.consent(date(2026, 1, 5))
    course.act("attend", "baseline-antibody-test#1")
    course.expect({"baseline-antibody-test#1": "fulfilled 2026-01-05"})
    house.until("2026-01-08")
    course.result(4, date(2026, 1, 5), date(2026, 1, 8))
    booked(house, course, DOSES[0], "2026-01-26", course.both("Appointment Mon 26 Jan 09:30"))
    course.screen(house.until("2026-01-26", "09:30"))
    course.act("attend", DOSES[0])
    course.expect({DOSES[0]: "fulfilled 2026-01-26"})
    booked(house, course, DOSES[1], "2026-02-23", course.both("Appointment Mon 23 Feb 09:30"))
    booked(house, course, DOSES[2], "2026-03-23", course.both("Appointment Mon 23 Mar 09:30"))
    booked(house, course, TEST, "2026-04-20", course.hers("Appointment Mon 20 Apr 09:30"))
    return course


def booked(house: ServicesHouse, course: Course, visit: str, on: str, mails: list[tuple[str, str]]) -> None:
    course.act("book", visit, starts_at=house.moment(on))
    course.expect({visit: f"booked {on}"}, mails=mails)


def pregnant(house: ServicesHouse, course: Course) -> None:
    """The bookings are held and their reminders stop, until the doctor lets the course go on."""
    house.until("2026-02-10")
    course.said("nurse", "milestone", name="pregnancy", on=date(2026, 2, 10))
    course.expect(
        {
            DOSES[1]: "booked 2026-02-23 held",
            DOSES[2]: "booked 2026-03-23 held",
            TEST: "booked 2026-04-20 held",
            "preconception-booster#1": "waiting held",
            "re-dose#1": "not_applicable",
        },
        flags={"pregnancy_during_course"},
    )
    house.until("2026-02-20", "09:30")
    course.expect(flags={"pregnancy_during_course", "prerequisite_missing"})
    course.decide("doctor", "pregnancy_during_course", "continue", "Her wish, after a talk")
    course.expect(
        {
            DOSES[1]: "booked 2026-02-23",
            DOSES[2]: "booked 2026-03-23",
            TEST: "booked 2026-04-20",
            "preconception-booster#1": "waiting",
        },
        mails=course.both("Appointment Mon 23 Feb 09:30"),
        flags={"prerequisite_missing"},
    )
    house.at = house.moment("2026-02-22", "09:00")
    reminders.derive(at=house.now())


def half_a_loss_is_none(house: ServicesHouse, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of its last writes fails, nothing of it is there."""
    before = everything()
    loss = {"name": "loss", "on": date(2026, 2, 22)}
    for place in ("applying.record_changes", "applying._write_treatment", "acts.silence_couple"):
        with monkeypatch.context() as broken:
            broken.setattr(f"apps.treatments.{place}", breaks)
            with pytest.raises(PowerCut):
                course.said("nurse", "milestone", **loss)
        assert everything() == before


class PowerCut(Exception):
    pass


def breaks(*args: Any, **kwargs: Any) -> None:
    raise PowerCut


def everything() -> list[Any]:
    models = (Record, Appointment, Flag, Treatment, CalendarEntry, Couple, Delivery, Change)
    return [list(model.objects.order_by("pk").values()) for model in models]


def lost(house: ServicesHouse, course: Course) -> None:
    last = Change.objects.latest("id").id
    course.said("nurse", "milestone", name="loss", on=date(2026, 2, 22))
    told = Change.objects.filter(id__gt=last)
    assert len(set(told.values_list("xid", flat=True))) == 1
    cancelled = told.filter(kind="appointment.cancelled").values_list("subject_id", flat=True)
    ahead = (*DOSES[1:], TEST)
    assert {str(pk) for pk in cancelled} == {course.row(visit)["id"] for visit in ahead}
    assert all(course.row(visit)["status"] == "cancelled" for visit in ahead)
    couple = house.get(f"couples/{house.treatment(course.treatment).couple_id}/")
    assert couple["silent"] is True
    assert house.get(f"treatments/{course.treatment}/")["closed"] is True
    course.silent = True
    steps = (*ahead, "preconception-booster#1", "early-pregnancy-booster#1")
    course.expect(dict.fromkeys(steps, "not_applicable"), flags=set())


def nothing_is_ever_sent(house: ServicesHouse, course: Course) -> None:
    """Not when the days of the visits come, and not if the queue itself is wrong."""
    for on in ("2026-02-23", "2026-03-20", "2026-04-19", "2026-12-01"):
        house.until(on)
        course.expect()
    assert not Delivery.objects.filter(state__in=[DeliveryState.PENDING, DeliveryState.LEASED]).exists()
    Delivery.objects.filter(state=DeliveryState.WITHDRAWN).update(
        state=DeliveryState.PENDING,
        due_at=house.now(),
        next_try_at=house.now(),
        not_after=house.now() + timedelta(days=1),
    )
    channel = MemoryChannel()
    swept = reminders.sweep(channel=channel, at=house.now())
    assert channel.letters == []
    assert swept.withdrawn > 0
    with course.refused("not_needed", 409):
        course.act("book", DOSES[1], starts_at=house.moment("2026-12-14"))


def said_by_mistake(house: ServicesHouse, course: Course) -> None:
    """A corrected loss brings the plan back, and neither the bookings nor the voice: that takes two people."""
    row = Record.objects.get(kind="milestone", data__name="loss")
    nurse, doctor = house.staff["nurse"], house.staff["doctor"]
    services.correct(record=row, reason="Wrong couple", replacement=None, actor=nurse, at=house.now())
    course.expect(
        {
            DOSES[1]: "proposed 2026-12-07",
            DOSES[2]: "proposed 2027-01-04",
            TEST: "proposed 2027-02-01",
            "preconception-booster#1": "waiting",
            "early-pregnancy-booster#1": "waiting",
        },
        flags={"visit_overdue"},
    )
    couple = house.treatment(course.treatment).couple
    with course.refused("second_person", 403), refusals():
        couples.end_silence(couple=couple, actor=nurse, at=house.now(), yes=a_yes(house.now()))
    couples.end_silence(
        couple=couple, actor=nurse, second_actor=doctor, at=house.now(), yes=a_yes(house.now())
    )
    course.silent = False
    course.expect()
