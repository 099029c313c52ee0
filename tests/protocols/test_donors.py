"""Another donor, or two: screens, consents, results and the cap follow whose lymphocytes are given."""

from tests.builders import (
    booked,
    consents,
    decided,
    flag_of,
    given,
    milestone,
    non_responder,
    plan_on,
    record,
    responder,
    result,
    screens,
    visit_of,
)

ANOTHER = decided(
    "no_antibody_response", "change_donor", "2026-04-10", parameters={"donor": "unrelated", "doses": 3}
)
NEW_DOSES = [given(4, "2026-04-17"), given(5, "2026-05-15"), given(6, "2026-06-12")]


def test_another_donor_starts_screening_and_consent_anew() -> None:
    ready = [*consents("2026-01-05"), *screens("2026-04-11")]
    before = visit_of(plan_on("2026-04-11", non_responder(*ready, ANOTHER)), "sensitisation", 4)
    assert before.donor == "unrelated"
    assert "consent of unrelated" in before.missing
    assert "hepatitis B screen of unrelated" in before.missing
    both = [*ready, *consents("2026-04-11", ["unrelated"]), *screens("2026-04-12", "unrelated")]
    after_it = visit_of(plan_on("2026-04-12", non_responder(*both, ANOTHER)), "sensitisation", 4)
    assert set(after_it.missing) == {"pregnancy test of recipient"}


def test_another_donors_doses_count_anew_for_the_cap() -> None:
    """Three doses of the new donor of at most six: three more are possible, though six were given in all."""
    records = non_responder(ANOTHER, *NEW_DOSES, result(5, "2026-07-10", donor="unrelated"))
    flag = flag_of(plan_on("2026-07-13", records), "no_antibody_response")
    assert "3 more doses are possible" in flag.text
    assert "extra_doses" in flag.decisions


def test_a_change_of_donor_that_is_only_recorded_counts_the_doses_anew_too() -> None:
    changed = record("donor", donor="unrelated", on="2026-04-09")
    more = decided("no_antibody_response", "extra_doses", "2026-04-10", parameters={"doses": 6})
    planned = plan_on("2026-04-11", non_responder(changed, more))
    assert [v.occurrence for v in planned.visits if v.step == "sensitisation"] == list(range(1, 10))


def test_a_response_against_one_donor_says_nothing_of_another() -> None:
    changed = record("donor", donor="unrelated", on="2026-04-12")
    attempt = milestone("conception-attempt", "2026-06-20", "planned")
    assert visit_of(plan_on("2026-04-12", responder(attempt)), "preconception-booster").state == "proposed"
    planned = plan_on("2026-04-12", responder(attempt, changed))
    assert visit_of(planned, "preconception-booster").proposed_on is None
    assert "apca" not in planned.valid_until
    back = record("donor", donor="partner", on="2026-04-14")
    again = plan_on("2026-04-14", responder(attempt, changed, back))
    assert visit_of(again, "preconception-booster").state == "proposed"


def test_two_donors_together_both_sign_and_both_are_screened() -> None:
    both = record("donor", donor="partner+unrelated", on="2026-01-06")
    signed = [*consents("2026-01-05"), *screens("2026-02-05")]
    records = [*non_responder()[:3], both, *signed, booked("sensitisation", "2026-02-09", 2)]
    visit = visit_of(plan_on("2026-02-06", records), "sensitisation", 2)
    kinds = ("HIV", "hepatitis B", "hepatitis C", "syphilis")
    expected = {
        "consent of unrelated",
        "pregnancy test of recipient",
        *(f"{kind} screen of unrelated" for kind in kinds),
    }
    assert set(visit.missing) == expected
