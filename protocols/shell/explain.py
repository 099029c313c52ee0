"""explain: why every visit is where it is, and what each decision would change."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from typing import Any

from protocols import Fault, Faults, State
from protocols.because import full_day
from protocols.explaining import Explanation, FlagExplained, Option, VisitExplained, explain
from protocols.plan import Bookable
from protocols.shell.inputs import add_document, add_facts, add_workdays, given_of
from protocols.shell.printing import print_json

_DONE = (State.FULFILLED, State.SKIPPED)
_NAMES = {
    "absolute_minimum": "never before", "earliest": "earliest", "target": "target", "latest": "latest",
    "maximum": "never after",
}  # fmt: skip


def add_to(commands: Any) -> None:
    parser = commands.add_parser("explain", help="tell why every visit is where it is")
    add_document(parser)
    add_facts(parser)
    add_workdays(parser)
    parser.add_argument(
        "--visit", type=_visit, metavar="STEP#N", help="only this visit, such as sensitisation#2"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _visit(text: str) -> tuple[str, int]:
    step, _, number = text.partition("#")
    if not step or (number and not number.isdecimal()):
        raise argparse.ArgumentTypeError(f"'{text}' names no visit; write step#n, such as sensitisation#2")
    return step, int(number or 1)


def run(options: argparse.Namespace) -> int:
    given = given_of(options)
    found = given.refusing(lambda: explain(given.template, given.records, given.workdays, given.today))
    if options.visit is not None:
        found = _only(found, options.visit)
    if options.json:
        print_json(found.as_json())
    else:
        print(f"{given.template.title}, seen from {full_day(given.today)}")
        for line in _lines(found):
            print(line)
    return 0


def _only(found: Explanation, visit: tuple[str, int]) -> Explanation:
    part = found.only(*visit)
    if part is None:
        known = ", ".join(item.name for item in found.visits)
        raise Faults([Fault("visit", f"the plan has no {visit[0]}#{visit[1]}", f"Use one of: {known}")])
    return part


def _lines(found: Explanation) -> Iterator[str]:
    for visit in found.visits:
        yield ""
        yield from _of_visit(visit)
    for flag in found.flags:
        yield ""
        yield from _of_flag(flag)
    yield ""
    again = found.plan.replan_on
    yield (
        f"Nothing changes by itself before {full_day(again)}."
        if again
        else "Only a new fact changes the plan."
    )


def _of_visit(item: VisitExplained) -> Iterator[str]:
    visit = item.visit
    day = visit.on or visit.proposed_on
    number = f", dose {visit.dose}" if visit.dose else ""
    when = f" {'on' if visit.state in _DONE else 'for'} {full_day(day)}" if day else ""
    yield f"{item.name}  {visit.title}{number}: {visit.state.value.replace('_', ' ')}{when}"
    yield from (f"  {text}" for text in item.said)
    for counted in item.counted:
        yield f"  {counted.words}  [{counted.source}]"
        basis = "what really happened" if counted.basis == "actual" else counted.basis
        yield f"    from {full_day(counted.anchor_on)}, {counted.anchor} ({basis})"
        for name, said, on in counted.days:
            assert on is not None
            yield f"      {_NAMES[name]:13} {said:24} {on.isoformat()}"
    if len(item.counted) > 1 and item.window:
        yield "    together"
        for bound in item.window:
            yield f"      {_NAMES[bound.name]:13} {bound.set_by:38} {bound.on.isoformat()}"
    yield from _leading_to(item)


def _leading_to(item: VisitExplained) -> Iterator[str]:
    visit = item.visit
    if visit.bookable is not None and (visit.bookable.from_on or visit.bookable.to_on):
        yield f"  bookable: {_span(visit.bookable)}"
        yield from (f"    {text}" for text in visit.bookable.bound_by)
    if item.proposal:
        yield f"  proposed: {item.proposal}"
    for label, texts in (
        ("waits for", visit.waiting_for),
        ("held by", visit.held_by),
        ("missing", visit.missing),
    ):
        if texts:
            yield f"  {label}: {', '.join(texts)}"
    yield from (f"  flag: {key}" for key in item.flags)


def _span(days: Bookable) -> str:
    if days.from_on is None or days.to_on is None:
        return (
            f"from {full_day(days.from_on)}" if days.from_on else f"until {full_day(days.to_on or date.max)}"
        )
    return f"{full_day(days.from_on)} to {full_day(days.to_on)}"


def _of_flag(item: FlagExplained) -> Iterator[str]:
    flag = item.flag
    yield f"flag {flag.key}  {flag.severity}, {flag.owner} by {full_day(flag.due_on)}"
    yield f"  {flag.text}"
    if flag.holds:
        yield f"  holds: {', '.join(flag.holds)}"
    for option in item.options:
        yield from _of_option(option)


def _of_option(option: Option) -> Iterator[str]:
    tried = ", ".join(f"{name}: {value}" for name, value in option.parameters.items())
    yield f"  decide {option.choice}{f' ({tried})' if tried else ''}"
    if not (option.changes or option.asks or option.refused):
        yield "      settles the flag and changes no date"
    yield from (f"      {change}" for change in option.changes)
    yield from (f"      then asks: {text}" for text in option.asks)
    yield from (f"      refused here: {text}" for text in option.refused)
