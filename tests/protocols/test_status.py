"""The status table: every pair of status and act is legal or refused, and the drawing says the same as the table."""

import itertools
import re

import pytest

from protocols import Act, IllegalMove, Status, status
from protocols.status import IN_FORCE, MOVES, after

PROPOSED, BOOKED, ARRIVED, FULFILLED = Status.PROPOSED, Status.BOOKED, Status.ARRIVED, Status.FULFILLED
NOSHOW, CANCELLED, ERROR = Status.NOSHOW, Status.CANCELLED, Status.ENTERED_IN_ERROR


@pytest.mark.parametrize(("now", "act"), list(itertools.product(Status, Act)))
def test_every_pair_is_in_the_table_or_refused(now: Status, act: Act) -> None:
    if (now, act) in MOVES:
        assert after(now, act) is MOVES[now, act]
    else:
        with pytest.raises(IllegalMove) as refusal:
            after(now, act)
        assert refusal.value.status == now.value
        assert str(refusal.value) == f"an appointment that is {now.value} cannot be {refusal.value.act}"


@pytest.mark.parametrize(
    ("now", "act"),
    [
        (PROPOSED, Act.MISS), (PROPOSED, Act.MOVE), (PROPOSED, Act.ARRIVE), (PROPOSED, Act.VOID), (BOOKED, Act.BOOK),
        (BOOKED, Act.PROPOSE), (ARRIVED, Act.MOVE), (ARRIVED, Act.BOOK), (FULFILLED, Act.CANCEL), (FULFILLED, Act.MISS),
        (FULFILLED, Act.FULFIL), (FULFILLED, Act.PROPOSE), (NOSHOW, Act.CANCEL), (NOSHOW, Act.MISS), (CANCELLED, Act.MISS),
        (CANCELLED, Act.CANCEL), (CANCELLED, Act.ARRIVE), (ERROR, Act.VOID), (ERROR, Act.CANCEL),
    ],
)  # fmt: skip
def test_what_no_clinic_may_do_is_refused(now: Status, act: Act) -> None:
    with pytest.raises(IllegalMove):
        after(now, act)


def test_what_was_done_can_only_be_declared_an_error() -> None:
    assert {act for now, act in MOVES if now is FULFILLED} == {Act.VOID}


def test_every_status_can_be_reached_and_left() -> None:
    assert set(MOVES.values()) == set(Status)
    assert {now for now, _ in MOVES} == set(Status)


def test_every_act_leads_to_one_status_alone() -> None:
    for act in Act:
        assert len({there for (_, done), there in MOVES.items() if done is act}) == 1


def test_in_force_are_the_appointments_that_keep_a_slot() -> None:
    assert frozenset({BOOKED, ARRIVED}) == IN_FORCE


def test_the_drawing_agrees_with_the_table() -> None:
    assert drawn() == MOVES


def drawn() -> dict[tuple[Status, Act], Status]:
    """The moves as the docstring draws them: ``from, from --act--> to --act--> to``."""
    found: dict[tuple[Status, Act], Status] = {}
    for line in (status.__doc__ or "").splitlines():
        text = re.sub(r"\(.*?\)", "", line).strip()
        parts = re.split(r"\s+--(\w+)-->\s+", text)
        if len(parts) < 3:
            continue
        for sources, act, there in zip(parts[0::2], parts[1::2], parts[2::2], strict=False):
            for now in _named(sources):
                found[now, Act(act)] = Status(there.strip())
    return found


def _named(text: str) -> list[Status]:
    if text.startswith("any but "):
        left_out = _named(text.removeprefix("any but "))
        return [now for now in Status if now not in left_out]
    return [Status(name.strip()) for name in text.split(",")]
