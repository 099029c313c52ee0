"""The core of LIT Tracker: facts in, plan out.

    template = load_library("lit-standard")                  # or load(text), read from YAML
    facts = Facts.of(read_record(item) for item in items)    # what happened, what people decided
    plan(template, facts, Workdays(), today)                 # what the protocol asks, with its reasons

Everything here is pure: it reads no clock, no database and, outside the loader, no file. `docs/planner.md` tells what is
decided and why, with the same step numbers as `planner.plan`.
"""

from protocols.catalogue import catalogue
from protocols.diff import Changes, StoredFlag, StoredVisit, diff
from protocols.durations import Duration, MonthEnds
from protocols.errors import (
    BlankFaults,
    DurationFault,
    FactFaults,
    Fault,
    Faults,
    IllegalMove,
    ProtocolsError,
    TemplateFaults,
)
from protocols.facts import Facts
from protocols.flags import FLAG_RULES, RULES, Rule
from protocols.loader import library_names, library_text, load, load_library, load_to_plan, read_records
from protocols.plan import DoseVerdict, Flag, Plan, PlannedVisit, Response, ResponseVerdict, State, Timing
from protocols.planner import plan
from protocols.reading import read_record
from protocols.records import KINDS, Record
from protocols.requirements import missing_on
from protocols.status import Act, Status
from protocols.template import Template
from protocols.versions.comparing import MoveVerdict, PlanComparison, compare_plans, refused_move
from protocols.versions.differing import differences
from protocols.versions.scheduling import scheduling_hash
from protocols.windows import Window
from protocols.workdays import Workdays

__all__ = [
    "FLAG_RULES", "KINDS", "RULES", "Act", "BlankFaults", "Changes", "DoseVerdict", "Duration", "DurationFault",
    "FactFaults", "Facts", "Fault", "Faults", "Flag", "IllegalMove", "MonthEnds", "MoveVerdict", "Plan",
    "PlanComparison", "PlannedVisit", "ProtocolsError", "Record", "Response", "ResponseVerdict", "Rule", "State",
    "Status", "StoredFlag", "StoredVisit", "Template", "TemplateFaults", "Timing", "Window", "Workdays", "catalogue",
    "compare_plans", "diff", "differences", "library_names", "library_text", "load", "load_library", "load_to_plan",
    "missing_on", "plan", "read_record", "read_records", "refused_move", "scheduling_hash",
]  # fmt: skip
