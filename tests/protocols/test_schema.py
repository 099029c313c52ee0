"""The published schema: it accepts every document that loads, and refuses shapes that do not."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocols import library_names, library_text, load
from protocols.loader import read_yaml
from protocols.schema import document_schema
from tests.builders import after, document, step

VALIDATOR = Draft202012Validator(document_schema())


def small(**more: Any) -> dict[str, Any]:
    gap = after({"previous": True}, earliest="P3W", target="P4W")
    gap["after"] = {"previous": True}
    gap["target"]["at"] = {"parameter": "gap"}
    sizes = [2, None, {"doses": 3, "donor": "partner+unrelated"}]
    rounds = {"sizes": sizes, "cap": {"parameter": "cap"}, "cap_source": "clinic", "cap_grade": "setting"}
    bands = [{"from": 0, "name": "negative", "response": "none", "source": "S1", "grade": "B"}]
    measured = {"unit": "percent", "minimum": -100, "maximum": 100}
    tests = {
        "flat": {"title": "Flat", "assay": "cdc", **measured, "bands": bands},
        "by-assay": {"title": "By assay", "assays": {"cdc": measured, "flow": {**measured, "bands": bands}}},
    }
    more = {
        "parameters": {"gap": {"value": "P4W", "title": "Weeks between doses"}, "cap": {"value": None}},
        **more,
    }
    return document(
        step("dose", after("course-start", earliest="P6M-P4D", target="P6M"), next=[gap], rounds=rounds),
        tests=tests, notice="P7D", **more,
    )  # fmt: skip


@pytest.mark.parametrize("name", library_names())
def test_every_protocol_that_ships_is_valid_by_the_schema(name: str) -> None:
    data, _ = read_yaml(library_text(name))
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []
    load(library_text(name))


def test_the_schema_is_one_and_knows_every_way_of_writing() -> None:
    Draft202012Validator.check_schema(document_schema())
    assert [error.message for error in VALIDATOR.iter_errors(small())] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"parameters": ["gap"]},
        {"parameters": {"gap": "P4W"}},
        {"notice": "a week"},
        {"notice": {"months": 0, "days": 7}},
        {"notice": "P6M-4D"},
        {"colour": "red"},
        {"tests": {"flat": {"title": "Flat", "unit": "percent", "minimum": 0, "maximum": 1}}},
        {"title": None},
    ],
)
def test_a_wrong_shape_is_not_valid(wrong: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors({**small(), **wrong}))
