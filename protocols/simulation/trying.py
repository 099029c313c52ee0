"""After the course: attempts at conception, and the pregnancy that one of them may bring, where a scenario has chances."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from protocols.durations import Duration, add
from protocols.simulation.chance import Chance
from protocols.simulation.diary import Diary
from protocols.simulation.scenario import Scenario
from protocols.simulation.staff import Act

ATTEMPT, PREGNANCY = "conception-attempt", "pregnancy"
_MONTH = Duration(1, 0)
# A period that stays away is noticed four weeks after the last one began, two weeks after the attempt.
_NOTICED, _SINCE_PERIOD = timedelta(days=14), timedelta(days=14)


@dataclass(slots=True)
class Trying:
    """Attempts a month apart, each planned as a milestone and confirmed on its day, until one brings a pregnancy."""

    diary: Diary
    scenario: Scenario
    chance: Chance
    attempts: int = 0
    pregnant: bool = False
    due: list[tuple[date, Act]] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether the scenario gives chances, and the protocol knows attempts and pregnancies."""
        known = {ATTEMPT, PREGNANCY} <= self.diary.template.milestones.keys()
        return self.scenario.conception is not None and known

    @property
    def begun(self) -> bool:
        return self.attempts > 0

    def begin(self, today: date, due: list[tuple[date, Act]]) -> list[tuple[date, Act]]:
        """Plan the first attempt. What follows is put on `due` when its day comes."""
        assert self.scenario.conception is not None
        self.due = due
        return [self._plan(add(today, self.scenario.conception.attempt_after))]

    def _plan(self, on: date) -> tuple[date, Act]:
        self.attempts += 1
        self.diary.write("milestone", name=ATTEMPT, on=on, certainty="planned", occurrence=self.attempts)
        return on, self._attempt

    def _attempt(self, today: date) -> None:
        self.diary.write("milestone", name=ATTEMPT, on=today, occurrence=self.attempts)
        self.due.append((today + _NOTICED, lambda day: self._notice(today, day)))

    def _notice(self, attempted_on: date, today: date) -> None:
        if self.chance.conceives():
            self.pregnant = True
            self.diary.write("milestone", name=PREGNANCY, on=today)
            self.diary.write("dating", basis="lmp", on=attempted_on - _SINCE_PERIOD)
        else:
            self.due.append(self._plan(add(attempted_on, _MONTH)))
