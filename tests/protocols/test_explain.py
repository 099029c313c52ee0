"""Explanations: each date recomputable by hand, each decision tried by planning again."""

from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings

from protocols import FactFaults, Facts, Record, plan
from protocols.because import RelationReason
from protocols.durations import add
from protocols.explaining import Explanation, FlagExplained, Option, VisitExplained, explain
from protocols.windows import WINDOW_DATES
from tests.builders import (
    BOOSTER,
    EVERY_DAY,
    LIT,
    REDOSE,
    SENSITISATION,
    TEST,
    attempt_planned,
    booked,
    course,
    day,
    decided,
    non_responder,
    record,
    result,
    started,
)
from tests.strategies import History, histories

CODE = "no_antibody_response"


def explained(today: str, records: Iterable[Record]) -> Explanation:
    return explain(LIT, records, EVERY_DAY, day(today))


def visit_in(found: Explanation, step: str, occurrence: int = 1) -> VisitExplained:
    return next(item for item in found.visits if item.visit.key == (step, occurrence))


def flag_in(found: Explanation, code: str) -> FlagExplained:
    [item] = [item for item in found.flags if item.flag.code == code]
    return item


def option_in(found: Explanation, code: str, choice: str) -> Option:
    [option] = [option for option in flag_in(found, code).options if option.choice == choice]
    return option


def test_a_visit_tells_its_anchor_its_offsets_and_their_days() -> None:
    dose = visit_in(explained("2026-01-12", course()[:3]), SENSITISATION, 2)
    [counted] = dose.counted
    assert (counted.anchor, counted.anchor_on, counted.basis) == ("dose 1", date(2026, 1, 12), "actual")
    assert counted.days == (
        ("absolute_minimum", "2 weeks", date(2026, 1, 26)),
        ("earliest", "3 weeks", date(2026, 2, 2)),
        ("target", "4 weeks", date(2026, 2, 9)),
        ("latest", "6 weeks", date(2026, 2, 23)),
    )
    assert counted.source == "S09 (A), S43 (B), S02 (A)"
    assert dose.proposal == "so 9 Feb"


def test_of_several_relations_each_date_names_the_one_that_set_it() -> None:
    found = explained(
        "2026-04-10", non_responder(attempt_planned("2026-04-20"), decided(CODE, "continue", "2026-04-10"))
    )
    booster = visit_in(found, BOOSTER)
    assert {bound.name: (bound.on.isoformat(), bound.set_by) for bound in booster.window} == {
        "absolute_minimum": ("2026-03-23", "after dose 3"),
        "earliest": ("2026-03-30", "after dose 3"),
        "target": ("2026-04-06", "before conception attempt"),
        "latest": ("2026-04-20", "before conception attempt"),
        "maximum": ("2026-04-20", "before conception attempt"),
    }


def test_a_target_that_another_relation_moves_says_so() -> None:
    found = explained("2026-03-10", course(attempt_planned("2026-04-06")))
    target = next(bound for bound in visit_in(found, BOOSTER).window if bound.name == "target")
    assert (target.on.isoformat(), target.set_by) == ("2026-03-30", "kept to the earliest after dose 3")


def test_every_decision_tells_what_it_would_change() -> None:
    found = explained("2026-04-10", non_responder(attempt_planned("2026-06-15")))
    assert [option.choice for option in flag_in(found, CODE).options] == [
        "continue",
        "extra_doses",
        "change_donor",
        "stop",
    ]
    onwards = option_in(found, CODE, "continue")
    [booster] = [change for change in onwards.changes if change.startswith("Booster before conception")]
    assert "waiting -> proposed for 1 Jun 2026; no longer on hold" in booster
    more = option_in(found, CODE, "extra_doses")
    assert more.parameters == {"doses": 1}
    assert "Sensitisation dose 4: new, proposed for 17 Apr 2026" in more.changes
    assert "Antibody test 2: new, proposed for 15 May 2026" in more.changes
    stop = option_in(found, CODE, "stop")
    assert any("no longer asked for" in change for change in stop.changes)
    assert not any("Flag no longer raised: No anti-paternal" in change for change in onwards.changes)


def test_what_a_decision_would_change_is_what_it_changes() -> None:
    """The dates that were foretold are those of the plan in which the decision was taken."""
    records = non_responder()
    foretold = option_in(explained("2026-04-10", records), CODE, "extra_doses")
    taken = decided(CODE, "extra_doses", "2026-04-10", parameters={"doses": 1}, cause=["result-1"])
    after = plan(LIT, Facts.of([*records, taken]), EVERY_DAY, day("2026-04-10"))
    dose = after.visit(SENSITISATION, 4)
    assert dose is not None
    assert dose.proposed_on == date(2026, 4, 17)
    assert any("Sensitisation dose 4: new, proposed for 17 Apr 2026" in change for change in foretold.changes)


def test_trying_decisions_out_changes_no_records() -> None:
    records = non_responder()
    before = list(records)
    explained("2026-04-10", records)
    assert records == before


def test_one_visit_is_explained_with_the_flags_about_it_or_holding_it() -> None:
    found = explained("2026-04-10", non_responder())
    part = found.only(REDOSE, 1)
    assert part is not None
    assert [item.name for item in part.visits] == [f"{REDOSE}#1"]
    assert [item.flag.code for item in part.flags] == [CODE]
    assert found.only(SENSITISATION, 1).flags == ()  # type: ignore[union-attr]
    assert found.only(SENSITISATION, 99) is None


def test_a_visit_names_its_own_flags() -> None:
    found = explained("2026-04-10", non_responder())
    assert visit_in(found, TEST).flags == (f"{CODE}:{TEST}#1",)


def test_faults_of_the_facts_are_raised_as_plan_does() -> None:
    with pytest.raises(FactFaults, match="future"):
        explained("2026-01-01", [started(), result(4, "2026-02-05")])


def test_a_visit_that_waits_tells_what_is_known_so_far() -> None:
    booster = visit_in(explained("2026-01-05", [started()]), BOOSTER)
    assert [counted.anchor for counted in booster.counted] == ["dose 3"]
    assert "the milestone conception-attempt" in booster.visit.waiting_for
    assert booster.proposal is None


def test_bookings_and_pauses_are_told_in_words() -> None:
    records = [*course()[:3], booked(SENSITISATION, "2026-02-09", 2), record("pause", on="2026-01-20")]
    found = explained("2026-01-20", records)
    assert visit_in(found, SENSITISATION, 2).visit.held_by == ("pause",)


@settings(max_examples=25, deadline=None)
@given(histories())
def test_every_explanation_can_be_counted_by_hand(history: History) -> None:
    found = explain(history.template, history.records, history.workdays, history.today)
    assert found.plan == history.plan()
    for item in found.visits:
        assert len(item.counted) == sum(
            1 for reason in item.visit.because if reason.as_json()["kind"] == "relation"
        )
        for bound in item.window:
            assert getattr(item.visit.window, bound.name) == bound.on
        for counted in item.counted:
            [reason, *_] = [
                reason
                for reason in item.visit.because
                if isinstance(reason, RelationReason) and reason.words() == counted.words
            ]
            if counted.direction == "after":
                asked = dict(zip(WINDOW_DATES, reason.offsets, strict=True))
                for name, _, on in counted.days:
                    offset = asked[name]
                    assert offset is not None
                    assert on == add(counted.anchor_on, offset, history.template.month_ends)
    for flag in found.flags:
        assert [option.choice for option in flag.options] == list(flag.flag.decisions)
    found.as_json()
