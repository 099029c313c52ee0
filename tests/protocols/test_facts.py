"""Records: what can be said, what contradicts itself, and how records in force settle."""

from typing import Any

import pytest
import yaml

from protocols import KINDS, FactFaults, Fault, Record, read_record, read_records
from tests.builders import (
    BASELINE,
    BOOSTER,
    DOCTOR,
    NURSE,
    SENSITISATION,
    attempt_planned,
    booked,
    corrected,
    day,
    decided,
    given,
    milestone,
    non_responder,
    plan_on,
    record,
    result,
    skipped,
    started,
    visit_of,
)

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "milestone": {"name": "pregnancy", "on": "2026-02-01"},
    "dating": {"basis": "scan", "on": "2026-02-01", "ga": "8w2d"},
    "fulfilled": {"step": SENSITISATION, "on": "2026-02-01", "given": {"cells_million": 12.5}},
    "missed": {"step": SENSITISATION, "on": "2026-02-01", "reason": "ill"},
    "stopped": {"step": SENSITISATION, "on": "2026-02-01", "cause": "not_released"},
    "skipped": {"step": SENSITISATION, "on": "2026-02-01", "reason": "wish"},
    "booked": {"step": SENSITISATION, "on": "2026-02-01", "pencilled": True},
    "result": {"test": "apca", "sampled_on": "2026-02-01", "resulted_on": "2026-02-03", "value": 4},
    "decision": {
        "flag": "dose_inadequate",
        "choice": "counts",
        "on": "2026-02-01",
        "by": DOCTOR,
        "reason": "seen",
    },
    "opt_in": {"step": "early-pregnancy-booster", "on": "2026-02-01"},
    "consent": {"person": "recipient", "on": "2026-02-01", "document": "form 3"},
    "screening": {"person": "partner", "test": "hiv", "sampled_on": "2026-02-01", "outcome": "clear"},
    "donor": {"donor": "partner+unrelated", "on": "2026-02-01"},
    "absence": {"person": "partner", "from_on": "2026-02-01", "to_on": "2026-02-09"},
    "joined": {"on": "2026-02-01", "evidence": "document", "place": "Pune"},
    "pause": {"on": "2026-02-01"},
    "resume": {"on": "2026-02-01"},
    "close": {"on": "2026-02-01", "reason": "moved"},
    "note": {"text": "called"},
    "correction": {"of": "x", "reason": "slip", "replacement": {"kind": "note", "text": "called"}},
}


def faults_of(today: str, *records: Record) -> list[Fault]:
    with pytest.raises(FactFaults) as refusal:
        plan_on(today, records)
    return list(refusal.value.faults)


def only(faults: list[Fault]) -> tuple[str, str]:
    [fault] = faults
    assert fault.remedy
    return fault.field, fault.message


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written_and_read_again(kind: str) -> None:
    first = record(kind, **ONE_OF_EACH[kind])
    assert read_record(first.model_dump(mode="json")) == first
    [from_yaml] = read_records(yaml.safe_dump([first.model_dump(mode="json", exclude_none=True)]))[0]
    assert from_yaml == first


def test_there_is_an_example_of_each_kind() -> None:
    assert set(ONE_OF_EACH) == set(KINDS)


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"kind": "fulfilled", "on": "2026-02-01"}, "step", "a fulfilled record needs it"),
        ({"kind": "fulfilled", "step": "x", "on": "soon"}, "on", "got 'soon'"),
        ({"kind": "fulfilled", "step": "x", "on": "2026-02-01", "occurrence": 0}, "occurrence", "greater than"),
        ({"kind": "pause", "on": "2026-02-01", "until": "x"}, "until", "a pause record has no such field"),
        ({"kind": "skipped", "step": "x", "on": "2026-02-01", "reason": ""}, "reason", "at least 1 character"),
        ({"kind": "result", "test": "a", "sampled_on": "2026-02-02", "resulted_on": "2026-02-02", "value": 3, "donor": 7},
         "donor", "valid string"),
        ({"kind": "result", "test": "a", "sampled_on": "2026-02-02", "resulted_on": "2026-02-02"},
         "record", "give a value"),
        ({"kind": "dating", "basis": "lmp", "on": "2026-02-02", "ga": "8w2d"}, "record", "only with a scan"),
        ({"kind": "dating", "basis": "scan", "on": "2026-02-02", "ga": "8w7d"}, "ga", "pattern"),
        ({"kind": "absence", "person": "p", "from_on": "2026-02-02", "to_on": "2026-02-01"}, "record", "to_on lies before"),
        ({"kind": "note", "text": "x", "recorded_at": "2026-02-02T10:00:00"}, "recorded_at", "offset from UTC"),
        ({"kind": "correction", "of": "x", "reason": "y", "replacement": {"kind": "pause"}}, "replacement.on", "needs it"),
        ({"step": "x"}, "kind", "there is no kind of record 'None'"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read_names_its_field(data: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(FactFaults) as refusal:
        read_record(data)
    fault = next(fault for fault in refusal.value.faults if fault.field == field)
    assert said in fault.message
    assert fault.remedy


@pytest.mark.parametrize(
    ("records", "field", "said"),
    [
        ([started("2026-02-02")], "on", "2026-02-02 lies in the future (today is 2026-02-01)"),
        ([result(4, "2026-01-31", "2026-02-02")], "resulted_on", "lies in the future"),
        ([milestone("pregnanc", "2026-01-05")], "name", "the protocol has no milestone 'pregnanc'"),
        ([result(4, "2026-01-05", test="lad")], "test", "the protocol has no test 'lad'"),
        ([result(400, "2026-01-05")], "value", "400 is no value of apca"),
        ([result(4, "2026-01-05", unit="mg")], "unit", "apca is reported in percent dead cells, not mg"),
        ([booked("dose", "2026-02-05")], "step", "the protocol has no step 'dose'"),
        ([record("opt_in", step=SENSITISATION, on="2026-01-05")], "step", "no optional step"),
        ([given(1, "2026-01-05"), given(1, "2026-01-06")], "occurrence", "in two records in force"),
        ([booked(BOOSTER, "2026-03-05"), booked(BOOSTER, "2026-03-06")], "occurrence", "in two records in force"),
        ([given(1, "2026-01-05"), skipped(SENSITISATION, "2026-01-06")], "occurrence", "skipped and fulfilled"),
        ([given(2, "2026-01-05")], "occurrence", "#1 is neither fulfilled nor skipped"),
        ([given(1, "2026-01-09"), given(2, "2026-01-05")], "on", "sensitisation #2 lies before #1"),
        ([started(), started("2026-01-08")], "name", "course-start does not repeat and stands in 2 records in force"),
        ([attempt_planned("2026-03-01"), attempt_planned("2026-04-01")], "recorded_at", "which came last is not known"),
        ([corrected("nobody")], "of", "there is no record 'nobody'"),
        ([given(1, "2026-01-05", id="a"), booked(BASELINE, "2026-02-05", id="a")], "id", "'a' names two records"),
        ([decided("no_such_flag", "stop", "2026-01-05")], "flag", "no flag rule 'no_such_flag'"),
        ([decided("dose_inadequate", "stop", "2026-01-05")], "choice", "does not offer 'stop'"),
        ([decided("visit_overdue", "stop", "2026-01-05")], "choice", "does not offer 'stop'"),
        ([decided("no_antibody_response", "extra_doses", "2026-01-05")], "parameters.doses", "extra_doses needs it"),
        ([decided("no_antibody_response", "stop", "2026-01-05", by=NURSE)], "by", "a nurse may not decide"),
        ([decided("no_antibody_response", "stop", "2026-02-05")], "on", "lies in the future"),
    ],
)  # fmt: skip
def test_records_that_cannot_be_true_are_refused(records: list[Record], field: str, said: str) -> None:
    found = only(faults_of("2026-02-01", *records))
    assert found[0] == field
    assert said in found[1]


def test_more_extra_doses_than_the_cap_leaves_are_refused() -> None:
    taken = decided("no_antibody_response", "extra_doses", "2026-04-10", parameters={"doses": 4})
    assert only(faults_of("2026-04-12", *non_responder(taken))) == (
        "parameters.doses", "extra_doses needs how many doses, from 1 to 3",
    )  # fmt: skip


def test_a_nurse_decides_what_is_a_nurses_and_a_doctor_decides_it_too() -> None:
    records = [started(), given(1, "2026-01-12"), booked(SENSITISATION, "2026-01-29", 2)]
    for by in (NURSE, DOCTOR, {"name": "no role given"}):
        keep = decided("booking_outside_window", "keep", "2026-01-13", by=by)
        assert "booking_outside_window" not in {
            flag.code for flag in plan_on("2026-01-13", [*records, keep]).flags
        }


def test_every_contradiction_is_told_at_once() -> None:
    wrong = [started("2027-01-01"), given(2, "2026-01-05"), result(400, "2026-01-05"), corrected("nobody")]
    assert len(faults_of("2026-02-01", *wrong)) == 4


def test_only_plans_bookings_and_absences_may_lie_ahead() -> None:
    ahead = [
        started(),
        attempt_planned("2026-09-01"),
        booked(SENSITISATION, "2026-09-01"),
        record("absence", person="partner", from_on="2026-09-01", to_on="2026-09-09"),
    ]
    assert plan_on("2026-01-05", ahead).today == day("2026-01-05")


def test_occurrences_of_a_milestone_are_numbered_by_date() -> None:
    records = [started(), milestone("pregnancy", "2026-03-01"), milestone("loss", "2026-03-20")]
    records += [record("resume", on="2026-04-20"), milestone("pregnancy", "2026-06-01")]
    flag = next(
        flag for flag in plan_on("2026-06-02", records).flags if flag.code == "pregnancy_during_course"
    )
    assert flag.key == "pregnancy_during_course:pregnancy#2"


def test_a_replacement_stands_under_the_name_and_moment_of_its_correction() -> None:
    at = "2026-02-01T09:00:00+05:30"
    records = [
        started(),
        given(1, "2026-01-12", id="a"),
        corrected("a", given(1, "2026-01-15"), id="c", recorded_at=at),
    ]
    early = given(2, "2026-01-20", id="early")
    planned = plan_on("2026-02-01", [*records, early, corrected("early", given(2, "2026-01-22"), id="later")])
    assert [flag.cause for flag in planned.flags if flag.code == "given_too_early"] == [("later",)]
    assert visit_of(planned, SENSITISATION).on == day("2026-01-15")
