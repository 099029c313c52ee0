"""Whole treatments on lit-standard, told in dates."""

import pytest

from protocols import Response, Timing
from tests.builders import (
    BASELINE,
    BOOSTER,
    EARLY_BOOSTER,
    REDOSE,
    SENSITISATION,
    TEST,
    attempt_planned,
    booked,
    codes,
    corrected,
    course,
    day,
    decided,
    flag_of,
    given,
    lost,
    milestone,
    missed,
    non_responder,
    plan_on,
    pregnant,
    record,
    responder,
    result,
    skipped,
    started,
    states,
    visit_of,
)

BEGUN = [started(), result(4, "2026-01-05", "2026-01-08")]
TWO_MORE = decided("no_antibody_response", "extra_doses", "2026-04-10", parameters={"doses": 2})


def responses(today: str, records: list[object]) -> list[Response]:
    planned = plan_on(today, records)  # type: ignore[arg-type]
    return [verdict.response for verdict in planned.verdicts if hasattr(verdict, "response")]


def timings(today: str, records: list[object]) -> list[tuple[int, Timing, bool]]:
    planned = plan_on(today, records)  # type: ignore[arg-type]
    found = [v for v in planned.verdicts if hasattr(v, "timing") and v.step == SENSITISATION]
    return [(verdict.occurrence, verdict.timing, verdict.counts) for verdict in found]


def test_the_hand_worked_case() -> None:
    """The one in docs/planner.md."""
    due = visit_of(plan_on("2026-01-12", [*BEGUN, given(1, "2026-01-12")]), SENSITISATION, 2)
    assert due.window is not None
    assert [str(on) for on in due.window.dates()[:4]] == [
        "2026-01-26",
        "2026-02-02",
        "2026-02-09",
        "2026-02-23",
    ]
    planned = plan_on("2026-03-09", course())
    assert visit_of(planned, TEST).proposed_on == day("2026-04-06")
    flag = flag_of(plan_on("2026-04-09", non_responder()), "no_antibody_response")
    assert flag.due_on == day("2026-04-16")
    extra = plan_on("2026-04-10", non_responder(TWO_MORE))
    dates = [visit_of(extra, *key).proposed_on for key in ((SENSITISATION, 4), (SENSITISATION, 5), (TEST, 2))]
    assert dates == [day("2026-04-17"), day("2026-05-15"), day("2026-06-12")]


def test_a_responder_comes_to_the_booster_in_early_pregnancy() -> None:
    records = responder(attempt_planned("2026-05-20", id="plan"))
    booster = visit_of(plan_on("2026-04-12", records), BOOSTER)
    assert booster.proposed_on == day("2026-05-06")
    assert booster.because_text.startswith("2 weeks before conception attempt (20 May, planned)")

    records += [given(1, "2026-05-06", BOOSTER), milestone("conception-attempt", "2026-05-20")]
    records += [pregnant("2026-06-05"), record("dating", basis="ovulation", on="2026-05-21")]
    asked = visit_of(plan_on("2026-06-05", records), EARLY_BOOSTER)
    assert (asked.state, asked.waiting_for) == ("waiting", ("the couple's wish for early-pregnancy-booster",))
    assert "pregnancy_during_course" not in codes(plan_on("2026-06-05", records))

    records += [record("opt_in", step=EARLY_BOOSTER, on="2026-06-05")]
    planned = plan_on("2026-06-05", records)
    early = visit_of(planned, EARLY_BOOSTER)
    assert early.window is not None
    assert (early.window.earliest, early.window.maximum) == (day("2026-07-02"), day("2026-07-08"))
    assert early.proposed_on == day("2026-07-02")
    assert visit_of(planned, REDOSE).state == "not_applicable"
    done = plan_on("2026-07-02", [*records, given(1, "2026-07-02", EARLY_BOOSTER)])
    assert (set(states(done).values()), done.replan_on) == ({"fulfilled", "not_applicable"}, None)


def test_a_couple_that_does_not_want_the_optional_booster_is_not_asked_again() -> None:
    records = responder(record("opt_in", step=EARLY_BOOSTER, on="2026-04-10", wanted=False))
    visit = visit_of(plan_on("2026-04-12", records), EARLY_BOOSTER)
    assert (visit.state, visit.because_text) == ("not_applicable", "the couple does not want it")
    changed = [*records, record("opt_in", step=EARLY_BOOSTER, on="2026-04-11")]
    assert visit_of(plan_on("2026-04-12", changed), EARLY_BOOSTER).state == "waiting"


def test_a_non_responder_responds_after_extra_doses() -> None:
    records = non_responder(TWO_MORE, given(4, "2026-04-17"), given(5, "2026-05-15"))
    waiting = visit_of(plan_on("2026-05-16", records), BOOSTER)
    assert (waiting.state, waiting.held_by) == ("waiting", ())
    records += [result(62, "2026-06-12"), attempt_planned("2026-08-01")]
    planned = plan_on("2026-06-16", records)
    assert responses("2026-06-16", records)[-1] is Response.RESPONDED
    assert visit_of(planned, BOOSTER).proposed_on == day("2026-07-18")
    assert planned.flags == ()


def test_no_response_is_worded_by_the_doses_that_are_left() -> None:
    left = flag_of(plan_on("2026-04-09", non_responder()), "no_antibody_response")
    assert left.text == (
        "No anti-paternal antibody response, review continuation: 5 percent dead cells is negative after dose 3 of at "
        "most 6. 3 more doses are possible; in published series many couples respond only to later doses"
    )
    three = decided("no_antibody_response", "extra_doses", "2026-04-10", parameters={"doses": 3})
    doses = [given(4, "2026-04-17"), given(5, "2026-05-15"), given(6, "2026-06-12")]
    records = non_responder(three, *doses, result(2, "2026-07-10"))
    capped = flag_of(plan_on("2026-07-14", records), "no_antibody_response")
    assert "The cap of 6 doses is reached" in capped.text
    assert capped.decisions == ("continue", "change_donor", "stop")
    assert responses("2026-07-14", records)[-1] is Response.NOT_RESPONDED_FINAL


def test_a_later_silence_of_the_laboratory_does_not_undo_the_first_decision() -> None:
    """The decision on the first result stays with it; the second result raises a flag of its own."""
    records = non_responder(TWO_MORE, given(4, "2026-04-17"), given(5, "2026-05-15"), result(3, "2026-06-12"))
    planned = plan_on("2026-06-16", records)
    assert [flag.key for flag in planned.flags] == ["no_antibody_response:antibody-test#2"]
    assert visit_of(planned, BOOSTER).held_by == ("no_antibody_response:antibody-test#2",)


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (result(None, "2026-04-06"), "the laboratory gave no valid result"),
        (result(60, "2026-04-06", assay="flow-crossmatch"), "measured by flow-crossmatch"),
        (result(60, "2026-04-06", donor="unrelated"), "tested against unrelated"),
        (result(60, "2026-02-20"), "sampled before the round was complete"),
        (result(5, "2026-03-16"), "too soon to say no response"),
    ],
)
def test_a_result_that_says_nothing_is_no_verdict_on_the_response(sample: object, said: str) -> None:
    records = course(sample)  # type: ignore[arg-type]
    assert responses("2026-04-12", records)[-1] is Response.NOT_INTERPRETABLE  # type: ignore[arg-type]
    planned = plan_on("2026-04-12", records)
    assert said in flag_of(planned, "result_not_interpretable").text
    assert visit_of(planned, BOOSTER).proposed_on is None


def test_a_positive_that_comes_early_is_a_response_all_the_same() -> None:
    assert responses("2026-04-12", course(result(60, "2026-03-16")))[-1] is Response.RESPONDED  # type: ignore[arg-type]


def test_a_sample_on_the_day_of_a_dose_belongs_to_the_round_before_it() -> None:
    records = non_responder(TWO_MORE, result(70, "2026-04-17"), given(4, "2026-04-17"))
    verdict = next(v for v in plan_on("2026-04-21", records).verdicts if getattr(v, "value", None) == 70)
    assert verdict.dose_number == 3  # type: ignore[union-attr]
    first = [*BEGUN[:1], result(4, "2026-01-12"), given(1, "2026-01-12")]
    assert responses("2026-01-16", first) == [Response.BASELINE_NEGATIVE]  # type: ignore[arg-type]


def test_a_missed_visit_keeps_its_occurrence_and_becomes_attempt_two() -> None:
    records = [
        *BEGUN,
        given(1, "2026-01-12"),
        booked(SENSITISATION, "2026-02-09", 2, id="b"),
        missed(SENSITISATION, "2026-02-09", 2),
    ]
    again = visit_of(plan_on("2026-02-10", records), SENSITISATION, 2)
    assert (again.state, again.attempt, again.dose) == ("missed", 2, 2)
    assert again.proposed_on == day("2026-02-16")
    rebooked = [*records, corrected("b", booked(SENSITISATION, "2026-02-12", 2))]
    visit = visit_of(plan_on("2026-02-10", rebooked), SENSITISATION, 2)
    assert (visit.state, visit.attempt, visit.on) == ("booked", 2, day("2026-02-12"))


def test_a_skipped_dose_is_no_dose_and_the_next_hangs_on_the_last_that_was_given() -> None:
    records = [*BEGUN, given(1, "2026-01-12"), skipped(SENSITISATION, "2026-02-09", 2)]
    planned = plan_on("2026-02-09", records)
    third = visit_of(planned, SENSITISATION, 3)
    assert (third.dose, third.proposed_on) == (2, day("2026-02-09"))
    assert visit_of(planned, SENSITISATION, 2).because_text.startswith("skipped: said so")


def test_a_course_without_its_baseline_test_goes_on() -> None:
    planned = plan_on("2026-01-06", [started(), skipped(BASELINE, "2026-01-05")])
    assert visit_of(planned, SENSITISATION).proposed_on == day("2026-01-26")


def test_two_early_doses_in_a_row_each_move_the_repeat() -> None:
    records: list[object] = [*BEGUN, given(1, "2026-01-12"), given(2, "2026-01-19"), given(3, "2026-01-26")]
    assert timings("2026-01-26", records) == [
        (1, Timing.ON_TIME, True), (2, Timing.TOO_EARLY, False), (3, Timing.TOO_EARLY, False),
    ]  # fmt: skip
    planned = plan_on("2026-01-26", records)  # type: ignore[arg-type]
    repeat = visit_of(planned, SENSITISATION, 4)
    assert (repeat.dose, repeat.proposed_on) == (2, day("2026-02-23"))
    assert repeat.because_text == "4 weeks after the dose of 26 Jan that did not count (26 Jan), so 23 Feb"
    assert visit_of(planned, SENSITISATION, 5).dose == 3


@pytest.mark.parametrize(
    ("second", "how"),
    [
        ("2026-01-25", Timing.TOO_EARLY), ("2026-01-26", Timing.EARLY), ("2026-02-01", Timing.EARLY),
        ("2026-02-02", Timing.ON_TIME), ("2026-02-23", Timing.ON_TIME), ("2026-02-24", Timing.LATE),
    ],
)  # fmt: skip
def test_a_dose_is_judged_by_the_protocols_own_window_with_its_ends(second: str, how: Timing) -> None:
    records: list[object] = [*BEGUN, given(1, "2026-01-12"), given(2, second)]
    assert timings(second, records)[-1] == (2, how, how is not Timing.TOO_EARLY)


def test_a_proposal_that_passed_moves_on_in_whole_weeks_and_never_daily() -> None:
    records = [*BEGUN, given(1, "2026-01-12")]
    seen = {}
    for n in range(43):
        today = day("2026-02-02").fromordinal(day("2026-02-02").toordinal() + n).isoformat()
        seen.setdefault(str(visit_of(plan_on(today, records), SENSITISATION, 2).proposed_on), today)
    assert seen == {
        "2026-02-09": "2026-02-02", "2026-02-16": "2026-02-10", "2026-02-23": "2026-02-17", "2026-03-02": "2026-02-24",
        "2026-03-09": "2026-03-03", "2026-03-16": "2026-03-10",
    }  # fmt: skip


def test_a_loss_ends_everything_ahead_and_asks_nothing_but_what_to_do_with_bookings() -> None:
    records = responder(pregnant("2026-06-05"), booked(BOOSTER, "2026-07-06"))
    planned = plan_on("2026-06-20", [*records, lost("2026-06-19")])
    assert planned.closed == "loss recorded on 19 Jun 2026"
    assert set(states(planned).values()) == {"fulfilled", "not_applicable"}
    assert codes(planned) == {"booking_not_needed"}
    assert planned.replan_on is None
    assert all(visit.proposed_on is None and visit.held_by == () for visit in planned.visits)


def test_after_a_loss_only_a_person_takes_the_treatment_up_again() -> None:
    records = responder(pregnant("2026-06-05"), lost("2026-06-19"), record("resume", on="2026-08-01"))
    planned = plan_on("2026-08-01", [*records, attempt_planned("2026-09-20")])
    assert planned.closed is None
    assert visit_of(planned, BOOSTER).state == "proposed"
    assert "pregnancy_during_course" not in codes(planned)
    again = [*records, lost("2026-11-01")]
    assert plan_on("2026-11-01", again).closed == "loss recorded on 1 Nov 2026"


def test_a_pause_holds_everything_and_a_resumption_lets_it_go_on() -> None:
    records = [*BEGUN, given(1, "2026-01-12"), record("pause", on="2026-01-20")]
    held = plan_on("2026-03-01", records)
    assert {visit.held_by for visit in held.visits if visit.state == "waiting"} == {("pause",)}
    assert all(visit.proposed_on is None for visit in held.visits)
    assert codes(held) == set()
    resumed = plan_on("2026-03-01", [*records, record("resume", on="2026-03-01")])
    assert visit_of(resumed, SENSITISATION, 2).proposed_on == day("2026-03-02")
    assert codes(resumed) == {"visit_overdue"}


def test_a_closed_treatment_plans_nothing_until_it_is_resumed() -> None:
    records = [*BEGUN, record("close", on="2026-01-10", reason="moved away")]
    assert plan_on("2026-01-12", records).closed == "closed: moved away"
    assert plan_on("2026-01-12", [*records, record("resume", on="2026-01-12")]).closed is None


# Milestones


def test_a_postponed_attempt_moves_the_booster_and_a_cancelled_one_leaves_none() -> None:
    first = attempt_planned("2026-05-20", recorded_at="2026-04-10T09:00:00+05:30")
    later = attempt_planned("2026-06-20", recorded_at="2026-04-15T09:00:00+05:30")
    gone = milestone("conception-attempt", "2026-06-20", "cancelled", recorded_at="2026-04-20T09:00:00+05:30")
    assert visit_of(plan_on("2026-04-20", responder(first)), BOOSTER).proposed_on == day("2026-05-06")
    assert visit_of(plan_on("2026-04-20", responder(later, first)), BOOSTER).proposed_on == day("2026-06-06")
    cancelled = visit_of(plan_on("2026-04-20", responder(first, gone, later)), BOOSTER)
    assert (cancelled.state, cancelled.waiting_for) == ("waiting", ("the milestone conception-attempt",))


def test_a_cancellation_of_its_date_calls_a_plan_off_even_without_moments() -> None:
    """The order of records says nothing, so where moments are not known the date tells which plan is meant."""
    gone = milestone("conception-attempt", "2026-05-20", "cancelled")
    cancelled = plan_on("2026-04-20", responder(gone, attempt_planned("2026-05-20")))
    assert visit_of(cancelled, BOOSTER).state == "waiting"
    again = responder(gone, attempt_planned("2026-06-20"), attempt_planned("2026-05-20"))
    assert visit_of(plan_on("2026-04-20", again), BOOSTER).proposed_on == day("2026-06-06")


def test_a_planned_attempt_that_passed_asks_whether_it_happened() -> None:
    records = responder(attempt_planned("2026-05-20"))
    assert "milestone_unconfirmed" not in codes(plan_on("2026-05-20", records))
    assert "milestone_unconfirmed" in codes(plan_on("2026-05-21", records))
    assert "milestone_unconfirmed" not in codes(
        plan_on("2026-05-21", [*records, milestone("conception-attempt", "2026-05-20")])
    )


# Corrections


def test_a_corrected_result_opens_the_flag_again_and_shows_the_old_decision() -> None:
    """ "Continue" taken on 15 percent must not silently cover a corrected 0 percent."""
    key = "no_antibody_response:antibody-test#1"
    records = course(
        result(15, "2026-04-06", "2026-04-09", id="r"), decided(key, "continue", "2026-04-10", id="d")
    )
    assert codes(plan_on("2026-04-12", records)) == set()
    planned = plan_on("2026-04-14", [*records, corrected("r", result(0, "2026-04-06", "2026-04-13"), id="c")])
    flag = flag_of(planned, "no_antibody_response")
    assert (flag.key, flag.cause) == (key, ("c",))
    assert flag.previous_decision is not None
    assert (flag.previous_decision.choice, flag.previous_decision.by) == ("continue", "Dr Rao")
    assert visit_of(planned, BOOSTER).held_by == (key,)


def test_a_decision_that_names_its_cause_covers_that_cause_alone() -> None:
    key = "no_antibody_response:antibody-test#1"
    taken = decided(key, "continue", "2026-04-20", cause=["r"])
    records = course(result(15, "2026-04-06", "2026-04-09", id="r"), taken)
    assert codes(plan_on("2026-04-21", records)) == set()
    corrected_later = [*records, corrected("r", result(0, "2026-04-06", "2026-04-13"))]
    assert codes(plan_on("2026-04-21", corrected_later)) == {"no_antibody_response"}


def test_of_two_decisions_on_one_day_the_one_recorded_later_stands() -> None:
    key = "no_antibody_response:antibody-test#1"
    at = "2026-04-10T{}:00:00+05:30"
    second = decided(key, "continue", "2026-04-10", recorded_at=at.format("15"), id="a")
    first = decided(key, "stop", "2026-04-10", recorded_at=at.format("09"), id="b")
    for order in ((first, second), (second, first)):
        assert plan_on("2026-04-12", non_responder(*order)).closed is None


def test_a_correction_of_a_correction_puts_back_or_replaces() -> None:
    base = [started(), given(1, "2026-01-12", id="a"), corrected("a", given(1, "2026-01-14"), id="c1")]
    assert visit_of(plan_on("2026-02-01", base), SENSITISATION).on == day("2026-01-14")
    undone = [*base, corrected("c1", id="c2")]
    assert visit_of(plan_on("2026-02-01", undone), SENSITISATION).on == day("2026-01-12")
    replaced = [*base, corrected("c1", given(1, "2026-01-16"), id="c2")]
    assert visit_of(plan_on("2026-02-01", replaced), SENSITISATION).on == day("2026-01-16")
    again = [*replaced, corrected("c2", id="c3")]
    assert visit_of(plan_on("2026-02-01", again), SENSITISATION).on == day("2026-01-14")


def test_a_corrected_dose_moves_what_hangs_on_it() -> None:
    records = [*BEGUN, given(1, "2026-01-12", id="a"), corrected("a", given(1, "2026-01-19"))]
    assert visit_of(plan_on("2026-01-20", records), SENSITISATION, 2).proposed_on == day("2026-02-16")
