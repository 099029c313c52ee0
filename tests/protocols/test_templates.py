"""Protocol documents: what a check finds, and what rounds, conditions and order of steps do."""

from typing import Any

import pytest
import yaml

from protocols import Plan, TemplateFaults, load
from protocols.checks import blanks, check
from tests.builders import (
    LIT,
    after,
    codes,
    day,
    decided,
    document,
    flag_of,
    given,
    milestone,
    plan_on,
    result,
    started,
    states,
    step,
    template,
    visit_of,
)

APCA = {"apca": LIT.tests["apca"].model_dump(by_alias=True)}
LIT_APCA = APCA["apca"]["assays"]["cdc-crossmatch"]
NEXT = [after({"previous": True}, absolute_minimum="P1W", earliest="P2W", target="P3W", latest="P5W")]
LATER = [
    after({"decision": "asked"}, target="P1W", latest="P4W"),
    after({"previous": True}, absolute_minimum="P1W", earliest="P2W"),
]


def rounds(*sizes: Any, cap: int = 8) -> dict[str, Any]:
    return {"sizes": list(sizes), "cap": cap, "cap_source": "clinic", "cap_grade": "setting"}


def course_of(*sizes: Any, **more: Any) -> list[dict[str, Any]]:
    dose = step(
        "dose",
        after("course-start", earliest="P0D", target="P0D"),
        next=NEXT,
        later_round=LATER,
        rounds=rounds(*sizes, **more),
    )
    test = step(
        "test",
        after({"step": "dose", "occurrence": "round"}, absolute_minimum="P1W", earliest="P2W", target="P3W"),
        kind="test",
        test="apca",
        measures="round",
        of="dose",
        next=[after({"decision": "asked"}, earliest="P0D", target="P1W")],
    )
    return [dose, test]


TWO_THEN_THREE = template(*course_of(2, 3), tests=APCA)
FIRST_ROUND = [started(), given(1, "2026-01-05", "dose"), given(2, "2026-01-26", "dose")]


def found_by_check(*steps: dict[str, Any], **more: Any) -> dict[str, str]:
    return {fault.field: fault.message for fault in check(template(*steps, **more))}


@pytest.mark.parametrize(
    ("steps", "field", "said"),
    [
        (
            [step("a", after("begin", earliest="P1W"))],
            "steps.0.relations.0.after.milestone",
            "no milestone 'begin'",
        ),
        ([step("a", after({"step": "b"}, earliest="P1W"))], "steps.0.relations.0.after.step", "no step 'b'"),
        (
            [step("a", after({"cycle_day": 5}, earliest="P1W"), when={"responded": "lad"})],
            "steps.0.when",
            "no test 'lad'",
        ),
        (
            [step("a", after("course-start", earliest="P1W"), when={"not": {"milestone": "moon"}})],
            "steps.0.when",
            "no milestone",
        ),
        (
            [
                step(
                    "a",
                    after("course-start", earliest="P1W"),
                    when={"decided": {"flag": "dose_inadequate", "choice": "x"}},
                )
            ],
            "steps.0.when",
            "no choice 'x'",
        ),
        (
            [step("a", after("course-start", earliest="P1W"), kind="test", test="lad")],
            "steps.0.test",
            "no test 'lad'",
        ),
        (
            [step("a", after("course-start", earliest="P4W", target="P2W"))],
            "steps.0.relations.0",
            "earliest lies after target",
        ),
        (
            [step("a", after("course-start", earliest="P30D", target="P1M"))],
            "steps.0.relations.0",
            "earliest lies after target",
        ),
        (
            [step("a", after("course-start", earliest="P1W"), count=2)],
            "steps.0.next",
            "nothing times its next occurrence",
        ),
        (
            [step("a", after("course-start", earliest="P1W"), next=NEXT, rounds=rounds(3, 3, cap=4))],
            "steps.0.rounds.cap",
            "less than the planned doses",
        ),
        (
            [
                step("a", after({"step": "b"}, earliest="P1W")),
                step("b", after({"step": "a"}, earliest="P1W")),
            ],
            "steps.0",
            "waits for itself",
        ),
        (
            [
                step("a", after("course-start", earliest="P1W")),
                step("a", after("course-start", earliest="P1W")),
            ],
            "steps",
            "'a' names two steps",
        ),
    ],
)
def test_a_document_that_contradicts_itself_is_told_where(
    steps: list[dict[str, Any]], field: str, said: str
) -> None:
    assert said in found_by_check(*steps)[field]


def test_an_order_that_depends_on_the_month_is_found_on_some_day_of_four_years() -> None:
    """At least a month and at most 30 days holds from many days and fails from others."""
    found = found_by_check(step("a", after("course-start", earliest="P1M", latest="P30D")))
    assert "for example from 2027-01-01" in found["steps.0.relations.0"]


def test_citations_must_name_a_source_of_the_document() -> None:
    cited = {"at": "P1W", "source": "S99", "grade": "A"}
    found = found_by_check(step("a", {"after": {"milestone": "course-start"}, "earliest": cited}))
    assert found == {"steps.0.relations.0.earliest.source": "there is no source 'S99'"}


def test_bands_leave_no_gap() -> None:
    bands = [{**band, "source": "S51"} for band in LIT_APCA["bands"]]
    tests = {"apca": {"title": "APCA", "assay": "cdc", **LIT_APCA, "bands": bands[1:]}}
    found = found_by_check(step("a", after("course-start", earliest="P1W")), tests=tests)
    assert found["tests.apca.bands.0.from"] == "leaves values from 0 without a band"


def test_a_least_content_that_names_no_number_is_a_blank_and_never_no_limit() -> None:
    content = {"cells_million": None, "source": "clinic", "grade": "setting"}
    assert blanks(template(step("a", after("course-start", earliest="P1W"), content=content))) == [
        "steps.0.content"
    ]


def test_faults_of_a_document_carry_their_line() -> None:
    text = yaml.safe_dump(document(step("a", after("begin", earliest="P1W"))), sort_keys=False)
    with pytest.raises(TemplateFaults) as refusal:
        load(text)
    [fault] = refusal.value.faults
    assert "milestone: begin" in text.splitlines()[(fault.line or 0) - 1]


def test_equal_documents_are_equal_templates() -> None:
    assert template(*course_of(2, 3), tests=APCA) == TWO_THEN_THREE


# Rounds


def round_one(*more: Any) -> Plan:
    return plan_on("2026-03-12", [*FIRST_ROUND, *more], TWO_THEN_THREE)


def test_the_second_round_waits_for_the_test_of_the_first() -> None:
    planned = round_one()
    assert states(planned) == {
        "dose#1": "fulfilled",
        "dose#2": "fulfilled",
        "dose#3": "waiting",
        "dose#4": "waiting",
        "dose#5": "waiting",
        "test#1": "proposed",
        "test#2": "waiting",
    }
    assert "the result of the round before" in visit_of(planned, "dose", 3).waiting_for


def test_a_response_ends_the_course_after_any_round() -> None:
    assert states(round_one(result(60, "2026-02-16"))) == {
        "dose#1": "fulfilled",
        "dose#2": "fulfilled",
        "test#1": "fulfilled",
    }


def test_the_second_round_is_timed_by_the_result_and_by_the_dose_before() -> None:
    planned = plan_on("2026-02-20", [*FIRST_ROUND, result(5, "2026-02-16", "2026-02-19")], TWO_THEN_THREE)
    third = visit_of(planned, "dose", 3)
    assert third.window is not None
    assert (third.window.earliest, third.proposed_on) == (day("2026-02-09"), day("2026-02-26"))
    assert third.because_text.startswith(
        "1 week after the test result (19 Feb). At least 2 weeks after dose 2"
    )


def test_doses_that_went_on_without_the_test_are_not_stalled_by_it() -> None:
    planned = round_one(given(3, "2026-02-16", "dose"))
    assert states(planned)["dose#4"] == "proposed"
    assert states(planned)["test#1"] == "proposed"


def test_a_dose_too_early_in_a_later_round_is_told_even_before_its_decision() -> None:
    planned = round_one(given(3, "2026-01-29", "dose"))
    assert "given_too_early" in codes(planned)
    assert visit_of(planned, "dose", 4).dose == 3


def test_continuing_without_a_response_leaves_out_the_rounds_that_were_planned() -> None:
    planned = round_one(result(5, "2026-02-16"), decided("no_antibody_response", "continue", "2026-02-20"))
    assert "dose#3" not in states(planned)


# Order and conditions


def test_a_step_sees_results_even_where_the_document_lists_it_first() -> None:
    booster = step("booster", after("course-start", earliest="P20W"), when={"responded": "apca"})
    protocol = template(booster, *course_of(1), tests=APCA)
    records = [started(), given(1, "2026-01-05", "dose"), result(60, "2026-02-05")]
    assert visit_of(plan_on("2026-02-10", records, protocol), "booster").proposed_on == day("2026-05-25")


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ({"milestone": "transfer"}, "waiting"),
        ({"milestone": "operation"}, "proposed"),
        ({"not": {"milestone": "operation"}}, "not_applicable"),
        ({"not": {"milestone": "transfer"}}, "proposed"),
        ({"doses": {"step": "dose", "at_least": 1}}, "proposed"),
        ({"doses": {"step": "dose", "at_least": 2}}, "waiting"),
        ({"responded": "apca"}, "not_applicable"),
        ({"not": {"responded": "apca"}}, "proposed"),
        ({"all": [{"milestone": "operation"}, {"milestone": "transfer"}]}, "waiting"),
        ({"all": [{"responded": "apca"}, {"milestone": "transfer"}]}, "not_applicable"),
        ({"any": [{"responded": "apca"}, {"milestone": "transfer"}]}, "waiting"),
        ({"any": [{"milestone": "operation"}, {"milestone": "transfer"}]}, "proposed"),
        ({"decided": {"flag": "no_antibody_response", "choice": "continue"}}, "waiting"),
        ({"opted_in": "control"}, "waiting"),
    ],
)
def test_conditions_have_three_values(when: dict[str, Any], state: str) -> None:
    control = step("control", after("course-start", earliest="P0D"), kind="review", when=when)
    protocol = template(*course_of(1), control, tests=APCA)
    records = [
        started(),
        given(1, "2026-01-05", "dose"),
        milestone("operation", "2026-01-20"),
        result(5, "2026-02-05"),
    ]
    assert visit_of(plan_on("2026-02-10", records, protocol), "control").state == state


def test_no_response_at_a_cap_of_the_template_is_final() -> None:
    protocol = template(*course_of(1, cap=1), tests=APCA)
    planned = plan_on(
        "2026-02-10", [started(), given(1, "2026-01-05", "dose"), result(5, "2026-02-05")], protocol
    )
    assert "The cap of 1 doses is reached" in flag_of(planned, "no_antibody_response").text


def test_relations_that_no_couple_can_keep_are_a_fault_of_the_document() -> None:
    """Dose 2 at least eight weeks after dose 1; the control after dose 2 and at most six weeks after dose 1."""
    dose = step(
        "dose",
        after("course-start", earliest="P0D"),
        count=2,
        next=[after({"previous": True}, earliest="P8W")],
    )
    control = step(
        "control",
        after({"step": "dose", "occurrence": 2}, earliest="P0D"),
        after({"step": "dose", "occurrence": 1}, earliest="P1W", maximum="P6W"),
        kind="review",
    )
    found = found_by_check(dose, control)
    assert list(found) == ["steps.1"]
    assert (
        "cannot be kept by a couple that starts on 2027-01-28: The plan contradicts itself: "
        in found["steps.1"]
    )
    assert "the control at most 6 weeks after dose 1" in found["steps.1"]


def test_a_contradiction_that_only_some_month_ends_show_is_found() -> None:
    """A month after 28 January is 28 February and thirty days after it 27 February; from 30 April both are 30 May."""
    dose = step("dose", after("course-start", earliest="P0D", maximum="P0D"))
    review = step("review", after({"step": "dose"}, earliest="P1M"), kind="review")
    control = step(
        "control",
        after({"step": "review"}, earliest="P0D"),
        after({"step": "dose"}, earliest="P1W", maximum="P30D"),
        kind="review",
    )
    found = found_by_check(dose, review, control)
    assert "that starts on 2027-01-28" in found["steps.2"]
