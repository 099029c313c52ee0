"""What was given: times in their order, hours counted from draw to injection, whatever was not measured left out."""

from typing import Any

import pytest

from protocols import FactFaults
from protocols.records import Fulfilled
from tests.builders import SENSITISATION, record

TIMES = {
    "drawn_at": "2026-02-09T08:00:00+05:30",
    "ready_at": "2026-02-09T11:30:00+05:30",
    "released_at": "2026-02-09T10:00:00+05:30",
    "injected_at": "2026-02-09T12:15:00+05:30",
}


def dose(**given: Any) -> Fulfilled:
    said = record("fulfilled", step=SENSITISATION, on="2026-02-09", given=given)
    assert isinstance(said, Fulfilled)
    return said


def test_the_hours_are_counted_from_draw_to_injection() -> None:
    given = dose(**TIMES).given
    assert given is not None
    assert given.hours_to_injection == 4.25


def test_they_are_counted_across_offsets() -> None:
    given = dose(drawn_at="2026-02-09T08:00:00+05:30", injected_at="2026-02-09T05:30:00+00:00").given
    assert given is not None
    assert given.hours_to_injection == 3.0


def test_what_is_written_and_read_again_is_the_same() -> None:
    first = dose(**TIMES, sites=4, unit="HYD-0042-090226-1", reaction_mm=6, reaction="slight redness")
    body = first.model_dump(mode="json", exclude_none=True)
    assert record(**body) == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"injected_at": "2026-02-09T07:00:00+05:30"},
        {"ready_at": "2026-02-09T07:00:00+05:30"},
        {"released_at": "2026-02-09T12:30:00+05:30"},
        {"hours_to_injection": 2},
        {"drawn_at": "2026-02-09T08:00:00"},
        {"sites": 0},
        {"reaction_mm": -1},
        {"unit": "x" * 201},
    ],
)
def test_times_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FactFaults) as refusal:
        dose(**{**TIMES, **wrong})
    assert all(fault.remedy for fault in refusal.value.faults)


def test_a_time_alone_says_no_hours() -> None:
    given = dose(drawn_at=TIMES["drawn_at"]).given
    assert given is not None
    assert given.hours_to_injection is None


def test_hours_without_moments_are_taken_as_they_are_said() -> None:
    given = dose(hours_to_injection=4.2).given
    assert given is not None
    assert given.hours_to_injection == 4.2
