"""The rules of booking as truth tables: no row, no database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from apps.booking import rules
from apps.clinic.errors import Conflict, Invalid, LitError
from protocols import Facts, PlannedVisit, State, Window, Workdays, read_record
from protocols.because import StateReason
from protocols.plan import Bookable

WINDOW = Window(date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30))
AT = datetime(2026, 3, 1, 6, tzinfo=UTC)


def planned(
    state: State = State.PROPOSED, *, held: bool = False, window: Window | None = WINDOW
) -> PlannedVisit:
    return PlannedVisit(
        step="sensitisation",
        occurrence=2,
        title="Dose",
        state=state,
        window=window,
        held_by=("no_antibody_response:x",) if held else (),
        attends=("recipient", "donor"),
    )


def code_of(raised: pytest.ExceptionInfo[LitError]) -> str:
    assert raised.value.remedy
    return raised.value.code


@pytest.mark.parametrize(
    ("state", "held", "pencil", "refused"),
    [
        (State.PROPOSED, False, False, None),
        (State.MISSED, False, False, None),
        (State.PROPOSED, False, True, "not_held"),
        (State.PROPOSED, True, False, "held"),
        (State.PROPOSED, True, True, None),
        (State.WAITING, False, False, "waiting"),
        (State.WAITING, False, True, "waiting"),
        (State.WAITING, True, False, "held"),
        (State.WAITING, True, True, None),
        (State.MISSED, True, True, None),
        (State.EXPIRED, False, False, "expired"),
        (State.EXPIRED, True, False, "expired"),
        (State.EXPIRED, True, True, "expired"),
        (State.NOT_APPLICABLE, False, False, "not_needed"),
        (State.NOT_APPLICABLE, True, True, "not_needed"),
        (State.FULFILLED, False, False, "done"),
        (State.SKIPPED, False, False, "skipped"),
    ],
)
def test_a_visit_is_bookable_only_in_a_state_that_asks_for_it(
    state: State, held: bool, pencil: bool, refused: str | None
) -> None:
    visit = planned(state, held=held)
    if refused is None:
        rules.refuse_visit(visit, pencil=pencil)
        return
    with pytest.raises(Conflict) as raised:
        rules.refuse_visit(visit, pencil=pencil)
    assert code_of(raised) == refused


def test_a_visit_that_the_plan_does_not_have_is_refused() -> None:
    with pytest.raises(Conflict) as raised:
        rules.refuse_visit(None, pencil=False)
    assert code_of(raised) == "not_needed"


@pytest.mark.parametrize(
    ("day", "reason", "refused"),
    [
        (date(2026, 3, 1), "", "before_minimum"),
        (date(2026, 3, 1), "she insists", "before_minimum"),
        (date(2026, 3, 2), "", "needs_reason"),
        (date(2026, 3, 2), "   ", "needs_reason"),
        (date(2026, 3, 2), "partner away", None),
        (date(2026, 3, 8), "", "needs_reason"),
        (date(2026, 3, 9), "", None),
        (date(2026, 3, 23), "", None),
        (date(2026, 3, 24), "", "needs_reason"),
        (date(2026, 3, 30), "partner away", None),
        (date(2026, 3, 31), "", "after_maximum"),
        (date(2026, 3, 31), "she insists", "after_maximum"),
    ],
)
def test_the_window_bounds_the_day_with_ends_inclusive(day: date, reason: str, refused: str | None) -> None:
    if refused is None:
        rules.refuse_day(planned(), day, today=date(2026, 2, 1), reason=reason)
        return
    with pytest.raises(Invalid) as raised:
        rules.refuse_day(planned(), day, today=date(2026, 2, 1), reason=reason)
    assert code_of(raised) == refused


LEFT = Bookable(
    date(2026, 3, 12), date(2026, 3, 18), (StateReason("the booster at least 2 weeks before the transfer"),)
)


@pytest.mark.parametrize(
    ("day", "reason", "refused"),
    [
        (date(2026, 3, 11), "", "needs_reason"),
        (date(2026, 3, 11), "partner away", None),
        (date(2026, 3, 12), "", None),
        (date(2026, 3, 18), "", None),
        (date(2026, 3, 19), "", "needs_reason"),
        (date(2026, 3, 19), "partner away", None),
        (date(2026, 3, 1), "she insists", "before_minimum"),
        (date(2026, 3, 31), "she insists", "after_maximum"),
    ],
)
def test_a_day_that_leaves_no_room_for_the_rest_needs_a_reason(
    day: date, reason: str, refused: str | None
) -> None:
    visit = planned()._replace(bookable=LEFT)
    if refused is None:
        rules.refuse_day(visit, day, today=date(2026, 2, 1), reason=reason)
        return
    with pytest.raises(Invalid) as raised:
        rules.refuse_day(visit, day, today=date(2026, 2, 1), reason=reason)
    assert code_of(raised) == refused


def test_what_bounds_the_days_that_are_left_is_named() -> None:
    with pytest.raises(Invalid) as raised:
        rules.refuse_day(
            planned()._replace(bookable=LEFT), date(2026, 3, 19), today=date(2026, 2, 1), reason=""
        )
    assert raised.value.faults[0].field == "reason"
    assert "12 Mar 2026 to 18 Mar 2026" in raised.value.faults[0].message
    assert LEFT.bound_by[0] in raised.value.faults[0].message


@pytest.mark.parametrize(
    ("first", "last", "day", "good"),
    [
        (None, date(2026, 3, 18), date(2026, 3, 20), "until 18 Mar 2026"),
        (date(2026, 3, 12), None, date(2026, 3, 10), "from 12 Mar 2026"),
    ],
)
def test_where_one_end_is_open_only_the_other_bounds(
    first: date | None, last: date | None, day: date, good: str
) -> None:
    visit = planned()._replace(bookable=Bookable(first, last))
    with pytest.raises(Invalid) as raised:
        rules.refuse_day(visit, day, today=date(2026, 2, 1), reason="")
    assert good in raised.value.faults[0].message


def test_after_a_decision_to_go_on_the_maximum_that_passed_binds_no_more() -> None:
    rules.refuse_day(planned(), date(2026, 4, 10), today=date(2026, 4, 6), reason="doctor decided")
    with pytest.raises(Invalid):
        rules.refuse_day(planned(State.WAITING), date(2026, 4, 10), today=date(2026, 4, 6), reason="x")


def test_without_a_window_every_day_is_possible() -> None:
    rules.refuse_day(planned(window=None), date(2030, 1, 1), today=date(2026, 1, 1), reason="")


@pytest.mark.parametrize(
    ("day", "donor", "refused"),
    [
        (date(2026, 3, 14), "partner", None),
        (date(2026, 3, 15), "partner", "closed_day"),
        (date(2026, 3, 17), "partner", "closed_day"),
        (date(2026, 3, 10), "partner", "away"),
        (date(2026, 3, 10), "unrelated", None),
        (date(2026, 3, 10), "partner+unrelated", "away"),
        (date(2026, 3, 12), "partner", "away"),
    ],
)
def test_a_day_is_refused_when_the_clinic_is_closed_or_somebody_needed_is_away(
    day: date, donor: str, refused: str | None
) -> None:
    facts = Facts.of(
        read_record({"kind": "absence", "person": person, "from_on": first, "to_on": last})
        for person, first, last in (
            ("partner", "2026-03-09", "2026-03-10"),
            ("recipient", "2026-03-12", "2026-03-12"),
        )
    )
    workdays = Workdays(open_weekdays=frozenset(range(6)), closed=frozenset({date(2026, 3, 17)}))
    if refused is None:
        rules.refuse_closed(planned(), day, workdays=workdays, facts=facts, donor=donor)
        return
    with pytest.raises(Invalid) as raised:
        rules.refuse_closed(planned(), day, workdays=workdays, facts=facts, donor=donor)
    assert code_of(raised) == refused


@pytest.mark.parametrize(
    ("starts_at", "minutes", "refused"),
    [
        (datetime(2026, 3, 1, 5, 59, tzinfo=UTC), 30, "in_the_past"),
        (AT, 30, None),
        (datetime(2026, 3, 9, 4, tzinfo=UTC), 4, "minutes"),
        (datetime(2026, 3, 9, 4, tzinfo=UTC), 5, None),
        (datetime(2026, 3, 9, 4, tzinfo=UTC), 721, "minutes"),
    ],
)
def test_a_moment_lies_ahead_and_lasts_a_sensible_time(
    starts_at: datetime, minutes: int, refused: str | None
) -> None:
    def ask() -> None:
        rules.refuse_moment(
            starts_at, minutes, on=starts_at.date(), facts=Facts.of([]), visit=planned(), at=AT
        )

    if refused is None:
        ask()
        return
    with pytest.raises(Invalid) as raised:
        ask()
    assert code_of(raised) == refused


def test_a_missed_visit_is_booked_again_on_a_later_day_than_the_missed_one() -> None:
    missed = {"kind": "missed", "step": "sensitisation", "occurrence": 2, "on": "2026-03-09"}
    facts = Facts.of([read_record(missed)])
    for day, refused in ((9, True), (10, False)):
        starts_at = datetime(2026, 3, day, 6, tzinfo=UTC)
        visit = planned(State.MISSED)
        if refused:
            with pytest.raises(Invalid) as raised:
                rules.refuse_moment(starts_at, 60, on=starts_at.date(), facts=facts, visit=visit, at=AT)
            assert code_of(raised) == "missed_that_day"
        else:
            rules.refuse_moment(starts_at, 60, on=starts_at.date(), facts=facts, visit=visit, at=AT)


@pytest.mark.parametrize(
    ("attends", "donor", "who"),
    [
        (("recipient",), "partner", ("recipient",)),
        (("recipient", "donor"), "partner", ("recipient", "partner")),
        (("recipient", "donor"), "unrelated", ("recipient", "unrelated")),
        (("recipient", "donor"), "partner+unrelated", ("recipient", "partner", "unrelated")),
    ],
)
def test_who_comes_follows_from_the_step_and_the_donor(
    attends: tuple[str, ...], donor: str, who: tuple[str, ...]
) -> None:
    assert rules.who_comes(attends, donor) == who
