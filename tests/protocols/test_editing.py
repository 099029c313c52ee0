"""A document edited by its numbers: the text changes just there and says whose number it is now."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import TemplateFaults, library_names, library_text, load
from protocols.document import all_numbers, bands_of
from protocols.editing.examining import LONGEST, examine
from protocols.editing.exchanging import EditableNumber, numbers_of, still_cited, with_heading, with_numbers
from protocols.editing.numbers import said

LIT = library_text("lit-standard")
GAP, CAP, CELLS = "steps.1.next.0.target", "steps.1.rounds.cap", "steps.1.content.cells_million"
SCREENS = "steps.1.requires.1.not_older_than"

SMALL = """\
name: small
version: "1"
title: Small
evidence: none
sources: {S38: {title: "A clinic's page", grade: B}}  # one source
milestones: {course-start: {title: Course start}}
parameters:
  gap: {value: null, title: "Weeks between doses"}
steps:
  - name: dose
    title: Dose
    noun: dose
    kind: dose
    rounds: {sizes: [2], cap: 4, cap_source: S38, cap_grade: B}
    relations:
      - after: {milestone: course-start}
        target:
          at: P0D
          source: clinic
          grade: setting
    next:
      - after: {previous: true}
        target: {at: {parameter: gap}, source: S38, grade: C, note: "three to six"}
        latest: &late {at: P6W, source: S38, grade: B}
  - name: other
    title: Other visit
    noun: visit
    kind: contact
    relations:
      - after: {step: dose}
        latest: *late
"""


def number(text: str, path: str) -> EditableNumber:
    return next(one for one in numbers_of(text) if one.path == path)


def changed_lines(old: str, new: str) -> list[str]:
    return [
        line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line.startswith(("- ", "+ "))
    ]


def test_a_number_has_a_label_that_a_doctor_understands() -> None:
    assert number(LIT, GAP).label == "Sensitisation dose, Dose 2 and later, after the dose before: target"
    assert number(LIT, CAP).label == "Sensitisation dose: most doses in all"
    assert number(LIT, "steps.3.relations.0.target").label.endswith("Before the conception attempt: target")
    assert number(LIT, GAP).in_words == "4 weeks"
    assert (number(LIT, GAP).source, number(LIT, GAP).grade) == ("S02", "A")


def test_about_a_dozen_numbers_of_the_standard_course_matter() -> None:
    matters = {one.path for one in numbers_of(LIT) if one.matters}
    assert {GAP, CAP, CELLS, "notice", "tests.apca.valid_for.number", "steps.3.relations.0.target"} <= matters
    assert 10 <= len(matters) <= 15


@pytest.mark.parametrize("name", library_names())
def test_every_library_protocol_gives_numbers_that_are_read_as_the_template_reads_them(name: str) -> None:
    text = library_text(name)
    numbers = numbers_of(text)
    assert numbers
    assert all(one.readable for one in numbers)
    assert len({one.path for one in numbers}) == len(numbers)
    blank = {one.path for one in numbers if one.blank}
    for field in examine(text).blanks:
        owners = {
            one.path for one in numbers if any(f"{path}.".startswith(f"{field}.") for path in one.shown_at)
        }
        assert owners & blank, field


def test_one_number_changes_one_line_and_becomes_the_clinics_own() -> None:
    new = with_numbers(LIT, {GAP: "P5W"})
    assert changed_lines(LIT, new) == [
        "-         target: {at: P4W, source: S02, grade: A}",
        '+         target: {at: P5W, source: clinic, grade: setting, note: "library: 4 weeks, S02 (A)"}',
    ]
    now = number(new, GAP)
    assert (now.source, now.grade, now.own) == ("clinic", "setting", "4 weeks, S02 (A)")
    assert load(new).step_named["sensitisation"].next[0].target is not None


def test_a_note_that_was_there_stays_behind_what_the_library_said() -> None:
    now = number(with_numbers(LIT, {SCREENS: "P10D"}), SCREENS)
    assert now.own == "1 week, S74 (A)"
    assert now.note == "at donation or within seven days; here before it"


def test_a_number_without_a_note_is_marked_by_a_comment_above_it() -> None:
    new = with_numbers(LIT, {CAP: "8"})
    assert (
        "    # library: rounds.cap 6, S03 (A)\n    rounds: {sizes: [3], cap: 8, cap_source: clinic, cap_grade: setting}"
        in new
    )
    assert number(new, CAP).own == "6, S03 (A)"


def test_a_second_change_keeps_what_the_library_said() -> None:
    new = with_numbers(with_numbers(LIT, {GAP: "P5W", CAP: "8"}), {GAP: "P6W", CAP: "9"})
    assert number(new, GAP).own == "4 weeks, S02 (A)"
    assert number(new, CAP).own == "6, S03 (A)"
    assert new.count("# library:") == 1


LIBRARY = {one.path: one.value for one in numbers_of(LIT)}
VALUES = st.sampled_from(["P5W", "P10D", "P6M-P4D", "7", "2", "", "4 wks", "P2Y"])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(LIBRARY)), VALUES, min_size=1, max_size=8))
def test_set_back_to_the_library_the_document_is_the_same_to_the_letter(changes: dict[str, str]) -> None:
    new = with_numbers(LIT, changes)
    assert with_numbers(new, changes) == new
    assert with_numbers(new, {path: LIBRARY[path] for path in changes}) == LIT


def test_numbers_under_one_source_give_it_back_only_when_the_last_of_them_is_the_librarys_again() -> None:
    both = LIT.replace(
        "    content: {cells_million: 5, source: S02, grade: A}\n\n  - name: antibody-test",
        "    content: {cells_million: 5, viability_percent: 80, source: S02, grade: A}\n\n  - name: antibody-test",
    )
    viable = "steps.1.content.viability_percent"
    new = with_numbers(with_numbers(both, {CELLS: "7"}), {viable: "90"})
    assert number(new, viable).own == "80, S02 (A)"
    half = with_numbers(new, {CELLS: "5"})
    assert (number(half, CELLS).own, number(half, viable).own) == ("", "80, S02 (A)")
    assert number(half, viable).source == "clinic"
    assert with_numbers(half, {viable: "80"}) == both
    assert with_numbers(new, {viable: "80", CELLS: "5"}) == both


def test_what_is_typed_twice_or_as_another_spelling_changes_nothing() -> None:
    assert with_numbers(LIT, {GAP: "P4W", CAP: "6"}) == LIT
    assert with_numbers(LIT, {GAP: "P28D"}) == LIT


def test_comments_order_and_anchors_stay() -> None:
    new = with_numbers(
        LIT, {one.path: one.value and ("P9W" if one.kind == "duration" else "9") for one in numbers_of(LIT)}
    )
    comments = [line for line in LIT.splitlines() if "# " in line]
    assert [line for line in new.splitlines() if "# " in line and "library:" not in line] == comments
    assert "requires: &dose_before_conception" in new
    assert "requires: *dose_before_conception" in new


def test_a_number_that_steps_share_says_so_and_is_listed_once() -> None:
    shared = number(LIT, SCREENS)
    assert shared.words.shared_with == ("Re-dose",)
    assert "the same in Re-dose" in shared.label
    assert "steps.5.requires.1.not_older_than" in shared.shown_at
    assert all(one.path != "steps.5.requires.1.not_older_than" for one in numbers_of(LIT))


def test_a_number_shared_by_an_alias_changes_for_both_and_for_no_other() -> None:
    late = number(SMALL, "steps.0.next.0.latest")
    assert late.words.shared_with == ("Other visit",)
    new = with_numbers(SMALL, {late.path: "P7W"})
    assert [line for line in changed_lines(SMALL, new) if line.startswith("+")] == [
        '+         latest: &late {at: P7W, source: clinic, grade: setting, note: "library: 6 weeks, S38 (B)"}'
    ]


def test_a_parameter_is_one_number_with_the_words_of_its_title() -> None:
    gap = number(SMALL, "parameters.gap")
    assert gap.blank
    assert gap.matters
    assert gap.kind == "duration"
    assert (gap.words.group, gap.label) == ("Left to the clinic", "Weeks between doses")
    assert gap.words.used_in == ("Dose",)
    assert all(one.path != "steps.0.next.0.target" for one in numbers_of(SMALL))


def test_a_parameter_that_is_filled_makes_the_number_that_uses_it_the_clinics_own() -> None:
    new = with_numbers(SMALL, {"parameters.gap": "P4W"})
    assert 'gap: {value: P4W, title: "Weeks between doses"}' in new
    assert 'source: clinic, grade: setting, note: "library: blank, S38 (C); three to six"' in new
    assert number(new, "parameters.gap").library_says == "the library leaves it blank"
    assert with_numbers(new, {"parameters.gap": ""}) == SMALL


def test_a_parameter_of_a_number_without_a_note_is_the_clinics_own_too() -> None:
    text = SMALL.replace(
        "cap: 4, cap_source: S38, cap_grade: B", "cap: {parameter: most}, cap_source: S38, cap_grade: C"
    )
    text = text.replace("parameters:\n", "parameters:\n  most: {value: null, title: Most doses}\n")
    assert number(text, "parameters.most").kind == "whole"
    filled = with_numbers(text, {"parameters.most": "6"})
    assert number(filled, "parameters.most").library_says == "the library leaves it blank"
    assert "cap_source: clinic, cap_grade: setting" in filled
    assert with_numbers(filled, {"parameters.most": ""}) == text


def test_a_number_changed_in_the_document_that_still_cites_the_library_is_found() -> None:
    by_hand = LIT.replace(
        "target: {at: P4W, source: S02, grade: A}", "target: {at: P5W, source: S02, grade: A}"
    )
    assert [one.path for one in still_cited(by_hand, LIT)] == [GAP]
    moved = by_hand.replace("    noun: dose\n", "    noun: dose\n    optional: false\n")
    assert [one.place for one in still_cited(moved, LIT)] == ["steps.sensitisation.next.0.target"]
    assert still_cited(with_numbers(LIT, {GAP: "P5W"}), LIT) == ()
    assert still_cited(LIT.replace("at: P4W", "at: P28D"), LIT) == ()


@pytest.mark.parametrize("name", library_names())
def test_no_duration_and_no_band_of_a_library_protocol_is_without_a_field(name: str) -> None:
    template = load(library_text(name))
    fields = {field for field, _ in all_numbers(template)}
    fields |= {f"{field}.from" for test, lab in template.tests.items() for field, _ in bands_of(test, lab)}
    shown = {path for one in numbers_of(library_text(name)) for path in one.shown_at}
    assert fields <= shown


def test_a_block_mapping_gets_its_note_on_a_line_of_its_own() -> None:
    path = "steps.0.relations.0.target"
    new = with_numbers(SMALL, {path: "P3D"})
    assert "          at: P3D\n          source: clinic\n          grade: setting\n" in new
    assert '          grade: setting\n          note: "library: 0 days, clinic (setting)"\n' in new
    assert with_numbers(new, {path: "P0D"}) == SMALL


def test_what_is_no_number_stands_in_the_document_and_the_check_names_it() -> None:
    new = with_numbers(LIT, {GAP: "4 wks: # {", CAP: "many"})
    assert number(new, GAP).value == "4 wks: # {"
    assert not number(new, GAP).readable
    fields = [fault.field for fault in examine(new).faults]
    assert any(field.startswith(GAP) for field in fields)
    assert any(field.startswith(CAP) for field in fields)
    assert with_numbers(new, {GAP: "P4W", CAP: "6"}) == LIT


def test_a_path_without_a_number_is_refused_and_names_it() -> None:
    with pytest.raises(TemplateFaults) as refused:
        with_numbers(LIT, {GAP: "P5W", "steps.9.next.0.target": "P5W"})
    assert "steps.9.next.0.target: is no number of this document" in str(refused.value)


def test_a_copy_has_its_own_version_and_title_and_nothing_else_changes() -> None:
    new = with_heading(LIT, {"version": "2027-1", "title": 'Ours: "the" course'})
    template = load(new)
    assert (template.name, template.version, template.title) == (
        "lit-standard",
        "2027-1",
        'Ours: "the" course',
    )
    assert len(changed_lines(LIT, new)) == 4
    assert load(with_heading(LIT.replace('version: "1"\n', ""), {"version": "3"})).version == "3"


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- b", "a: [", "steps: 4", "steps: [1, {relations: 3}]\nx: y"]
)
def test_a_text_that_is_no_protocol_has_no_numbers_and_tells_its_faults(text: str) -> None:
    assert numbers_of(text) == ()
    examined = examine(text)
    assert examined.template is None
    assert examined.faults


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "x: " + "[" * 5000 + "]" * 5000,
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "\n".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]"
            for old, new in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "x" * (LONGEST + 1),
    ],
)
def test_a_text_without_end_is_a_fault_and_not_a_breakdown(text: str) -> None:
    assert numbers_of(text) == ()
    [fault] = examine(text).faults
    assert fault.field == "document"
    assert fault.remedy


def test_a_number_that_cannot_be_read_hides_no_other_fault() -> None:
    wrong = with_numbers(LIT, {CAP: "many", GAP: "P9W", "steps.4.relations.0.maximum": "soon", "notice": "x"})
    fields = {fault.field for fault in examine(wrong).faults}
    assert {CAP, "steps.1.next.0", "steps.4.relations.0.maximum.at", "notice"} <= fields


def test_a_field_that_does_not_exist_hides_no_other_fault_and_each_has_its_line() -> None:
    wrong = with_numbers(LIT, {CAP: "2", GAP: "many"}).replace(
        "    noun: dose\n", "    noun: dose\n    colour: blue\n"
    )
    wrong = wrong.replace("name: lit-standard", "smell: none\nname: lit-standard")
    lines = wrong.splitlines()
    told = {fault.field: lines[(fault.line or 0) - 1].strip() for fault in examine(wrong).faults}
    assert told["smell"] == "smell: none"
    assert told["steps.1.colour"] == "colour: blue"
    assert told[f"{GAP}.at"].startswith('target: {at: "many"')
    assert told[CAP].startswith("rounds: {sizes: [3], cap: 2")


def test_a_blank_is_no_fault_and_is_named() -> None:
    examined = examine(with_numbers(LIT, {GAP: ""}))
    assert examined.faults == ()
    assert examined.blanks == (GAP,)
    assert not examined.usable
    assert examine(LIT).usable


def test_a_list_with_one_bad_item_is_not_also_called_empty() -> None:
    faults = examine(with_numbers(LIT, {"steps.4.relations.0.maximum": "soon"})).faults
    assert [fault.field for fault in faults] == ["steps.4.relations.0.maximum.at"]


def test_values_are_said_in_words() -> None:
    assert [said(value) for value in ("P4W", "P6M-P4D", "6", "")] == [
        "4 weeks",
        "6 months less 4 days",
        "6",
        "blank",
    ]
