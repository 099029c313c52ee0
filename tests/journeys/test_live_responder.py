"""Over HTTP, with everything running: a couple that responds gets its booster in early pregnancy, and the worker is
killed on the way.
"""

from __future__ import annotations

from apps.reminders.models import Delivery
from tests.live import LiveStack
from tests.live_house import LiveHouse, enter_past

BOOSTER = "early-pregnancy-booster#1"


def test_a_killed_worker_changes_nothing_in_the_end(live_stack: LiveStack) -> None:
    house = LiveHouse(live_stack)
    course = enter_past(house, -210, (-189, -161, -133))
    course.done("antibody-test#1", house.day(-105))
    course.result(64, house.day(-105), house.day(-98))
    course.said("client", "milestone", name="conception-attempt", on=house.day(-42))
    course.screen(house.day(-56))
    course.done("preconception-booster#1", house.day(-56))
    course.said("client", "milestone", name="pregnancy", on=house.day(-14))
    course.said("client", "dating", basis="lmp", on=house.day(-56))
    course.catch_up(flags=set())
    assert course.story[BOOSTER] == "waiting"
    course.said("client", "opt_in", step="early-pregnancy-booster", on=house.today)
    course.expect({BOOSTER: f"proposed {house.today}"}, flags={"closing_unbooked"})

    live_stack.kill_worker()
    first = house.moment(3)
    course.act("book", BOOSTER, by="client", starts_at=first)
    course.expect({BOOSTER: f"booked {first:%Y-%m-%d}"}, flags={"prerequisite_missing"})
    live_stack.restart_worker()
    course.expect(mails=course.both(house.subject(first)))

    today = house.moment(0)
    course.act("move", BOOSTER, starts_at=today)
    course.expect(
        {BOOSTER: f"booked {house.today}"},
        mails=course.both(house.subject(today, "New time: appointment")),
    )
    with course.refused("prerequisite_missing", 409):
        course.act("attend", BOOSTER)
    course.screen(house.today, pregnant=True)
    course.expect(flags=set())
    live_stack.kill_worker()
    course.act("arrive", BOOSTER)
    course.expect()
    course.act("attend", BOOSTER, given={"cells_million": 100})
    live_stack.restart_worker()
    course.expect({BOOSTER: f"fulfilled {house.today}"})
    house.two_sweeps_later()
    course.expect()
    told = Delivery.objects.filter(treatment=course.treatment)
    assert {(row.state, row.attempts) for row in told if row.sent_at} == {("sent", 1)}
    assert {row.state for row in told if not row.sent_at} <= {"withdrawn"}
