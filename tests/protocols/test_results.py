"""Reading a laboratory result: by its own assay's bands and limits, and how long a response counts."""

from datetime import date
from typing import Any

import pytest

from protocols import FactFaults, Fault, Plan, Record, Response, ResponseVerdict, Template
from protocols.plan import Clock
from tests.builders import (
    after,
    codes,
    course,
    day,
    flag_of,
    given,
    lost,
    number,
    plan_on,
    pregnant,
    record,
    responder,
    result,
    started,
    step,
    template,
    visit_of,
)

NONE = Response.NOT_RESPONDED_FINAL
DONE = [started(), given(1, "2026-01-05", "dose")]


def band(start: float, name: str, response: str) -> dict[str, Any]:
    return {"from": start, "name": name, "response": response, "source": "clinic", "grade": "setting"}


def assay(unit: str, low: float, high: float, responds: float, **more: str) -> dict[str, Any]:
    bands = [band(low, "negative", "none"), band(responds, "positive", "responded")]
    return {"unit": unit, "minimum": low, "maximum": high, "bands": bands, **more}


FLOW = assay("percent positive cells", 0, 100, 50, cutoff_version="2025-1")
SHIFT = assay("channels", -50, 256, 20)
CULTURE = assay("percent inhibition", -100, 100, 50)


def protocol(*, starts: str = "sampled_on", **assays: dict[str, Any]) -> Template:
    test = {"title": "Crossmatch", "assays": assays, "valid_for": {"number": number("P3M"), "starts": starts}}
    loop = {"sizes": [1], "cap": 1, "cap_source": "clinic", "cap_grade": "setting"}
    return template(
        step("dose", after("course-start", earliest="P0D"), next=[after({"previous": True}, earliest="P2W")], rounds=loop),
        step("assay", after({"step": "dose", "occurrence": "round"}, earliest="P2W", target="P4W"), kind="test",
             test="xm", measures="round", of="dose", next=[after({"decision": "asked"}, earliest="P1W")]),
        tests={"xm": test},
    )  # fmt: skip


SEVERAL = protocol(flow=FLOW, shift=SHIFT)


def read(value: float | None, of: Template = SEVERAL, **more: Any) -> ResponseVerdict:
    planned = plan_on("2026-02-10", [*DONE, result(value, "2026-02-02", test="xm", **more)], of)
    [verdict] = [v for v in planned.verdicts if isinstance(v, ResponseVerdict)]
    return verdict


def refused(value: float | None, of: Template = SEVERAL, **more: Any) -> list[Fault]:
    more = {"test": "xm", **more}
    with pytest.raises(FactFaults) as refusal:
        plan_on("2026-02-10", [*DONE, result(value, "2026-02-02", **more)], of)
    return list(refusal.value.faults)


# Assays


@pytest.mark.parametrize(
    ("assay", "value", "response"),
    [("flow", 30, NONE), ("shift", 30, Response.RESPONDED), ("flow", 49.9, NONE),
     ("flow", 50, Response.RESPONDED), ("shift", 19.9, NONE), ("shift", 20, Response.RESPONDED)],
)  # fmt: skip
def test_a_value_is_read_by_the_bands_of_its_own_assay(assay: str, value: float, response: Response) -> None:
    verdict = read(value, assay=assay)
    assert (verdict.response, verdict.assay) == (response, assay)
    assert verdict.unit == {"flow": "percent positive cells", "shift": "channels"}[assay]


def test_a_value_between_two_whole_numbers_belongs_to_the_lower_band() -> None:
    [verdict] = [
        v
        for v in plan_on("2026-04-10", course(result(50.9, "2026-04-06", "2026-04-09"))).verdicts
        if isinstance(v, ResponseVerdict) and v.step == "antibody-test"
    ]
    assert (verdict.band, verdict.response) == ("weak positive", Response.WEAK)


def test_where_a_test_has_several_assays_a_result_must_name_its_own() -> None:
    [fault] = refused(30)
    assert (fault.field, fault.remedy) == ("assay", "Give one of: flow, shift")
    assert read(60, protocol(flow=FLOW)).assay == "flow"


def test_a_result_of_an_assay_that_the_protocol_does_not_read_says_nothing() -> None:
    verdict = read(60, assay="elisa")
    assert (verdict.response, verdict.band) == (Response.NOT_INTERPRETABLE, None)
    assert "elisa" in verdict.text
    planned = plan_on("2026-02-10", [*DONE, result(60, "2026-02-02", test="xm", assay="elisa")], SEVERAL)
    assert codes(planned) == {"result_not_interpretable"}


def test_each_result_of_one_sample_is_told_where_two_assays_measured_it() -> None:
    """Values of two assays are never compared, so neither takes the other's place."""
    both = [
        result(60, "2026-02-02", "2026-02-05", test="xm", assay="flow", id="by-flow"),
        result(-10, "2026-02-02", "2026-02-06", test="xm", assay="shift", id="by-shift"),
    ]
    planned = plan_on("2026-02-10", [*DONE, *both], SEVERAL)
    told = {v.record: v.response for v in planned.verdicts if isinstance(v, ResponseVerdict)}
    assert told == {"by-flow": Response.RESPONDED, "by-shift": NONE}


def test_of_two_reports_of_one_sample_by_one_assay_the_later_stands() -> None:
    both = [
        result(10, "2026-02-02", "2026-02-05", test="xm", assay="flow"),
        result(60, "2026-02-02", "2026-02-06", test="xm", assay="flow"),
    ]
    planned = plan_on("2026-02-10", [*DONE, *both], SEVERAL)
    assert [v.value for v in planned.verdicts if isinstance(v, ResponseVerdict)] == [60]


@pytest.mark.parametrize(
    ("version", "response"),
    [("2025-1", Response.RESPONDED), (None, Response.RESPONDED), ("2024-2", Response.NOT_INTERPRETABLE)],
)
def test_bands_of_one_version_of_the_limits_read_no_result_of_another(
    version: str | None, response: Response
) -> None:
    verdict = read(60, assay="flow", cutoff_version=version)
    assert verdict.response is response
    if response is Response.NOT_INTERPRETABLE:
        assert "2024-2" in verdict.text
        assert "2025-1" in verdict.text


# Values and units


@pytest.mark.parametrize(("value", "response"), [(-22, NONE), (-100, NONE),
                                                 (0, NONE), (50, Response.RESPONDED)])  # fmt: skip
def test_negative_numbers_are_values_where_the_assay_has_them(value: float, response: Response) -> None:
    verdict = read(value, protocol(culture=CULTURE))
    assert (verdict.response, verdict.value) == (response, value)


@pytest.mark.parametrize(
    ("value", "assay", "limits"),
    [
        (-1, "flow", "0 to 100"),
        (100.5, "flow", "0 to 100"),
        (-51, "shift", "-50 to 256"),
        (257, "shift", "-50 to 256"),
    ],
)
def test_a_value_that_the_assay_cannot_have_is_refused_with_its_limits(
    value: float, assay: str, limits: str
) -> None:
    [fault] = refused(value, assay=assay)
    assert fault.field == "value"
    assert limits in fault.remedy


def test_a_unit_that_does_not_fit_is_refused_and_nothing_is_converted() -> None:
    [fault] = refused(30, assay="flow", unit="channels")
    assert fault.field == "unit"
    assert "percent positive cells, not channels" in fault.message
    assert fault.remedy
    assert read(30, assay="shift", unit="channels").unit == "channels"


def test_a_result_of_a_test_that_the_protocol_does_not_have_is_refused_with_those_that_it_has() -> None:
    [fault] = refused(30, test="lad", assay="flow")
    assert (fault.field, fault.remedy) == ("test", "Use one of: xm")
    assert "'lad'" in fault.message


def test_every_fault_of_a_result_is_told_at_once() -> None:
    assert {fault.field for fault in refused(300, assay="flow", unit="channels")} == {"value", "unit"}


def test_an_invalid_result_is_read_as_nothing_whatever_its_assay() -> None:
    assert read(None, assay="flow").response is Response.NOT_INTERPRETABLE


# The clock of a response


def clocks(today: str, of: Template, *more: Record) -> list[tuple[str, str, str]]:
    records = [*DONE, result(60, "2026-02-02", "2026-02-09", test="xm"), *more]
    return said(plan_on(today, records, of))


def said(planned: Plan) -> list[tuple[str, str, str]]:
    return [_told(clock) for clock in planned.clocks if clock.name == "try_by"]


def _told(clock: Clock) -> tuple[str, str, str]:
    return str(clock.starts_on), str(clock.until_on), clock.state


@pytest.mark.parametrize(
    ("starts", "first", "last"),
    [
        ("sampled_on", "2026-02-02", "2026-05-02"),
        ("resulted_on", "2026-02-09", "2026-05-09"),
        ("last_dose", "2026-01-05", "2026-04-05"),
    ],
)
def test_the_clock_of_a_response_starts_where_the_protocol_says(starts: str, first: str, last: str) -> None:
    of = protocol(starts=starts, flow=FLOW)
    assert clocks("2026-02-10", of) == [(first, last, "running")]
    assert clocks(last, of) == [(first, last, "running")]
    after_it = date.fromordinal(day(last).toordinal() + 1).isoformat()
    assert clocks(after_it, of) == [(first, last, "run_out")]


def test_conception_pauses_the_clock_and_the_end_of_the_pregnancy_closes_it() -> None:
    of = protocol(flow=FLOW)
    conceived, ended = pregnant("2026-04-20"), lost("2026-05-20")
    assert clocks("2026-04-20", of, conceived) == [("2026-02-02", "2026-05-02", "paused")]
    assert clocks("2026-05-10", of, conceived) == [("2026-02-02", "2026-05-02", "paused")]
    assert [clock[2] for clock in clocks("2026-05-20", of, conceived, ended)] == ["closed"]
    assert [clock[2] for clock in clocks("2026-09-20", of, conceived, ended)] == ["closed"]
    resumed = record("resume", on="2026-06-20")
    assert [clock[2] for clock in clocks("2026-06-20", of, conceived, ended, resumed)] == ["run_out"]


def test_a_closed_treatment_has_closed_clocks_until_a_person_takes_it_up_again() -> None:
    of, stop = protocol(flow=FLOW), record("close", on="2026-03-01", reason="moved")
    assert [clock[2] for clock in clocks("2026-03-02", of, stop)] == ["closed"]
    assert [clock[2] for clock in clocks("2026-03-05", of, stop, record("resume", on="2026-03-04"))] == [
        "running"
    ]


def test_a_response_that_ran_out_asks_whether_to_test_again() -> None:
    """Three months from the sample of 6 April end on 6 July."""
    assert "result_expired" not in codes(plan_on("2026-07-06", responder()))
    flag = flag_of(plan_on("2026-07-07", responder()), "result_expired")
    assert flag.decisions == ("retest", "accept")
    assert "6 Jul 2026" in flag.text


def test_a_later_response_starts_the_clock_anew() -> None:
    """The second sample, of 1 June, is good until 1 September."""
    planned = plan_on("2026-06-05", responder(result(70, "2026-06-01", "2026-06-04")))
    assert said(planned) == [("2026-06-01", "2026-09-01", "running")]


def test_the_clock_of_the_last_dose_runs_to_the_re_dose() -> None:
    """Six months after the dose of 9 March is 9 September."""
    [clock] = [clock for clock in plan_on("2026-04-12", responder()).clocks if clock.name == "redose_by"]
    assert (clock.starts_on, clock.until_on, clock.state) == (day("2026-03-09"), day("2026-09-09"), "running")
    assert visit_of(plan_on("2026-04-12", responder()), "re-dose").window is not None
