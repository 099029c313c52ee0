"""What was said last counts: of donors, pauses and ends told on one day or late, and of what was corrected."""

from tests.builders import (
    BOOSTER,
    attempt_planned,
    corrected,
    course,
    decided,
    lost,
    plan_on,
    pregnant,
    record,
    responder,
    result,
    visit_of,
)


def test_a_loss_told_after_a_resumption_ends_the_treatment_whatever_its_day() -> None:
    resumed = record("resume", on="2026-06-20", recorded_at="2026-06-20T09:00:00+05:30")
    records = responder(pregnant("2026-06-05"), record("pause", on="2026-06-10"), resumed)
    for on in ("2026-06-18", "2026-06-20"):
        told = lost(on, recorded_at="2026-06-20T15:00:00+05:30")
        assert plan_on("2026-06-21", [*records, told]).closed
        taken_up = record("resume", on="2026-06-21", recorded_at="2026-06-21T09:00:00+05:30")
        assert plan_on("2026-06-21", [*records, told, taken_up]).closed is None


def test_a_change_of_donor_falls_with_the_result_that_it_was_decided_on() -> None:
    wrong = result(3, "2026-04-06", "2026-04-09", id="r", recorded_at="2026-04-09T09:00:00+05:30")
    change = decided(
        "no_antibody_response",
        "change_donor",
        "2026-04-10",
        cause=["r"],
        parameters={"donor": "unrelated", "doses": 2},
    )
    records = course(wrong, change, attempt_planned("2026-06-20"))
    assert plan_on("2026-04-12", records).donor == "unrelated"
    planned = plan_on("2026-04-12", [*records, corrected("r", result(60, "2026-04-06", "2026-04-09"))])
    assert planned.donor == "partner"
    assert visit_of(planned, BOOSTER).state == "proposed"


def test_of_two_donors_named_on_one_day_the_later_word_counts() -> None:
    first = record("donor", on="2026-01-06", donor="unrelated", recorded_at="2026-01-06T09:00:00+05:30")
    later = record("donor", on="2026-01-06", donor="partner", recorded_at="2026-01-06T10:00:00+05:30")
    assert plan_on("2026-01-12", [*course()[:3], later, first]).donor == "partner"


def test_a_pause_said_after_a_resumption_of_its_day_holds() -> None:
    resumed = record("resume", on="2026-01-20", recorded_at="2026-01-20T09:00:00+05:30")
    paused = record("pause", on="2026-01-20", recorded_at="2026-01-20T15:00:00+05:30")
    planned = plan_on("2026-01-21", [*course()[:3], resumed, paused])
    assert {visit.held_by for visit in planned.visits if visit.state == "waiting"} == {("pause",)}
