"""What can happen in a story. Days are counted from today: -7 is a week ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

INFECTIONS = ("hiv", "hbv", "hcv", "syphilis")
# Acts of one day happen in this order.
_ORDER = (
    "start",
    "join",
    "record",
    "decide",
    "book",
    "arrive",
    "attend",
    "result",
    "miss",
    "cancel",
    "silence",
)


@dataclass(frozen=True, slots=True)
class Act:
    """One verb on one day. `by` is the role that does it; days inside `given` are offsets too (names end in `on`)."""

    day: int
    verb: str
    by: str = "nurse"
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int]:
        return (self.day, _ORDER.index(self.verb))


Acts = tuple[Act, ...]


def start(day: int, *, begins: int | None = None) -> Acts:
    return (Act(day, "start", "doctor", {"started_on": day if begins is None else begins}),)


def say(day: int, kind: str, by: str = "nurse", **given: Any) -> Acts:
    return (Act(day, "record", by, {"kind": kind, **given}),)


def consent(day: int) -> Acts:
    return tuple(a for person in ("recipient", "partner") for a in say(day, "consent", person=person, on=day))


def join(day: int, place: str, *items: Acts) -> Acts:
    """What was done elsewhere before, entered on the day they came; `items` are acts that record."""
    past = [act.given for acts in items for act in acts]
    return (Act(day, "join", "nurse", {"on": day, "evidence": "document", "place": place, "items": past}),)


def screened(day: int) -> Acts:
    """The donor's serology, clear, from the laboratory."""
    return tuple(
        a
        for test in INFECTIONS
        for a in say(day, "screening", "lab", person="partner", test=test, sampled_on=day, outcome="clear")
    )


def not_pregnant(day: int) -> Acts:
    """The recipient's pregnancy test on the day of a dose before conception."""
    return say(day, "screening", person="recipient", test="pregnancy-test", sampled_on=day, outcome="clear")


def done(step: str, occurrence: int, day: int, **given: float) -> Acts:
    return (
        Act(
            day,
            "attend",
            "nurse",
            {"step": step, "occurrence": occurrence, "on": day, "given": given or None},
        ),
    )


def dose(occurrence: int, day: int, *, cells: float = 8.5, step: str = "sensitisation") -> Acts:
    """Serology a day before, then the dose."""
    return (
        screened(day - 1)
        + not_pregnant(day)
        + done(step, occurrence, day, cells_million=cells, viability_percent=96.0, volume_ml=1.0)
    )


def result(sampled: int, came: int, value: float | None) -> Acts:
    given: dict[str, Any] = {
        "test": "apca",
        "sampled_on": sampled,
        "resulted_on": came,
        "laboratory": "Crossmatch unit",
    }
    given |= {"outcome": "invalid"} if value is None else {"value": value}
    return (Act(came, "result", "lab", {"kind": "result", **given}),)


def baseline(day: int, value: float = 3.0, after: int = 8) -> Acts:
    return done("baseline-antibody-test", 1, day) + result(day, day + after, value)


def antibody_test(occurrence: int, day: int, value: float | None, after: int = 8) -> Acts:
    return done("antibody-test", occurrence, day) + result(day, day + after, value)


def book(
    step: str, occurrence: int, day: int, *, made: int = -2, reason: str = "", pencil: bool = False
) -> Acts:
    given = {"step": step, "occurrence": occurrence, "on": day, "reason": reason, "pencil": pencil}
    return (Act(made, "book", "nurse", given),)


def at_visit(verb: str, step: str, occurrence: int, day: int, reason: str = "") -> Acts:
    return (Act(day, verb, "nurse", {"step": step, "occurrence": occurrence, "reason": reason}),)


def milestone(name: str, day: int, *, said: int | None = None, certainty: str = "happened") -> Acts:
    return say(day if said is None else said, "milestone", name=name, on=day, certainty=certainty)


def decide(day: int, code: str, choice: str, reason: str, **parameters: Any) -> Acts:
    given = {"code": code, "choice": choice, "reason": reason, "parameters": parameters}
    return (Act(day, "decide", "doctor", given),)


def begun(first_dose: int, value: float = 3.0) -> Acts:
    """Course start, consent and baseline test, three weeks before the first dose."""
    day = first_dose - 22
    return start(day) + consent(day) + baseline(day, value, after=9)


def course(*doses: int, first: int = 1) -> Acts:
    """Doses on these days after a usual beginning."""
    return begun(doses[0]) + tuple(a for n, day in enumerate(doses, first) for a in dose(n, day))


def in_order(acts: Acts) -> Iterator[Act]:
    """By day; within a day in the order in which such things happen, else as told."""
    return iter(sorted(acts, key=lambda act: act.order))
