"""One treatment as a picture: its visits from top to bottom, its days from left to right. Pure.

    svg = draw_treatment(plan, title="HYD-0042", milestones=[...], absences=[...], width=760)

A visit's window is a bar of its five dates: pale where a day is early or late, strong where it is good, with a tick at
the target and nothing where it is closed. What was done is a dot, a booking a diamond, a proposal a ring; what is held
is hatched. Milestones and today are lines through everything, days away are shaded. Colours are classes with a default,
so that a page can set them for light and dark; nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from protocols.because import full_day
from protocols.drawing.calendar import Calendar, calendar_of
from protocols.drawing.canvas import Canvas
from protocols.drawing.measure import width_of, wrap
from protocols.drawing.visits import Away, Mark, is_dated, is_waiting, line_of, name_of, told
from protocols.plan import DoseVerdict, Plan, PlannedVisit, State

_LABEL, _SMALL = 13.0, 11.5
# From this width on names stand beside their bars; below it above them.
_BESIDE, _NAMES, _EDGE = 600.0, 206.0, 10.0
_BAR = 12.0


def draw_treatment(
    plan: Plan,
    *,
    title: str,
    milestones: Sequence[Mark] = (),
    absences: Sequence[Away] = (),
    width: float = 760.0,
    name: str = "plan",
) -> str:
    """The plan on its own day as one SVG. `width` sets the layout; `name` keeps the ids of several in one page apart."""
    dated = [visit for visit in plan.visits if is_dated(visit)]
    beside = width >= _BESIDE
    left, right = (_NAMES if beside else _EDGE), width - _EDGE
    days = [mark.on for mark in milestones]
    calendar = calendar_of(dated, days, plan.today, left, right)
    sheet = _Sheet(Canvas(width), calendar, plan, name, beside=beside)
    top = sheet.head(milestones)
    bottom = top + max(len(dated), 1) * sheet.row
    sheet.ground(absences, milestones, top, bottom)
    for place, visit in enumerate(dated):
        sheet.visit(visit, top + place * sheet.row)
    sheet.today(top, bottom)
    for place, visit in enumerate(dated):
        sheet.name_row(visit, top + place * sheet.row)
    height = sheet.foot(bottom, [visit for visit in plan.visits if is_waiting(visit)])
    return sheet.canvas.finish(height, title, told(plan, milestones, absences))


@dataclass
class _Sheet:
    """A picture while it is drawn."""

    canvas: Canvas
    calendar: Calendar
    plan: Plan
    name: str
    beside: bool

    @property
    def row(self) -> float:
        return 34.0 if self.beside else 46.0

    def head(self, milestones: Sequence[Mark]) -> float:
        """Milestones by name in as many lines as they need, then the months; returns where the rows begin."""
        with self.canvas.inside("defs"):
            for kind, ink in (("held", "#7f1d1d"), ("away", "#8a8a8a")):
                with self.canvas.inside(
                    "pattern", id=f"{self.name}-{kind}", width=6, height=6,
                    patternUnits="userSpaceOnUse", patternTransform="rotate(45)",
                ):  # fmt: skip
                    self.canvas.line((0, 0), (0, 6), stroke=ink, width=2.5, class_=f"tl-{kind}-line")
        lanes: list[float] = []
        for mark in sorted(milestones, key=lambda mark: mark.on):
            self._mark_name(mark, lanes)
        y = 16.0 + 16.0 * len(lanes)
        for x, text in self.calendar.months(_SMALL):
            self._text(x + 3, y, text, _SMALL, "tl-quiet")
        return y + 8

    def _mark_name(self, mark: Mark, lanes: list[float]) -> None:
        """In the first line that has room, to the left of its day where the right edge is near."""
        said = mark.title if mark.certainty == "happened" else f"{mark.title} (planned)"
        x, wide = self.calendar.at(mark.on), width_of(said, _SMALL)
        text_x = x + 7 if x + wide + 10 <= self.canvas.width else max(x - 7 - wide, 0)
        lane = next((n for n, end in enumerate(lanes) if min(x - 5, text_x) >= end), len(lanes))
        lanes[lane : lane + 1] = [max(x + 5, text_x + wide) + 8]
        y = 13.0 + 16.0 * lane
        with self.canvas.group(f"{said}: {full_day(mark.on)}", class_="tl-milestone-name"):
            self.canvas.shape(
                ((x - 4, y - 8), (x + 4, y - 8), (x, y)), fill="#5b21b6", class_="tl-milestone-sign"
            )
            self._text(text_x, y, said, _SMALL, "tl-milestone-text", fill="#5b21b6")

    def ground(self, absences: Sequence[Away], milestones: Sequence[Mark], top: float, bottom: float) -> None:
        """What lies under the bars: lines of months, days away, milestones."""
        for x, _ in self.calendar.months(_SMALL):
            self._upright(x, top - 6, bottom, "tl-month", "#d4d4d4", 1)
        for away in absences:
            if away.to_on < self.calendar.first or away.from_on > self.calendar.last:
                continue
            start, end = self.calendar.from_to(away.from_on, away.to_on)
            said = f"{away.who} away: {full_day(away.from_on)} to {full_day(away.to_on)}"
            with self.canvas.group(said, class_="tl-away"):
                self.canvas.box(
                    start, top, end - start, bottom - top, fill="#ececec", class_="tl-away-ground"
                )
                self.canvas.box(
                    start, bottom - 6, end - start, 6, fill=f"url(#{self.name}-away)", class_="tl-away-foot"
                )
        for mark in milestones:
            dash = {} if mark.certainty == "happened" else {"stroke_dasharray": "4 3"}
            self._upright(self.calendar.at(mark.on), top - 6, bottom, "tl-milestone", "#5b21b6", 1.5, **dash)

    def visit(self, visit: PlannedVisit, top: float) -> None:
        """One row: its name, its window, and where it stands in it."""
        y = top + (self.row / 2 if self.beside else self.row - 13)
        with self.canvas.group(line_of(visit), class_=f"tl-visit tl-is-{visit.state.value}"):
            self._line_between(top)
            if visit.window is not None:
                self._window(visit, y)
            self._stand(visit, y)

    def _line_between(self, top: float) -> None:
        start = 0.0 if self.beside else self.calendar.left
        self.canvas.line(
            (start, top), (self.calendar.right, top), stroke="#e5e5e5", width=1, class_="tl-rule"
        )

    def name_row(self, visit: PlannedVisit, top: float) -> None:
        """The name of a row, over whatever line runs through it."""
        y = top + self.row / 2
        held = " (held)" if visit.held_by else ""
        said = f"{name_of(visit)}{held}"
        if self.beside:
            lines = wrap(said, _SMALL, _NAMES - 12)[:2]
            for place, line in enumerate(lines):
                self._text(0, y + 4 - (len(lines) - 1) * 6.5 + place * 13, line, _SMALL, "tl-name")
        else:
            self._text(
                self.calendar.left, top + 15, wrap(said, _LABEL, self.calendar.right)[0], _LABEL, "tl-name"
            )

    def _window(self, visit: PlannedVisit, y: float) -> None:
        window = visit.window
        assert window is not None
        minimum, earliest, target, latest, maximum = window.dates()
        done = " tl-past" if visit.state in (State.FULFILLED, State.SKIPPED) else ""
        if any((minimum, earliest, latest, maximum)):
            self._bar(minimum or earliest, maximum or latest, y, 6.0, f"tl-edge{done}", "#bbd4c4")
            self._bar(earliest or minimum, latest or maximum, y, _BAR, f"tl-good{done}", "#3f8f63")
        if visit.held_by and visit.state is not State.FULFILLED:
            held = f"url(#{self.name}-held)"
            self._bar(earliest or minimum, latest or maximum, y, _BAR, "tl-held", held)
        if target is not None and self.calendar.first <= target <= self.calendar.last:
            x = self.calendar.at(target)
            self.canvas.line((x, y - 9), (x, y + 9), stroke="#1a1a1a", width=2, class_="tl-target")

    def _bar(
        self, first: date | None, last: date | None, y: float, high: float, class_: str, fill: str
    ) -> None:
        """Days in a row. What the edge of the picture cuts off, or nothing bounds, stands open there."""
        start, end = self.calendar.from_to(first, last)
        if end <= start:
            return
        self.canvas.box(
            start, y - high / 2, max(end - start, 2.0), high, rx=min(2.0, high / 2), fill=fill, class_=class_
        )
        if high == _BAR and (last is None or last > self.calendar.last):
            tip = self.calendar.right + _EDGE - 2
            base = self.calendar.right - 1
            self.canvas.shape(
                ((base, y - high / 2), (tip, y), (base, y + high / 2)), fill=fill, class_=class_
            )

    def _stand(self, visit: PlannedVisit, y: float) -> None:
        """Dot, diamond or ring; a cross where what was given does not count."""
        on = visit.on or visit.proposed_on
        if on is None or not self.calendar.first <= on <= self.calendar.last:
            return
        x = self.calendar.at(on)
        if visit.state is State.FULFILLED:
            self.canvas.disc(
                x, y, 6.5, fill="#1a1a1a", class_="tl-actual", stroke="#ffffff", stroke_width=1.5
            )
            if self._does_not_count(visit):
                for one, other in (((x - 3, y - 3), (x + 3, y + 3)), ((x - 3, y + 3), (x + 3, y - 3))):
                    self.canvas.line(one, other, stroke="#ffffff", width=2, class_="tl-cross")
        elif visit.state is State.BOOKED:
            dash = {"stroke_dasharray": "3 2"} if visit.pencilled else {}
            points = ((x, y - 8.5), (x + 8.5, y), (x, y + 8.5), (x - 8.5, y))
            self.canvas.shape(
                points, fill="#ffffff", stroke="#0c4a6e", stroke_width=2.5, class_="tl-booked", **dash
            )
        else:
            self.canvas.disc(
                x, y, 5.5, fill="#ffffff", stroke="#1a1a1a", stroke_width=2, class_="tl-proposed"
            )

    def _does_not_count(self, visit: PlannedVisit) -> bool:
        return any(
            isinstance(verdict, DoseVerdict) and not verdict.counts
            for verdict in self.plan.verdicts
            if (getattr(verdict, "step", None), getattr(verdict, "occurrence", None)) == visit.key
        )

    def today(self, top: float, bottom: float) -> None:
        """A line through every row, and its name below."""
        x = self.calendar.at(self.plan.today)
        with self.canvas.group(f"Today: {full_day(self.plan.today)}", class_="tl-today"):
            self._upright(x, top - 6, bottom + 4, "tl-today-line", "#b91c1c", 2)
            wide = width_of("Today", _SMALL, bold=True)
            start = min(max(x - wide / 2, 0), self.canvas.width - wide)
            self._text(start, bottom + 16, "Today", _SMALL, "tl-today-text", fill="#b91c1c", bold=True)

    def foot(self, bottom: float, waiting: Sequence[PlannedVisit]) -> float:
        """What has no day yet, named once under the rows; returns how high the picture is."""
        y = bottom + 20
        if waiting:
            names = list(dict.fromkeys(name_of(visit) for visit in waiting))
            for line in wrap(f"Without a day yet: {', '.join(names)}.", _SMALL, self.canvas.width - 4):
                y += 15
                self._text(0, y, line, _SMALL, "tl-quiet")
        return y + 8

    def _upright(
        self, x: float, top: float, bottom: float, class_: str, stroke: str, wide: float, **style: object
    ) -> None:
        self.canvas.line((x, top), (x, bottom), stroke=stroke, width=wide, class_=class_, **style)

    def _text(
        self, x: float, y: float, text: str, size: float, class_: str, *, fill: str = "#333333",
        bold: bool = False,
    ) -> None:  # fmt: skip
        weight = {"font_weight": "bold"} if bold else {}
        # A seam of the paper's colour keeps a text readable where a line runs through it.
        self.canvas.write(
            "text", text, x=x, y=y, font_size=size, fill=fill, class_=f"tl-text {class_}", paint_order="stroke",
            stroke="#ffffff", stroke_width=3, stroke_linejoin="round", **weight,
        )  # fmt: skip
