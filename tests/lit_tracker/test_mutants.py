"""The harness of `make mutants`: what it chooses, how it reads types and exit codes, what it says."""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from lit_tracker.local import mutants
from lit_tracker.local.errors import CannotStart
from lit_tracker.local.mutants import Limits, Suite

NAMES = [f"protocols.windows.x_intersect__mutmut_{number}" for number in range(1, 30)]
MUTATED = """
def x_add__mutmut_orig(a, b):
    return a + b


def x_add__mutmut_1(a, b):
    return a - b


class Window:
    def xǁWindowǁdates__mutmut_2(self):
        return (
            None,
        )
"""


def fault(line: int, severity: str = "error", file: str = "protocols/windows.py") -> str:
    return json.dumps({"file": file, "line": line, "severity": severity, "message": "no"})


def test_the_choice_depends_on_the_seed_alone() -> None:
    assert mutants.chosen(NAMES, 1) == mutants.chosen(reversed(NAMES), 1)
    assert mutants.chosen(NAMES, 1) != mutants.chosen(NAMES, 2)
    assert sorted(mutants.chosen(NAMES, 1)) == sorted(NAMES)


def test_the_quickest_test_that_reaches_the_function_comes_first() -> None:
    suite = Suite(
        {"protocols.windows.x_intersect": ["slow", "quick"]}, {"slow": 2.0, "quick": 0.1, "other": 0}
    )
    assert suite.tests_of(NAMES[11]) == ["quick", "slow"]
    assert suite.tests_of("protocols.windows.x_intersected__mutmut_1") == []
    assert suite.limit_of(["slow", "quick"]) == pytest.approx(41)


def test_a_fault_of_types_belongs_to_the_mutant_whose_lines_hold_it() -> None:
    sources = {"protocols/windows.py": MUTATED}
    one, two = "protocols.windows.x_add__mutmut_1", "protocols.windows.xǁWindowǁdates__mutmut_2"
    assert mutants.refused(fault(7), sources) == {one}
    assert mutants.refused(f"{fault(7)}\n{fault(13)}", sources) == {one, two}


@pytest.mark.parametrize(
    "report", ["", "\n", fault(3), fault(7, "note"), fault(7, file="protocols/other.py")]
)
def test_what_is_no_fault_of_a_mutant_refuses_none(report: str) -> None:
    assert mutants.refused(report, {"protocols/windows.py": MUTATED}) == set()


@pytest.mark.parametrize(
    ("exit_code", "fate"), [(0, "survived"), (1, "killed"), (2, "killed"), (4, "killed"), (5, "no test")]
)
def test_the_exit_code_of_the_tests_is_the_fate(exit_code: int, fate: str) -> None:
    assert mutants.fate_of(exit_code) == fate


def test_the_summary_counts_and_lists_what_nobody_noticed() -> None:
    said = mutants.summary({"b": "survived", "a": "no test", "c": "killed", "d": "refused by types"}, 90)
    assert said.splitlines() == [
        "4 of 90 mutants tried: 1 killed, 1 refused by types, 1 survived, 0 timeout, 1 no test",
        "a",
        "b",
    ]


def test_the_limits_come_from_the_environment() -> None:
    assert Limits.of({}) == Limits(20, 1, 2, ())
    said = {
        "MUTANTS_MINUTES": "0.5",
        "MUTANTS_SEED": "7",
        "MUTANTS_WORKERS": "1",
        "MUTANTS_ONLY": "windows today",
    }
    assert Limits.of(said) == Limits(0.5, 7, 1, ("windows", "today"))
    with pytest.raises(CannotStart, match="MUTANTS_MINUTES"):
        Limits.of({"MUTANTS_MINUTES": "long"})


def test_the_copy_runs_the_tests_as_we_do_and_mutates_what_was_named() -> None:
    settings = tomllib.loads(mutants.settings_of(Limits(1, only=("windows",))))["tool"]
    ours = tomllib.loads((mutants.ROOT / "pyproject.toml").read_text())["tool"]
    assert settings["pytest"] == ours["pytest"]
    assert settings["mutmut"]["only_mutate"] == ["protocols/windows.py"]


def test_every_deselected_test_is_there() -> None:
    for test in mutants.DESELECTED:
        path, name = test.split("::")
        assert f"def {name}(" in (mutants.ROOT / path).read_text()


def mutated_in(home: Path, body: str, tests: str) -> tuple[Path, Suite]:
    """A tree as mutmut leaves it, with one function and what it becomes under MUTANT_UNDER_TEST."""
    (home / "body.py").write_text(body)
    (home / "test_body.py").write_text(tests)
    reaching = {"body.x_double": ["test_body.py::test_double"]}
    return home, Suite(reaching, {"test_body.py::test_double": 0.1})


BODY = """
import os


def double(number):
    while os.environ.get("MUTANT_UNDER_TEST") == "body.x_double__mutmut_3":
        pass
    return number * (3 if os.environ.get("MUTANT_UNDER_TEST") == "body.x_double__mutmut_1" else 2)
"""
TESTS = """
from body import double


def test_double():
    assert double(2) == 4
"""


@pytest.mark.parametrize(
    ("mutant", "fate"),
    [
        ("body.x_double__mutmut_1", "killed"),
        ("body.x_double__mutmut_2", "survived"),
        ("body.x_double__mutmut_3", "timeout"),
        ("body.x_other__mutmut_1", "no test"),
    ],
)
def test_a_mutant_is_tried_against_the_tests_that_reach_it(
    mutant: str, fate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, suite = mutated_in(tmp_path, BODY, TESTS)

    def soon(_: Suite, tests: Iterable[str]) -> float:
        return 3.0 if fate == "timeout" else 60.0

    monkeypatch.setattr(Suite, "limit_of", soon)
    assert mutants.tried(tree, mutant, suite) == fate
