"""Peak memory of a process that plans, beside one that only holds the interpreter and pydantic."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.couples import COUPLES
from benchmarks.figures import Figure, Target, compared
from benchmarks.planning import planned

PLANS = 1000
_STATUS = Path("/proc/self/status")
_BARE = "import datetime, pydantic; print(open('/proc/self/status').read())"


def peak_mebibytes(*arguments: str) -> float:
    """The peak of a fresh interpreter, run with these arguments, that prints its own /proc/self/status.

    Not ru_maxrss: across exec that keeps what the parent had.
    """
    answer = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    line = next(line for line in answer.stdout.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def figures() -> Iterator[Figure]:
    """Nothing where the system has no /proc."""
    if not _STATUS.exists():
        return
    ours, bare = peak_mebibytes("-m", "benchmarks.memory"), peak_mebibytes("-c", _BARE)
    name = f"peak memory of {PLANS:,} plans from records"
    yield compared(name, "MiB", [ours], "python and pydantic alone", [bare], Target("at most", 300, "ours"))


def main() -> None:
    """Plan, each plan dropped before the next, and print what the system says of this process."""
    for number in range(PLANS):
        planned(COUPLES[number % len(COUPLES)])
    print(_STATUS.read_text())


if __name__ == "__main__":
    main()
