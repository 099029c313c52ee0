"""What the package promises: its exports, and that it stands on little."""

import ast
import sys
from pathlib import Path

import protocols

ALLOWED = {"protocols", "pydantic", "dateutil", "yaml"}
SOURCES = sorted(Path(protocols.__file__).parent.rglob("*.py"))


def test_the_front_door_exports_exactly_this() -> None:
    assert protocols.__all__ == [
        "FLAG_RULES", "KINDS", "RULES", "Act", "BlankFaults", "Changes", "DoseVerdict", "Duration", "DurationFault",
        "FactFaults", "Facts", "Fault", "Faults", "Flag", "IllegalMove", "MonthEnds", "MoveVerdict", "Plan",
        "PlanComparison", "PlannedVisit", "ProtocolsError", "Record", "Response", "ResponseVerdict", "Rule", "State",
        "Status", "StoredFlag", "StoredVisit", "Template", "TemplateFaults", "Timing", "Window", "Workdays",
        "catalogue", "compare_plans", "diff", "differences", "library_names", "library_text", "load", "load_library",
        "load_to_plan", "missing_on", "plan", "read_record", "read_records", "refused_move", "scheduling_hash",
    ]  # fmt: skip
    assert all(hasattr(protocols, name) for name in protocols.__all__)


def test_every_error_belongs_to_one_tree() -> None:
    errors = [
        name for name in protocols.__all__ if name.endswith(("Fault", "Faults", "Move")) and name != "Fault"
    ]
    assert errors
    for name in errors:
        assert issubclass(getattr(protocols, name), protocols.ProtocolsError)


def test_the_core_imports_nothing_but_the_standard_library_and_three_packages() -> None:
    found = set()
    for path in (path for path in SOURCES if "shell" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                found.add((node.module or "").split(".")[0])
    assert found - ALLOWED <= sys.stdlib_module_names


def test_the_planner_never_asks_today_for_a_date() -> None:
    """Today can be compared with and nothing else: no planner module takes its day out, or the larger of it and another."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert path.name == "today.py" or "._day" not in text
        assert "max(today" not in text.replace(" ", "")
        assert "max(work.today" not in text.replace(" ", "")
