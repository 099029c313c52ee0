"""plan: what the protocol asks of a treatment on a day."""

from __future__ import annotations

import argparse
from typing import Any

from protocols import Plan, Template, plan
from protocols.shell.inputs import add_document, add_facts, add_workdays, given_of
from protocols.shell.printing import print_json


def add_to(commands: Any) -> None:
    parser = commands.add_parser("plan", help="plan a treatment from its facts")
    add_document(parser)
    add_facts(parser)
    add_workdays(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    given = given_of(options)
    planned = given.refusing(lambda: plan(given.template, given.facts, given.workdays, given.today))
    if options.json:
        print_json(planned.as_json())
    else:
        _print(given.template, planned)
    return 0


def _print(template: Template, planned: Plan) -> None:
    print(f"{template.title}, seen from {planned.today.isoformat()}")
    for visit in planned.visits:
        day = visit.on or visit.proposed_on
        held = f"  held by {', '.join(visit.held_by)}" if visit.held_by else ""
        number = f" #{visit.occurrence}"
        print(f"  {visit.step + number:28} {visit.state.value:15} {day.isoformat() if day else '-':10}{held}")
        waiting = f"waiting for {', '.join(visit.waiting_for)}" if visit.waiting_for else ""
        for text in filter(None, (visit.because_text, waiting)):
            print(f"      {text}")
    for flag in planned.flags:
        print(f"  flag {flag.key} ({flag.severity}, {flag.owner} by {flag.due_on.isoformat()}): {flag.text}")
        if flag.decisions:
            print(f"      decide: {', '.join(flag.decisions)}")
    again = planned.replan_on.isoformat() if planned.replan_on else "no date: only a new fact changes it"
    print(f"  plan again on {again}")
