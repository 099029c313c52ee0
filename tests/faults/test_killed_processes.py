"""Killed at the worst moment: each message goes out once, or is shown as one of which nobody knows."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import psutil
import pytest
import redis

from apps.reminders import services as reminders
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.queries import undelivered
from apps.treatments.models import Treatment
from tests.clinic_day import Course
from tests.live import ROOT, LiveStack, Mailbox
from tests.live_house import LiveHouse

TEST = "baseline-antibody-test#1"


class Hesitant:
    """A mail server's handler that takes the mail, or not yet, and then keeps the sender waiting for its answer."""

    def __init__(self, mailbox: Mailbox, *, takes: bool) -> None:
        self.mailbox, self.takes = mailbox, takes
        self.reached = threading.Event()
        self.go_on = threading.Event()

    async def __call__(self, server: Any, session: Any, envelope: Any) -> str:
        if self.takes:
            await Mailbox.handle_DATA(self.mailbox, server, session, envelope)
        self.reached.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.05)
        return "451 later"


@pytest.fixture
def house(live_stack: LiveStack) -> LiveHouse:
    return LiveHouse(live_stack)


@pytest.fixture
def course(house: LiveHouse) -> Course:
    course = Course.begin(house, house.today, name=house.clinic.slug)
    course.catch_up(flags=set())
    return course


def book(house: LiveHouse, course: Course) -> str:
    """She alone is told of it. Returns the subject of the message."""
    moment = house.moment(2)
    course.act("book", TEST, starts_at=moment)
    return house.subject(moment)


def the_delivery(course: Course) -> Delivery:
    return Delivery.objects.get(treatment=course.treatment, kind="confirmation")


@pytest.mark.parametrize(
    "takes", [False, True], ids=["before the server took it", "after the server took it"]
)
def test_killed_while_sending_it_is_unknown_and_never_sent_again(
    house: LiveHouse, course: Course, live_stack: LiveStack, takes: bool
) -> None:
    hesitant = Hesitant(live_stack.mailbox, takes=takes)
    live_stack.mailbox.handle_DATA = hesitant  # type: ignore[method-assign]
    try:
        book(house, course)
        assert hesitant.reached.wait(20)
        live_stack.kill_worker()
    finally:
        hesitant.go_on.set()
        del live_stack.mailbox.handle_DATA
    assert the_delivery(course).state == DeliveryState.LEASED
    Delivery.objects.filter(pk=the_delivery(course).pk).update(lease_until=house.now())
    live_stack.restart_worker()
    live_stack.until(lambda: the_delivery(course).state == DeliveryState.UNKNOWN, what="the state unknown")
    house.two_sweeps_later()
    assert len(house.mails(0, course.addresses)) == int(takes)
    assert list(undelivered(house.clinic)) == [the_delivery(course)]


def test_one_pool_process_is_killed_while_it_sends_and_its_worker_goes_on(
    house: LiveHouse, course: Course, live_stack: LiveStack
) -> None:
    hesitant = Hesitant(live_stack.mailbox, takes=True)
    live_stack.mailbox.handle_DATA = hesitant  # type: ignore[method-assign]
    try:
        book(house, course)
        assert hesitant.reached.wait(20)
        mail_port = live_stack.mail_port
        pool = psutil.Process(live_stack.pid("worker")).children(recursive=True)
        (sends,) = [one for one in pool if mail_port in ports_of(one)]
        sends.kill()
    finally:
        hesitant.go_on.set()
        del live_stack.mailbox.handle_DATA
    Delivery.objects.filter(pk=the_delivery(course).pk).update(lease_until=house.now())
    live_stack.until(lambda: the_delivery(course).state == DeliveryState.UNKNOWN, what="the state unknown")
    course.act("move", TEST, starts_at=house.moment(3))
    assert len(house.mails(2, course.addresses)) == 2
    house.two_sweeps_later()
    assert len(house.mails(2, course.addresses)) == 2


def ports_of(process: psutil.Process) -> set[int]:
    """Where it is connected to at this moment."""
    return {line.raddr.port for line in process.net_connections() if line.raddr}


def test_killed_after_the_claim_it_is_sent_once_by_the_next_worker(
    house: LiveHouse, course: Course, live_stack: LiveStack
) -> None:
    live_stack.kill_worker()
    subject = book(house, course)
    derive_by_hand(course)
    Delivery.objects.filter(pk=the_delivery(course).pk).update(
        state=DeliveryState.LEASED, lease_until=house.now(), lease_no=1
    )
    live_stack.restart_worker()
    assert [mail.subject for mail in house.mails(1, course.addresses)] == [subject]
    house.two_sweeps_later()
    assert len(house.mails(1, course.addresses)) == 1


def derive_by_hand(course: Course) -> None:
    reminders.derive(at=course.house.now())
    assert the_delivery(course).state == DeliveryState.PENDING


def test_a_broker_that_forgot_everything_loses_nothing(
    house: LiveHouse, course: Course, live_stack: LiveStack
) -> None:
    live_stack.kill_worker()
    subject = book(house, course)
    # The number of this stack alone: other tests use the others of the same server meanwhile.
    redis.Redis.from_url(live_stack.environment["REDIS_URL"]).flushdb()
    live_stack.restart_worker()
    assert [mail.subject for mail in house.mails(1, course.addresses)] == [subject]


def test_without_beat_and_worker_two_commands_do_the_work(
    house: LiveHouse, course: Course, live_stack: LiveStack
) -> None:
    live_stack.kill("beat")
    live_stack.kill_worker()
    subject = book(house, course)
    Treatment.objects.filter(pk=course.treatment).update(replan_on=house.today)
    for command in ("sweep", "send_due"):
        subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=live_stack.environment,
            check=True,
            timeout=60,
        )
    assert [mail.subject for mail in house.mails(1, course.addresses)] == [subject]
    replan_on = Treatment.objects.get(pk=course.treatment).replan_on
    assert replan_on is None or replan_on > house.today
