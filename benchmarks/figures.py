"""A figure: what we measured, what it was measured beside, and what we promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.timing import Spread


@dataclass(frozen=True)
class Target:
    """A bound on the ratio (or on `ours` where the promise is an amount), in words and as a number."""

    bound: Literal["at least", "at most"]
    value: float
    of: Literal["ratio", "ours"] = "ratio"

    def met_by(self, figure: Figure) -> bool:
        value = (figure.ratio if self.of == "ratio" else figure.ours).median
        return value >= self.value if self.bound == "at least" else value <= self.value

    def __str__(self) -> str:
        return f"{self.bound} {self.value:g}{'x' if self.of == 'ratio' else ''}"


@dataclass(frozen=True)
class Figure:
    """`ratio` is ours divided by the floor or peer, round by round; its unit says which way is better."""

    name: str
    unit: str
    ours: Spread
    floor_name: str
    floor: Spread
    ratio: Spread
    target: Target | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours.as_json(),
            "floor": {"name": self.floor_name, **self.floor.as_json()},
            "ratio": self.ratio.as_json(),
            "target": str(self.target) if self.target else None,
            "met": self.target.met_by(self) if self.target else None,
        }


def rate(
    name: str,
    unit: str,
    ours: Sequence[float],
    floor_name: str,
    floor: Sequence[float],
    target: Target | None = None,
) -> Figure:
    """A figure of work per second from seconds per piece of work: more is better."""
    return compared(
        name, unit, [1 / value for value in ours], floor_name, [1 / value for value in floor], target
    )


def compared(
    name: str,
    unit: str,
    ours: Sequence[float],
    floor_name: str,
    floor: Sequence[float],
    target: Target | None = None,
) -> Figure:
    """A figure from the values of the rounds as they are."""
    ratios = [mine / theirs for mine, theirs in zip(ours, floor, strict=True)]
    return Figure(name, unit, Spread.of(ours), floor_name, Spread.of(floor), Spread.of(ratios), target)


HEADINGS = ("figure", "ours", "beside", "there", "ratio", "target", "met")


def rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """The table's cells. Ranges stand in results.json."""
    return [
        (
            figure.name,
            f"{amount(figure.ours.median)} {figure.unit}",
            figure.floor_name,
            amount(figure.floor.median),
            f"{amount(figure.ratio.median)} ({amount(figure.ratio.low)} to {amount(figure.ratio.high)})",
            str(figure.target or "-"),
            {True: "yes", False: "NO", None: "-"}[figure.target.met_by(figure) if figure.target else None],
        )
        for figure in figures
    ]


def as_text(figures: Sequence[Figure]) -> str:
    """The table for a terminal."""
    lines = [HEADINGS, *rows(figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_markdown(figures: Sequence[Figure]) -> str:
    """The table for docs/performance.md."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *rows(figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def amount(value: float) -> str:
    """Three digits that mean something, thousands marked."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 100 else f"{value:.3g}"
