"""What the tests of one round came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.because import AnchorDate
from protocols.records import Decision


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round's tests came to: the decision that adds to the course, from which day, and whether it is open."""

    responded: bool = False
    pending: bool = True
    decision: Decision | None = None
    asked: AnchorDate | None = None


def decided_on(decision: Decision) -> AnchorDate:
    """The day of a decision, for whatever it asks for."""
    return AnchorDate("the decision", decision.on, "recorded")


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """What several tests of one round come to: all must respond, and a decision on one of them speaks for the round."""
    if len(outcomes) == 1:
        return outcomes[0]
    decided = next((outcome for outcome in outcomes if outcome.decision is not None), None)
    asked = [outcome.asked for outcome in outcomes if outcome.asked is not None]
    return Outcome(
        responded=all(outcome.responded for outcome in outcomes),
        pending=any(outcome.pending for outcome in outcomes),
        decision=decided.decision if decided else None,
        asked=max(asked, key=lambda anchor: anchor.on, default=None),
    )
