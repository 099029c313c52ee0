"""Days on which somebody cannot come, and days on which the clinic is closed: two causes, two flags."""

import pytest

from protocols import Plan, Record, Workdays
from tests.builders import (
    DOCTOR,
    after,
    before,
    booked,
    codes,
    corrected,
    day,
    days,
    decided,
    flag_of,
    given,
    milestone,
    plan_on,
    record,
    started,
    step,
    template,
    visit_of,
)

# The first dose of 5 January leaves 26 January to 9 February for the second; the talk needs her alone.
CLINIC = template(
    step("dose", after("course-start", earliest="P0D", latest="P1W"), count=2, attends=["recipient", "donor"],
         next=[after({"previous": True}, earliest="P3W", target="P4W", latest="P5W")]),
    step("talk", after("course-start", earliest="P3W", target="P4W", latest="P5W"), kind="review"),
)  # fmt: skip
DONE = [started(), given(1, "2026-01-05", "dose")]
KEY = "unreachable_window:dose#2"


def away(person: str, first: str, last: str, **more: str) -> Record:
    return record("absence", person=person, from_on=first, to_on=last, **more)


def closed(first: str, count: int) -> Workdays:
    return Workdays(closed=frozenset(day(days(first, n)) for n in range(count)))


def unreachable(planned: Plan) -> set[str]:
    return {flag.key for flag in planned.flags if flag.code == "unreachable_window"}


ALL_OF_IT = ("2026-01-20", "2026-02-09")


@pytest.mark.parametrize(
    ("person", "flagged"),
    [("recipient", {KEY, "unreachable_window:talk#1"}), ("partner", {KEY}), ("unrelated", set())],
)
def test_a_visit_that_cannot_fit_because_somebody_is_away_is_unreachable(
    person: str, flagged: set[str]
) -> None:
    planned = plan_on("2026-01-06", [*DONE, away(person, *ALL_OF_IT)], CLINIC)
    assert unreachable(planned) == flagged
    assert "no_open_day" not in codes(planned)
    for flag in flagged:
        assert visit_of(planned, flag.split(":")[1].split("#")[0], int(flag[-1])).proposed_on is None


def test_the_flag_tells_the_dates_and_offers_the_choices() -> None:
    planned = plan_on("2026-01-06", [*DONE, away("partner", *ALL_OF_IT, id="journey")], CLINIC)
    flag = flag_of(planned, "unreachable_window")
    for said in ("26 Jan", "9 Feb", "partner is away", "20 Jan"):
        assert said in flag.text
    assert {"skip", "stop"} <= set(flag.decisions)
    assert (flag.owner, flag.severity, flag.cause) == ("doctor", "urgent", ("journey",))
    assert (flag.step, flag.occurrence) == ("dose", 2)


def test_the_absence_of_a_third_party_donor_counts_once_the_donor_is_theirs() -> None:
    donor = record("donor", donor="unrelated", on="2026-01-06")
    assert unreachable(plan_on("2026-01-06", [*DONE, donor, away("unrelated", *ALL_OF_IT)], CLINIC)) == {KEY}
    partner_away = plan_on("2026-01-06", [*DONE, donor, away("partner", *ALL_OF_IT)], CLINIC)
    assert visit_of(partner_away, "dose", 2).proposed_on == day("2026-02-02")


@pytest.mark.parametrize("person", ["partner", "unrelated"])
def test_of_two_donors_together_either_is_needed(person: str) -> None:
    both = record("donor", donor="partner+unrelated", on="2026-01-06")
    assert unreachable(plan_on("2026-01-06", [*DONE, both, away(person, *ALL_OF_IT)], CLINIC)) == {KEY}


def test_two_people_who_are_away_in_turn_leave_no_day_either() -> None:
    turns = [away("recipient", "2026-01-26", "2026-02-01"), away("partner", "2026-02-02", "2026-02-09")]
    planned = plan_on("2026-01-06", [*DONE, *turns], CLINIC)
    text = flag_of(planned, "unreachable_window").text
    assert "recipient is away" in text
    assert "partner is away" in text
    assert visit_of(planned, "talk").proposed_on == day("2026-02-02")


@pytest.mark.parametrize(
    ("last", "proposed_on"),
    [
        ("2026-02-01", "2026-02-02"),
        ("2026-02-02", "2026-02-03"),
        ("2026-02-08", "2026-02-09"),
        ("2026-02-09", None),
    ],
)
def test_one_day_that_is_left_is_enough(last: str, proposed_on: str | None) -> None:
    """Both ends of an absence are days away; the target is 2 February."""
    planned = plan_on("2026-01-06", [*DONE, away("partner", "2026-01-26", last)], CLINIC)
    assert visit_of(planned, "dose", 2).proposed_on == (day(proposed_on) if proposed_on else None)
    assert unreachable(planned) == (set() if proposed_on else {KEY})


def test_the_nearest_day_on_which_everybody_can_come_is_proposed() -> None:
    """From 30 January to 4 February away: 29 January is 4 days before the target, 5 February 3 days after it."""
    planned = plan_on("2026-01-06", [*DONE, away("recipient", "2026-01-30", "2026-02-04")], CLINIC)
    assert visit_of(planned, "dose", 2).proposed_on == day("2026-02-05")


def test_a_clinic_that_is_closed_throughout_has_no_open_day() -> None:
    planned = plan_on("2026-01-06", DONE, CLINIC, closed("2026-01-26", 15))
    assert {flag.step for flag in planned.flags if flag.code == "no_open_day"} == {"dose", "talk"}
    assert unreachable(planned) == set()


def test_open_days_on_which_somebody_is_away_are_her_absence_and_not_the_clinics() -> None:
    """Closed to 8 February; the 9th is open, and he is away on it."""
    records = [*DONE, away("partner", "2026-02-09", "2026-02-09")]
    planned = plan_on("2026-01-06", records, CLINIC, closed("2026-01-26", 14))
    assert unreachable(planned) == {KEY}
    assert visit_of(planned, "talk").proposed_on == day("2026-02-09")


def test_a_changed_journey_clears_the_flag() -> None:
    records = [*DONE, away("partner", *ALL_OF_IT, id="journey")]
    shorter = corrected("journey", away("partner", "2026-01-20", "2026-01-28"))
    assert visit_of(plan_on("2026-01-06", [*records, shorter], CLINIC), "dose", 2).proposed_on == day(
        "2026-02-02"
    )
    assert unreachable(plan_on("2026-01-06", [*records, corrected("journey")], CLINIC)) == set()


def test_a_visit_that_fits_no_day_may_be_left_out_or_end_the_treatment() -> None:
    records = [*DONE, away("partner", *ALL_OF_IT, id="journey")]
    left_out = plan_on("2026-01-06", [*records, decided(KEY, "skip", "2026-01-06", by=DOCTOR)], CLINIC)
    assert visit_of(left_out, "dose", 2).state == "skipped"
    assert unreachable(left_out) == set()
    assert plan_on("2026-01-06", [*records, decided(KEY, "stop", "2026-01-06")], CLINIC).closed


def test_a_decision_on_one_journey_does_not_cover_another() -> None:
    records = [*DONE, away("partner", *ALL_OF_IT, id="journey")]
    taken = decided(KEY, "skip", "2026-01-06", cause=["journey"])
    longer = corrected("journey", away("partner", "2026-01-20", "2026-03-09"), id="longer")
    planned = plan_on("2026-01-06", [*records, taken, longer], CLINIC)
    flag = flag_of(planned, "unreachable_window")
    assert flag.cause == ("longer",)
    assert flag.previous_decision is not None


def test_a_booking_on_a_day_of_absence_is_told_and_stays() -> None:
    records = [*DONE, booked("dose", "2026-02-02", 2), away("partner", "2026-02-01", "2026-02-03")]
    planned = plan_on("2026-01-06", records, CLINIC)
    flag = flag_of(planned, "booking_outside_window")
    assert "away" in flag.text
    assert flag.proposed_on == day("2026-02-04")
    assert visit_of(planned, "dose", 2).on == day("2026-02-02")


def test_an_absence_that_is_over_says_nothing_of_what_was_done_on_it() -> None:
    records = [started(), away("partner", "2026-01-01", "2026-01-20"), given(1, "2026-01-05", "dose")]
    planned = plan_on("2026-01-06", records, CLINIC)
    assert visit_of(planned, "dose").state == "fulfilled"
    assert planned.flags == ()


# What an absence leaves the others

CHAIN = template(
    step("first", after("course-start", earliest="P0D", target="P1W", latest="P4W")),
    step("second", after({"step": "first"}, earliest="P1D", target="P1D", maximum="P3D")),
    step(
        "third", after({"step": "second"}, earliest="P1D", target="P2D"), before("operation", maximum="P0D")
    ),
)


def test_an_absence_of_the_second_visit_moves_the_first_to_where_both_fit() -> None:
    """The first would be on 12 January, the second by the 15th. She is away from 13 to 20 January: the second on 21
    January at the soonest, so the first from 18 January; the last day before it is 11 January, with 12 January."""
    planned = plan_on("2026-01-05", [started(), away("recipient", "2026-01-13", "2026-01-20")], CHAIN)
    assert unreachable(planned) == set()
    first, second = visit_of(planned, "first"), visit_of(planned, "second")
    assert (first.proposed_on, second.proposed_on) == (day("2026-01-11"), day("2026-01-12"))


def test_absences_and_a_fixed_day_that_exclude_each_other_are_told_with_their_dates() -> None:
    """The operation is on 20 January. Away from 6 January to 19 January, three visits a day apart do not fit."""
    records = [
        started(),
        milestone("operation", "2026-01-20", "planned"),
        away("recipient", "2026-01-06", "2026-01-19"),
    ]
    planned = plan_on("2026-01-05", records, CHAIN)
    told = [flag for flag in planned.flags if flag.code in ("plan_conflict", "unreachable_window")]
    assert told
    text = " ".join(flag.text for flag in told)
    assert "20 Jan" in text
    assert "19 Jan" in text
