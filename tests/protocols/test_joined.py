"""A couple that comes in mid-course: what was done elsewhere counts as a doctor says, nothing past is overdue."""

import pytest

from protocols import Plan, Record, ResponseVerdict
from tests.builders import (
    BASELINE,
    BOOSTER,
    SENSITISATION,
    TEST,
    after,
    attempt_planned,
    codes,
    day,
    decided,
    flag_of,
    given,
    plan_on,
    record,
    result,
    skipped,
    started,
    states,
    step,
    template,
    visit_of,
)

JOINED = record("joined", on="2026-03-02", evidence="document", place="Lucknow")
ELSEWHERE = [
    started(),
    result(4, "2026-01-05", "2026-01-08", elsewhere="document", id="outside-baseline"),
    given(1, "2026-01-12", elsewhere="document", id="outside-1"),
    given(2, "2026-02-09", elsewhere="reported", id="outside-2"),
    JOINED,
]
BASELINE_TAKEN = decided("outside_result", "accept", "2026-03-02", cause=["outside-baseline"])
BOTH_COUNT = [
    decided(f"outside_dose:sensitisation#{n}", "counts", "2026-03-02", cause=[f"outside-{n}"]) for n in (1, 2)
]
TAKEN = [*ELSEWHERE, BASELINE_TAKEN, *BOTH_COUNT]


def doses(planned: Plan) -> list[tuple[int, int | None]]:
    return [(visit.occurrence, visit.dose) for visit in planned.visits if visit.step == SENSITISATION]


def responses(planned: Plan) -> list[str]:
    return [verdict.response.value for verdict in planned.verdicts if isinstance(verdict, ResponseVerdict)]


def test_a_dose_given_elsewhere_asks_a_doctor_with_its_evidence_and_holds_what_follows() -> None:
    planned = plan_on("2026-03-02", ELSEWHERE)
    flags = {flag.key: flag for flag in planned.flags if flag.code == "outside_dose"}
    assert set(flags) == {"outside_dose:sensitisation#1", "outside_dose:sensitisation#2"}
    first, second = (flags[f"outside_dose:sensitisation#{n}"] for n in (1, 2))
    assert (first.owner, first.decisions) == ("doctor", ("counts", "does_not_count"))
    assert "12 Jan 2026" in first.text
    assert "documented" in first.text
    assert "without a document" in second.text
    third = visit_of(planned, SENSITISATION, 3)
    assert set(flags) <= set(third.held_by)
    assert (third.proposed_on, visit_of(planned, TEST).proposed_on) == (None, None)


def test_one_undecided_dose_is_enough_to_hold() -> None:
    planned = plan_on("2026-03-02", [*ELSEWHERE, BASELINE_TAKEN, BOTH_COUNT[0]])
    assert visit_of(planned, SENSITISATION, 3).held_by == ("outside_dose:sensitisation#2",)


def test_doses_that_count_are_doses_of_the_course() -> None:
    """Dose 3 is due 4 weeks after dose 2: 9 February and 28 days are 9 March."""
    planned = plan_on("2026-03-02", TAKEN)
    assert doses(planned) == [(1, 1), (2, 2), (3, 3)]
    third = visit_of(planned, SENSITISATION, 3)
    assert (third.held_by, third.proposed_on) == ((), day("2026-03-09"))
    assert planned.flags == ()


def test_a_dose_that_does_not_count_leaves_its_number_to_the_next() -> None:
    """The first one does not count, so the second is dose 1, and two are left: 9 March and 6 April."""
    none = decided("outside_dose:sensitisation#1", "does_not_count", "2026-03-02")
    planned = plan_on("2026-03-02", [*ELSEWHERE, BASELINE_TAKEN, none, BOTH_COUNT[1]])
    assert doses(planned) == [(1, None), (2, 1), (3, 2), (4, 3)]
    ahead = [str(visit_of(planned, SENSITISATION, n).proposed_on) for n in (3, 4)]
    assert ahead == ["2026-03-09", "2026-04-06"]


def test_no_dose_that_does_not_count_counts_by_its_day() -> None:
    none = [decided(f"outside_dose:sensitisation#{n}", "does_not_count", "2026-03-02") for n in (1, 2)]
    planned = plan_on("2026-03-02", [*ELSEWHERE, BASELINE_TAKEN, *none])
    assert doses(planned) == [(1, None), (2, None), (3, 1), (4, 2), (5, 3)]


def test_the_doctors_word_counts_also_where_the_other_clinic_gave_doses_sooner_than_we_do() -> None:
    """One week apart. Our protocol asks two at least, and a doctor says that both count."""
    sooner = [*ELSEWHERE[:3], given(2, "2026-01-19", elsewhere="document", id="outside-2"), JOINED]
    planned = plan_on("2026-03-02", [*sooner, BASELINE_TAKEN, *BOTH_COUNT])
    assert doses(planned) == [(1, 1), (2, 2), (3, 3)]


# Results from elsewhere

FULL = [*TAKEN, given(3, "2026-03-09")]
OUTSIDE = result(60, "2026-04-06", "2026-04-09", elsewhere="document", id="outside", assay="cdc-crossmatch")


def test_an_outside_result_is_compared_with_nothing_until_it_is_accepted() -> None:
    planned = plan_on("2026-04-12", [*FULL, attempt_planned("2026-06-20"), OUTSIDE])
    flag = flag_of(planned, "outside_result")
    assert (flag.owner, flag.decisions, flag.cause) == ("doctor", ("accept", "set_aside"), ("outside",))
    assert responses(planned) == ["baseline_negative"]
    assert visit_of(planned, BOOSTER).proposed_on is None
    assert {clock.name for clock in planned.clocks} == {"redose_by"}


def test_an_accepted_outside_result_is_read_like_our_own() -> None:
    accepted = decided("outside_result", "accept", "2026-04-12", cause=["outside"])
    planned = plan_on("2026-04-12", [*FULL, attempt_planned("2026-06-20"), OUTSIDE, accepted])
    assert responses(planned) == ["baseline_negative", "responded"]
    assert visit_of(planned, BOOSTER).proposed_on == day("2026-06-06")
    negative = result(5, "2026-04-06", "2026-04-09", elsewhere="reported", id="outside")
    assert "no_antibody_response" in codes(plan_on("2026-04-12", [*FULL, negative, accepted]))


def test_an_outside_result_that_is_set_aside_asks_for_another_test() -> None:
    """A week after the decision of 12 April."""
    aside = decided("outside_result", "set_aside", "2026-04-12", cause=["outside"])
    planned = plan_on("2026-04-12", [*FULL, OUTSIDE, aside])
    assert responses(planned) == ["baseline_negative"]
    assert visit_of(planned, TEST, 2).proposed_on == day("2026-04-19")


def test_an_outside_baseline_that_is_not_decided_holds_the_first_dose() -> None:
    positive = result(70, "2026-02-20", "2026-02-23", elsewhere="document", id="outside")
    records = [started("2026-02-20"), positive, JOINED]
    planned = plan_on("2026-03-02", records)
    assert visit_of(planned, SENSITISATION).proposed_on is None
    assert codes(planned) == {"outside_result"}
    accepted = decided("outside_result", "accept", "2026-03-02", cause=["outside"])
    assert "baseline_already_positive" in codes(plan_on("2026-03-02", [*records, accepted]))


# What lies before the day of joining

LATE = {
    "visit_overdue",
    "closing_unbooked",
    "result_overdue",
    "milestone_unconfirmed",
    "window_expired",
    "visit_unrecorded",
}


def joined_late(*more: Record) -> list[Record]:
    """Doses on 12 January and 9 February, so dose 3 was due from 2 to 23 March; joined on 1 June."""
    return [
        *TAKEN[:4],
        record("joined", on="2026-06-01", evidence="document"),
        BASELINE_TAKEN,
        *BOTH_COUNT,
        *more,
    ]


@pytest.mark.parametrize("today", ["2026-06-01", "2026-06-02", "2026-06-08"])
def test_nothing_before_the_day_of_joining_is_overdue(today: str) -> None:
    planned = plan_on(today, joined_late(attempt_planned("2026-05-01")))
    assert not codes(planned) & LATE
    third = visit_of(planned, SENSITISATION, 3)
    assert third.proposed_on is not None
    assert third.proposed_on >= day(today)


def test_what_nobody_takes_up_after_joining_becomes_overdue_all_the_same() -> None:
    """The notice of seven days after 1 June."""
    assert "visit_overdue" in codes(plan_on("2026-06-09", joined_late()))


def test_what_falls_due_after_joining_becomes_overdue_as_ever() -> None:
    """Dose 3 on 8 June: the test is due by 20 July, six weeks later."""
    records = joined_late(given(3, "2026-06-08"))
    assert "visit_overdue" not in codes(plan_on("2026-07-20", records))
    flag = flag_of(plan_on("2026-07-21", records), "visit_overdue")
    assert (flag.step, flag.cause_on) == (TEST, day("2026-07-21"))


def test_a_sample_taken_elsewhere_has_no_overdue_result_and_one_of_ours_has() -> None:
    taken = [*TAKEN[:4], given(3, "2026-03-09", elsewhere="document", id="outside-3")]
    counts = decided("outside_dose:sensitisation#3", "counts", "2026-06-01")
    after_it = [record("joined", on="2026-06-01", evidence="document"), BASELINE_TAKEN, *BOTH_COUNT, counts]
    theirs = given(1, "2026-04-06", TEST, elsewhere="document")
    assert "result_overdue" not in codes(plan_on("2026-06-01", [*taken, theirs, *after_it]))
    ours = given(1, "2026-06-02", TEST)  # three weeks: due by 23 June
    assert "result_overdue" not in codes(plan_on("2026-06-23", [*taken, ours, *after_it]))
    assert "result_overdue" in codes(plan_on("2026-06-24", [*taken, ours, *after_it]))


def test_a_course_that_was_completed_elsewhere_goes_on_to_its_test() -> None:
    third = given(3, "2026-02-23", elsewhere="document", id="outside-3")
    counts = decided("outside_dose:sensitisation#3", "counts", "2026-03-02")
    planned = plan_on("2026-03-02", [*TAKEN, third, counts])
    assert states(planned)[f"{SENSITISATION}#3"] == "fulfilled"
    assert visit_of(planned, TEST).proposed_on == day("2026-03-23")


def test_a_couple_without_a_baseline_of_its_own_goes_on_where_a_person_leaves_it_out() -> None:
    records = [started(), skipped(BASELINE, "2026-03-02"), *ELSEWHERE[2:], *BOTH_COUNT]
    assert visit_of(plan_on("2026-03-02", records), SENSITISATION, 3).proposed_on == day("2026-03-09")


def test_what_was_done_elsewhere_is_decided_within_a_week_of_joining() -> None:
    """Given on 12 January, joined on 2 March: due on 9 March, and not overdue since 19 January."""
    records = [
        started("2026-01-05"),
        given(1, "2026-01-12", elsewhere="document"),
        record("joined", on="2026-03-02", evidence="document"),
    ]
    flag = flag_of(plan_on("2026-03-02", records), "outside_dose")
    assert (flag.cause_on, flag.due_on) == (day("2026-03-02"), day("2026-03-09"))


def test_a_protocol_may_say_what_a_dose_given_elsewhere_holds() -> None:
    """Without a word of it the dose itself would be held; here it is the talk alone."""
    protocol = template(
        step("dose", after("course-start", earliest="P0D"), count=2, next=[after({"previous": True}, earliest="P4W")]),
        step("talk", after("course-start", earliest="P0D"), kind="contact"),
        flags={"outside_dose": {"holds": ["talk"]}},
    )  # fmt: skip
    planned = plan_on(
        "2026-03-02", [started(), given(1, "2026-01-12", "dose", elsewhere="document"), JOINED], protocol
    )
    assert flag_of(planned, "outside_dose").holds == ("talk",)
    assert visit_of(planned, "dose", 2).held_by == ()
    assert visit_of(planned, "talk").held_by == ("outside_dose:dose#1",)
