"""Sixty couples as data: every stage of lit-standard, and every flag that it can raise.

`shows` names the flags that must be open in the end; a test holds that.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.desk.demo.acts import (
    Act,
    Acts,
    antibody_test,
    at_visit,
    baseline,
    begun,
    book,
    consent,
    course,
    decide,
    done,
    dose,
    join,
    milestone,
    say,
    screened,
    start,
)

BASELINE, DOSE, TEST = "baseline-antibody-test", "sensitisation", "antibody-test"
BOOSTER, EARLY, AGAIN = "preconception-booster", "early-pregnancy-booster", "re-dose"


@dataclass(frozen=True, slots=True)
class Story:
    """One couple's course. `enrolled` is the day of enrolment, before everything else."""

    title: str
    acts: Acts = ()
    shows: tuple[str, ...] = ()
    enrolled: int = -4


def _responded(shift: int = 0, value: float = 68.0) -> Acts:
    """Three doses and a response; the sample was taken on day `shift` - 20."""
    return course(-104 + shift, -76 + shift, -48 + shift) + antibody_test(1, -20 + shift, value, after=7)


def _pregnant(weeks_ago: int, shift: int) -> Acts:
    """A response, a booster, an attempt, and a pregnancy dated by a last period so many weeks ago."""
    period = -7 * weeks_ago
    attempt = period + 14
    return (
        _responded(shift)
        + milestone("conception-attempt", attempt, said=shift - 12, certainty="planned")
        + dose(1, attempt - 14, step=BOOSTER)
        + milestone("conception-attempt", attempt)
        + milestone("pregnancy", period + 30)
        + say(period + 30, "dating", "doctor", basis="lmp", on=period)
    )


def _no_response_at_cap() -> Acts:
    return (
        course(-236, -208, -180)
        + antibody_test(1, -152, 4.0)
        + decide(-142, "no_antibody_response", "extra_doses", "Converters after six doses are common", doses=3)
        + dose(4, -133) + dose(5, -105) + dose(6, -77)
        + antibody_test(2, -14, 7.0, after=10)
    )  # fmt: skip


FLAGGED = (
    Story(
        "No response after three doses",
        course(-105, -77, -48) + antibody_test(1, -14, 6.0, 10),
        ("no_antibody_response",),
    ),
    Story(
        "Borderline, still no response",
        course(-100, -72, -44) + antibody_test(1, -12, 15.0, 9),
        ("no_antibody_response",),
    ),
    Story("No response at the cap of six", _no_response_at_cap(), ("no_antibody_response",)),
    Story(
        "Weak response",
        course(-100, -72, -44) + antibody_test(1, -13, 34.0, 11),
        ("weak_antibody_response",),
    ),
    Story(
        "Sample clotted",
        course(-101, -73, -45) + antibody_test(1, -12, None, 9),
        ("result_not_interpretable",),
    ),
    Story(
        "Positive before the first dose",
        start(-14) + consent(-14) + baseline(-13, 62.0, 9),
        ("baseline_already_positive",),
    ),
    Story(
        "Pregnant after the first dose",
        course(-34) + book(DOSE, 2, 4, made=-5)
        + milestone("pregnancy", -1) + say(-1, "dating", "doctor", basis="lmp", on=-33),
        ("pregnancy_during_course",),
    ),
    Story("Result never came", start(-40) + consent(-40) + done(BASELINE, 1, -38), ("result_overdue",)),
    Story(
        "Response older than three months",
        course(-230, -202, -174) + antibody_test(1, -146, 66.0),
        ("result_expired",),
    ),
    Story("Dose 2 overdue", course(-52), ("visit_overdue",)),
    Story(
        "Yesterday's dose has no outcome",
        course(-29) + screened(-3) + book(DOSE, 2, -2, made=-9),
        ("visit_unrecorded",),
    ),
    Story(
        "Booster of early pregnancy not done in its week",
        _pregnant(10, -80) + say(-38, "opt_in", step=EARLY, on=-38),
        ("window_expired",),
    ),
    Story("Dose 2 after ten days", course(-13) + dose(2, -3), ("given_too_early",)),
    Story("Too few cells", begun(-4) + dose(1, -4, cells=2.1), ("dose_inadequate",)),
    Story(
        "Dose 3 in three days, no serology yet",
        course(-54, -26) + book(DOSE, 3, 3),
        ("prerequisite_missing",),
    ),
    Story("Dose 2 closes this week", course(-38), ("closing_unbooked",)),
    Story(
        "Dose 2 booked early for a journey",
        course(-13) + book(DOSE, 2, 4, reason="Travel"),
        ("booking_outside_window",),
    ),
    Story(
        "Closed with a visit still booked",
        course(-27) + book(DOSE, 2, 6, made=-8) + say(-1, "close", "doctor", on=-1, reason="Moves abroad"),
        ("booking_not_needed",),
    ),
    Story(
        "Away in the whole week of the booster",
        _pregnant(7, -60)
        + say(-15, "opt_in", step=EARLY, on=-15)
        + say(-2, "absence", person="recipient", from_on=4, to_on=16),
        ("unreachable_window",),
    ),
    Story(
        "Came from another clinic after two doses",
        start(-3, begins=-80) + consent(-3)
        + join(
            -3, "Pune",
            say(-70, "result", test="apca", sampled_on=-75, resulted_on=-70, value=3.0, laboratory="Pune"),
            say(-65, "fulfilled", step=DOSE, occurrence=1, on=-65, given={"cells_million": 6.0}),
            say(-37, "fulfilled", step=DOSE, occurrence=2, on=-37, elsewhere="reported"),
            say(-3, "note", text="Treated in Pune until they moved here."),
        ),
        ("outside_dose", "outside_result"),
    ),
    Story(
        "Responded, and now another donor",
        _responded(-9) + say(-2, "donor", donor="unrelated", on=-2),
        ("donor_changed",),
    ),
    Story(
        "One more dose, and the booster waits for an attempt that is near",
        course(-149, -121, -93)
        + milestone("conception-attempt", 30, said=-66, certainty="planned")
        + antibody_test(1, -65, 5.0, 7)
        + book(BOOSTER, 1, 16, made=-3, pencil=True)
        + decide(-1, "no_antibody_response", "extra_doses", "One more, then a test", doses=1),
        ("plan_tight",),
    ),
    Story(
        "Attempt planned before the booster can be",
        course(-72, -44, -16)
        + antibody_test(1, -2, 71.0, 1)
        + milestone("conception-attempt", 2, said=-1, certainty="planned"),
        ("unreachable_window",),
    ),
    Story(
        "Did the attempt take place?",
        _responded(-20)
        + milestone("conception-attempt", -4, said=-30, certainty="planned")
        + dose(1, -19, step=BOOSTER),
        ("milestone_unconfirmed",),
    ),
    Story(
        "Six months without pregnancy",
        course(-262, -234, -206) + antibody_test(1, -178, 72.0)
        + decide(-80, "result_expired", "accept", "Clinical course stable"),
        ("redose_due",),
    ),
)  # fmt: skip
STAGES = (
    Story("Enrolled yesterday", enrolled=-1),
    Story("Starts next week", start(-3, begins=7) + consent(-3)),
    Story("Baseline to book", start(-2) + consent(-2)),
    Story("Baseline tomorrow", start(-6) + consent(-6) + book(BASELINE, 1, 1)),
    Story("Baseline today", start(-5) + consent(-5) + book(BASELINE, 1, 0)),
    Story("Baseline result awaited", start(-8) + consent(-8) + done(BASELINE, 1, -6)),
    Story("Dose 1 to book, consent missing", start(-26) + baseline(-25)),
    Story("Dose 1 today", begun(0) + book(DOSE, 1, 0, made=-6) + screened(-1)),
    Story("Dose 1 tomorrow", begun(1) + book(DOSE, 1, 1, made=-6) + screened(-1)),
    Story("Dose 1 booked", begun(9) + book(DOSE, 1, 9)),
    Story(
        "The unit for dose 2 was not released yesterday",
        course(-29) + book(DOSE, 2, -1, made=-9)
        + say(-1, "stopped", "doctor", step=DOSE, occurrence=2, on=-1, cause="not_released"),
        ("unit_not_released",),
    ),
    Story(
        "London is closed in the whole week of the booster",
        _pregnant(5, -50) + say(-4, "opt_in", step=EARLY, on=-4),
        ("no_open_day",),
    ),
    Story("Dose 2 booked", course(-17) + book(DOSE, 2, 11)),
    Story("Dose 2 today", course(-28) + book(DOSE, 2, 0, made=-7) + screened(-1)),
    Story(
        "Arrived for dose 2",
        course(-28) + book(DOSE, 2, 0, made=-9) + screened(-1) + at_visit("arrive", DOSE, 2, 0),
    ),
    Story(
        "Missed dose 2, to book again",
        course(-32) + book(DOSE, 2, -4, made=-9) + at_visit("miss", DOSE, 2, -3, "Fever"),
    ),
    Story(
        "Cancelled dose 2",
        course(-24) + book(DOSE, 2, 5, made=-9) + at_visit("cancel", DOSE, 2, -1, "Work"),
    ),
    Story(
        "The centrifuge failed on the day of dose 3",
        course(-57, -29) + book(DOSE, 3, -1, made=-9)
        + say(-1, "stopped", step=DOSE, occurrence=3, on=-1, cause="equipment"),
        ("session_stopped",),
    ),
    Story("Dose 3 today", course(-56, -28) + book(DOSE, 3, 0, made=-6) + screened(-1)),
    Story("Dose 3 tomorrow", course(-55, -27) + book(DOSE, 3, 1, made=-6) + screened(-1)),
    Story(
        "Dose 3 in two weeks, donor away",
        course(-42, -14) + say(-5, "absence", person="partner", from_on=8, to_on=13),
    ),
    Story("Test to book", course(-70, -42, -14)),
    Story("Test tomorrow", course(-83, -55, -27) + book(TEST, 1, 1, made=-7)),
    Story("Test today", course(-84, -56, -28) + book(TEST, 1, 0, made=-8)),
    Story("Result awaited", course(-90, -62, -34) + done(TEST, 1, -6)),
    Story("Responded, no attempt planned", _responded()),
    Story(
        "Booster to book",
        _responded(-4) + milestone("conception-attempt", 34, said=-8, certainty="planned"),
    ),
    Story(
        "Booster booked",
        _responded(-3) + milestone("conception-attempt", 26, said=-9, certainty="planned") + book(BOOSTER, 1, 12),
    ),
    Story(
        "Booster given, attempt ahead",
        _responded(-18) + milestone("conception-attempt", 9, said=-28, certainty="planned")
        + dose(1, -6, step=BOOSTER),
    ),
    Story(
        "Pregnant, asks for the early booster",
        _pregnant(6, -55) + say(-8, "opt_in", step=EARLY, on=-8) + book(EARLY, 1, 16),
    ),
    Story(
        "Pregnant, no further booster wanted",
        _pregnant(9, -75) + say(-30, "opt_in", step=EARLY, on=-30, wanted=False),
    ),
    Story(
        "Early booster given",
        _pregnant(11, -90) + say(-42, "opt_in", step=EARLY, on=-42) + dose(1, -18, step=EARLY),
    ),
    Story("Loss in the first weeks", _pregnant(9, -75) + milestone("loss", -6)),
    Story("Paused at their wish", course(-33) + say(-20, "pause", on=-20, reason="Family journey")),
    Story("Messages stopped at her wish", (*course(-18), Act(-3, "silence"))),
)  # fmt: skip
STORIES = FLAGGED + STAGES


def of(place: int) -> Story:
    """The story of the couple at this place in the two lists of people, Hyderabad first."""
    return STORIES[place % len(STORIES)]
