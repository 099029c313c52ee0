"""Without a broker, or with one that hangs, people go on booking: the request commits and answers soon."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from lit_tracker.local import valkey
from tests.clinic_day import Course
from tests.live import LiveStack
from tests.live_house import LiveHouse

TEST = "baseline-antibody-test#1"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[valkey.RunningValkey]:
    running = valkey.start(tmp_path / "valkey")
    yield running
    running.process.send_signal(signal.SIGCONT)
    running.stop()


@pytest.fixture
def web(live_stack: LiveStack, broker: valkey.RunningValkey, tmp_path: Path) -> Iterator[LiveStack]:
    """A web process of its own beside the shared ones, on the broker that this test takes away."""
    urls = {"DATABASE_URL": live_stack.environment["DATABASE_URL"], "REDIS_URL": broker.url}
    stack = LiveStack(tmp_path, urls)
    try:
        stack.start("web")
        stack.until(stack.is_up, seconds=60, what="web")
        yield stack
    finally:
        stack.stop_all()


def test_a_booking_commits_while_the_broker_hangs_and_while_it_is_gone(
    web: LiveStack, broker: valkey.RunningValkey
) -> None:
    house = LiveHouse(web)
    course = Course.begin(house, house.today, name=house.clinic.slug)
    broker.process.send_signal(signal.SIGSTOP)
    moment = house.moment(2)
    assert seconds_for(lambda: course.act("book", TEST, starts_at=moment)) < 5
    assert course.row(TEST)["status"] == "booked"
    broker.process.send_signal(signal.SIGCONT)
    broker.stop()
    assert seconds_for(lambda: course.act("move", TEST, starts_at=house.moment(3))) < 3
    assert course.row(TEST)["starts_at"][:10] == house.day(3).isoformat()
    assert house.poll(course.treatment, "recipient").count(b"BEGIN:VEVENT") == 1
    with pytest.raises(HTTPError) as answer:
        urlopen(f"{web.base_url}/readyz", timeout=20)
    assert answer.value.code == 503
    assert json.loads(answer.value.read())


def seconds_for(act: Callable[[], None]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began
