"""`make kills`: the minute sweep is killed (SIGKILL) again and again, 600 times, at points that a seed chooses.

    python -m tests.faults.killing [--kills 600] [--crashes 6] [--seed 7] [--minutes 30] [--here]

Real processes, PostgreSQL, and a mail server that outlives them; time is passed in. Now and then PostgreSQL is what
crashes, or is stopped at once and started again (not with `--here`: that server is somebody else's). At the end every
message that was due reached the mail server exactly once, or is shown as unknown or given up. Ends by itself: after the
kills, or after the minutes, and says how far it came. A failure prints its seed.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import django
import psutil

from tests.faults.mail_server import Held, MailServer
from tests.faults.own_server import OwnServer

# Fewer and more than a lease, so that some sweeps find leases that still run.
PAUSES = [timedelta(minutes=minutes) for minutes in (2, 6, 11)]
MESSAGES, LATEST_MAIL, LATEST_STATEMENT = 2, 2, 60
LONGEST, LONGEST_RECOVERY = 60.0, 30.0
BROKEN, AWAY = 70, 71  # exit codes: a fault of the sweep, PostgreSQL went away


class Point(Enum):
    """Where the process is killed."""

    CLAIMING = "claimed, not committed"
    CLAIMED = "claimed"
    BEGINNING = "begun, not committed"
    BEGUN = "begun, no line yet"
    LINE_OPEN = "line open, not taken"
    TAKEN = "taken, no answer yet"
    ANSWERED = "answered, not written"
    SETTLING = "written, not committed"
    SETTLED = "written, not ended"
    ANYWHERE = "any statement"
    CRASH = "PostgreSQL crashes"
    STOP = "PostgreSQL is stopped at once"


HOLDS = {Point.LINE_OPEN: Held.BEFORE, Point.TAKEN: Held.AFTER}
ENDS_OF_POSTGRESQL = (Point.CRASH, Point.STOP)
KILLS = [point for point in Point if point not in ENDS_OF_POSTGRESQL]


class Doom:
    """Stands around one sweep and ends its process at the `nth` pass of the point."""

    def __init__(self, point: Point, nth: int) -> None:
        self.point, self.left = point, nth
        self.claimed = self.answered = False
        self.server: OwnServer | None = None
        self.post = import_module("apps.reminders.channels.office").PostOffice()

    def go_on(self) -> bool:
        if self.claimed:
            self._pass(Point.CLAIMED)
        if self.answered:
            self._pass(Point.SETTLED)
        self.answered = False
        return True

    def send(self, letter: Any) -> Any:
        self._pass(Point.BEGUN)
        outcome = self.post.send(letter)
        self._pass(Point.ANSWERED)
        self.answered = True
        return outcome

    def ask(self, letter: Any) -> Any:
        return self.post.ask(letter)

    def statement(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        self._pass(Point.CRASH, context["connection"])
        self._pass(Point.STOP)
        self._pass(Point.ANYWHERE)
        answer = execute(sql, params, many, context)
        text = str(sql).strip()
        if text.startswith("WITH claimed AS"):
            self._pass(Point.CLAIMING)
            self.claimed = True
        elif text.startswith('UPDATE "reminders_delivery"'):
            if self.answered:
                self._pass(Point.SETTLING)
            elif '"body" =' in text:
                self._pass(Point.BEGINNING)
        return answer

    def _pass(self, point: Point, connection: Any = None) -> None:
        if point is not self.point:
            return
        self.left -= 1
        if self.left == 0 and self.server is not None and point is Point.STOP:
            self.server.stop_at_once()
        elif self.left == 0:
            os.kill(os.getpid() if connection is None else backend_of(connection), signal.SIGKILL)


@dataclass
class Count:
    """What was done, and everything that is not as it must be."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    crashes: int = 0
    stops: int = 0
    states: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        points = "\n".join(f"  {number:4} {point}" for point, number in sorted(self.kills.items()))
        states = ", ".join(f"{number} {state}" for state, number in sorted(self.states.items()))
        faults = "\n".join(f"  FAULT {fault}" for fault in self.faults[:20]) or "  no fault"
        return (
            f"{self.kills.total()} kills, {self.crashes} crashes of PostgreSQL ({self.stops} of them stopped at once and "
            f"started), {self.whole} sweeps that ended before their point, in {self.seconds:.0f} s; seed {self.seed}\n"
            f"{points}\nthe mail server took {self.taken}; messages: {states}\n{faults}"
        )


def backend_of(connection: Any) -> int:
    """The process of our own server that serves this connection; anything else is refused."""
    pid: int = connection.connection.info.backend_pid
    if not psutil.Process(pid).name().startswith("postgres"):
        raise RuntimeError(f"process {pid} is no PostgreSQL of this machine")
    return pid


def sender(doom: Doom, at: datetime) -> NoReturn:
    """The forked process: one real sweep."""
    database = import_module("django.db")
    try:
        with database.connection.execute_wrapper(doom.statement):
            import_module("apps.reminders.services").sweep(channel=doom, at=at, go_on=doom.go_on)
    except (database.OperationalError, database.InterfaceError):
        os._exit(AWAY)
    except BaseException:
        traceback.print_exc()
        os._exit(BROKEN)
    os._exit(0)


def swept(point: Point, nth: int, at: datetime, mail: MailServer, server: OwnServer | None) -> int:
    """Forks a sweep and waits for its end; how it ended, as `os.waitstatus_to_exitcode` says it."""
    mail.hold(HOLDS.get(point, Held.NOTHING), nth)
    pid = os.fork()
    if pid == 0:
        doom = Doom(point, nth)
        doom.server = server
        sender(doom, at)
    ends = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([ends, mail.reached], [], [], LONGEST)
        if mail.reached in ready:
            os.read(mail.reached, 1)
        if ends not in ready:
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return code if ready else BROKEN
    finally:
        os.close(ends)


def kill(
    kills: int, crashes: int, seed: int, minutes: float, folder: Path, server: OwnServer | None
) -> Count:
    """Runs once Django is set up and before anything is connected. `server` is ours to stop, if there is one."""
    random, count, began = Random(seed), Count(seed), time.monotonic()
    mail = MailServer(folder / "taken", seed)
    try:
        module = import_module("tests.faults.killing_scene")
        connection = import_module("django.db").connection
        # What is committed must survive a crash of the server, as it does outside tests.
        connection.settings_dict["OPTIONS"]["options"] = "-c synchronous_commit=on"
        scene = module.KillingScene(mail.port)
        at = module.AT
        every = max(1, kills // crashes) if crashes else 0
        while count.kills.total() < kills and time.monotonic() - began < minutes * 60:
            at += random.choice(PAUSES)
            scene.more(at, MESSAGES)
            crash = (
                every
                and count.crashes < crashes
                and count.kills.total() >= every * count.crashes + every // 2
            )
            ends = Point.STOP if server is not None and count.crashes % 2 else Point.CRASH
            _one(ends if crash else random.choice(KILLS), random, at, mail, count, server)
        at += max(PAUSES)
        mail.hold(Held.NOTHING, 0)
        scene.afterwards(at)
        count.states, taken = scene.states(), mail.taken()
        count.taken = taken.total()
        count.faults += scene.faults(taken, at)
    finally:
        mail.stop()
    count.seconds = time.monotonic() - began
    return count


def _one(
    point: Point, random: Random, at: datetime, mail: MailServer, count: Count, server: OwnServer | None
) -> None:
    anywhere = point in (Point.ANYWHERE, *ENDS_OF_POSTGRESQL)
    code = swept(point, random.randint(1, LATEST_STATEMENT if anywhere else LATEST_MAIL), at, mail, server)
    if code == -signal.SIGKILL:
        count.kills[point.value] += 1
    elif code == AWAY and point in ENDS_OF_POSTGRESQL:
        count.crashes += 1
        if server is not None and point is Point.STOP:
            count.stops += 1
            server.start_again()
        _until_it_answers()
    elif code == 0:
        count.whole += 1
    else:
        count.faults.append(f"a sweep ended with {code} at {point.value}")


def _until_it_answers() -> None:
    database = import_module("django.db")
    deadline = time.monotonic() + LONGEST_RECOVERY
    while True:
        try:
            database.connection.ensure_connection()
            return
        except database.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        finally:
            database.connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.killing", description=__doc__)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("KILLS") or 600))
    parser.add_argument("--crashes", type=int, default=0 if os.environ.get("DATABASE_URL") else 6)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--here", action="store_true", help="in the migrated database of DATABASE_URL itself")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = None
        if not os.environ.get("DATABASE_URL"):
            server = stack.enter_context(OwnServer())
            os.environ["DATABASE_URL"] = server.url
        if asked.here:
            django.setup()
        else:
            stack.enter_context(import_module("benchmarks.database").own_database())
        logging.disable(logging.CRITICAL)
        count = kill(asked.kills, asked.crashes, asked.seed, asked.minutes, folder, server)
    sys.stdout.write(f"{count}\n")
    sys.exit(1 if count.faults else 0)


if __name__ == "__main__":
    main()
