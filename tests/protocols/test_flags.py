"""Every flag rule: what raises it, what clears it, and that each decision does what its name says."""

from datetime import date
from typing import Any

import pytest

from protocols import FLAG_RULES, RULES, Record, Template, Workdays
from protocols.because import full_day
from tests.builders import (
    BASELINE,
    BOOSTER,
    EARLY_BOOSTER,
    LIT,
    REDOSE,
    SENSITISATION,
    TEST,
    after,
    attempt_planned,
    before,
    booked,
    codes,
    consents,
    corrected,
    course,
    day,
    days,
    decided,
    flag_of,
    given,
    milestone,
    non_responder,
    plan_on,
    pregnant,
    record,
    responder,
    result,
    screens,
    skipped,
    started,
    states,
    step,
    stopped,
    template,
    visit_of,
)

BOUNDED = template(
    step("dose", after("course-start", earliest="P0D", target="P1W", latest="P3W", maximum="P8W")),
    step(
        "control",
        after({"step": "dose"}, earliest="P2W", target="P3W"),
        before("operation", latest="P1W"),
        kind="review",
    ),
    step("call", after("course-start", earliest="P20W"), kind="contact"),
)
BEGUN = [started(), result(4, "2026-01-05", "2026-01-08")]
SHORT = [*BEGUN, given(1, "2026-01-12")]
WEAK = course(result(30, "2026-04-06", "2026-04-09", id="result-1"))
SQUEEZED = [started(), given(1, "2026-01-12", "dose"), milestone("operation", "2026-01-26", "planned")]
THIN = [*BEGUN, given(1, "2026-01-12", given={"cells_million": 3})]
CLOSED = Workdays(closed=frozenset(day(days("2026-01-05", n)) for n in range(25)))

ELSEWHERE = [*BEGUN, given(1, "2026-01-12", id="past", elsewhere="document")]
MEASURED_ELSEWHERE = course(result(70, "2026-04-06", "2026-04-09", id="result-1", elsewhere="reported"))
OPERATED = template(
    step("dose", after("course-start", absolute_minimum="P0D", earliest="P1W", target="P2W", latest="P3W")),
    step(
        "control",
        after({"step": "dose"}, absolute_minimum="P1W", earliest="P2W", target="P2W"),
        before("operation", maximum="P0D"),
        kind="review",
    ),
)


def operated(on: str) -> list[Record]:
    return [started(), milestone("operation", on, "planned", id="operation")]


PUT_OFF = [corrected("operation", milestone("operation", "2026-04-01", "planned"))]

# code: (today, records that raise it, further records that clear it or None, protocol, clinic)
Case = tuple[str, list[Record], list[Record] | None, Template, Workdays]
OPEN = Workdays()
CASES: dict[str, Case] = {
    "no_antibody_response": (
        "2026-04-12",
        non_responder(),
        [corrected("result-1", result(70, "2026-04-06"))],
        LIT,
        OPEN,
    ),
    "donor_changed": (
        "2026-04-12",
        responder(record("donor", id="other", donor="unrelated", on="2026-04-11")),
        [corrected("other")],
        LIT,
        OPEN,
    ),
    "outside_dose": ("2026-02-01", ELSEWHERE, [corrected("past", given(1, "2026-01-12"))], LIT, OPEN),
    "outside_result": ("2026-04-12", MEASURED_ELSEWHERE, [corrected("result-1")], LIT, OPEN),
    "plan_tight": ("2026-01-05", operated("2026-01-22"), PUT_OFF, OPERATED, OPEN),
    "plan_conflict": ("2026-01-05", operated("2026-01-10"), PUT_OFF, OPERATED, OPEN),
    "weak_antibody_response": ("2026-04-12", WEAK, [result(70, "2026-04-07")], LIT, OPEN),
    "result_not_interpretable": (
        "2026-04-12",
        course(result(None, "2026-04-06")),
        [result(70, "2026-04-07")],
        LIT,
        OPEN,
    ),
    "baseline_already_positive": (
        "2026-01-12",
        [started(), result(60, "2026-01-05", id="b")],
        [corrected("b", result(6, "2026-01-05"))],
        LIT,
        OPEN,
    ),
    "pregnancy_during_course": (
        "2026-02-01",
        [*SHORT, pregnant("2026-02-01", id="p")],
        [corrected("p")],
        LIT,
        OPEN,
    ),
    "result_overdue": (
        "2026-05-12",
        course(given(1, "2026-04-06", TEST)),
        [result(60, "2026-04-06")],
        LIT,
        OPEN,
    ),
    "result_expired": ("2026-07-20", responder(), [pregnant("2026-07-15")], LIT, OPEN),
    "visit_overdue": ("2026-02-24", SHORT, [booked(SENSITISATION, "2026-02-27", 2)], LIT, OPEN),
    "unit_not_released": (
        "2026-02-09",
        [*SHORT, stopped("2026-02-09", "not_released", 2)],
        [booked(SENSITISATION, "2026-02-12", 2)],
        LIT,
        OPEN,
    ),
    "session_stopped": (
        "2026-02-09",
        [*SHORT, stopped("2026-02-09", "not_fit", 2)],
        [given(2, "2026-02-09")],
        LIT,
        OPEN,
    ),
    "visit_unrecorded": (
        "2026-02-10",
        [*SHORT, booked(SENSITISATION, "2026-02-09", 2)],
        [given(2, "2026-02-09")],
        LIT,
        OPEN,
    ),
    "window_expired": ("2026-03-03", [started()], [given(1, "2026-03-03", "dose")], BOUNDED, OPEN),
    "given_too_early": (
        "2026-02-01",
        [*SHORT, given(2, "2026-01-20", id="early")],
        [corrected("early", given(2, "2026-01-29"))],
        LIT,
        OPEN,
    ),
    "dose_inadequate": (
        "2026-01-13",
        [*BEGUN, given(1, "2026-01-12", given={"cells_million": 3}, id="thin")],
        [corrected("thin", given(1, "2026-01-12"))],
        LIT,
        OPEN,
    ),
    "prerequisite_missing": (
        "2026-02-05",
        [*SHORT, booked(SENSITISATION, "2026-02-09", 2)],
        [*consents("2026-01-05"), *screens("2026-02-04")],
        LIT,
        OPEN,
    ),
    "closing_unbooked": ("2026-02-18", SHORT, [booked(SENSITISATION, "2026-02-20", 2)], LIT, OPEN),
    "booking_outside_window": (
        "2026-01-13",
        [*SHORT, booked(SENSITISATION, "2026-01-29", 2, id="b")],
        [corrected("b", booked(SENSITISATION, "2026-02-09", 2))],
        LIT,
        OPEN,
    ),
    "booking_not_needed": (
        "2026-01-13",
        [*SHORT, booked(SENSITISATION, "2026-06-01", 4, id="b")],
        [corrected("b")],
        LIT,
        OPEN,
    ),
    "no_open_day": ("2026-01-06", [started()], [booked("dose", "2026-02-03")], BOUNDED, CLOSED),
    "unreachable_window": ("2026-01-13", SQUEEZED, [given(1, "2026-01-13", "control")], BOUNDED, OPEN),
    "milestone_unconfirmed": (
        "2026-05-01",
        responder(attempt_planned("2026-04-28")),
        [milestone("conception-attempt", "2026-04-29")],
        LIT,
        OPEN,
    ),
    "redose_due": ("2026-09-10", responder(), [given(1, "2026-09-10", REDOSE)], LIT, OPEN),
}


def test_every_rule_has_its_case() -> None:
    assert set(CASES) == set(RULES)
    assert len(FLAG_RULES) == len(RULES)


@pytest.mark.parametrize("code", CASES)
def test_the_rule_raises_its_flag_with_owner_and_deadline(code: str) -> None:
    today, records, _, protocol, clinic = CASES[code]
    flag = flag_of(plan_on(today, records, protocol, clinic), code)
    assert flag.key.startswith(f"{code}:")
    assert (flag.owner, flag.severity) == (RULES[code].owner, RULES[code].severity)
    assert (flag.due_on - flag.cause_on).days == RULES[code].deadline.days
    assert set(flag.decisions) <= set(RULES[code].decisions)
    assert flag.text


@pytest.mark.parametrize("code", CASES)
def test_the_flag_clears_when_its_cause_does(code: str) -> None:
    today, records, clearing, protocol, clinic = CASES[code]
    assert code not in codes(plan_on(today, [*records, *(clearing or [])], protocol, clinic))


@pytest.mark.parametrize(
    ("code", "choice"), [(rule.code, choice) for rule in FLAG_RULES for choice in rule.decisions]
)
@pytest.mark.parametrize("named", ["by its key", "by its code", "with its cause"])
def test_a_decision_closes_the_flag_it_was_taken_on(code: str, choice: str, named: str) -> None:
    today, records, _, protocol, clinic = CASES[code]
    flag = flag_of(plan_on(today, records, protocol, clinic), code)
    cause: Any = list(flag.cause) if named == "with its cause" else None
    name = flag.code if named == "by its code" else flag.key
    taken = decided(name, choice, today, cause=cause, parameters={"doses": 1, "donor": "unrelated"})
    after_it = plan_on(today, [*records, taken], protocol, clinic)
    assert flag.key not in {other.key for other in after_it.flags}


@pytest.mark.parametrize(
    ("code", "choice"),
    [
        (rule.code, choice)
        for rule in FLAG_RULES
        for choice in rule.decisions
        if choice in ("stop", "restart")
    ],
)
def test_stopping_ends_the_treatment(code: str, choice: str) -> None:
    today, records, _, protocol, clinic = CASES[code]
    planned = plan_on(today, [*records, decided(code, choice, today)], protocol, clinic)
    assert planned.closed == f"{choice} decided on {full_day(date.fromisoformat(today))} by Dr Rao"
    assert set(states(planned).values()) <= {"fulfilled", "skipped", "not_applicable"}
    assert planned.replan_on is None


def decision_on(code: str, choice: str, **more: Any) -> Any:
    today, records, _, protocol, clinic = CASES[code]
    return plan_on(today, [*records, decided(code, choice, today, **more)], protocol, clinic)


def test_no_response_holds_the_boosters_until_a_doctor_decides() -> None:
    planned = plan_on("2026-04-12", non_responder(attempt_planned("2026-06-20")))
    key = "no_antibody_response:antibody-test#1"
    for name in (BOOSTER, EARLY_BOOSTER, REDOSE):
        assert visit_of(planned, name).held_by == (key,)
        assert visit_of(planned, name).proposed_on is None


def test_continue_goes_on_to_the_booster_without_a_response() -> None:
    records = non_responder(
        attempt_planned("2026-06-20"), decided("no_antibody_response", "continue", "2026-04-10")
    )
    booster = visit_of(plan_on("2026-04-12", records), BOOSTER)
    assert (booster.state, booster.held_by, booster.proposed_on) == ("proposed", (), day("2026-06-06"))
    assert "a valid apca result" not in booster.missing


def test_extra_doses_are_a_round_of_their_own_with_a_test_after_it() -> None:
    planned = decision_on("no_antibody_response", "extra_doses", parameters={"doses": 2})
    assert [visit.dose for visit in planned.visits if visit.step == SENSITISATION] == [1, 2, 3, 4, 5]
    assert visit_of(planned, TEST, 2).proposed_on == day("2026-06-14")


def test_a_change_of_donor_counts_the_new_donors_doses_and_asks_for_their_screens() -> None:
    planned = decision_on(
        "no_antibody_response", "change_donor", parameters={"donor": "unrelated", "doses": 6}
    )
    assert planned.donor == "unrelated"
    assert [visit.occurrence for visit in planned.visits if visit.step == SENSITISATION] == list(range(1, 10))
    missing = visit_of(planned, SENSITISATION, 4).missing
    assert "consent of unrelated" in missing
    assert "HIV screen of unrelated" in missing


def test_accepting_a_weak_response_is_a_response() -> None:
    planned = plan_on(
        "2026-04-12",
        [*WEAK, attempt_planned("2026-06-20"), decided("weak_antibody_response", "accept", "2026-04-10")],
    )
    assert visit_of(planned, BOOSTER).state == "proposed"
    assert planned.visit(TEST, 2) is None


def test_a_retest_is_asked_from_the_decision() -> None:
    for code, choice in (("weak_antibody_response", "retest"), ("result_not_interpretable", "resample")):
        again = visit_of(decision_on(code, choice), TEST, 2)
        assert (again.state, again.proposed_on) == ("proposed", day("2026-04-19"))


def test_an_extra_dose_is_one_dose_and_a_test() -> None:
    planned = decision_on("weak_antibody_response", "extra_dose")
    assert visit_of(planned, SENSITISATION, 4).proposed_on == day("2026-04-19")
    assert planned.visit(SENSITISATION, 5) is None
    assert visit_of(planned, TEST, 2).state == "proposed"


def test_a_positive_baseline_holds_everything_until_it_is_retested_or_accepted() -> None:
    today, records, *_ = CASES["baseline_already_positive"]
    held = plan_on(today, records)
    assert visit_of(held, SENSITISATION).held_by == ("baseline_already_positive:baseline-antibody-test#1",)
    assert (
        visit_of(decision_on("baseline_already_positive", "treat_anyway"), SENSITISATION).state == "proposed"
    )
    retested = decision_on("baseline_already_positive", "retest")
    assert visit_of(retested, BASELINE, 2).proposed_on == day("2026-01-19")


def test_a_pregnancy_holds_what_was_before_conception_and_each_decision_settles_it() -> None:
    today, records, *_ = CASES["pregnancy_during_course"]
    held = plan_on(today, [*records, booked(SENSITISATION, "2026-02-09", 2)])
    assert visit_of(held, SENSITISATION, 2).state == "booked"
    assert visit_of(held, SENSITISATION, 2).held_by == ("pregnancy_during_course:pregnancy#1",)
    branch = decision_on("pregnancy_during_course", "pregnancy_branch")
    assert visit_of(branch, SENSITISATION, 2).state == "not_applicable"
    assert visit_of(branch, EARLY_BOOSTER).state == "waiting"
    assert visit_of(decision_on("pregnancy_during_course", "continue"), SENSITISATION, 2).state == "proposed"


def test_an_overdue_result_is_sampled_again() -> None:
    again = visit_of(decision_on("result_overdue", "resample"), TEST, 2)
    assert (again.state, again.proposed_on) == ("proposed", day("2026-05-19"))


def test_an_expired_response_is_tested_again_or_accepted() -> None:
    """Three months from the sample of 6 April end on 6 July."""
    attempt = attempt_planned("2026-08-20")
    flagged = plan_on("2026-07-20", responder(attempt))
    assert "a valid apca result" in visit_of(flagged, BOOSTER).missing
    accepted = plan_on("2026-07-20", responder(attempt, decided("result_expired", "accept", "2026-07-20")))
    assert "a valid apca result" not in visit_of(accepted, BOOSTER).missing
    retested = plan_on("2026-07-20", responder(attempt, decided("result_expired", "retest", "2026-07-20")))
    assert visit_of(retested, TEST, 2).proposed_on == day("2026-07-27")
    assert visit_of(retested, BOOSTER).state == "waiting"


def test_an_expired_window_waits_for_a_doctor_who_goes_on_or_leaves_it_out() -> None:
    expired = visit_of(plan_on("2026-03-03", [started()], BOUNDED), "dose")
    assert (expired.state, expired.proposed_on) == ("expired", None)
    gone_on = visit_of(decision_on("window_expired", "go_on"), "dose")
    assert gone_on.state == "proposed"
    assert gone_on.proposed_on is not None
    assert gone_on.proposed_on >= day("2026-03-03")
    left_out = visit_of(decision_on("window_expired", "skip"), "dose")
    assert (left_out.state, left_out.because_text.split(".")[0]) == (
        "skipped",
        "skipped by decision: talked it over",
    )


def test_an_unreachable_visit_may_be_left_out() -> None:
    assert visit_of(decision_on("unreachable_window", "skip"), "control").state == "skipped"


def test_an_inadequate_dose_counts_or_is_repeated() -> None:
    undecided = plan_on("2026-01-13", THIN)
    assert visit_of(undecided, SENSITISATION, 2).held_by == ("dose_inadequate:sensitisation#1",)
    counts = plan_on("2026-01-13", [*THIN, decided("dose_inadequate", "counts", "2026-01-13")])
    assert [visit.dose for visit in counts.visits if visit.step == SENSITISATION] == [1, 2, 3]
    repeat = plan_on("2026-01-13", [*THIN, decided("dose_inadequate", "repeat", "2026-01-13")])
    assert [visit.dose for visit in repeat.visits if visit.step == SENSITISATION] == [None, 1, 2, 3]


def test_a_booking_may_be_kept_outside_its_window_and_anchors_what_follows() -> None:
    kept = decision_on("booking_outside_window", "keep")
    assert visit_of(kept, SENSITISATION, 2).on == day("2026-01-29")
    assert visit_of(kept, SENSITISATION, 3).proposed_on == day("2026-02-26")


def test_a_redose_is_given_or_declined() -> None:
    assert visit_of(decision_on("redose_due", "give"), REDOSE).state == "proposed"
    assert visit_of(decision_on("redose_due", "decline"), REDOSE).state == "skipped"


def test_what_a_template_says_of_a_flag_replaces_its_defaults() -> None:
    protocol = template(
        step("dose", after("course-start", earliest="P0D", target="P1W", latest="P2W", maximum="P3W")),
        flags={"window_expired": {"owner": "manager", "deadline": "P3D"}},
    )
    flag = flag_of(plan_on("2026-01-27", [started()], protocol), "window_expired")
    assert (flag.owner, flag.cause_on, flag.due_on) == ("manager", day("2026-01-27"), day("2026-01-30"))


def test_what_is_missing_for_a_visit_is_raised_seven_days_before_and_not_at_birth() -> None:
    records = [*SHORT, booked(SENSITISATION, "2026-02-09", 2)]
    assert "prerequisite_missing" not in codes(plan_on("2026-01-12", records))
    assert "prerequisite_missing" not in codes(plan_on("2026-02-01", records))
    flag = flag_of(plan_on("2026-02-02", records), "prerequisite_missing")
    assert flag.text == (
        "Sensitisation dose 2 on 9 Feb 2026 still needs: consent of recipient, consent of partner, HIV screen of "
        "partner, hepatitis B screen of partner, hepatitis C screen of partner, syphilis screen of partner"
    )


def test_screens_older_than_the_protocol_allows_are_missing_and_skipped_steps_need_nothing() -> None:
    records = [
        *SHORT,
        *consents("2026-01-05"),
        *screens("2026-02-01"),
        booked(SENSITISATION, "2026-02-09", 2),
    ]
    assert len(visit_of(plan_on("2026-02-05", records), SENSITISATION, 2).missing) == 5
    reactive = [
        *records,
        record("screening", person="partner", test="hiv", sampled_on="2026-02-04", outcome="reactive"),
    ]
    assert "HIV screen of partner" in visit_of(plan_on("2026-02-05", reactive), SENSITISATION, 2).missing
    left_out = [*SHORT, skipped(SENSITISATION, "2026-02-05", 2)]
    assert visit_of(plan_on("2026-02-05", left_out), SENSITISATION, 2).missing == ()


def test_only_a_dose_is_given_too_early() -> None:
    """A talk held a week before its absolute minimum took place all the same; nothing is repeated for it."""
    early = after("course-start", absolute_minimum="P2W", earliest="P3W")
    for kind, raised in (("contact", set()), ("dose", {"given_too_early"})):
        protocol = template(step("talk", early, kind=kind))
        planned = plan_on("2026-01-12", [started("2026-01-05"), given(1, "2026-01-12", "talk")], protocol)
        assert codes(planned) & {"given_too_early"} == raised


def test_a_consent_that_came_after_the_day_of_a_visit_was_missing_on_it() -> None:
    told = [started(), result(4, "2026-01-05", "2026-01-08"), booked(SENSITISATION, "2026-01-12")]
    for on, missing in (("2026-01-12", False), ("2026-01-13", True)):
        visit = visit_of(plan_on("2026-01-14", [*told, *consents(on)]), SENSITISATION)
        assert ("consent of recipient" in visit.missing) is missing
