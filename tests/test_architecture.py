"""The shape of the code: who may import whom, how long things may get, where the clock is read."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Lower floors know nothing of higher ones; the edges share the top floor and do not know each other.
FLOORS = ["protocols", "apps.clinic", "apps.couples", "apps.treatments", "apps.booking", "apps.reminders"]
EDGES = {"apps.desk", "apps.api", "apps.fhir", "apps.feeds", "apps.portal", "apps.outcomes"}
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
CLOCKS = {"now", "today", "utcnow", "localdate", "localtime"}
CLOCK_OWNERS = {"datetime", "date", "timezone", "dt"}


def sources(*packages: str) -> list[Path]:
    """Every hand-written module below `packages`."""
    found = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part_of(module: str) -> str | None:
    """The part that a dotted name belongs to; None for what is not ours."""
    words = module.split(".")
    match words[0]:
        case "apps":
            return ".".join(words[:2]) if len(words) > 1 else None
        case "protocols" | "lit_tracker" | "tests" | "benchmarks":
            return words[0]
    return None


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{name(path)}:{node.lineno} imports relatively; arrows are read from full names"
            )
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def may_import(importer: str, imported: str) -> bool:
    if importer in {imported, "lit_tracker"}:
        return True
    if imported in EDGES or imported not in FLOORS:
        return False
    return importer in EDGES or FLOORS.index(imported) < FLOORS.index(importer)


@pytest.mark.parametrize(
    ("importer", "imported", "legal"),
    [
        ("apps.clinic", "protocols", True),
        ("protocols", "apps.clinic", False),
        ("apps.treatments", "apps.couples", True),
        ("apps.treatments", "apps.booking", False),
        ("apps.desk", "apps.reminders", True),
        ("apps.desk", "apps.api", False),
        ("apps.api", "lit_tracker", False),
        ("lit_tracker", "apps.api", True),
        ("apps.booking", "tests", False),
    ],
)
def test_the_rule_of_arrows_itself_is_right(importer: str, imported: str, legal: bool) -> None:
    assert may_import(importer, imported) is legal


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for path in sources("protocols", "apps", "lit_tracker"):
        importer = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for module in imports(path):
            imported = part_of(module)
            if importer and imported and not may_import(importer, imported):
                wrong.append(f"{name(path)} imports {module}")
    assert wrong == []


def test_the_core_knows_neither_django_nor_a_queue() -> None:
    strangers = {"django", "celery", "rest_framework", "psycopg", "redis", "requests"}
    wrong = [
        f"{name(path)} imports {module}"
        for path in sources("protocols")
        for module in imports(path)
        if module.split(".")[0] in strangers
    ]
    assert wrong == []


def test_plots_and_progress_bars_stay_in_the_shell() -> None:
    """The core needs pydantic, dateutil and a YAML reader; what draws for a terminal is imported in one place."""
    ours = {"protocols", "pydantic", "dateutil", "yaml"} | sys.stdlib_module_names
    wrong = [
        f"{name(path)} imports {module}"
        for path in sources("protocols")
        for module in imports(path)
        if module.split(".")[0] not in ours and "shell" not in path.parts
    ]
    assert wrong == []


def test_only_the_program_itself_knows_its_shell() -> None:
    wrong = [
        name(path)
        for path in sources("protocols", "apps", "lit_tracker")
        if "shell" not in path.parts and name(path) != "protocols/__main__.py"
        if any(module.startswith("protocols.shell") for module in imports(path))
    ]
    assert wrong == []


def test_nothing_runs_on_signals() -> None:
    wrong = [
        f"{name(path)} imports {module}"
        for path in sources("apps", "lit_tracker")
        for module in imports(path)
        if module.startswith(("django.dispatch", "django.db.models.signals", "celery.signals"))
    ]
    assert wrong == []


def test_no_import_hides_inside_a_function() -> None:
    wrong = [
        f"{name(path)}:{inner.lineno}"
        for path in sources("protocols", "apps", "lit_tracker")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_no_drawer_for_odds_and_ends() -> None:
    refused = {"utils", "helpers", "common", "misc"}
    assert [name(path) for path in sources("protocols", "apps", "lit_tracker") if path.stem in refused] == []


def test_files_stay_short() -> None:
    lengths = {
        name(path): len(path.read_text().splitlines()) for path in sources("protocols", "apps", "lit_tracker")
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    assert function.end_lineno is not None
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        length -= first.end_lineno - first.lineno + 1
    return length


def test_functions_stay_short() -> None:
    long = {
        f"{name(path)}:{node.name}": code_lines(node)
        for path in sources("protocols", "apps", "lit_tracker")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and code_lines(node) >= LONGEST_FUNCTION
    }
    assert long == {}


def clock_readings(path: Path) -> Iterator[int]:
    """Lines that read, or pass on, a clock of Python or Django."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            if owner in CLOCK_OWNERS:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module in {"time", "django.utils.timezone"}:
            yield node.lineno


def is_edge(path: Path) -> bool:
    """Where wall-clock time enters: a view, a task, a command, an admin action."""
    inside = path.relative_to(ROOT)
    return (
        f"apps.{inside.parts[1]}" in EDGES
        or path.stem in {"tasks", "views", "admin"}
        or "commands" in inside.parts
    )


def test_the_core_reads_no_clock() -> None:
    wrong = [f"{name(path)}:{line}" for path in sources("protocols") for line in clock_readings(path)]
    assert wrong == []


def test_below_the_edges_time_is_an_argument() -> None:
    wrong = [
        f"{name(path)}:{line}"
        for path in sources("apps")
        if len(path.relative_to(ROOT).parts) > 2 and not is_edge(path)
        for line in clock_readings(path)
    ]
    assert wrong == []


def test_the_core_reads_files_only_in_its_loader() -> None:
    readers = {"open", "read_text", "read_bytes"}
    wrong = []
    for path in sources("protocols"):
        if path.stem == "loader" or "shell" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if called in readers:
                    wrong.append(f"{name(path)}:{node.lineno}")
    assert wrong == []
