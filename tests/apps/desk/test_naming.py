"""What a visit waits for, without a name of the protocol's document in it."""

from __future__ import annotations

from apps.desk.naming import in_titles
from tests.builders import LIT


def test_tests_milestones_and_decisions_are_called_as_people_call_them() -> None:
    said = (
        "the milestone conception-attempt",
        "a response in apca or the decision 'continue' on no_antibody_response",
    )
    assert in_titles(said, LIT) == (
        "the milestone conception attempt",
        "a response in anti-paternal cytotoxic antibody or "
        "the decision “Continue without a response” on “No antibody response”",
    )
