"""`make race`: 32 processes want one slot at the same moment, 1,000 times over. One of them must get it, each time.

    python -m benchmarks.racing [--rounds 1000] [--processes 32] [--minutes 60]

A database of its own with stock settings, real processes, the verbs of the product. Ends by itself: after the rounds, or
after the minutes, and says how far it came. Whatever is neither a booking nor a refusal that the product words itself
would be a server error and is counted as one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from multiprocessing.synchronize import Barrier
from typing import Any

WON, WAITS = "won", 120.0
# Half the rounds want the whole chain of a dose, half a blood sample alone.
STEPS = ("sensitisation", "baseline-antibody-test")
FIRST = datetime(2026, 1, 27, 3, 30, tzinfo=UTC)


@dataclass
class Count:
    """What came of the rounds. All but `rounds`, `refused` and `seconds` must stay as they are here."""

    rounds: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    not_one_winner: int = 0
    double_bookings: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not (self.not_one_winner or self.double_bookings or self.errors)

    def __str__(self) -> str:
        refused = ", ".join(f"{number} {code}" for code, number in self.refused.most_common())
        errors = ", ".join(f"{number} {name}" for name, number in self.errors.items()) or "none"
        return (
            f"{self.rounds} rounds in {self.seconds:.0f} s; refused: {refused}\n"
            f"rounds without exactly one winner: {self.not_one_winner}; double bookings: {self.double_bookings}; "
            f"server errors: {errors}"
        )


def start_of(number: int) -> datetime:
    """Another quarter of an hour each round, over some days."""
    return FIRST + timedelta(days=number // 8 % 3, minutes=15 * (number % 8))


def runner(place: int, pks: list[Any], begin: Barrier, end: Barrier, answers: Any, rounds: int) -> None:
    """One process with couples of its own; it books when everybody is ready."""
    booking = import_module("apps.booking.services")
    errors = import_module("apps.clinic.errors")
    models = import_module("apps.treatments.models")
    clinic = import_module("benchmarks.clinic")
    visits = [models.Appointment.objects.select_related("clinic", "treatment").get(pk=pk) for pk in pks]
    for number in range(rounds):
        begin.wait(WAITS)
        try:
            booking.book(
                appointment=visits[number % len(STEPS)],
                starts_at=start_of(number),
                reason="the only day",
                actor=clinic.SYSTEM,
                at=clinic.AT,
            )
            answers.put((place, WON))
        except errors.LitError as error:
            answers.put((place, error.code))
        except Exception as error:
            answers.put((place, f"!{type(error).__name__}"))
        end.wait(WAITS)


def race(rounds: int, processes: int, minutes: float, tell: Callable[[str], object] = print) -> Count:
    """Runs the rounds; imported once Django is set up."""
    scene = import_module("benchmarks.racing_scene")
    visits = scene.visits_of_couples(processes, STEPS)
    scene.close()
    fork = multiprocessing.get_context("fork")
    begin, end = fork.Barrier(processes + 1), fork.Barrier(processes + 1)
    answers = fork.Queue()
    running = [
        fork.Process(target=runner, args=(place, visits[place], begin, end, answers, rounds), daemon=True)
        for place in range(processes)
    ]
    for one in running:
        one.start()
    count, started = Count(), time.monotonic()
    for number in range(rounds):
        begin.wait(WAITS)
        got = [answers.get(timeout=WAITS) for _ in running]
        winners = [visits[place][number % len(STEPS)] for place, code in got if code == WON]
        count.refused.update(code for _, code in got if code != WON and not code.startswith("!"))
        count.errors.update(code for _, code in got if code.startswith("!"))
        count.not_one_winner += len(winners) != 1
        count.double_bookings += scene.overlaps()
        scene.give_back(winners)
        count.rounds, count.seconds = number + 1, time.monotonic() - started
        if count.rounds % 50 == 0:
            tell(str(count))
        if count.seconds > minutes * 60:
            break
        end.wait(WAITS)
    for one in running:
        one.terminate()
        one.join(10)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.racing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("RACE_ROUNDS") or 1000))
    parser.add_argument("--processes", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=60)
    asked = parser.parse_args()
    with import_module("benchmarks.database").own_database():
        count = race(asked.rounds, asked.processes, asked.minutes)
    print(count)
    sys.exit(0 if count.is_clean else 1)


if __name__ == "__main__":
    main()
