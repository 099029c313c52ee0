"""The n-th rising value of a hormone: what makes a row, and what begins a new one."""

from typing import Any

import pytest

from protocols import PlannedVisit
from tests.builders import (
    after,
    codes,
    day,
    days,
    decided,
    lost,
    plan_on,
    pregnant,
    record,
    result,
    started,
    step,
    template,
    visit_of,
)

BY_ASSAY = {"unit": "IU/l", "minimum": 0, "maximum": 10**6}
HCG = {"title": "hCG", "donor_specific": False, "assays": {"a": BY_ASSAY, "b": BY_ASSAY}}
ONE_HCG = {
    "title": "hCG",
    "donor_specific": False,
    "assay": "a",
    "unit": "IU/l",
    "minimum": 0,
    "maximum": 10**6,
}
THIRD_RISE = after({"result": "hcg", "rise": 3}, earliest="P0D", target="P0D", latest="P1W")


def rising(*values: tuple[str, float], assays: str = "a", tests: Any = HCG) -> PlannedVisit:
    """The dose at the third rising value; the values two days apart from 20 January, named assays in turn."""
    protocol = template(step("dose", THIRD_RISE, phase="pregnancy"), tests={"hcg": tests})
    records = [
        result(value, on, on, test="hcg", assay=None if assays == "-" else assays[place % len(assays)])
        for place, (on, value) in enumerate(values)
    ]
    return visit_of(plan_on("2026-03-01", [started(), pregnant("2026-01-15"), *records], protocol), "dose")


def row(*values: float) -> list[tuple[str, float]]:
    return [(days("2026-01-20", 2 * place), value) for place, value in enumerate(values)]


def anchored(visit: PlannedVisit) -> str | None:
    return str(visit.window.earliest) if visit.window else None


@pytest.mark.parametrize(
    ("values", "on"),
    [
        ((50, 110, 240), "2026-01-24"),
        ((50, 110), None),
        ((50, 110, 90), None),
        ((50, 110, 90, 200), None),
        ((50, 110, 90, 200, 420), "2026-01-28"),  # the fall to 90 on 24 January begins a new row
        ((50, 50, 110), None),  # what stands still does not rise
        ((50, 110, 240, 100, 90, 300, 600), "2026-01-24"),  # reached once, reached for this pregnancy
    ],
)
def test_the_third_rising_value_counts_from_the_last_fall(values: tuple[float, ...], on: str | None) -> None:
    assert anchored(rising(*row(*values))) == on


def test_another_assay_begins_a_new_row() -> None:
    assert anchored(rising(*row(50, 110, 240, 500, 900), assays="aabbb")) == "2026-01-28"
    assert anchored(rising(*row(50, 110, 240), assays="aab")) is None


def test_the_only_assay_is_the_same_assay_whether_it_is_named_or_not() -> None:
    on = row(50, 110, 240)
    assert anchored(rising(*on, assays="-", tests=ONE_HCG)) == "2026-01-24"
    protocol = template(step("dose", THIRD_RISE, phase="pregnancy"), tests={"hcg": ONE_HCG})
    named = [
        result(value, at, at, test="hcg", assay=assay)
        for (at, value), assay in zip(on, ("a", None, "a"), strict=True)
    ]
    planned = plan_on("2026-03-01", [started(), pregnant("2026-01-15"), *named], protocol)
    assert anchored(visit_of(planned, "dose")) == "2026-01-24"


def test_values_of_an_earlier_pregnancy_do_not_count() -> None:
    protocol = template(step("dose", THIRD_RISE, phase="pregnancy"), tests={"hcg": ONE_HCG})
    before = [pregnant("2026-01-15"), *(result(v, on, on, test="hcg") for on, v in row(50, 110))]
    again = [lost("2026-02-10"), record("resume", on="2026-04-01"), pregnant("2026-05-01")]
    later = [result(v, on, on, test="hcg") for on, v in (("2026-05-02", 240), ("2026-05-04", 500))]
    records = [started(), *before, *again, *later]
    assert anchored(visit_of(plan_on("2026-05-05", records, protocol), "dose")) is None
    third = result(1000, "2026-05-06", "2026-05-06", test="hcg")
    assert anchored(visit_of(plan_on("2026-05-06", [*records, third], protocol), "dose")) == "2026-05-06"


def test_values_before_a_birth_do_not_count_in_the_next_pregnancy() -> None:
    protocol = template(step("dose", THIRD_RISE, phase="pregnancy"), tests={"hcg": ONE_HCG})
    before = [pregnant("2026-01-15"), *(result(v, on, on, test="hcg") for on, v in row(50, 110))]
    born = [record("close", on="2026-10-10", reason="a child was born"), record("resume", on="2027-01-05")]
    again = [pregnant("2027-03-01"), result(240, "2027-03-02", "2027-03-02", test="hcg")]
    planned = plan_on("2027-03-05", [started(), *before, *born, *again], protocol)
    assert anchored(visit_of(planned, "dose")) is None


@pytest.mark.parametrize(("choice", "on"), [(None, None), ("accept", "2026-01-24"), ("set_aside", None)])
def test_a_value_from_elsewhere_is_compared_with_nothing_until_it_is_accepted(
    choice: str | None, on: str | None
) -> None:
    protocol = template(step("dose", THIRD_RISE, phase="pregnancy"), tests={"hcg": ONE_HCG})
    (first, low), *rest = row(50, 110, 240)
    outside = result(low, first, first, test="hcg", elsewhere="document", id="outside")
    ours = [result(value, at, at, test="hcg") for at, value in rest]
    taken = [decided("outside_result", choice, "2026-02-01", cause=["outside"])] if choice else []
    planned = plan_on("2026-02-01", [started(), pregnant("2026-01-15"), outside, *ours, *taken], protocol)
    assert anchored(visit_of(planned, "dose")) == on
    assert ("outside_result" in codes(planned)) is (choice is None)


def test_a_window_may_hang_on_a_result_that_nobody_here_reads() -> None:
    call = step("call", after({"result": "hcg"}, earliest="P1D", target="P2D", latest="P4D"), kind="contact")
    protocol = template(call, tests={"hcg": ONE_HCG})
    planned = plan_on("2026-01-21", [started(), result(50, "2026-01-20", "2026-01-21", test="hcg")], protocol)
    assert visit_of(planned, "call").proposed_on == day("2026-01-23")
