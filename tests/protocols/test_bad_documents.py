"""Bad documents: each fault named with its line and remedy, several at once."""

import re

import pytest

from protocols import BlankFaults, Fault, TemplateFaults, load, load_to_plan

HEAD = """\
name: small
version: "1"
title: Small
evidence: none
sources: {}
milestones:
  course-start: {title: Course start}
  cycle-start: {title: First day of the cycle, repeats: true}
  transfer: {title: Transfer}
tests:
  xm:
    title: Crossmatch
    assay: cdc
    unit: percent
    minimum: 0
    maximum: 100
    bands:
      - {from: 0, name: negative, response: none, source: clinic, grade: setting}
      - {from: 50, name: positive, response: responded, source: clinic, grade: setting}
steps:
"""
DOSE = """\
  - name: dose
    title: Dose
    noun: dose
    kind: dose
    rounds:
      sizes: [3]
      cap: 4
      cap_source: clinic
      cap_grade: setting
    relations:
      - after: {milestone: course-start}
        earliest: {at: P0D, source: clinic, grade: setting}
        target: {at: P1W, source: clinic, grade: setting}
        latest: {at: P2W, source: clinic, grade: setting}
    next:
      - after: {previous: true}
        earliest: {at: P3W, source: clinic, grade: setting}
"""
REVIEW = """\
  - name: review
    title: Review
    noun: review
    kind: review
    relations:
      - after: {step: dose, occurrence: 2}
        earliest: {at: P1W, source: clinic, grade: setting}
"""
GOOD = HEAD + DOSE + REVIEW
REPEAT = """\
    repeat:
      until: {after: {gestation: true}, maximum: {at: P12W, source: clinic, grade: setting}}
      cap_source: clinic
      cap_grade: setting
"""


def faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(TemplateFaults) as refusal:
        load(text)
    return refusal.value.faults


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


GAP = """\
    gaps:
      "3":
        - after: {step: review}
          earliest: {at: P3D, source: clinic, grade: setting}
    relations:"""
IN_PREGNANCY = REVIEW.replace("{step: dose, occurrence: 2}", "{gestation: true}")
REPEATED = (
    HEAD
    + IN_PREGNANCY.replace("    relations:", f"{REPEAT}    relations:")
    + "    next:\n      - after: {previous: true}\n        earliest: {at: P15D, source: clinic, grade: setting}\n"
)  # fmt: skip
CAPPED = REPEATED.replace("      cap_source", "      cap: 4\n      cap_source")


def test_the_document_that_the_others_are_made_from_has_no_fault() -> None:
    assert load(GOOD).name == "small"
    assert load(changed("    relations:", GAP)).steps[0].gaps.keys() == {3}
    assert load(CAPPED).steps[0].repeat is not None


def test_gaps_are_numbered_without_quotes_too() -> None:
    assert load(changed("    relations:", GAP.replace('"3"', "3"))).steps[0].gaps.keys() == {3}


# name: (the document, the text of the line it stands on, its field, what is said, what mends it)
AFTER_DOSE_3 = changed("{step: dose, occurrence: 2}", "{step: dose, occurrence: 3}")
BAD: dict[str, tuple[str, str, str, str, str]] = {
    "a circle of two steps": (
        changed("after: {milestone: course-start}", "after: {step: review}"),
        "- name:", r"steps\.\d", r"waits for itself: .*(dose #1 .*review #1|review #1 .*dose #1)", "Break the circle",
    ),
    "a circle that only single occurrences show": (
        changed("    relations:", GAP, AFTER_DOSE_3),
        "", r"steps\.\d", r"waits for itself: .*(dose #3 .*review #1|review #1 .*dose #3)", "Break the circle",
    ),
    "a step that waits for itself": (
        changed("{step: dose, occurrence: 2}", "{step: review}"),
        "- name: review", r"steps\.1", "review #1 -> review #1", "Break the circle",
    ),
    "an unknown step": (
        changed("{step: dose, occurrence: 2}", "{step: doze, occurrence: 2}"),
        "step: doze", r"steps\.1\.relations\.0\.after\.step", "no step 'doze'", "Use one of: dose, review",
    ),
    "an unknown milestone": (
        changed("{milestone: course-start}", "{milestone: beginning}"),
        "milestone: beginning", r"steps\.0\.relations\.0\.after\.milestone", "no milestone 'beginning'",
        "Use one of: course-start, cycle-start, transfer",
    ),
    "a window in the wrong order": (
        changed("target: {at: P1W", "target: {at: P3W"),
        "after: {milestone: course-start}", r"steps\.0\.relations\.0", "target lies after latest",
        "absolute_minimum <= earliest <= target <= latest <= maximum",
    ),
    "a window before an anchor in the wrong order": (
        changed("- after: {milestone: course-start}", "- before: {milestone: transfer}"),
        "before: {milestone: transfer}", r"steps\.0\.relations\.0", "earliest lies after target",
        "Give the dates in the order",
    ),
    "a unit that no duration has": (
        changed("{at: P3W", "{at: 3 weeks"), "at: 3 weeks", r"steps\.0\.next\.0\.earliest\.at", "3 weeks", "",
    ),
    "hours where days are counted": (
        changed("{at: P3W", "{at: PT72H"), "at: PT72H", r"steps\.0\.next\.0\.earliest\.at", "PT72H", "",
    ),
    "a sign without its P": (
        changed("{at: P3W", "{at: P6M-4D"), "at: P6M-4D", r"steps\.0\.next\.0\.earliest\.at", "P6M-4D", "",
    ),
    "months of pregnancy": (
        changed("{milestone: course-start}", "{gestation: true}").replace("latest: {at: P2W", "latest: {at: P3M"),
        "latest:", r"steps\.0\.relations\.0\.latest", "P3M counts months", "Give weeks or days",
    ),
    "months of the cycle": (
        changed("{milestone: course-start}", "{cycle_day: 5}").replace("latest: {at: P2W", "latest: {at: P1M"),
        "latest:", r"steps\.0\.relations\.0\.latest", "P1M counts months", "Give weeks or days",
    ),
    "rounds without a cap": (
        changed("      cap: 4\n", ""), "rounds:", r"steps\.0\.rounds\.cap", "is missing", "Add cap",
    ),
    "a repeat without a cap": (
        REPEATED,
        "repeat:", r"steps\.0\.repeat\.cap", "is missing", "Add cap",
    ),
    "a cap below the planned doses": (
        changed("cap: 4", "cap: 2"), "cap: 2", r"steps\.0\.rounds\.cap", "less than the planned doses", "Raise the cap",
    ),
    "a dose that is never given": (
        changed("occurrence: 2}", "occurrence: 5}"), "occurrence: 5", r"steps\.1\.relations\.0\.after", "at most 4 times",
        "Name another anchor",
    ),
    "a first occurrence after the one before it": (
        changed("after: {milestone: course-start}", "after: {previous: true}"),
        "previous: true", r"steps\.0\.relations\.0\.after", "can never be known", "Name another anchor",
    ),
    "the end of a round that nothing tests": (
        changed("{step: dose, occurrence: 2}", "{step: dose, occurrence: round}"),
        "occurrence: round", r"steps\.1\.relations\.0\.after", "can never be known", "Name another anchor",
    ),
    "the second of a milestone that happens once": (
        changed("{step: dose, occurrence: 2}", "{milestone: transfer, occurrence: 2}"),
        "occurrence: 2", r"steps\.1\.relations\.0\.after", "transfer does not repeat", "Name another anchor",
    ),
    "a repeat whose end has no end": (
        changed("maximum: {at: P12W", "earliest: {at: P12W", CAPPED),
        "until:", r"steps\.0\.repeat\.until", "has no end", "Give maximum",
    ),
    "a decision that no step leads to": (
        changed("{step: dose, occurrence: 2}", "{decision: asked}"),
        "decision: asked", r"steps\.1\.relations\.0\.after", "can never be known", "Name another anchor",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_document_is_told_with_line_field_and_remedy(name: str) -> None:
    text, stands_on, field, said, remedy = BAD[name]
    [fault] = faults_of(text)
    assert fault.line is not None
    assert stands_on in text.splitlines()[fault.line - 1]
    assert re.fullmatch(field, fault.field)
    assert re.search(said, fault.message), fault.message
    assert remedy in fault.remedy
    assert fault.remedy


def test_all_faults_of_a_document_are_told_at_once_by_their_lines() -> None:
    text = changed("cap: 4", "cap: 2", changed("target: {at: P1W", "target: {at: P3W"))
    text = changed("{step: dose, occurrence: 2}", "{step: doze}", text)
    found = faults_of(text)
    assert [fault.field for fault in found] == [
        "steps.0.rounds.cap", "steps.0.relations.0", "steps.1.relations.0.after.step",
    ]  # fmt: skip
    assert [fault.line for fault in found] == sorted(fault.line or 0 for fault in found)


def test_all_faults_of_shape_are_told_at_once() -> None:
    text = changed(
        "kind: review", "kind: revue", changed("{at: P3W", "{at: 3 weeks", changed("      cap: 4\n", ""))
    )
    assert {fault.field for fault in faults_of(text)} == {
        "steps.0.rounds.cap", "steps.0.next.0.earliest.at", "steps.1.kind",
    }  # fmt: skip


def test_an_empty_cap_is_a_question_and_no_loop_without_end() -> None:
    text = changed("cap: 4", "cap: null")
    assert load(text).steps[0].rounds is not None
    with pytest.raises(BlankFaults) as refusal:
        load_to_plan(text)
    [fault] = refusal.value.faults
    assert (fault.field, text.splitlines()[(fault.line or 0) - 1].strip()) == (
        "steps.0.rounds.cap",
        "cap: null",
    )
