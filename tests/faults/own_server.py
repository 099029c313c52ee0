"""A PostgreSQL of the run's own, which can be stopped at once, as `pg_ctl stop -m immediate` does it, and started again."""

from __future__ import annotations

import os
import signal
from typing import Self

import psutil

from lit_tracker.local import place, postgres, processes


class OwnServer:
    """Comes back on the same port with the same data, by recovery from its log."""

    def __init__(self) -> None:
        self.home = place.temporary_home()
        started = postgres.start(self.home)
        self.url, self.process = started.url, started.process
        self._command = psutil.Process(self.process.pid).cmdline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        processes.end(self.process, by=signal.SIGINT, seconds=20)
        place.remove(self.home)

    def stop_at_once(self) -> None:
        """Nothing is written out any more; every session ends as it is. May be called by a child of who started it."""
        os.kill(self.process.pid, signal.SIGQUIT)

    def start_again(self) -> None:
        """Once it has ended."""
        self.process.wait(30)
        log, data = self.home / "postgres.log", self.home / "pgdata"
        self.process = processes.spawn(self._command, log=log, cwd=data, account=place.account())
