"""The laboratory tests that ship: every test of the domain facts, read by its own assay's bands and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols import (
    FactFaults,
    Response,
    Template,
    TemplateFaults,
    catalogue,
    library_names,
    library_text,
    load,
)
from protocols.catalogue import read_catalogue
from protocols.laboratory import Assay
from protocols.loader import catalogue_text
from tests.builders import after, given, plan_on, record, started, step, template

PAGE = Path(__file__).parents[2] / "docs" / "laboratory-tests.md"
# The rows of domain facts 1.3, in their order: test, assay, unit, and the cut-offs that the source states.
ROWS: list[tuple[str, str, str, tuple[float, ...]]] = [
    ("apca", "cdc-crossmatch", "percent dead cells", (0, 11, 21, 51, 81)),
    ("apca", "white-cell-crossmatch", "(1 means positive)", (0, 1)),
    ("apca", "cdc-score", "score 0 to 8", (0,)),
    ("apca-titre", "apca-titre", "(16 means 1:16)", (0, 16)),
    ("t-cell-fcxm", "fcxm-channel-shift", "channels", (-256, 20)),
    ("fcxm-percent", "fcxm-percent-positive", "percent positive cells", (0, 10, 51)),
    ("lad-t", "lad-flow-t", "percent IgG on T cells", (0,)),
    ("lad-b", "lad-flow-b", "percent IgG on B cells", (0, 30)),
    ("flow-anti-paternal", "flow-percent", "percent", (0,)),
    ("mlc", "mlc-inhibition", "percent inhibition", (-100, 50, 51)),
    ("mlc", "mlr-cytolab", "percent inhibition", (-100,)),
    ("mlr-bf", "mlr-blocking-factor", "(1 means found)", (0, 1)),
    ("mlr-bf", "mlr-bf-percent", "percent blocking", (-100,)),
    ("blocking-antibody", "blocking-antibody-kit", "(1 means positive)", (0, 1)),
    ("blocking-antibody", "blocking-efficiency", "percent efficiency", (-100,)),
    ("th1-cells", "th1-percent", "percent", (0,)),
    ("th2-cells", "th2-percent", "percent", (0,)),
    ("th-ratio", "flow-cytometry-th1-th2", "as a ratio", (0,)),
    ("treg", "flow-cytometry-treg", "percent of CD4 cells", (0,)),
    ("nk-cells", "nk-percent", "percent", (0,)),
    ("skin-reaction", "induration", "millimetres", ()),
    ("mlc-signed", "mlc-signed-percent", "signed percent", (-100,)),
]
# One round of one dose, and its test by name.
DOSE = step("dose", after("course-start", earliest="P0D"),
            next=[after({"previous": True}, earliest="P1W")],
            rounds={"sizes": [1], "cap": 1, "cap_source": "clinic", "cap_grade": "setting"})  # fmt: skip


def course_with(test: str) -> Template:
    control = step(
        "control", after({"step": "dose", "occurrence": "round"}, earliest="P1W"),
        kind="test", test=test, measures="round", of="dose",
    )  # fmt: skip
    tests = {test: catalogue()[test].model_dump(by_alias=True)}
    return template(DOSE, control, tests=tests)


def verdict_on(test: str, **result: object) -> tuple[Response, str]:
    """What a result says after the one dose, in the verdict and its words."""
    answer = record("result", test=test, sampled_on="2026-02-02", resulted_on="2026-02-05", **result)
    planned = plan_on("2026-02-06", [started(), given(1, "2026-01-12", "dose"), answer], course_with(test))
    found = planned.verdicts[-1]
    return found.response, found.text  # type: ignore[union-attr]


def test_every_test_of_the_domain_facts_is_there_and_no_other() -> None:
    assert {(name, assay) for name, test in catalogue().items() for assay in test.assays} == {
        (name, assay) for name, assay, _, _ in ROWS
    }


@pytest.mark.parametrize(("name", "assay", "unit", "cutoffs"), ROWS)
def test_an_assay_has_its_unit_and_the_cut_offs_of_its_source(
    name: str, assay: str, unit: str, cutoffs: tuple[float, ...]
) -> None:
    measured = catalogue()[name].assays[assay]
    known = tuple(band.from_value for band in measured.bands if band.from_value is not None)
    assert (measured.unit, known) == (unit, cutoffs)


def test_what_no_source_or_only_a_weak_one_says_is_a_blank_that_tells_what_is_known() -> None:
    for name, test in catalogue().items():
        for measured in test.assays.values():
            for band in measured.bands:
                if band.from_value is None:
                    assert band.note, f"{name}: {band.name} is blank and says nothing"
                else:
                    assert band.grade != "C", f"{name}: {band.name} ships a weak number"


def test_only_the_subsets_of_her_own_blood_need_no_donor() -> None:
    own = {name for name, test in catalogue().items() if not test.donor_specific}
    assert own == {"th1-cells", "th2-cells", "th-ratio", "treg", "nk-cells"}


@pytest.mark.parametrize(
    ("test", "assay", "value", "band", "response"),
    [
        ("apca", "cdc-crossmatch", 10, "negative", "none"),
        ("apca", "cdc-crossmatch", 20, "borderline negative", "none"),
        ("apca", "cdc-crossmatch", 50, "weak positive", "weak"),
        ("apca", "cdc-crossmatch", 50.5, "weak positive", "weak"),
        ("apca", "cdc-crossmatch", 51, "positive", "responded"),
        ("apca", "cdc-crossmatch", 100, "strong positive", "responded"),
        ("apca", "white-cell-crossmatch", 1, "positive", "responded"),
        ("apca-titre", "apca-titre", 8, "below 1:16, negative", "none"),
        ("apca-titre", "apca-titre", 16, "1:16 or more, positive", "responded"),
        ("t-cell-fcxm", "fcxm-channel-shift", -3, "negative", "none"),
        ("t-cell-fcxm", "fcxm-channel-shift", 19.9, "negative", "none"),
        ("t-cell-fcxm", "fcxm-channel-shift", 20, "positive", "responded"),
        ("fcxm-percent", "fcxm-percent-positive", 9.9, "low", "none"),
        ("fcxm-percent", "fcxm-percent-positive", 50, "between entry and aim", "weak"),
        ("fcxm-percent", "fcxm-percent-positive", 51, "high", "responded"),
        ("lad-b", "lad-flow-b", 29.9, "low", "none"),
        ("lad-b", "lad-flow-b", 30, "not low", "responded"),
        ("mlc", "mlc-inhibition", -20, "below 50, negative", "none"),
        ("mlc", "mlc-inhibition", 49.9, "below 50, negative", "none"),
        ("mlc", "mlc-inhibition", 50, "on the line, which the source does not place", "weak"),
        ("mlc", "mlc-inhibition", 51, "over 50, positive", "responded"),
        ("mlr-bf", "mlr-blocking-factor", 0, "not found, negative", "none"),
        ("mlr-bf", "mlr-blocking-factor", 1, "found, positive", "responded"),
        ("blocking-antibody", "blocking-antibody-kit", 1, "positive", "responded"),
    ],
)
def test_a_value_is_read_by_the_bands_of_its_own_assay(
    test: str, assay: str, value: float, band: str, response: str
) -> None:
    read = catalogue()[test].assays[assay].band(value)
    assert read is not None
    assert (read.name, read.response) == (band, response)


@pytest.mark.parametrize(
    ("test", "result", "said"),
    [
        ("apca", {"value": 60, "assay": "cdc-crossmatch"}, Response.RESPONDED),
        ("apca", {"value": 5, "assay": "cdc-crossmatch"}, Response.NOT_RESPONDED_FINAL),
        ("lad-b", {"value": 40}, Response.RESPONDED),
        ("t-cell-fcxm", {"value": -12}, Response.NOT_RESPONDED_FINAL),
        ("fcxm-percent", {"value": 30}, Response.WEAK),
    ],
)
def test_a_result_after_the_round_has_the_verdict_of_its_band(
    test: str, result: dict[str, object], said: Response
) -> None:
    assert verdict_on(test, **result)[0] is said


def test_a_value_of_another_assay_is_not_interpretable() -> None:
    response, text = verdict_on("lad-b", value=40, assay="lad-flow-t")
    assert response is Response.NOT_INTERPRETABLE
    assert "values are never compared" in text


@pytest.mark.parametrize("test", ["t-cell-fcxm", "fcxm-percent", "lad-b"])
def test_a_value_by_another_version_of_the_cut_offs_is_not_interpretable(test: str) -> None:
    own = catalogue()[test].assay_of(None)
    assert own is not None
    assert verdict_on(test, value=64, cutoff_version=own.cutoff_version)[0] is Response.RESPONDED
    response, text = verdict_on(test, value=64, cutoff_version="1024 channels")
    assert response is Response.NOT_INTERPRETABLE
    assert f"the protocol's bands are of {own.cutoff_version}" in text


def test_a_value_against_another_donor_is_not_interpretable() -> None:
    response, text = verdict_on("lad-b", value=40, donor="unrelated")
    assert response is Response.NOT_INTERPRETABLE
    assert text == "tested against unrelated, while the donor is partner"


def test_a_value_in_another_unit_is_refused_and_never_converted() -> None:
    with pytest.raises(FactFaults, match="Convert nothing"):
        verdict_on("lad-b", value=40, unit="MFI")


def test_a_verdict_carries_all_that_the_laboratory_said() -> None:
    said = {"assay": "fcxm-channel-shift", "laboratory": "Genome Lab", "unit": "channels", "value": -12.5,
            "cutoff_version": "Maruyama 1993, 256 channels", "donor": "partner"}  # fmt: skip
    answer = record("result", test="t-cell-fcxm", sampled_on="2026-02-02", resulted_on="2026-02-05", **said)
    known = [started(), given(1, "2026-01-12", "dose"), answer]
    found = plan_on("2026-02-06", known, course_with("t-cell-fcxm")).verdicts[-1].as_json()
    dated = {"sampled_on": "2026-02-02", "resulted_on": "2026-02-05"}
    assert {name: found[name] for name in (*said, *dated)} == {**said, **dated}


def test_where_the_result_names_no_cut_offs_the_verdict_carries_those_of_the_assay() -> None:
    answer = record("result", test="t-cell-fcxm", sampled_on="2026-02-02", resulted_on="2026-02-05", value=64)
    known = [started(), given(1, "2026-01-12", "dose"), answer]
    found = plan_on("2026-02-06", known, course_with("t-cell-fcxm")).verdicts[-1].as_json()
    assert found["cutoff_version"] == "Maruyama 1993, 256 channels"


def test_a_size_of_the_skin_reaction_is_kept_and_read_by_nobody() -> None:
    response, text = verdict_on("skin-reaction", value=5)
    assert response is Response.NOT_INTERPRETABLE
    assert "no bands" in text


def test_negative_values_are_legal_where_the_assay_has_them_and_refused_where_not() -> None:
    def baseline(test: str) -> tuple[str, ...]:
        value = record("result", test=test, sampled_on="2026-01-05", resulted_on="2026-01-08", value=-22)
        return tuple(flag.code for flag in plan_on("2026-01-09", [started(), value], course_with(test)).flags)

    assert baseline("mlc-signed") == ()
    with pytest.raises(FactFaults, match="-22 is no value of lad-b"):
        baseline("lad-b")


def test_a_fault_of_a_catalogue_is_told_with_its_line() -> None:
    text = catalogue_text().replace("{from: 30, name: not low", "{from: -1, name: not low")
    with pytest.raises(TemplateFaults) as refusal:
        read_catalogue(text)
    [fault] = refusal.value.faults
    assert fault.field == "tests.lad-b.bands"
    assert "bands:" in text.splitlines()[(fault.line or 0) - 1]


def test_a_weak_number_is_refused_in_a_catalogue_too() -> None:
    text = catalogue_text().replace("{from: null, name: poor", "{from: 20, name: poor")
    with pytest.raises(TemplateFaults, match="so the number is no default"):
        read_catalogue(text)


def read_by(measured: Assay) -> tuple[object, ...]:
    """What decides how a value is read. A protocol may cite its own source for the same band."""
    bands = [(band.from_value, band.name, band.response) for band in measured.bands]
    return (measured.unit, measured.minimum, measured.maximum, measured.cutoff_version, bands)


def test_a_protocol_of_the_library_reads_a_test_by_exactly_the_bands_of_the_catalogue() -> None:
    used = set()
    for protocol in library_names():
        for name, test in load(library_text(protocol)).tests.items():
            if name not in catalogue():
                continue
            for assay, measured in test.assays.items():
                assert assay in catalogue()[name].assays, f"{protocol}: {name} by {assay}"
                assert read_by(measured) == read_by(catalogue()[name].assays[assay]), f"{protocol}: {name}"
                assert test.donor_specific is catalogue()[name].donor_specific, f"{protocol}: {name}"
                used.add(protocol)
    assert {"lit-standard", "icprm", "swcic"} <= used


def test_the_page_for_laboratories_names_every_test_with_its_units_and_cut_offs() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, assay, unit, cutoffs in ROWS:
        [row] = [line for line in page.splitlines() if f"`{name}`" in line and f"`{assay}`" in line]
        assert unit in row
        for cutoff in cutoffs[1:]:
            assert f"{cutoff:g}" in row
        blank = any(band.from_value is None for band in catalogue()[name].assays[assay].bands)
        assert ("blank" in row) is blank
