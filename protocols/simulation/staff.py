"""The clinic of a simulation: the nurse brings what a visit needs, the doctor answers flags by the scenario's policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from protocols.durations import add
from protocols.plan import Flag
from protocols.simulation.chance import Chance
from protocols.simulation.diary import Diary
from protocols.simulation.scenario import Scenario

Act = Callable[[date], None]


@dataclass(slots=True)
class Staff:
    """Who answers flags. `decided` are the choices taken so far; `given_before` the doses of earlier donors."""

    diary: Diary
    scenario: Scenario
    chance: Chance
    asked: set[tuple[str, ...]] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    given_before: int = 0

    def answer(self, today: date) -> tuple[bool, list[tuple[date, Act]]]:
        """Look at every flag: whether something was done at once, and what will be decided when."""
        acted, later = False, []
        for flag in self.diary.planned.flags:
            once = (flag.key, *flag.cause) if flag.code != "prerequisite_missing" else (flag.key, flag.text)
            if once in self.asked:
                continue
            if flag.code == "prerequisite_missing":
                self._bring(flag, today)
                acted = True
            elif self._choice(flag) is not None:
                on = self.diary.open_from(add(today, self.scenario.behaviour.decided_after))
                later.append((on, self._deciding(flag)))
            else:
                continue
            self.asked.add(once)
        return acted, later

    def _bring(self, flag: Flag, today: date) -> None:
        """Everyone who must sign or be screened does, and comes back clear."""
        donors = self.diary.planned.donor.split("+")
        for need in self.diary.template.step_named[flag.step or ""].requires:
            if need.consent:
                for person in donors:
                    self.diary.write("consent", person=person, on=today)
            for test in need.screening or ():
                for person in donors if need.of == "donor" else ("recipient",):
                    self.diary.write("screening", person=person, test=test, sampled_on=today, outcome="clear")

    def _choice(self, flag: Flag) -> str | None:
        """The first choice of the policy that the flag offers."""
        wanted = self.scenario.policy.get(flag.code, ())
        return next((choice for choice in wanted if choice in flag.decisions), None)

    def _deciding(self, flag: Flag) -> Act:
        return lambda today: self._decide(flag, today)

    def _decide(self, flag: Flag, today: date) -> None:
        """Record the policy's choice, unless the flag has gone by now; as many doses as the cap leaves."""
        choice, standing = self._choice(flag), self.diary.look(today).flags
        if choice is None or all((other.key, other.cause) != (flag.key, flag.cause) for other in standing):
            return
        wanted = self.scenario.parameters.get("doses", 1)
        for doses in range(wanted if isinstance(wanted, int) else 1, 0, -1):
            record = self.diary.made(
                "decision", flag=flag.key, choice=choice, on=today, cause=list(flag.cause),
                by={"name": "policy of the scenario", "role": flag.owner}, reason="policy of the scenario",
                parameters={**self.scenario.parameters, "doses": doses},
            )  # fmt: skip
            if doses == 1 or self.diary.accepts(record, today):
                break
        self.diary.keep(record)
        self.decided.add(choice)
        if choice == "change_donor":
            self.given_before = self.diary.counted
            self.chance.new_donor()
