"""Synthetic couples live through a protocol day by day, to see what it asks of a clinic.

    lives = simulate(template, scenario, Workdays(), start, couples=1000, random=Random(1))
    summarise(template, scenario, list(lives))

Pure: chance comes in as a `random.Random`, and equal seeds give equal lives. It says what a protocol does under the
scenario's assumptions, and nothing of any real couple.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from protocols.simulation.chance import Chance
from protocols.simulation.diary import Diary
from protocols.simulation.life import Life
from protocols.simulation.living import Couple
from protocols.simulation.scenario import Scenario, ScenarioFaults, read_scenario
from protocols.template import Template
from protocols.workdays import Workdays

__all__ = ["Life", "Scenario", "ScenarioFaults", "read_scenario", "simulate"]


def simulate(
    template: Template, scenario: Scenario, workdays: Workdays, start: date, *, couples: int, random: Random,
    daily: bool = False,
) -> Iterator[Life]:  # fmt: skip
    """One life after another. Couples begin from `start` on, as many a week as the scenario says.

    `daily` looks at each couple on every day instead of on those on which something is due; the lives are the same.
    """
    for number in range(couples):
        begins_on = start + timedelta(days=int(number * 7 / scenario.behaviour.arrivals_per_week))
        own = Random(random.getrandbits(64))
        couple = Couple(Diary(template, workdays), scenario, Chance(scenario, own), number, begins_on)
        yield couple.live(daily=daily)
