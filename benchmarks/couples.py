"""The couples that are planned: their records as a clinic would hold them, and the days that the floors start from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from protocols import Workdays

Body = dict[str, Any]
DISEASES = ("hiv", "hbv", "hcv", "syphilis")
# Monday to Saturday, and three days on which the clinic is closed.
WORKDAYS = Workdays(frozenset(range(6)), frozenset({date(2026, 1, 14), date(2026, 4, 14), date(2026, 5, 1)}))


@dataclass(frozen=True)
class BenchCouple:
    """One treatment seen from `today`. `days` are what happened or is booked, as the floors need it."""

    name: str
    today: date
    records: tuple[Body, ...]
    days: Mapping[str, date]


def _stamped(records: Iterable[Body]) -> tuple[Body, ...]:
    """With the identity, moment and author that every stored record has."""
    return tuple(
        {
            **record,
            "id": f"0190f0a0-0000-7000-8000-{number:012}",
            "recorded_at": f"2026-01-05T09:{number:02}:00+05:30",
            "by": {"name": "Dr Devi", "role": "doctor"},
        }
        for number, record in enumerate(records)
    )


def _milestone(name: str, on: str, certainty: str = "happened") -> Body:
    return {"kind": "milestone", "name": name, "on": on, "certainty": certainty}


def _screened(on: str) -> list[Body]:
    return [
        {"kind": "screening", "person": "partner", "test": disease, "outcome": "clear", "sampled_on": on}
        for disease in DISEASES
    ]


def _dose(kind: str, occurrence: int, on: str, step: str = "sensitisation") -> Body:
    return {"kind": kind, "step": step, "occurrence": occurrence, "on": on}


def _result(sampled_on: str, resulted_on: str, value: float) -> Body:
    return {
        "kind": "result", "test": "apca", "sampled_on": sampled_on, "resulted_on": resulted_on, "value": value,
    }  # fmt: skip


_START = [_milestone("course-start", "2026-01-05")]
_CONSENT: list[Body] = [
    {"kind": "consent", "person": person, "on": "2026-01-05", "given": True}
    for person in ("recipient", "partner")
]
_TWO_DOSES = [
    *_START,
    *_CONSENT,
    _result("2026-01-05", "2026-01-24", 4.0),
    *_screened("2026-01-24"),
    _dose("fulfilled", 1, "2026-01-26"),
    *_screened("2026-02-20"),
    _dose("fulfilled", 2, "2026-02-23"),
]
_PREGNANT = [
    *_TWO_DOSES,
    *_screened("2026-03-20"),
    _dose("fulfilled", 3, "2026-03-23"),
    _result("2026-04-20", "2026-05-04", 62.0),
    *_screened("2026-05-29"),
    _dose("fulfilled", 1, "2026-06-01", "preconception-booster"),
    _milestone("conception-attempt", "2026-06-15"),
    _milestone("pregnancy", "2026-07-01"),
    {"kind": "dating", "basis": "ovulation", "on": "2026-06-15"},
    {"kind": "opt_in", "step": "early-pregnancy-booster", "wanted": True, "on": "2026-07-01"},
]
_TWO_DAYS = {
    "course-start": date(2026, 1, 5),
    "baseline": date(2026, 1, 5),
    "dose 1": date(2026, 1, 26),
    "dose 2": date(2026, 2, 23),
    "dose 3": date(2026, 3, 23),
}

COUPLES = (
    BenchCouple("fresh couple", date(2026, 1, 5), _stamped(_START), {"course-start": date(2026, 1, 5)}),
    BenchCouple(
        "couple in mid-course",
        date(2026, 3, 2),
        _stamped(
            [
                *_TWO_DOSES,
                _dose("booked", 3, "2026-03-23"),
                _milestone("conception-attempt", "2026-07-06", "planned"),
            ]
        ),
        {**_TWO_DAYS, "attempt": date(2026, 7, 6)},
    ),
    BenchCouple(
        "couple in early pregnancy",
        date(2026, 7, 6),
        _stamped(_PREGNANT),
        {
            **_TWO_DAYS, "test": date(2026, 4, 20), "attempt": date(2026, 6, 15), "booster": date(2026, 6, 1),
            "lmp": date(2026, 6, 1),
        },
    ),
)  # fmt: skip
