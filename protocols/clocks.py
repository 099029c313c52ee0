"""The two validity clocks: until when to try with a response, and from when to give a dose again.

The template chooses what starts each: a test's `valid_for` counts from the sample, the report or the last dose, and the
re-dose from whatever its relations name. No source says which is right (domain facts, section 1.4). Conception pauses a
clock, the end of the treatment closes it, and only a person's `resume` opens it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from protocols.because import AnchorDate
from protocols.plan import Clock
from protocols.working import Working


def clocks_of(work: Working) -> Iterator[Clock]:
    """The clocks that have started, as they stand today."""
    for name, (starts_on, until_on) in work.clocks.items():
        yield _clock(work, "try_by", name, starts_on, until_on)
    for visit in work.visits.values():
        if visit.slot.step.redose and visit.window and visit.window.target and not visit.provisional:
            starts = [anchor.on for _, anchor, _ in work.ties[visit.key] if isinstance(anchor, AnchorDate)]
            yield _clock(work, "redose_by", visit.step, max(starts), visit.window.target)


def _clock(work: Working, name: str, of: str, starts_on: date, until_on: date) -> Clock:
    if work.closed:
        state = "closed"
    elif work.pregnant_since:
        state = "paused"
    else:
        state = "run_out" if work.today.past(until_on) else "running"
    return Clock(name, of, starts_on, until_on, state)  # type: ignore[arg-type]
