"""Two versions of a protocol: what differs in words, what can change a plan, what a move does to one treatment."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from protocols import (
    FactFaults,
    Facts,
    MoveVerdict,
    Plan,
    Template,
    Workdays,
    compare_plans,
    differences,
    library_names,
    library_text,
    load,
    plan,
    refused_move,
    scheduling_hash,
)
from tests.builders import (
    LIT,
    SENSITISATION,
    after,
    booked,
    course,
    given,
    number,
    plan_on,
    result,
    step,
    template,
)
from tests.strategies import histories, small_protocols

TEXT = library_text("lit-standard")
GAP = "target: {at: P4W, source: S02, grade: A}"


def changed(was: str, becomes: str) -> Template:
    """The standard course with one text of its document replaced where it first stands."""
    assert was in TEXT
    return load(TEXT.replace(was, becomes, 1))


# Words


def test_a_number_is_told_with_its_step_its_amounts_and_its_sources() -> None:
    new = changed(GAP, "target: {at: P3W, source: clinic, grade: setting}")
    assert differences(LIT, new) == (
        "Sensitisation dose, next doses: target 4 weeks -> 3 weeks (S02 (A) -> clinic (setting))",
    )


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("cap: 6", "cap: 5", "Sensitisation dose, rounds: at most in all 6 -> 5 (S03 (A))"),
        ("sizes: [3]", "sizes: [2, 2]", "Sensitisation dose, rounds: doses 3 -> 2, 2"),
        ("{from: 21, name", "{from: 25, name", "Test apca: band weak positive from 21 -> 25"),
        ("notice: P7D", "notice: P10D", "Notice: 1 week -> 10 days"),
        ("title: LIT, standard course", "title: LIT, ours", "Title: LIT, standard course -> LIT, ours"),
        ("month_ends: roll_forward", "month_ends: clamp", "Month ends: roll forward -> stay in the month"),
        (
            "S40, grade: A}\n        target",
            'S40, grade: A, note: "one case"}\n        target',
            'Booster before conception, before conception attempt: earliest note none -> "one case"',
        ),
        (
            "earliest: {at: P2W, source: S15, grade: A}",
            "earliest: {at: P2W, source: S38, grade: B}",
            "Antibody test: earliest 2 weeks, now after S38 (B) instead of S15 (A)",
        ),
        (
            "holds: [sensitisation, antibody-test]",
            "holds: [sensitisation]",
            "Flag dose_inadequate: holds sensitisation, antibody-test -> sensitisation",
        ),
        (
            '  - {before: P1D, at: "09:00", source: S89, grade: A}\n',
            "",
            "Reminders: removed before the visit 1 day, at 09:00 (S89 (A))",
        ),
        (
            "      - after: {milestone: course-start}\n        earliest: {at: P0D, source: clinic, grade: setting}\n"
            "    next",
            "    next",
            "Sensitisation dose: no longer counted after course start: earliest 0 days (clinic (setting))",
        ),
        (
            "        - {not: {milestone: pregnancy}}\n",
            "",
            "Re-dose, applies when: a response in apca or the decision 'continue' on no_antibody_response and no "
            "milestone pregnancy so far -> a response in apca or the decision 'continue' on no_antibody_response",
        ),
    ],
)  # fmt: skip
def test_each_part_of_a_document_is_told_in_words(was: str, becomes: str, told: str) -> None:
    assert differences(LIT, changed(was, becomes)) == (told,)


def test_a_step_that_comes_and_one_that_goes_are_told() -> None:
    first = step("dose", after("course-start", earliest="P0D"))
    control = step("control", after({"step": "dose"}, target="P2W"), kind="review")
    told = differences(template(first), template(first, control))
    assert told == ("Control: added; after dose: target 2 weeks (clinic (setting))",)
    assert differences(template(first, control), template(first)) == (
        "Control: removed; after dose: target 2 weeks (clinic (setting))",
    )


def test_what_a_blank_became_is_told() -> None:
    blank = step("dose", {"after": {"milestone": "course-start"}, "earliest": number(None)})
    filled = step("dose", after("course-start", earliest="P2W"))
    assert differences(template(blank), template(filled)) == (
        "Dose: earliest not filled in -> 2 weeks (clinic (setting))",
    )


def test_the_number_of_the_version_is_no_difference() -> None:
    assert differences(LIT, changed('version: "1"', 'version: "2"')) == ()


@pytest.mark.parametrize("name", library_names())
def test_every_protocol_that_ships_is_told_from_the_standard_course_without_a_word_of_the_program(
    name: str,
) -> None:
    other = load(library_text(name))
    lines = differences(LIT, other)
    assert bool(lines) == (name != "lit-standard")
    assert len(differences(other, LIT)) == len(lines)
    for line in lines:
        spoken = re.sub(r'"[^"]*"', "", line)
        assert not re.search(r"None\b|Duration|[(]\w+=|[{}]", spoken), line


_EDITS: list[Callable[[dict[str, Any]], None]] = [
    lambda body: body.update(notice="P20D"),
    lambda body: body["steps"][0].update(title="Another title"),
    lambda body: body["steps"][0].update(noun="jab"),
    lambda body: body["steps"][0]["relations"][0]["earliest"].update(at="P2D"),
    lambda body: body["steps"][0]["relations"][0]["earliest"].update(source="S1", grade="A"),
    lambda body: body["steps"][1].update(optional=True),
    lambda body: body["steps"][2].update(attends=["recipient", "donor"]),
    lambda body: body["flags"].update(visit_overdue={"owner": "doctor"}),
    lambda body: body["milestones"]["operation"].update(title="Surgery"),
    lambda body: body["steps"].reverse(),
    lambda body: body["tests"]["apca"].update(title="Crossmatch"),
    lambda body: body["sources"].update(S1={"title": "A paper", "grade": "A"}),
]


WORDY = [1, 2, 4, 8, 10, 11]  # edits of titles, nouns and sources


def edited(protocol: Template, edits: list[int]) -> Template:
    body = protocol.model_dump(mode="json", by_alias=True)
    for edit in edits:
        _EDITS[edit](body)
    return Template.model_validate(body)


@hypothesis_given(small_protocols(), st.lists(st.integers(0, len(_EDITS) - 1), max_size=4))
def test_documents_that_differ_are_told_apart_and_equal_ones_are_not(
    protocol: Template, edits: list[int]
) -> None:
    new = edited(protocol, edits)
    assert bool(differences(protocol, new)) == (protocol != new)
    assert len(differences(protocol, new)) == len(differences(new, protocol))


# The hash


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("title: LIT, standard course", "title: Ours"),
        ("title: Sensitisation dose", "title: First doses"),
        ("noun: dose", "noun: immunisation"),
        ("target: {at: P4W, source: S02, grade: A}", "target: {at: P4W, source: S43, grade: B, note: ours}"),
        ("Contested.", "Much contested."),
        ('  - {before: P1D, at: "09:00", source: S89, grade: A}\n', ""),
        ('version: "1"', 'version: "2"'),
        ("cap_source: S03, cap_grade: A", "cap_source: S02, cap_grade: A"),
    ],
)
def test_words_sources_and_reminders_do_not_change_the_hash(was: str, becomes: str) -> None:
    new = changed(was, becomes)
    assert new != LIT
    assert scheduling_hash(new) == scheduling_hash(LIT)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (GAP, "target: {at: P3W, source: S02, grade: A}"),
        ("cap: 6", "cap: 5"),
        ("{from: 21, name", "{from: 25, name"),
        ("notice: P7D", "notice: P10D"),
        ("holds: [sensitisation, antibody-test]", "holds: [sensitisation]"),
        ("    attends: [recipient, donor]", "    attends: [recipient]"),
        ("month_ends: roll_forward", "month_ends: clamp"),
        ("    optional: true\n", ""),
        ("    phase: pregnancy\n", ""),
        ("weak_antibody_response: {holds", "weak_antibody_response: {owner: nurse, holds"),
        ("weak_antibody_response: {holds", "weak_antibody_response: {deadline: P1D, holds"),
        ("starts: sampled_on", "starts: resulted_on"),
        ("donor_specific: true", "donor_specific: false"),
    ],
)
def test_what_can_change_a_plan_changes_the_hash(was: str, becomes: str) -> None:
    assert scheduling_hash(changed(was, becomes)) != scheduling_hash(LIT)


def test_a_milestone_that_is_called_title_is_no_title() -> None:
    one = template(
        step("dose", after("course-start", earliest="P0D")), milestones={"course-start": {"title": "a"}}
    )
    two = template(
        step("dose", after("course-start", earliest="P0D")),
        milestones={"course-start": {"title": "a"}, "title": {"title": "a"}},
    )
    assert scheduling_hash(one) != scheduling_hash(two)


@settings(max_examples=150)
@hypothesis_given(st.data())
def test_equal_hashes_mean_that_no_plan_changes(data: st.DataObject) -> None:
    history = data.draw(histories(small_protocols()))
    wordy = st.lists(st.sampled_from(WORDY), min_size=1, max_size=4)
    any_edits = st.lists(st.integers(0, len(_EDITS) - 1), min_size=1, max_size=2)
    new = edited(history.template, data.draw(wordy | any_edits))
    old = history.plan()
    try:
        moved = plan(new, Facts.of(history.records), history.workdays, history.today)
    except FactFaults as error:
        verdict = refused_move(error).verdict
    else:
        verdict = compare_plans(old, moved).verdict
    if scheduling_hash(new) == scheduling_hash(history.template):
        assert verdict is MoveVerdict.UNCHANGED


# What a move does to one treatment


def both(new: Template, today: str, *more: Any) -> tuple[Plan, Plan]:
    return plan_on(today, course(*more)), plan_on(today, course(*more), new)


def test_a_treatment_whose_days_stay_is_unchanged() -> None:
    old, new = both(changed(GAP, "target: {at: P3W, source: S02, grade: A}"), "2026-03-16")
    assert compare_plans(old, new).verdict is MoveVerdict.UNCHANGED


def test_a_visit_that_moves_is_told_from_which_day_to_which() -> None:
    records = course()[:3]
    three = changed(GAP, "target: {at: P3W, source: S02, grade: A}")
    compared = compare_plans(plan_on("2026-01-13", records), plan_on("2026-01-13", records, three))
    assert compared.verdict is MoveVerdict.MOVED
    assert compared.changes[0] == "Sensitisation dose 2: 9 Feb 2026 -> 2 Feb 2026"
    assert compared.can_move


def test_a_booking_that_no_longer_fits_is_out_of_window_and_keeps_its_day() -> None:
    records = [*course()[:3], booked(SENSITISATION, "2026-02-09", 2)]
    short = changed(
        GAP + "\n        latest: {at: P6W, source: S43, grade: B}",
        "target: {at: P3W, source: S02, grade: A}\n        latest: {at: P24D, source: S43, grade: B}",
    )
    old, new = plan_on("2026-01-13", records), plan_on("2026-01-13", records, short)
    compared = compare_plans(old, new)
    assert compared.verdict is MoveVerdict.OUT_OF_WINDOW
    assert compared.out_of_window
    visit = new.visit(SENSITISATION, 2)
    assert visit is not None
    assert str(visit.on) == "2026-02-09"


def test_a_flag_that_holds_or_asks_needs_a_decision() -> None:
    records = [*course()[:2], given(1, "2026-01-12", given={"cells_million": 7})]
    more = changed("content: {cells_million: 5, source: S02", "content: {cells_million: 8, source: S02")
    compared = compare_plans(plan_on("2026-01-13", records), plan_on("2026-01-13", records, more))
    assert compared.verdict is MoveVerdict.NEEDS_DECISION
    assert compared.decisions
    assert compared.can_move


def test_a_treatment_whose_records_name_a_step_that_is_gone_cannot_move() -> None:
    without = template(step("dose", after("course-start", earliest="P0D")))
    with pytest.raises(FactFaults) as refused:
        plan(without, Facts.of(course()), Workdays(), plan_on("2026-03-16", course()).today)
    compared = refused_move(refused.value)
    assert compared.verdict is MoveVerdict.NEEDS_DECISION
    assert not compared.can_move
    assert any(SENSITISATION in fault.message for fault in compared.faults)


def test_equal_comparisons_have_equal_fingerprints_and_others_do_not() -> None:
    records = course()[:3]
    plans = [
        plan_on("2026-01-13", records, changed(GAP, f"target: {{at: {gap}, source: S02, grade: A}}"))
        for gap in ("P4W", "P3W", "P5W")
    ]
    prints = [compare_plans(plans[0], one).fingerprint for one in (*plans, plans[1])]
    assert len(set(prints)) == 3
    assert prints[1] == prints[3]


def test_a_result_read_by_other_bands_is_told() -> None:
    records = course(result(22, "2026-04-06", "2026-04-09"))
    other = changed(
        "{from: 21, name: weak positive, response: weak", "{from: 21, name: weak positive, response: none"
    )
    compared = compare_plans(plan_on("2026-04-10", records), plan_on("2026-04-10", records, other))
    assert compared.verdict is MoveVerdict.NEEDS_DECISION
    assert any("not responded yet" in change for change in compared.changes)
