"""`make mutants`: does a test notice when a line of protocols/ is wrong? docs/mutants.md judges what survives.

mutmut makes the mutants (one small change of one function each) in a copy of the tree and finds out which tests reach
which function. Of all mutants a seeded choice is tried until the time is up: first against the types, for what mypy
refuses could never be committed, then against the tests that reach it, the quickest first.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lit_tracker.local.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "var" / "mutants"
COPIED = ("protocols", "tests/protocols", "tests/builders.py", "tests/strategies.py", "docs")
NO_MUTANT = "none of them"
PYTEST = ("-p", "no:django", "-p", "no:xdist", "-p", "no:cacheprovider", "-q", "--no-header", "--tb=no")
# These read the source, and in the copy it holds every mutant and imports mutmut.
DESELECTED = (
    "tests/protocols/test_front_door.py::test_the_core_imports_nothing_but_the_standard_library_and_three_packages",
    "tests/protocols/test_front_door.py::test_the_planner_never_asks_today_for_a_date",
)
_MUTMUT = """
[tool.mutmut]
source_paths = ["protocols/"]
only_mutate = {only}
do_not_mutate = ["protocols/__main__.py", "protocols/shell/*", "protocols/drawing/*"]
also_copy = ["docs/"]
pytest_add_cli_args = {arguments}
pytest_add_cli_args_test_selection = ["tests/protocols"]
"""
_MYPY = """
[mypy]
strict = True
warn_unused_ignores = False
disallow_untyped_decorators = False
plugins = pydantic.mypy
"""
Fate = Literal["killed", "refused by types", "survived", "timeout", "no test"]


@dataclass(frozen=True, slots=True)
class Limits:
    """`minutes` of trying, after the mutants were made; `only` names modules, all where it is empty."""

    minutes: float
    seed: int = 1
    workers: int = 2
    only: tuple[str, ...] = ()

    @staticmethod
    def of(environment: Mapping[str, str]) -> Limits:
        """From MUTANTS_MINUTES, MUTANTS_SEED, MUTANTS_WORKERS and MUTANTS_ONLY ("windows durations")."""
        try:
            return Limits(
                float(environment.get("MUTANTS_MINUTES") or 20),
                int(environment.get("MUTANTS_SEED") or 1),
                int(environment.get("MUTANTS_WORKERS") or 2),
                tuple((environment.get("MUTANTS_ONLY") or "").split()),
            )
        except ValueError as error:
            raise CannotStart(
                f"MUTANTS_MINUTES, MUTANTS_SEED and MUTANTS_WORKERS are numbers: {error}"
            ) from None


@dataclass(frozen=True, slots=True)
class Suite:
    """Which tests reach which function, by its mangled name, and the seconds that each test took without a mutant."""

    reaching: Mapping[str, Sequence[str]]
    seconds: Mapping[str, float]

    @staticmethod
    def read(stats: Path) -> Suite:
        said = json.loads(stats.read_text())
        return Suite(said["tests_by_mangled_function_name"], said["duration_by_test"])

    def tests_of(self, mutant: str) -> list[str]:
        """The tests that reach the mutant's function, the quickest first."""
        return sorted(self.reaching.get(function_of(mutant), ()), key=lambda test: (self.seconds[test], test))

    def limit_of(self, tests: Iterable[str]) -> float:
        """Seconds after which a mutant that these tests have not ended is one that runs for ever."""
        return 20 + 10 * sum(self.seconds[test] for test in tests)


def function_of(mutant: str) -> str:
    """``protocols.windows.x_intersect__mutmut_3`` is a mutant of ``protocols.windows.x_intersect``."""
    return re.sub(r"__mutmut_\d+$", "", mutant)


def chosen(names: Iterable[str], seed: int) -> list[str]:
    """Every mutant once, in an order that depends on the seed alone."""
    order = sorted(names)
    random.Random(seed).shuffle(order)
    return order


def mutants_in(module: str, source: str) -> Iterator[tuple[str, range]]:
    """The mutants that a mutated file holds, each with the lines of its function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and re.search(r"__mutmut_\d+$", node.name):
            yield f"{module}.{node.name}", range(node.lineno, (node.end_lineno or node.lineno) + 1)


def refused(report: str, sources: Mapping[str, str]) -> set[str]:
    """The mutants in which mypy found a fault. `report` is its JSON, one fault a line; `sources` the files by path."""
    faulty: dict[str, set[int]] = {}
    for line in report.splitlines():
        if line.startswith("{"):
            fault = json.loads(line)
            if fault["severity"] == "error":
                faulty.setdefault(fault["file"], set()).add(fault["line"])
    return {
        name
        for path, lines in faulty.items()
        if path in sources
        for name, span in mutants_in(path.removesuffix(".py").replace("/", "."), sources[path])
        if lines & set(span)
    }


def fate_of(exit_code: int) -> Fate:
    """What pytest's exit code says of a mutant: 0 nobody noticed, 5 nobody looked, anything else somebody did."""
    return "survived" if exit_code == 0 else "no test" if exit_code == 5 else "killed"


def summary(fates: Mapping[str, Fate], made: int) -> str:
    """The counts, and under them the mutants that nobody noticed, by module."""
    count = Counter(fates.values())
    said = ", ".join(
        f"{count[fate]} {fate}" for fate in ("killed", "refused by types", "survived", "timeout", "no test")
    )
    left = sorted(name for name, fate in fates.items() if fate in ("survived", "no test"))
    return "\n".join([f"{len(fates)} of {made} mutants tried: {said}", *left])


def run(limits: Limits, home: Path = HOME) -> int:
    """Make the mutants, try them until the time is up, print and write what came of it. Always ends by itself."""
    copy_tree(home)
    (home / "pyproject.toml").write_text(settings_of(limits))
    print("Making the mutants and timing the tests (some minutes)", flush=True)
    made = make(home)
    tree = home / "mutants"
    suite = Suite.read(tree / "mutmut-stats.json")
    against_types = refused(types_of(home), {path: (tree / path).read_text() for path in files_of(tree)})
    ends = time.monotonic() + 60 * limits.minutes
    fates: dict[str, Fate] = {}

    def look(name: str) -> None:
        if time.monotonic() < ends:
            fates[name] = "refused by types" if name in against_types else tried(tree, name, suite)

    print(f"Trying {len(made)} mutants for at most {limits.minutes:g} minutes", flush=True)
    with ThreadPoolExecutor(limits.workers) as pool:
        list(pool.map(look, chosen(made, limits.seed)))
    text = summary(fates, len(made))
    (home / "survivors.txt").write_text(told(home, fates))
    print(f"{text}\nTheir differences: {home / 'survivors.txt'}", flush=True)
    return 0


def copy_tree(home: Path) -> None:
    """A copy of what the tests of the core need, without conftest.py: they need no servers."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in COPIED:
        source, target = ROOT / name, home / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (home / "mypy.ini").write_text(_MYPY)


def settings_of(limits: Limits) -> str:
    """pyproject.toml of the copy: how the tests run, as in ours, and what mutmut shall do."""
    ours = (ROOT / "pyproject.toml").read_text()
    begin = ours.index("[tool.pytest.ini_options]")
    pytest_options = ours[begin : ours.index("\n[", begin)]
    arguments = [*PYTEST, *(word for test in DESELECTED for word in ("--deselect", test))]
    only = [f"protocols/{name}.py" for name in limits.only]
    return pytest_options + _MUTMUT.format(only=json.dumps(only), arguments=json.dumps(arguments))


def make(home: Path) -> list[str]:
    """Make every mutant and time the tests; their names.

    mutmut is asked for a name that no mutant has: it does all this and then finds nothing to try.
    """
    program = str(Path(sys.executable).with_name("mutmut"))
    done = subprocess.run([program, "run", NO_MUTANT], cwd=home, capture_output=True, text=True, check=False)
    tree = home / "mutants"
    if not (tree / "mutmut-stats.json").exists():
        said = re.split(r"[\r\n]+", done.stdout + done.stderr)
        tail = "\n".join([line for line in said if not re.search(r"(Running|Generating) \w+$", line)][-20:])
        raise CannotStart(f"the tests must pass before mutants can be tried; mutmut says:\n{tail}")
    return [
        name for meta in tree.rglob("*.meta") for name in json.loads(meta.read_text())["exit_code_by_key"]
    ]


def files_of(tree: Path) -> list[str]:
    """The mutated files, by their path in the tree."""
    return [str(meta.relative_to(tree)).removesuffix(".meta") for meta in tree.rglob("*.meta")]


def types_of(home: Path) -> str:
    """What mypy says of all mutants at once, as JSON."""
    command = [sys.executable, "-m", "mypy", "--config-file", "../mypy.ini", "--output", "json", "protocols"]
    return subprocess.run(command, cwd=home / "mutants", capture_output=True, text=True, check=False).stdout


def tried(tree: Path, mutant: str, suite: Suite) -> Fate:
    """Run the tests that reach the mutant, until the first that notices."""
    tests = suite.tests_of(mutant)
    if not tests:
        return "no test"
    command = [sys.executable, "-m", "pytest", "-x", *PYTEST, *tests]
    env = {**os.environ, "MUTANT_UNDER_TEST": mutant}
    try:
        done = subprocess.run(
            command, cwd=tree, env=env, capture_output=True, check=False, timeout=suite.limit_of(tests)
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return fate_of(done.returncode)


def told(home: Path, fates: Mapping[str, Fate]) -> str:
    """The difference that each surviving mutant makes."""
    program = str(Path(sys.executable).with_name("mutmut"))
    parts = [
        subprocess.run([program, "show", name], cwd=home, capture_output=True, text=True, check=False).stdout
        for name in sorted(name for name, fate in fates.items() if fate in ("survived", "no test"))
    ]
    return "\n".join(parts).replace(": not checked\n", "\n")
