"""Golden plans of the library: facts of an example couple, dates counted by hand, and the page that shows both.

    .venv/bin/python -m tests.protocols.golden_page lucknow-rct     # write the blocks of docs/library/lucknow-rct.md anew

`golden/<name>.yaml` holds `values` (what the example says for each blank) and `stages`. A stage has `title`, `today`,
`facts` (records), `flags` (the codes of every flag that is open) and `by_hand`: rows counted from the source before the
engine was asked. With `continues: <stage>` the facts come on top of that stage's. A row names a `visit` ("sensitisation
2"), a `flag` or a `clock`, what is expected of it, and in `because` the arithmetic.

A page holds blocks between ``<!-- evidence -->``, ``<!-- blanks -->`` or ``<!-- plan: stage -->`` and ``<!-- end -->``.
They are written here and held by `test_library.py`; the rest of the page is prose.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from protocols import (
    Facts,
    Plan,
    PlannedVisit,
    Record,
    Template,
    Workdays,
    library_text,
    load_to_plan,
    plan,
    read_record,
)
from protocols.because import full_day
from protocols.durations import parse
from protocols.loader import read_yaml
from tests.protocols.golden_words import readable, record_words, visit_words

ROOT = Path(__file__).resolve().parents[2]
PAGES, GOLDEN = ROOT / "docs" / "library", Path(__file__).parent / "golden"
BLOCK = re.compile(r"<!-- (?P<name>evidence|blanks|plan: [a-z0-9-]+) -->\n(?P<text>.*?)<!-- end -->\n", re.S)
DATES = ("absolute_minimum", "earliest", "target", "latest", "maximum")


@dataclass(frozen=True, slots=True)
class Stage:
    """One look at the example couple: what is known on `today`, and what was counted by hand for it."""

    name: str
    title: str
    today: date
    news: tuple[Record, ...]
    records: tuple[Record, ...]
    flags: tuple[str, ...]
    by_hand: tuple[dict[str, Any], ...]
    continues: str | None


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden plans of one protocol, with the example's values in its blanks."""

    name: str
    template: Template
    values: Mapping[str, Any]
    parameters: Mapping[str, Mapping[str, Any]]
    stages: Mapping[str, Stage]

    def plan(self, stage: Stage) -> Plan:
        return plan(self.template, Facts.of(stage.records), Workdays(), stage.today)


@cache
def golden_of(name: str) -> Golden:
    """The golden plans of a library protocol, read from its file."""
    data, _ = read_yaml((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))
    values = data.get("values") or {}
    text = library_text(name)
    document, _ = read_yaml(text)
    stages: dict[str, Stage] = {}
    for key, said in data["stages"].items():
        before = stages[said["continues"]].records if said.get("continues") else ()
        news = tuple(read_record(item, number) for number, item in enumerate(said.get("facts") or ()))
        stages[key] = Stage(
            key, said["title"], said["today"], news, (*before, *news), tuple(said["flags"]),
            tuple(said["by_hand"]), said.get("continues"),
        )  # fmt: skip
    return Golden(name, load_to_plan(text, values), values, document.get("parameters") or {}, stages)


def page_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def blocks_of(page: str) -> dict[str, str]:
    """The blocks of a page by their names."""
    return {found["name"]: found["text"] for found in BLOCK.finditer(page)}


def expected_blocks(golden: Golden) -> dict[str, str]:
    """What each block of the page must say."""
    plans = {f"plan: {name}": _stage(golden, stage) for name, stage in golden.stages.items()}
    return {"evidence": f"> {golden.template.evidence.strip()}\n", "blanks": _blanks(golden), **plans}


def _blanks(golden: Golden) -> str:
    if not golden.parameters:
        return "Nothing is left blank.\n"
    lines = []
    for name, said in golden.parameters.items():
        note = f" {said['note'].strip()}" if said.get("note") else ""
        lines.append(f"- **{said['title']}**{note} *In the example: {_in_words(golden.values.get(name))}.*\n")
    return "".join(lines)


def _in_words(value: Any) -> str:
    """An example value as a doctor says it: ``P6W+P6D`` is 6 weeks and 6 days."""
    if not isinstance(value, str):
        return f"{value:g}"
    return " and ".join(parse(term).in_words() for term in value.split("+"))


def _stage(golden: Golden, stage: Stage) -> str:
    planned = golden.plan(stage)
    known = "Known by" if stage.continues is None else "In addition, known by"
    parts = [
        f"{known} {full_day(stage.today)}:\n\n",
        *(f"- {record_words(golden.template, record)}\n" for record in stage.news),
        *_readings(planned),
        "\n| Visit | State | Window | Day | Why |\n| --- | --- | --- | --- | --- |\n",
        *(_row(golden.template, visit) for visit in planned.visits),
        *_asked(golden.template, planned),
        "\nCounted by hand:\n\n",
        *(f"- {line}\n" for line in _counted(golden, stage)),
    ]
    return "".join(parts)


def _readings(planned: Plan) -> Iterator[str]:
    said = [verdict.text for verdict in planned.verdicts if hasattr(verdict, "response")]
    if said:
        yield "\nHow the results are read:\n\n"
        yield from (f"- {text}\n" for text in said)


def _row(template: Template, visit: PlannedVisit) -> str:
    day = visit.on or visit.proposed_on
    waits = [f"waits for {'; '.join(visit.waiting_for)}"] if visit.waiting_for else []
    held = [f"held by {', '.join(key.split(':')[0] for key in visit.held_by)}"] if visit.held_by else []
    why = readable(template, ". ".join(part for part in (visit.because_text, *waits, *held) if part))
    donor = f" ({visit.donor})" if visit.donor not in (None, "partner") else ""
    cells = [visit_words(template, visit) + donor, visit.state.value.replace("_", " "), _window(visit)]
    cells += [full_day(day) if day else "-", why.replace("|", "\\|")]
    return f"| {' | '.join(cells)} |\n"


def _window(visit: PlannedVisit) -> str:
    """``2 Feb 2026 to 23 Feb 2026; not before 26 Jan 2026``: what the protocol asks, ends inclusive."""
    window = visit.window
    if window is None:
        return "-"
    first, last = window.earliest, window.latest
    words = [f"{_end(first, 'open')} to {_end(last, 'open')}"] if first or last else []
    if window.absolute_minimum and window.absolute_minimum != first:
        words.append(f"not before {full_day(window.absolute_minimum)}")
    if window.maximum and window.maximum != last:
        words.append(f"not after {full_day(window.maximum)}")
    return "; ".join(words) or "-"


def _end(day: date | None, otherwise: str) -> str:
    return full_day(day) if day else otherwise


def _asked(template: Template, planned: Plan) -> Iterator[str]:
    """The flags and the clocks: what people must decide, and how long something still counts."""
    if planned.flags:
        yield "\nAsked of people:\n\n"
    for flag in planned.flags:
        choices = f" To decide: {', '.join(flag.decisions)}." if flag.decisions else ""
        text = readable(
            template, f"{flag.text.rstrip('?.')}{'?' if flag.text.endswith('?') else '.'}{choices}"
        )
        yield f"- {flag.owner}, by {full_day(flag.due_on)}: {text}\n"
    if planned.clocks:
        yield "\nClocks:\n\n"
    for clock in planned.clocks:
        said = {"try_by": "try by", "redose_by": "re-dose by"}[clock.name]
        start = full_day(clock.starts_on)
        yield f"- {said} {full_day(clock.until_on)} (since {start}, {clock.state.replace('_', ' ')})\n"


def _counted(golden: Golden, stage: Stage) -> Iterator[str]:
    """The rows counted by hand, each with its arithmetic in brackets."""
    planned, names = golden.plan(stage), ("visit", "flag", "clock")
    for row in stage.by_hand:
        subject = next(str(row[name]) for name in names if name in row)
        if "visit" in row:
            subject = visit_words(golden.template, visit_named(planned, subject))
        said = ", ".join(
            f"{name} {_said(value)}" for name, value in row.items() if name not in (*names, "because")
        )
        yield f"{readable(golden.template, f'{subject}: {said}')} ({row['because'].strip()})"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "nothing"
    return full_day(value) if isinstance(value, date) else "none" if value is None else str(value)


def visit_named(planned: Plan, named: str) -> PlannedVisit:
    """The visit that a row calls ``sensitisation 2``, or ``re-dose`` for the first."""
    step, _, number = named.partition(" ")
    found = planned.visit(step, int(number or 1))
    assert found is not None, f"no {named} among {[visit.key for visit in planned.visits]}"
    return found


def write(name: str) -> None:
    """Write every block of a protocol's page anew."""
    expected, page = expected_blocks(golden_of(name)), page_of(name)
    left = sorted(set(expected) - set(blocks_of(page)))
    if left:
        raise SystemExit(f"{name}.md has no block {', '.join(left)}: add <!-- {left[0]} --> and <!-- end -->")

    def anew(found: re.Match[str]) -> str:
        return f"<!-- {found['name']} -->\n{expected[found['name']]}<!-- end -->\n"

    (PAGES / f"{name}.md").write_text(BLOCK.sub(anew, page), encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        write(argument)
