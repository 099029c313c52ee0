"""A visit while it is being placed. Frozen as a PlannedVisit once all of it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from protocols.because import Key, Reason, StateReason
from protocols.plan import Bookable, PlannedVisit, State
from protocols.slots import Slot
from protocols.windows import Window


@dataclass(slots=True)
class Draft:
    """What the planner has found of one occurrence so far, under the names that PlannedVisit gives them."""

    slot: Slot
    key: Key
    attempt: int = 1
    state: State = State.WAITING
    dose: int | None = None
    on: date | None = None
    window: Window | None = None
    unknown: tuple[str, ...] = ()
    provisional: bool = False
    proposed_on: date | None = None
    waiting_for: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    pencilled: bool = False
    donor: str | None = None
    missing: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()

    @property
    def step(self) -> str:
        return self.slot.step.name

    @property
    def occurrence(self) -> int:
        return self.slot.occurrence

    @property
    def partial(self) -> bool:
        """Whether an anchor is still unknown, so that the window is only part of what is asked."""
        return bool(self.unknown) and self.window is not None

    @property
    def is_idle(self) -> bool:
        """Whether nobody has done, skipped or booked it."""
        return self.on is None

    @property
    def dated(self) -> bool:
        """Whether there is a day for it, or none is looked for yet."""
        return self.on is not None or self.proposed_on is not None or self.state is not State.PROPOSED

    @property
    def named(self) -> str:
        """The visit as people say it: ``Sensitisation dose 2``; with its number only where there are several."""
        step = self.slot.step
        several = step.several or self.slot.occurrence > 1
        return f"{step.title} {self.dose or self.slot.occurrence}" if several else step.title

    @property
    def subject(self) -> str:
        """The part of a flag's key that names the visit; a further attempt is a cause of its own."""
        attempt = f"@{self.attempt}" if self.attempt > 1 else ""
        return f"{self.step}#{self.occurrence}{attempt}"

    def give_reason(self, text: str) -> None:
        """A reason that comes before all others."""
        self.because = (StateReason(text), *self.because)

    def end(self, reason: StateReason) -> None:
        """The treatment ended. What was done keeps its window, unless that hung on a proposal; nothing else is timed."""
        done = self.state in (State.FULFILLED, State.SKIPPED)
        if done and not self.provisional:
            return
        said = tuple(why for why in self.because if isinstance(why, StateReason))
        self.window, self.unknown, self.provisional, self.because = None, (), False, said
        if done or self.state is State.NOT_APPLICABLE:
            return
        self.state, self.proposed_on = State.NOT_APPLICABLE, None
        self.held_by, self.waiting_for, self.missing = (), (), ()
        self.because = (reason, *said)

    def freeze(self, bookable: Bookable | None) -> PlannedVisit:
        """The visit as the plan shows it, with the days that the others leave it."""
        step = self.slot.step
        return PlannedVisit(
            step=step.name,
            occurrence=self.slot.occurrence,
            title=step.title,
            state=self.state,
            attempt=self.attempt,
            dose=self.dose,
            on=self.on,
            window=self.window,
            partial=self.partial,
            provisional=self.provisional,
            bookable=bookable,
            proposed_on=self.proposed_on,
            waiting_for=self.waiting_for,
            held_by=self.held_by,
            pencilled=self.pencilled,
            attends=step.attends,
            donor=self.donor,
            missing=self.missing,
            because=self.because,
        )
