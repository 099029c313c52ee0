"""A dose is judged by what it held: cells, viability, volume injected, hours from the draw to the injection."""

from typing import Any

import pytest

from protocols import DoseVerdict, FactFaults, Plan, Record
from tests.builders import (
    LIT,
    after,
    codes,
    corrected,
    day,
    decided,
    flag_of,
    given,
    plan_on,
    result,
    started,
    states,
    step,
    template,
    visit_of,
)

LIMITS: dict[str, Any] = {
    "cells_million": 20, "viability_percent": 80, "volume_ml": 0.9, "hours_to_injection": 4,
    "source": "clinic", "grade": "setting",
}  # fmt: skip
ROUNDS = {"sizes": [2], "cap": 4, "cap_source": "clinic", "cap_grade": "setting"}


def protocol(**limits: Any) -> Any:
    dose = step(
        "dose", after("course-start", earliest="P0D", latest="P4W"),
        next=[after({"previous": True}, absolute_minimum="P2W", earliest="P3W", target="P4W")],
        rounds=ROUNDS, content=limits or None,
    )  # fmt: skip
    assay = step(
        "assay", after({"step": "dose", "occurrence": "round"}, earliest="P2W", target="P3W"),
        kind="test", test="apca", measures="round", of="dose",
    )  # fmt: skip
    tests = {"apca": LIT.tests["apca"].model_dump(by_alias=True)}
    return template(dose, assay, tests=tests, flags={"dose_inadequate": {"holds": ["dose", "assay"]}})


JUDGED = protocol(**LIMITS)
ADEQUATE = {"cells_million": 20, "viability_percent": 80, "volume_ml": 0.9, "hours_to_injection": 4}


def first(content: dict[str, Any] | None, *more: Record, today: str = "2026-01-06", of: Any = JUDGED) -> Plan:
    return plan_on(today, [started(), given(1, "2026-01-05", "dose", given=content, id="first"), *more], of)


def verdict(planned: Plan, occurrence: int = 1) -> DoseVerdict:
    [found] = [v for v in planned.verdicts if isinstance(v, DoseVerdict) and v.occurrence == occurrence]
    return found


THIN = {**ADEQUATE, "cells_million": 19.9}


AT_LEAST = {
    "cells_million": (19.9, 20, 20.1),
    "viability_percent": (79.9, 80, 100),
    "volume_ml": (0.89, 0.9, 1),
}
AROUND = [
    *((name, value, name_of) for name, values in AT_LEAST.items()
      for value, name_of in zip(values, ("inadequate", "adequate", "adequate"), strict=True)),
    ("cells_million", 0, "inadequate"),
    ("hours_to_injection", 3.9, "adequate"),
    ("hours_to_injection", 4, "adequate"),
    ("hours_to_injection", 4.1, "inadequate"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "content"), AROUND)
@pytest.mark.parametrize("alone", [True, False])
def test_each_limit_is_judged_below_at_and_above_it(
    name: str, value: float, content: str, alone: bool
) -> None:
    planned = first({name: value} if alone else {**ADEQUATE, name: value})
    assert verdict(planned).content == content
    assert ("dose_inadequate" in codes(planned)) is (content == "inadequate")


def test_all_that_is_wrong_with_a_dose_stands_in_one_flag() -> None:
    planned = first({"cells_million": 5, "viability_percent": 60, "volume_ml": 0.5, "hours_to_injection": 9})
    flag = flag_of(planned, "dose_inadequate")
    for said in (
        "5 million cells, at least 20",
        "60 % viable, at least 80",
        "0.5 ml",
        "at least 0.9",
        "9 hours",
        "at most 4",
    ):
        assert said in flag.text
    assert (flag.owner, flag.cause, flag.cause_on) == ("doctor", ("first",), day("2026-01-05"))
    assert flag.decisions == ("counts", "repeat")


@pytest.mark.parametrize("content", [{"volume_ml": 0.5}, {"viability_percent": 10, "hours_to_injection": 30}])
def test_what_the_protocol_does_not_limit_is_not_judged(content: dict[str, float]) -> None:
    only_cells = protocol(cells_million=20, source="clinic", grade="setting")
    planned = first({**content, "cells_million": 30}, of=only_cells)
    assert (verdict(planned).content, planned.flags) == ("adequate", ())


def test_what_was_measured_is_judged_and_what_was_not_is_not_taken_for_nothing() -> None:
    planned = first({"cells_million": 25})
    assert (verdict(planned).content, planned.flags) == ("adequate", ())
    assert verdict(first({"volume_ml": 0.5})).content == "inadequate"


@pytest.mark.parametrize("content", [None, {}, {"arm": "left"}, {"irradiation_gy": 25, "medium_lot": "L7"}])
def test_a_dose_of_which_nothing_was_measured_has_no_verdict_on_its_content(
    content: dict[str, Any] | None,
) -> None:
    planned = first(content)
    assert (verdict(planned).content, planned.flags) == (None, ())


def test_a_dose_of_a_protocol_without_limits_has_no_verdict_on_its_content() -> None:
    planned = first(ADEQUATE, of=protocol())
    assert (verdict(planned).content, planned.flags) == (None, ())


# Until a doctor decides, and after


def test_until_a_doctor_decides_the_next_dose_and_the_test_are_held() -> None:
    planned = first(THIN)
    assert visit_of(planned, "dose", 2).held_by == ("dose_inadequate:dose#1",)
    assert visit_of(planned, "dose", 2).proposed_on is None
    assert visit_of(planned, "assay").held_by == ("dose_inadequate:dose#1",)


def test_a_dose_that_counts_goes_on_as_if_it_had_been_full() -> None:
    planned = first(THIN, decided("dose_inadequate", "counts", "2026-01-06"))
    told = verdict(planned)
    assert (told.counts, told.dose, told.content) == (True, 1, "inadequate")
    second = visit_of(planned, "dose", 2)
    assert (second.dose, second.held_by, second.proposed_on) == (2, (), day("2026-02-02"))
    assert planned.visit("dose", 3) is None


def test_a_dose_that_is_repeated_is_no_dose_and_its_repeat_is_due_from_it() -> None:
    """Four weeks after 5 January is 2 February, for dose 1; dose 2 four weeks later."""
    planned = first(THIN, decided("dose_inadequate", "repeat", "2026-01-06"))
    told = verdict(planned)
    assert (told.counts, told.dose) == (False, None)
    numbers = [
        (visit.occurrence, visit.dose, str(visit.proposed_on))
        for visit in planned.visits
        if visit.step == "dose"
    ]
    assert numbers == [(1, None, "None"), (2, 1, "2026-02-02"), (3, 2, "2026-03-02")]
    assert "dose_inadequate" not in codes(planned)


def test_a_repeat_may_be_inadequate_too_and_asks_again() -> None:
    again = given(2, "2026-02-02", "dose", given={"volume_ml": 0.1})
    planned = first(
        THIN, decided("dose_inadequate:dose#1", "repeat", "2026-01-06"), again, today="2026-02-03"
    )
    assert flag_of(planned, "dose_inadequate").key == "dose_inadequate:dose#2"
    both = decided("dose_inadequate:dose#2", "repeat", "2026-02-03")
    third = first(
        THIN, decided("dose_inadequate:dose#1", "repeat", "2026-01-06"), again, both, today="2026-02-03"
    )
    assert visit_of(third, "dose", 3).dose == 1


def test_too_early_and_too_little_are_two_causes() -> None:
    """Two weeks after 5 January is 19 January. A doctor who lets the content count does not make it late enough."""
    second = given(2, "2026-01-12", "dose", given=THIN)
    planned = first(ADEQUATE, second, today="2026-01-12")
    assert {"given_too_early", "dose_inadequate"} <= codes(planned)
    decided_on = first(
        ADEQUATE, second, decided("dose_inadequate", "counts", "2026-01-12"), today="2026-01-12"
    )
    assert verdict(decided_on, 2).counts is False
    assert visit_of(decided_on, "dose", 3).dose == 2


def test_a_corrected_count_opens_the_question_again_or_closes_it() -> None:
    counts = decided("dose_inadequate", "counts", "2026-01-06")
    full = corrected("first", given(1, "2026-01-05", "dose", given=ADEQUATE))
    assert codes(first(THIN, full)) == set()
    less = corrected("first", given(1, "2026-01-05", "dose", given={**ADEQUATE, "cells_million": 1}))
    named = decided("dose_inadequate:dose#1", "counts", "2026-01-06", cause=["first"])
    reopened = flag_of(first(THIN, named, less), "dose_inadequate")
    assert reopened.previous_decision is not None
    assert reopened.previous_decision.choice == "counts"
    assert "1 million cells" in reopened.text
    assert codes(first(THIN, counts)) == set()


def test_a_nurse_may_not_decide_whether_a_dose_counts() -> None:
    with pytest.raises(FactFaults) as refusal:
        first(THIN, decided("dose_inadequate", "counts", "2026-01-06", by={"name": "Mary", "role": "nurse"}))
    [fault] = refusal.value.faults
    assert (fault.field, fault.remedy) == ("by", "A doctor decides it")


def test_an_inadequate_dose_after_which_the_next_was_given_all_the_same_stays_a_question() -> None:
    planned = first(THIN, given(2, "2026-02-02", "dose", given=ADEQUATE), today="2026-02-03")
    assert flag_of(planned, "dose_inadequate").key == "dose_inadequate:dose#1"
    assert states(planned)["dose#2"] == "fulfilled"
    answered = result(60, "2026-02-23", "2026-02-25")
    later = first(THIN, given(2, "2026-02-02", "dose", given=ADEQUATE), answered, today="2026-02-25")
    assert "dose_inadequate" in codes(later)
