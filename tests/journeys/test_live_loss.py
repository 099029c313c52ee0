"""Over HTTP, with everything running: a loss ends everything ahead for both, and nothing is sent after it."""

from __future__ import annotations

from datetime import timedelta

from apps.reminders.models import Delivery, DeliveryState
from tests.live import LiveStack
from tests.live_house import LiveHouse, enter_past

DOSE, TEST = "sensitisation#3", "antibody-test#1"


def test_after_a_loss_nothing_is_sent(live_stack: LiveStack) -> None:
    house = LiveHouse(live_stack)
    course = enter_past(house, -60, (-39, -11))
    course.catch_up(flags=set())
    dose, test = house.moment(17), house.moment(45)
    course.act("book", DOSE, starts_at=dose)
    course.expect({DOSE: f"booked {house.day(17)}"}, mails=course.both(house.subject(dose)))
    course.act("book", TEST, starts_at=test)
    course.expect({TEST: f"booked {house.day(45)}"}, mails=course.hers(house.subject(test)))
    ahead = Delivery.objects.filter(treatment=course.treatment, state=DeliveryState.PENDING)
    assert {row.kind for row in ahead} == {"reminder-3d", "reminder-1d"}
    assert {row.role for row in ahead} == {"recipient", "partner"}
    course.said("client", "milestone", name="pregnancy", on=house.today)
    course.expect(
        {
            DOSE: f"booked {house.day(17)} held",
            TEST: f"booked {house.day(45)} held",
            "preconception-booster#1": "waiting held",
            "re-dose#1": "not_applicable",
        },
        flags={"pregnancy_during_course"},
    )
    course.said("client", "milestone", name="loss", on=house.today)
    course.silent = True
    ended = (DOSE, TEST, "preconception-booster#1", "early-pregnancy-booster#1")
    course.expect(dict.fromkeys(ended, "not_applicable"), flags=set())
    assert house.get(f"treatments/{course.treatment}/")["closed"] is True
    house.two_sweeps_later()
    told = Delivery.objects.filter(treatment=course.treatment)
    assert {row.state for row in told if not row.sent_at} == {DeliveryState.WITHDRAWN}
    # Even if the queue itself were wrong: due now, or with a sender that died before it had begun.
    now = house.now()
    wrong = {"due_at": now, "next_try_at": now, "not_after": now + timedelta(hours=1)}
    told.filter(state="withdrawn", role="recipient").update(state=DeliveryState.PENDING, **wrong)
    told.filter(state="withdrawn", role="partner").update(
        state=DeliveryState.LEASED, lease_until=now, attempt_began_at=None, **wrong
    )
    live_stack.kill_worker()
    live_stack.restart_worker()
    live_stack.until(lambda: not told.filter(state__in=["pending", "leased"]).exists(), what="withdrawal")
    house.two_sweeps_later()
    course.expect()
