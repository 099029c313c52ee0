"""One couple, one row: which row leads, what stands beside it, and in which order couples follow one another."""

from __future__ import annotations

from apps.couples.models import Couple
from apps.desk.rows import Button, Who
from apps.desk.worklist_couples import one_row_each
from apps.desk.worklist_rows import NOW, TODAY, WEEK, WorkRow

MEENA, ASHA = Couple(code="A-1"), Couple(code="A-2")


def row(
    couple: Couple, group: str, kind: str, *, own: bool = True, tone: str = "warn", is_flag: bool = False
) -> WorkRow:
    who = Who(code=couple.code, url="", people=(), silent="", clinic="")
    button = Button("Go", "/", primary=own)
    return WorkRow(group, kind, tone, who, couple, "", "", "", button=button, is_flag=is_flag)


def told(*rows: WorkRow) -> list[tuple[str, ...]]:
    return [(one.kind, *(other.kind for other in one.also)) for one in one_row_each(rows)]


def test_a_stopped_session_and_its_call_are_one_row_and_the_call_leads() -> None:
    flag = row(MEENA, TODAY, "Session stopped", is_flag=True)
    assert told(flag, row(MEENA, TODAY, "Call")) == [("Call", "Session stopped")]


def test_who_is_in_the_house_stands_under_now_with_all_that_concerns_them() -> None:
    flag, here = row(MEENA, WEEK, "Result from elsewhere", is_flag=True), row(MEENA, NOW, "Arrived")
    assert told(flag, here) == [("Arrived", "Result from elsewhere")]
    assert [one.group for one in one_row_each([flag, here])] == [NOW]


def test_what_the_user_can_do_comes_before_what_others_decide_however_urgent() -> None:
    theirs = row(ASHA, TODAY, "No antibody response", own=False, tone="bad", is_flag=True)
    assert told(theirs, row(MEENA, TODAY, "Today's visit")) == [("Today's visit",), ("No antibody response",)]


def test_what_is_grave_comes_first_also_where_it_stands_beside_another_row() -> None:
    grave = row(ASHA, TODAY, "Unit not released", tone="bad", is_flag=True)
    assert told(row(MEENA, TODAY, "Call"), grave, row(ASHA, TODAY, "Call")) == [
        ("Call", "Unit not released"),
        ("Call",),
    ]
