"""The example plan of a protocol: an invented couple for whom everything takes place as proposed."""

from __future__ import annotations

from datetime import date

import pytest

from protocols import State, Workdays, library_names, library_text
from protocols.editing.examining import examine
from protocols.editing.example import MOST_EVENTS, Example, example_of
from protocols.editing.exchanging import numbers_of, with_numbers
from tests.builders import LIT, after, before, step, template

TODAY = date(2026, 1, 5)
MONDAY_TO_SATURDAY = Workdays(frozenset(range(6)), frozenset())


def told(example: Example) -> list[tuple[str, str]]:
    return [(row.on.isoformat() if row.on else "", row.title) for row in example.rows]


def test_the_standard_course_runs_from_the_start_to_the_booster_in_pregnancy() -> None:
    """Counted by hand: results after three weeks, doses every four, test four weeks after dose 3, boosters."""
    example = example_of(LIT, MONDAY_TO_SATURDAY, TODAY)
    assert told(example) == [
        ("2026-01-05", "Course start"),
        ("2026-01-05", "Baseline antibody test"),
        ("2026-01-26", "Result: Anti-paternal cytotoxic antibody"),
        ("2026-01-26", "Sensitisation dose"),
        ("2026-02-23", "Sensitisation dose"),
        ("2026-03-23", "Sensitisation dose"),
        ("2026-04-20", "Antibody test"),
        ("2026-05-11", "Result: Anti-paternal cytotoxic antibody"),
        ("2026-06-08", "Booster before conception"),
        ("2026-06-22", "Conception attempt"),
        ("2026-07-06", "Pregnancy"),
        ("2026-08-03", "Booster in early pregnancy"),
    ]
    assert [row.title for row in example.left_out] == ["Re-dose"]
    assert example.flags == ()


def test_every_visit_says_why_it_is_on_its_day() -> None:
    rows = example_of(LIT, MONDAY_TO_SATURDAY, TODAY).rows
    second = [row for row in rows if row.visit is not None and row.visit.dose == 2]
    assert [row.why.split(", so")[0] for row in second] == ["4 weeks after dose 1 (26 Jan)"]


def test_a_changed_number_moves_what_follows_from_it() -> None:
    slower = examine(with_numbers(library_text("lit-standard"), {"steps.1.next.0.target": "P5W"})).template
    assert slower is not None
    doses = [
        row.on
        for row in example_of(slower, MONDAY_TO_SATURDAY, TODAY).rows
        if row.title == "Sensitisation dose"
    ]
    assert doses == [date(2026, 1, 26), date(2026, 3, 2), date(2026, 4, 6)]


def test_no_visit_falls_on_a_closed_day() -> None:
    closed = Workdays(frozenset({0, 1, 2}), frozenset({date(2026, 1, 26)}))
    for row in example_of(LIT, closed, TODAY).rows:
        if row.visit is not None:
            assert row.on is not None
            assert closed.is_open(row.on), row


def test_milestones_that_steps_hang_on_happen_when_nothing_else_is_left() -> None:
    asked = template(
        step("wash", after("course-start", target="P1W")),
        step("prepare", before("transfer", earliest="P4W", target="P2W")),
        step("see", after("transfer", target="P3W")),
    )
    assert told(example_of(asked, Workdays(), TODAY)) == [
        ("2026-01-05", "course-start"),
        ("2026-01-12", "Wash"),
        ("2026-01-26", "Prepare"),
        ("2026-02-09", "transfer"),
        ("2026-03-02", "See"),
    ]


def test_a_visit_without_end_ends_the_example_and_not_the_reader() -> None:
    endless = template(
        step(
            "again",
            after("course-start", target="P1W"),
            next=[after({"previous": True}, target="P1W")],
            count=60,
        )
    )
    rows = example_of(endless, Workdays(), TODAY).rows
    assert len([row for row in rows if row.visit is not None]) == MOST_EVENTS


FILLED = {"duration": "P4W", "whole": "6", "decimal": "5"}


@pytest.mark.parametrize("name", library_names())
def test_every_library_protocol_with_its_blanks_filled_has_an_example_or_says_what_contradicts(
    name: str,
) -> None:
    text = library_text(name)
    blanks = {one.path: FILLED[one.kind] for one in numbers_of(text) if one.blank}
    examined = examine(with_numbers(text, blanks))
    assert examined.blanks == ()
    if examined.template is None:
        assert examined.faults
        return
    example = example_of(examined.template, MONDAY_TO_SATURDAY, TODAY)
    visits = [row.visit for row in example.rows if row.visit is not None]
    assert visits
    assert all(visit.state is State.PROPOSED for visit in visits)
    assert "ends here" not in " ".join(row.title for row in example.rows)
