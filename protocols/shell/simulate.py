"""simulate: synthetic couples live through a protocol day by day."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

from tqdm import tqdm

from protocols import Fault, Template
from protocols.because import full_day
from protocols.shell.inputs import add_document, add_workdays, day, template_of, workdays_of
from protocols.shell.plotting import plot
from protocols.shell.printing import print_json
from protocols.simulation import Scenario, ScenarioFaults, read_scenario, simulate
from protocols.simulation.proportions import Proportion
from protocols.simulation.report import CAVEAT, Report, Spread, summarise

_START = date(2026, 1, 5)


def add_to(commands: Any) -> None:
    parser = commands.add_parser("simulate", help="let synthetic couples live through a protocol")
    add_document(parser)
    parser.add_argument(
        "--couples", type=_many, default=1000, metavar="N", help="how many couples (default 1000)"
    )
    parser.add_argument(
        "--scenario", default="lucknow", metavar="NAME|FILE", help="how they respond and behave"
    )
    parser.add_argument("--seed", type=int, default=1, help="equal seeds give equal lives (default 1)")
    parser.add_argument("--start", type=day, default=_START, help=f"when the first begins (default {_START})")
    add_workdays(parser)
    parser.add_argument("--plot", type=_svg, metavar="FILE.svg", help="draw what came out")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _many(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of couples; write one from 1 to 100000")
    return int(text)


def _svg(text: str) -> Path:
    if Path(text).suffix != ".svg":
        raise argparse.ArgumentTypeError(f"'{text}' is no SVG; end the name in .svg")
    return Path(text)


def run(options: argparse.Namespace) -> int:
    template, scenario = template_of(options), read_scenario(_scenario_text(options.scenario))
    lives = simulate(
        template,
        scenario,
        workdays_of(options),
        options.start,
        couples=options.couples,
        random=Random(options.seed),
    )
    # The bar goes to standard error, and only where somebody looks on.
    lived = list(tqdm(lives, total=options.couples, unit="couple", disable=None, leave=False))
    report = summarise(lived)
    if options.json:
        print_json({**_asked(options, template, scenario), **report.as_json()})
    else:
        for line in _lines(options, template, scenario, report):
            print(line)
    if options.plot is not None:
        title = f"{template.title}: {report.couples} synthetic couples, {scenario.name}"
        plot(options.plot, title, report, lived)
    return 0


def scenario_names() -> tuple[str, ...]:
    files = resources.files("protocols").joinpath("scenarios").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def _scenario_text(name: str) -> str:
    if name in scenario_names():
        return resources.files("protocols").joinpath("scenarios", f"{name}.yaml").read_text(encoding="utf-8")
    if Path(name).exists() or Path(name).suffix:
        return Path(name).read_text(encoding="utf-8")
    known = ", ".join(scenario_names())
    raise ScenarioFaults(
        [Fault("scenario", f"there is no scenario '{name}'", f"Use one of: {known}, or a path")]
    )


def _asked(options: argparse.Namespace, template: Template, scenario: Scenario) -> dict[str, Any]:
    return {
        "protocol": {"name": template.name, "version": template.version},
        "scenario": scenario.name,
        "seed": options.seed,
        "start": options.start.isoformat(),
    }


def _lines(
    options: argparse.Namespace, template: Template, scenario: Scenario, report: Report
) -> Iterator[str]:
    counts = scenario.response
    yield f"{template.title}, {report.couples} synthetic couples from {full_day(options.start)}, seed {options.seed}"
    yield f"{scenario.title} ({counts.source} ({counts.grade}), {counts.followed} couples followed)"
    yield CAVEAT
    yield from _table("How it ended", report.endings)
    yield from _table("Response shown after dose, of couples treated", report.responded_after)
    yield ""
    yield f"Length of the course in days, first to last: {_spread(report.days)}"
    yield from _table("Doses that counted, of couples treated", report.doses)
    yield ""
    yield f"Visits per couple treated: {_spread(report.visits)}; booked and not kept: {report.missed.words()}"
    peak = report.busiest_week
    if peak is not None:
        arrivals = f"{scenario.behaviour.arrivals_per_week:g} couples begin a week"
        yield (
            f"Visits a week while {arrivals}: mean {report.visits_a_week:.1f}, "
            f"most {peak[1]} (week of {full_day(peak[0])})"
        )
    yield ""
    yield "Flags, per couple and how many couples had any"
    for flag in report.flags:
        yield f"  {flag.code:26} {flag.per_couple:6.2f}   {flag.couples.words()}"
    yield ""
    yield f"Doses given from earliest to latest: {report.inside.words()}"
    yield from _table("Doses by verdict", report.timings)


def _table(title: str, entries: Sequence[tuple[str | int, Proportion]]) -> Iterator[str]:
    yield ""
    yield title
    for name, share in entries:
        yield f"  {str(name).replace('_', ' '):26} {share.words()}"
    if not entries:
        yield "  none"


def _spread(spread: Spread) -> str:
    if spread.points is None:
        return "nobody"
    least, low, middle, high, most = (round(point, 1) for point in spread.points)
    return f"median {middle:g}, quartiles {low:g} and {high:g}, {least:g} to {most:g} (of {spread.of})"
