"""Rounds that name their donor: whose consent and screen their doses need, and whose antibodies their test reads."""

from __future__ import annotations

from protocols import Plan, Record, library_text, load
from tests.builders import consents, given, plan_on, record, started, visit_of

ROUNDS = "rounds: {sizes: [2, {doses: 1, donor: partner+unrelated}], cap: 6"
PROTOCOL = load(library_text("lit-standard").replace("rounds: {sizes: [3], cap: 6", ROUNDS))
FIRST_ROUND = (started(), given(1, "2026-01-12"), given(2, "2026-02-09"))


def negative() -> Record:
    return record("result", test="apca", sampled_on="2026-03-09", resulted_on="2026-03-11", value=3)


def against(donor: str) -> Record:
    return record(
        "result", test="apca", sampled_on="2026-05-04", resulted_on="2026-05-06", value=70, donor=donor
    )


def last_verdict(planned: Plan) -> object:
    return planned.verdicts[-1].as_json()["verdict"]


def test_a_round_needs_consent_and_screen_of_its_own_donor() -> None:
    planned = plan_on("2026-03-12", [*FIRST_ROUND, *consents("2026-01-05"), negative()], PROTOCOL)
    third = visit_of(planned, "sensitisation", 3)
    assert third.donor == "partner+unrelated"
    assert {"consent of unrelated", "HIV screen of unrelated"} <= set(third.missing)
    assert visit_of(planned, "antibody-test", 1).donor is None
    assert planned.donor == "partner"


def test_the_test_of_that_round_is_read_against_its_donor() -> None:
    done = [*FIRST_ROUND, negative(), given(3, "2026-04-06")]
    assert last_verdict(plan_on("2026-05-07", [*done, against("partner+unrelated")], PROTOCOL)) == "responded"
    assert last_verdict(plan_on("2026-05-07", [*done, against("partner")], PROTOCOL)) == "not_interpretable"
