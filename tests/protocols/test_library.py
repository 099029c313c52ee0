"""Every protocol that ships: sound, honest about what is unknown, with plans counted by hand on a page for clinicians."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from protocols import BlankFaults, Plan, library_names, library_text, load, load_to_plan
from protocols.checks import blanks, warnings
from protocols.loader import read_yaml
from protocols.template import LIMITS
from tests.protocols.golden_page import (
    DATES,
    GOLDEN,
    PAGES,
    Stage,
    blocks_of,
    expected_blocks,
    golden_of,
    page_of,
    visit_named,
)

NAMES = library_names()
every_protocol = pytest.mark.parametrize("name", NAMES)


def stages_of(name: str) -> dict[str, Stage]:
    return dict(golden_of(name).stages) if (GOLDEN / f"{name}.yaml").exists() else {}


every_stage = pytest.mark.parametrize(
    ("name", "stage"), [(name, stage) for name in NAMES for stage in stages_of(name)]
)


def raw(name: str) -> dict[str, Any]:
    data, _ = read_yaml(library_text(name))
    assert isinstance(data, dict)
    return data


def parts(data: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a document, from outside in."""
    if isinstance(data, dict):
        yield data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from parts(part)


# Each golden plan


def said_of(planned: Plan, row: dict[str, Any]) -> dict[str, Any]:
    """What the plan says of the subject of a row, under the names that rows use."""
    if "flag" in row:
        [flag] = [flag for flag in planned.flags if flag.code == row["flag"]]
        return {"due": flag.due_on, "holds": list(flag.holds), "decisions": list(flag.decisions)}
    if "clock" in row:
        [clock] = [clock for clock in planned.clocks if clock.name == row["clock"]]
        return {"of": clock.of, "starts": clock.starts_on, "until": clock.until_on, "state": clock.state}
    visit = visit_named(planned, row["visit"])
    window = visit.window
    return {
        **{name: getattr(window, name) if window else None for name in DATES},
        "state": visit.state.value,
        "day": visit.on or visit.proposed_on,
        "dose": visit.dose,
        "donor": visit.donor,
        "missing": list(visit.missing),
    }


@every_stage
def test_the_plan_is_what_was_counted_by_hand(name: str, stage: str) -> None:
    golden = golden_of(name)
    planned = golden.plan(golden.stages[stage])
    assert golden.stages[stage].by_hand
    for row in golden.stages[stage].by_hand:
        found = said_of(planned, row)
        asked = {key: value for key, value in row.items() if key not in ("visit", "flag", "clock", "because")}
        assert asked, "a row expects something"
        assert {key: found[key] for key in asked} == asked, row
        assert row["because"].strip()


@every_stage
def test_the_open_flags_are_those_that_were_expected(name: str, stage: str) -> None:
    golden = golden_of(name)
    planned = golden.plan(golden.stages[stage])
    assert sorted(flag.code for flag in planned.flags) == sorted(golden.stages[stage].flags)


@every_protocol
def test_every_step_is_dated_by_hand_in_some_stage(name: str) -> None:
    dated = {
        row["visit"].split()[0]
        for stage in golden_of(name).stages.values()
        for row in stage.by_hand
        if "visit" in row and any(isinstance(value, date) for value in row.values())
    }
    assert dated == {step.name for step in golden_of(name).template.steps}
    assert len(golden_of(name).stages) >= 2


@every_protocol
def test_the_page_shows_what_the_engine_says(name: str) -> None:
    assert blocks_of(page_of(name)) == expected_blocks(golden_of(name))


# Each document


@every_protocol
def test_a_protocol_ships_without_faults_and_warnings(name: str) -> None:
    assert warnings(load(library_text(name))) == []


@every_protocol
def test_what_is_unknown_is_a_blank_that_a_clinician_can_fill(name: str) -> None:
    parameters = raw(name).get("parameters") or {}
    assert all(said["title"].strip() and said["value"] is None for said in parameters.values())
    assert sorted(golden_of(name).values) == sorted(parameters)
    assert blanks(golden_of(name).template) == []
    if parameters:
        with pytest.raises(BlankFaults):
            load_to_plan(library_text(name))
    used = {part["parameter"] for part in parts(raw(name)) if set(part) == {"parameter"}}
    assert used == set(parameters)


@every_protocol
def test_no_number_of_the_weakest_grade_ships(name: str) -> None:
    for section, data in raw(name).items():
        if section == "sources":
            continue
        for part in parts(data):
            grades = [value for key, value in part.items() if key in ("grade", "cap_grade")]
            values = [part.get(key) for key in ("at", "from", "cap", "before", *LIMITS)]
            filled = [value for value in values if value is not None and not isinstance(value, dict)]
            assert "C" not in grades or not filled, part


@every_protocol
def test_every_dose_asks_for_consent_and_screens_and_before_conception_for_a_pregnancy_test(
    name: str,
) -> None:
    for step in golden_of(name).template.steps:
        if step.kind != "dose":
            continue
        assert any(need.consent for need in step.requires), step.name
        screens = {screen for need in step.requires if need.of == "donor" for screen in need.screening or ()}
        assert screens >= {"hiv", "hbv", "hcv", "syphilis"}, step.name
        of_her = {
            screen for need in step.requires if need.of == "recipient" for screen in need.screening or ()
        }
        assert ("pregnancy-test" in of_her) == (step.phase == "pre-conception"), step.name


@every_protocol
def test_a_pregnancy_and_a_loss_can_be_recorded(name: str) -> None:
    template = golden_of(name).template
    needed = {"pregnancy", "loss"}
    if any(step.phase == "pre-conception" for step in template.steps):
        needed.add("course-start")
    assert needed <= set(template.milestones)


@every_protocol
def test_every_declared_source_is_cited_and_named_on_the_page(name: str) -> None:
    document, page = raw(name), page_of(name)
    cited = {
        part[key]
        for section, data in document.items()
        if section != "sources"
        for part in parts(data)
        for key in ("source", "cap_source")
        if isinstance(part.get(key), str)
    }
    assert cited - {"clinic"} <= set(document["sources"])
    told = library_text(name).split("\nname:")[0] + document["evidence"]
    assert set(document["sources"]) <= cited | set(re.findall(r"S\d+b?", told))
    for tag, source in document["sources"].items():
        assert re.search(rf"{tag}\b[^)]*\b{source['grade']}\b", page), f"{tag} ({source['grade']})"


# The library as a whole


def test_one_source_has_one_grade_in_the_whole_library() -> None:
    grades: dict[str, set[str]] = {}
    for name in NAMES:
        for tag, source in raw(name)["sources"].items():
            grades.setdefault(tag, set()).add(source["grade"])
    assert {tag: found for tag, found in grades.items() if len(found) > 1} == {}


def test_the_table_of_the_library_has_a_line_for_each_protocol_with_its_number_of_blanks() -> None:
    readme = (PAGES / "README.md").read_text(encoding="utf-8")
    lines = {
        found[1]: line
        for line in readme.splitlines()
        if (found := re.match(r"\| \[([a-z0-9-]+)\]\(\1\.md\) \|", line))
    }
    assert sorted(lines) == sorted(NAMES)
    for name, line in lines.items():
        assert line.rstrip(" |").rsplit("|", 1)[1].strip() == str(len(raw(name).get("parameters") or {})), (
            name
        )
    assert sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "README") == sorted(NAMES)
