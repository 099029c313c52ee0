"""Synthetic couples: they live by the plan and the scenario alone, and the report counts them honestly."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from protocols import Template, Workdays
from protocols.simulation import Life, ScenarioFaults, read_scenario, simulate
from protocols.simulation.chance import Chance
from protocols.simulation.proportions import Proportion, wilson
from protocols.simulation.report import Spread, summarise
from protocols.simulation.scenario import Scenario
from tests.builders import LIT, after, before, step, template
from tests.strategies import small_protocols

START = date(2026, 1, 5)
OPEN = Workdays(frozenset(range(6)), frozenset(START + timedelta(days=n) for n in range(40, 52)))
LUCKNOW_TEXT = resources.files("protocols").joinpath("scenarios", "lucknow.yaml").read_text(encoding="utf-8")
LUCKNOW = read_scenario(LUCKNOW_TEXT)


def scenario(**more: Any) -> Scenario:
    """Lucknow with other fields, some of them inside its parts: ``behaviour__miss=0.5``."""
    data = yaml.safe_load(LUCKNOW_TEXT)
    for name, value in more.items():
        part, _, field = name.partition("__")
        if field:
            data[part][field] = value
        else:
            data[part] = value
    return read_scenario(yaml.safe_dump(data))


def lives(
    couples: int, chosen: Scenario = LUCKNOW, protocol: Template = LIT, seed: int = 3, **more: Any
) -> list[Life]:
    return list(simulate(protocol, chosen, OPEN, START, couples=couples, random=Random(seed), **more))


ALL_RESPOND = {"converted_after": [0, 0, 5], "never": 0, "source": "clinic", "grade": "setting"}
NONE_RESPOND = {"converted_after": [0], "never": 5, "source": "clinic", "grade": "setting"}
PUNCTUAL = {"behaviour__keep": 1.0, "behaviour__late": 0.0, "behaviour__miss": 0.0}
CALM: dict[str, Any] = {**PUNCTUAL, "already_positive": None, "drop_out": None}
UNSURE = {"behaviour__keep": 0.5, "behaviour__late": 0.3, "behaviour__miss": 0.2}


# The scenario


def test_the_hazards_give_back_what_lucknow_counted() -> None:
    assert LUCKNOW.response.followed == 43
    left, counted = 43.0, []
    for hazard in LUCKNOW.response.hazards:
        counted.append(left * hazard)
        left -= counted[-1]
    assert counted == pytest.approx([0, 2, 3, 4, 6, 15])
    assert left == pytest.approx(13)


def test_couples_respond_as_often_as_they_were_counted() -> None:
    drawn = Counter(Chance(LUCKNOW, Random(seed)).responds_after for seed in range(4000))
    for dose, count in {2: 2, 3: 3, 4: 4, 5: 6, 6: 15, None: 13}.items():
        low, high = wilson(drawn[dose], 4000, 0.9999)
        assert low <= count / 43 <= high
    assert drawn[1] == 0


def test_numbers_of_another_scenario_change_what_happens() -> None:
    assert {life.responded_after for life in lives(12, scenario(response=ALL_RESPOND, **CALM))} == {3}
    assert {life.ending for life in lives(12, scenario(response=NONE_RESPOND, **CALM))} == {
        "went on without response"
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"response__converted_after": [0, -1]},
            "line 24: response: counts less than no couples after a dose",
        ),
        ({"behaviour__keep": 0.5}, "behaviour: keep, late and miss add up to something else than 1"),
        ({"behaviour__colour": "red"}, "behaviour.colour: is no field here. Remove colour"),
        ({"result_after__least": "P4W"}, "result_after: runs backwards"),
        ({"result_after__least": "a week"}, "result_after.least: 'a week' is no duration"),
        ({"already_positive__count": 74}, "already_positive: counts more than there are"),
        ({"drop_out__source": "S99"}, "drop_out.source: there is no source 'S99'. Use one of: S03, S25"),
        (
            {
                "milestones": {"conception-attempt": {"after": "P8W"}},
                "conception": {
                    "attempt_after": "P8W",
                    "monthly": 0.2,
                    "source": "clinic",
                    "grade": "setting",
                },
            },
            "milestones.conception-attempt: is planned by conception too",
        ),
        ({"milestones": {"transfer": {"after": "soon"}}}, "milestones.transfer.after: 'soon' is no duration"),
        ({"policy": {"no_response": ["stop"]}}, "policy.no_response: there is no flag rule 'no_response'"),
        ({"policy": {"no_antibody_response": ["give_up"]}}, "no_antibody_response does not offer 'give_up'"),
    ],
)
def test_every_fault_of_a_scenario_has_its_line_and_remedy(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioFaults) as refused:
        scenario(**change)
    assert said.removeprefix("line 24: ") in str(refused.value)
    assert all(fault.line for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("text", "said"),
    [("- one\n", "is no mapping"), ("a: [", "not readable"), ("name: x\n", "title: is missing")],
)
def test_a_scenario_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ScenarioFaults, match=said):
        read_scenario(text)


# The lives


@pytest.mark.parametrize("chosen", [LUCKNOW, scenario(**UNSURE)], ids=["lucknow", "unsure"])
def test_looking_every_day_changes_nothing(chosen: Scenario) -> None:
    assert lives(6, chosen, daily=True) == lives(6, chosen)


@settings(max_examples=8, deadline=None)
@given(small_protocols())
def test_any_protocol_can_be_lived_through_and_looking_every_day_changes_nothing(protocol: Template) -> None:
    unsure = scenario(behaviour__watched_for="P9M", **UNSURE)
    assert lives(1, unsure, protocol, daily=True) == lives(1, unsure, protocol)


def test_a_day_outside_the_window_is_given_back_once_where_it_is_the_best_left() -> None:
    """A result takes longer than the gap between doses allows, so every next dose is late and has to be kept so."""
    gap = after({"previous": True}, earliest="P2W", target="P3W", latest="P4W")
    sizes = {"sizes": [1, 1, 1], "cap": 3, "cap_source": "clinic", "cap_grade": "setting"}
    tests = {"apca": LIT.tests["apca"].model_dump(by_alias=True)}
    sources = {name: {"title": name, "grade": "A"} for name in ("S51", "S25", "S09")}
    protocol = template(
        step("dose", after("course-start", earliest="P0D", target="P0D"), rounds=sizes, next=[gap]),
        step("assay", after({"step": "dose", "occurrence": "round"}, earliest="P2W", target="P3W", latest="P4W"),
             kind="test", test="apca", measures="round", of="dose"),
        tests=tests, sources=sources,
    )  # fmt: skip
    slow = scenario(
        response=NONE_RESPOND,
        result_after__most="P6W",
        result_after__least="P6W",
        policy__result_overdue=[],
        **CALM,
    )
    [life] = lives(1, slow, protocol)
    assert (life.ending, life.doses) == ("went on without response", 3)
    assert [verdict.timing.value for verdict in life.verdicts] == ["on_time", "late", "late"]


def test_equal_seeds_give_equal_lives_and_others_do_not() -> None:
    assert lives(8, seed=5) == lives(8, seed=5)
    assert lives(8, seed=5) != lives(8, seed=6)
    assert lives(3, seed=5) == lives(8, seed=5)[:3]


def test_who_responds_after_three_doses_has_a_course_that_can_be_counted_by_hand() -> None:
    [life] = lives(
        1, scenario(response=ALL_RESPOND, result_after__least="P2W", result_after__most="P2W", **CALM)
    )
    # Baseline on 5 January, dose 1 three weeks on, then four weeks each (the clinic is closed on 23 February and opens
    # on the 26th), the test four weeks after dose 3 and its result two weeks after that.
    assert [on.isoformat() for _, on in life.visits] == [
        "2026-01-05", "2026-01-26", "2026-02-26", "2026-03-26", "2026-04-23",
    ]  # fmt: skip
    assert (life.ending, life.doses, life.ended_on) == ("responded", 3, date(2026, 5, 7))
    assert life.days == 122
    assert [code for _, code, _ in life.flags] == ["prerequisite_missing"] * 3


def test_the_policy_adds_one_dose_after_another_up_to_the_cap() -> None:
    [life] = lives(1, scenario(response=NONE_RESPOND, **CALM))
    assert (life.ending, life.doses) == ("went on without response", 6)
    assert [code for _, code, _ in life.flags].count("no_antibody_response") == 4


def test_the_policy_is_the_scenario_s_own() -> None:
    three = scenario(
        response=NONE_RESPOND, policy__no_antibody_response=["extra_doses"], parameters={"doses": 9}, **CALM
    )
    [life] = lives(1, three)
    assert (life.ending, life.doses) == ("unfinished", 6)
    stopped = scenario(response=NONE_RESPOND, policy__no_antibody_response=["stop"], **CALM)
    assert {(life.ending, life.doses) for life in lives(3, stopped)} == {("stopped", 3)}
    others = scenario(response=ALL_RESPOND, policy__no_antibody_response=["change_donor", "stop"], **CALM)
    assert {life.ending for life in lives(3, others)} == {"responded"}


def test_already_positive_couples_get_no_dose_and_leavers_no_further_one() -> None:
    positive = lives(5, scenario(already_positive={"count": 1, "of": 1, "source": "S03", "grade": "A"}))
    assert {(life.ending, life.doses, life.treated) for life in positive} == {("already positive", 0, False)}
    leaving = scenario(response=NONE_RESPOND, already_positive=None,
                       drop_out={"count": 1, "of": 1, "source": "S03", "grade": "A"})  # fmt: skip
    assert {(life.ending, life.doses) for life in lives(5, leaving)} == {("dropped out", 1)}


def test_whoever_comes_late_or_not_at_all_is_seen_as_such() -> None:
    seen = lives(20, scenario(**UNSURE))
    report = summarise(seen)
    assert report.missed.count == sum(life.missed for life in seen) > 0
    assert {name for name, _ in report.timings} > {"on_time"}
    assert report.inside.count < report.inside.of


def test_nobody_comes_on_a_closed_day() -> None:
    assert all(OPEN.is_open(on) for life in lives(10, scenario(**UNSURE)) for _, on in life.visits)


def test_trying_goes_on_month_by_month_until_a_pregnancy() -> None:
    conception = {"attempt_after": "P8W", "monthly": 1.0, "source": "clinic", "grade": "setting"}
    certain = lives(3, scenario(response=ALL_RESPOND, conception=conception, **CALM))
    assert {life.ending for life in certain} == {"pregnant"}
    boosters = {"preconception-booster", "early-pregnancy-booster"}
    assert all(boosters <= {name for name, _ in life.visits} for life in certain)
    never = scenario(response=ALL_RESPOND, conception={**conception, "monthly": 0.0}, **CALM)
    [life] = lives(1, never)
    assert (life.ending, life.responded_after) == ("unfinished", 3)
    assert life.ended_on >= START + timedelta(days=690)


def test_a_protocol_without_a_test_is_complete_with_its_last_visit() -> None:
    gap = after({"previous": True}, earliest="P3W", target="P4W", latest="P6W")
    plain = template(step("dose", after("course-start", earliest="P0D", target="P1W"), next=[gap], count=3))
    assert {(life.ending, life.doses) for life in lives(4, scenario(**CALM), plain)} == {("complete", 3)}


def test_a_protocol_before_a_transfer_is_lived_through_once_the_transfer_is_planned() -> None:
    dose = step("dose", before("transfer", earliest="P3W", target="P2W", latest="P1W"))
    expected = {"transfer": {"after": "P8W"}, "nobody-s-milestone": {"after": "P1W"}}
    [life] = lives(1, scenario(milestones=expected, **CALM), template(dose))
    # The transfer on 2 March; two weeks before it the clinic is closed (14 to 25 February), and the 23rd is the last day.
    assert (life.ending, life.visits) == ("complete", (("dose", date(2026, 2, 13)),))
    [life] = lives(1, scenario(milestones={}, **CALM), template(dose))
    assert (life.ending, life.visits) == ("nothing was due", ())


def test_a_cycle_comes_again() -> None:
    gap = [
        after({"cycle_day": 5}, earliest="P0D", target="P0D", latest="P9D"),
        after({"previous": True}, earliest="P2W"),
    ]
    dose = step("dose", gap[0], next=gap, count=3)
    expected = {"cycle-start": {"after": "P1W", "every": "P4W"}}
    cycling = scenario(milestones=expected, **CALM)
    [life] = lives(1, cycling, template(dose))
    assert (life.ending, life.doses) == ("complete", 3)
    assert lives(1, cycling, template(dose), daily=True) == [life]


# The report


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (30, 43, 0.5489, 0.8140), (1, 2, 0.0945, 0.9055)],
)
def test_wilson_s_interval_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


def test_a_share_tells_its_denominator_and_its_uncertainty() -> None:
    assert Proportion(30, 43).words() == "30 of 43 (70 %, 95 % interval 55 to 81 %)"
    assert Proportion(0, 0).as_json() == {"count": 0, "of": 0, "share": None, "interval": None}


def test_a_spread_has_its_quartiles() -> None:
    assert Spread.over([1, 2, 3, 4, 5]).points == (1, 2, 3, 4, 5)
    assert Spread.over([7]).points == (7, 7, 7, 7, 7)
    assert Spread.over([]).as_json()["median"] is None


def test_the_report_counts_every_couple_once_and_lengths_of_the_treated() -> None:
    seen = lives(25)
    report = summarise(seen)
    treated = [life for life in seen if life.treated]
    assert sum(share.count for _, share in report.endings) == report.couples == 25
    assert report.days.of == len(treated) < 25
    assert sum(share.count for _, share in report.doses) == len(treated)
    assert sum(count for _, count in report.weeks) == sum(len(life.visits) for life in seen)
    assert all(monday.weekday() == 0 for monday, _ in report.weeks)
    assert sum(share.count for _, share in report.timings) == sum(len(life.verdicts) for life in seen)
    assert report.busiest_week is not None
    assert report.visits_a_week <= report.busiest_week[1]


def test_couples_begin_as_often_as_the_scenario_says() -> None:
    begun = [life.started_on for life in lives(5, scenario(behaviour__arrivals_per_week=7.0, **CALM))]
    assert begun == [START + timedelta(days=n) for n in range(5)]


def test_nobody_at_all_is_a_report_too() -> None:
    report = summarise([])
    assert (report.couples, report.visits_a_week, report.busiest_week) == (0, 0.0, None)
    assert report.as_json()["doses_inside_window"]["share"] is None


def test_a_flag_is_counted_once_a_couple_and_once_a_cause() -> None:
    [life] = lives(1, scenario(response=NONE_RESPOND, **CALM))
    report = summarise([life, replace(life, number=1, flags=())])
    [flag] = [flag for flag in report.flags if flag.code == "no_antibody_response"]
    assert (flag.raised, flag.per_couple, flag.couples) == (4, 2.0, Proportion(1, 2))
