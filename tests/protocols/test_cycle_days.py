"""Days of the cycle: a dose on a day of its cycle, and its test on days 18 to 20 of that same cycle."""

from typing import Any

from protocols.because import RelationReason
from tests.builders import (
    LIT,
    after,
    codes,
    day,
    given,
    milestone,
    plan_on,
    result,
    started,
    step,
    template,
    visit_of,
)

NEXT = [after({"previous": True}, absolute_minimum="P2W", earliest="P3W", target="P4W", latest="P6W")]


def rounds(*sizes: Any, cap: int = 8) -> dict[str, Any]:
    return {"sizes": list(sizes), "cap": cap, "cap_source": "clinic", "cap_grade": "setting"}


BY_CYCLE = template(
    step("dose", after({"cycle_day": 5, "occurrence": 1}, earliest="P0D", latest="P3D"), rounds=rounds(1, 1),
         next=NEXT, later_round=[after({"cycle_day": 5, "occurrence": 2}, earliest="P0D", latest="P3D")]),
    step("assay", after({"step": "dose", "occurrence": "round"}, target="P2W"),
         after({"cycle_day": 18}, earliest="P0D", latest="P2D"), kind="test", test="apca", measures="round", of="dose"),
    tests={"apca": LIT.tests["apca"].model_dump(by_alias=True)},
)  # fmt: skip
CYCLE = [started("2026-03-01"), milestone("cycle-start", "2026-03-02"), given(1, "2026-03-07", "dose")]


def test_cycle_day_one_is_the_first_day_and_the_test_falls_on_days_18_to_20_of_the_cycle_of_the_dose() -> (
    None
):
    """2 March is day 1, so 6 March is day 5, and days 18 to 20 are 19 to 21 March; two weeks after the dose is the 21st."""
    begun = plan_on("2026-03-02", CYCLE[:2], BY_CYCLE)
    assert visit_of(begun, "dose").proposed_on == day("2026-03-06")
    window = visit_of(plan_on("2026-03-07", CYCLE, BY_CYCLE), "assay").window
    assert window is not None
    assert (window.earliest, window.target, window.latest) == (
        day("2026-03-19"),
        day("2026-03-21"),
        day("2026-03-21"),
    )


def test_a_test_that_was_done_stays_in_the_cycle_of_its_dose_when_the_next_begins() -> None:
    done = [*CYCLE, result(5, "2026-03-20"), milestone("cycle-start", "2026-03-30")]
    planned = plan_on("2026-03-30", done, BY_CYCLE)
    window = visit_of(planned, "assay").window
    assert window is not None
    assert (window.earliest, window.latest) == (day("2026-03-19"), day("2026-03-21"))
    assert "no_antibody_response" in codes(planned)
    # The second dose on day 5 of the second cycle: 3 April; its test on days 18 to 20: 16 to 18 April.
    assert visit_of(planned, "dose", 2).proposed_on == day("2026-04-03")
    assert visit_of(planned, "assay", 2).proposed_on == day("2026-04-17")


def test_a_cycle_that_has_not_begun_is_waited_for() -> None:
    planned = plan_on("2026-03-21", [*CYCLE, result(5, "2026-03-20", "2026-03-21")], BY_CYCLE)
    assert visit_of(planned, "dose", 2).proposed_on is None


def test_a_test_that_is_late_stays_in_the_cycle_of_its_dose() -> None:
    """Days 18 to 20 were 19 to 21 March, and nobody came."""
    planned = plan_on("2026-03-30", [*CYCLE, milestone("cycle-start", "2026-03-30")], BY_CYCLE)
    window = visit_of(planned, "assay").window
    assert window is not None
    assert (window.earliest, window.latest) == (day("2026-03-19"), day("2026-03-21"))
    assert "visit_overdue" in codes(planned)


def test_a_day_of_the_cycle_names_the_record_of_the_cycle_that_it_counts_from() -> None:
    planned = plan_on(
        "2026-03-02", [started("2026-03-01"), milestone("cycle-start", "2026-03-02", id="cycle")], BY_CYCLE
    )
    [reason] = [one for one in visit_of(planned, "dose").because if isinstance(one, RelationReason)]
    assert (reason.anchor.label, reason.anchor.record) == ("cycle day 5", "cycle")


def test_the_next_cycle_that_a_test_falls_into_is_told_as_recorded() -> None:
    """The dose lies beyond day 18 of its own cycle, so its test belongs to the next."""
    told = [started("2026-03-01"), milestone("cycle-start", "2026-03-02"), given(1, "2026-03-24", "dose")]
    planned = plan_on("2026-03-30", [*told, milestone("cycle-start", "2026-03-30")], BY_CYCLE)
    reasons = [one for one in visit_of(planned, "assay").because if isinstance(one, RelationReason)]
    assert [one.anchor.basis for one in reasons if one.anchor.label == "cycle day 18"] == ["recorded"]
