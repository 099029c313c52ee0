"""How a session stands at a moment: pure, from what was planned and what was ticked off.

Red (`Tone.ACT`) only where a person must act: a gate waits, an age limit has passed, an observation is over, a link has
failed. What is merely behind its planned time is `LATE`; the clock alone never says that anybody has missed anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.booking.models import ActivityState, SessionActivity
from protocols.sessions import Session

# From this share of a limit on it is shown as tight.
_TIGHT = 0.75


class Tone(StrEnum):
    QUIET = "quiet"
    GOING = "going"
    DONE = "done"
    LATE = "late"
    ACT = "act"


class Said(StrEnum):
    """What stands in one cell of the board."""

    TO_COME = "to_come"
    NEXT = "next"
    BEHIND = "behind"
    GATE_WAITS = "gate_waits"
    GOING = "going"
    OVER = "over"
    DONE = "done"
    FAILED = "failed"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Cell:
    """One link as it stands: `elapsed` of `planned` while it goes on, or how long it took."""

    activity: SessionActivity
    said: Said
    tone: Tone
    elapsed: timedelta | None
    planned: timedelta


@dataclass(frozen=True, slots=True)
class Age:
    """How old something is against the most that it may be: cells since the draw (`cells`), or the wait for a link.

    `most` is None where the protocol names no limit. `stopped` says that the clock no longer runs.
    """

    what: str
    elapsed: timedelta
    most: timedelta | None
    stopped: bool
    tone: Tone

    @property
    def share(self) -> int | None:
        """Elapsed as per cent of the most, at most 100."""
        return None if self.most is None else min(100, int(100 * (self.elapsed / self.most)))


@dataclass(frozen=True, slots=True)
class Lane:
    """The chain of one couple: its cells in order, its ages, and the link that comes next or goes on now."""

    cells: tuple[Cell, ...]
    ages: tuple[Age, ...]
    current: SessionActivity | None
    stopped: bool

    @property
    def tone(self) -> Tone:
        tones = {cell.tone for cell in self.cells} | {age.tone for age in self.ages}
        return next((tone for tone in (Tone.ACT, Tone.LATE, Tone.GOING) if tone in tones), Tone.QUIET)


def lane_of(
    chain: Sequence[SessionActivity],
    *,
    at: datetime,
    arrived: bool,
    in_force: bool,
    given: bool = False,
    recipe: Session | None = None,
    most_hours: float | None = None,
) -> Lane:
    """The lane at `at`. `arrived` says that the couple is there, `in_force` that the visit is still to be finished,
    `given` that its dose is recorded: an observation that has begun then goes on until somebody says that it is over.

    `recipe` holds the longest waits between links, `most_hours` the most from draw to injection.
    """
    current = next(
        (one for one in chain if one.state in (ActivityState.PLANNED, ActivityState.STARTED)), None
    )
    failed = any(one.state == ActivityState.FAILED for one in chain)
    if not in_force:
        current = next((one for one in chain if given and _observing(one)), None)
    if failed:
        current = None
    cells = tuple(
        _cell(one, one is current, at=at, arrived=arrived, in_force=in_force or one is current)
        for one in chain
    )
    ages = [_since_draw(chain, at, most_hours, in_force)]
    if current is not None and recipe is not None:
        ages.append(_wait(chain, current, recipe, at))
    return Lane(cells, tuple(age for age in ages if age is not None), current, failed)


def _observing(one: SessionActivity) -> bool:
    return one.kind == "observation" and one.state == ActivityState.STARTED


def _cell(one: SessionActivity, is_current: bool, *, at: datetime, arrived: bool, in_force: bool) -> Cell:
    planned = one.ends_at - one.starts_at
    if one.state == ActivityState.DONE:
        took = one.done_at - one.started_at if one.done_at and one.started_at else None
        return Cell(one, Said.DONE, Tone.DONE, took, planned)
    if one.state == ActivityState.FAILED:
        return Cell(one, Said.FAILED, Tone.ACT if in_force else Tone.QUIET, None, planned)
    if one.state == ActivityState.CANCELLED or not in_force:
        return Cell(one, Said.LEFT_OUT, Tone.QUIET, None, planned)
    if one.state == ActivityState.STARTED:
        elapsed = at - one.started_at if one.started_at else timedelta(0)
        if elapsed <= planned:
            return Cell(one, Said.GOING, Tone.GOING, elapsed, planned)
        # Somebody sits there and may go home; every other link may simply take longer.
        return Cell(one, Said.OVER, Tone.ACT if one.kind == "observation" else Tone.LATE, elapsed, planned)
    if not is_current:
        return Cell(one, Said.TO_COME, Tone.QUIET, None, planned)
    if one.kind == "gate" and arrived:
        return Cell(one, Said.GATE_WAITS, Tone.ACT, None, planned)
    if one.starts_at < at:
        return Cell(one, Said.BEHIND, Tone.LATE, at - one.starts_at, planned)
    return Cell(one, Said.NEXT, Tone.QUIET, None, planned)


def _since_draw(
    chain: Sequence[SessionActivity], at: datetime, most_hours: float | None, in_force: bool
) -> Age | None:
    """The age of the cells: from the draw until the injection has begun."""
    draw = next((one for one in chain if one.kind == "draw" and one.done_at is not None), None)
    injection = next((one for one in chain if one.kind == "injection"), None)
    if draw is None or injection is None or draw.done_at is None:
        return None
    given = injection.started_at or injection.done_at
    if given is None and not in_force:
        return None
    most = timedelta(hours=most_hours) if most_hours is not None else None
    elapsed = (given or at) - draw.done_at
    return Age("cells", elapsed, most, given is not None, _tone(elapsed, most, given is not None))


def _wait(
    chain: Sequence[SessionActivity], current: SessionActivity, recipe: Session, at: datetime
) -> Age | None:
    """How long the next link has been waited for, where the recipe bounds the wait."""
    link = next((part for part in recipe.activities if part.name == current.name), None)
    before = next((one for one in reversed(chain) if one.position < current.position and one.done_at), None)
    if link is None or link.within_minutes is None or before is None or before.done_at is None:
        return None
    if current.state != ActivityState.PLANNED:
        return None
    most = timedelta(minutes=link.within_minutes)
    elapsed = at - before.done_at
    return Age(link.title, elapsed, most, False, _tone(elapsed, most, False))


def _tone(elapsed: timedelta, most: timedelta | None, stopped: bool) -> Tone:
    if stopped or most is None:
        return Tone.QUIET
    if elapsed > most:
        return Tone.ACT
    return Tone.LATE if elapsed >= most * _TIGHT else Tone.GOING
