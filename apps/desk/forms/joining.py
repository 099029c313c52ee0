"""Joined in mid-course: the day, the place and the evidence, then past doses and results, one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from apps.clinic.errors import LitError
from apps.desk.forms.base import DateField, DeskForm, sentence
from apps.desk.forms.results import said_by_pick
from apps.desk.forms.setting import Setting, on_field
from apps.desk.words import EVIDENCE, words

# Lines that stand open, and lines behind "More"; a longer past is entered in two sittings.
DOSES, MORE_DOSES = 3, 5
RESULTS, MORE_RESULTS = 2, 4
_EVIDENCE = tuple(EVIDENCE.items())
_SAME = (("", "As above"), *_EVIDENCE)
# What the service calls a field of an item, where the line calls it otherwise.
_FIELDS = {"given.cells_million": "cells_million", "occurrence": "on"}


@dataclass(frozen=True, slots=True)
class Line:
    """One past dose or result on the page."""

    title: str
    fields: tuple[forms.BoundField, ...]
    is_filled: bool


class JoinForm(DeskForm):
    """Lines without a date are left out. `items()` is what the service takes."""

    def __init__(
        self,
        *args: Any,
        setting: Setting,
        done: Mapping[str, int],
        course_starts: bool,
        **kwargs: Any,
    ) -> None:
        """`done`: acts of each step that are recorded already; `course_starts`: whether the start is still unknown."""
        self.done = done
        self.places: list[str] = []
        asks: dict[str, forms.Field] = {
            "on": on_field(setting, "Joined here on"),
            "place": forms.CharField(label="Treated before at", required=False, max_length=200),
            "evidence": forms.ChoiceField(
                label="How do we know", choices=_EVIDENCE, widget=forms.RadioSelect, initial="document"
            ),
            "donor": forms.ChoiceField(
                label="Whose cells were given",
                required=False,
                choices=[("", "As in this treatment"), *((name, words(name)) for name in setting.donors())],
            ),
        }
        if course_starts:
            asks["course_start"] = DateField(
                label="The course began on", required=False, help_text="Empty if it is not known."
            )
        for number in range(DOSES + MORE_DOSES):
            asks |= _dose(setting, f"dose-{number}-")
        for number in range(RESULTS + MORE_RESULTS):
            asks |= _result(setting, f"result-{number}-")
        asks["note"] = forms.CharField(
            label="Losses, reactions and what else to know", required=False, widget=forms.Textarea
        )
        super().__init__(*args, asks=asks, **kwargs)

    def head(self) -> list[forms.BoundField]:
        """What is asked once."""
        return [field for field in self if "-" not in field.name and field.name != "note"]

    def groups(self) -> list[tuple[str, list[Line], list[Line], bool]]:
        """Doses and results: a title, the lines in sight, those behind "More", and whether these must stand open."""
        found = []
        for title, kind, first in (("Doses", "dose", DOSES), ("Results", "result", RESULTS)):
            lines = self._lines(kind)
            rest = lines[first:]
            found.append((title, lines[:first], rest, any(line.is_filled for line in rest)))
        return found

    def _lines(self, kind: str) -> list[Line]:
        count = DOSES + MORE_DOSES if kind == "dose" else RESULTS + MORE_RESULTS
        lines = []
        for number in range(count):
            prefix = f"{kind}-{number}-"
            fields = tuple(field for field in self if field.name.startswith(prefix))
            filled = any(field.errors or (field.value() and not _is_pick(field)) for field in fields)
            lines.append(Line(f"{kind.capitalize()} {number + 1}", fields, filled))
        return lines

    def clean(self) -> dict[str, Any]:
        """A line with something in it and no date is a slip, not an empty line."""
        given: dict[str, Any] = super().clean() or {}
        for line in (*self._lines("dose"), *self._lines("result")):
            dated = next(field for field in line.fields if field.name.endswith("on"))
            if line.is_filled and not dated.value():
                self.add_error(dated.name, "Give the day, or empty the line.")
        return given

    def items(self) -> list[dict[str, Any]]:
        """The past as records, in the order of the days. Remembers which line each came from."""
        lines = [*self._doses(), *self._results()]
        self.places = [prefix for prefix, _ in lines]
        items = [item for _, item in lines]
        donor, given = self.cleaned_data.get("donor"), self.cleaned_data
        doses = [item for item in items if item["kind"] == "fulfilled"]
        if donor and doses:
            items.append({"kind": "donor", "donor": donor, "on": min(item["on"] for item in doses)})
            self.places.append("donor")
        if given.get("course_start"):
            start = {"kind": "milestone", "name": "course-start", "on": given["course_start"]}
            items.append(start)
            self.places.append("course_start")
        if given.get("note"):
            items.append({"kind": "note", "text": given["note"]})
            self.places.append("note")
        return items

    def _doses(self) -> list[tuple[str, dict[str, Any]]]:
        """Occurrences count acts, so they follow from the days."""
        rows = sorted(self._filled("dose", DOSES + MORE_DOSES, "on"), key=lambda row: row[1]["on"])
        counted: Counter[str] = Counter(self.done)
        found = []
        for prefix, row in rows:
            counted[row["step"]] += 1
            item = {
                "kind": "fulfilled",
                "step": row["step"],
                "occurrence": counted[row["step"]],
                "on": row["on"],
            }
            if row.get("cells_million") is not None:
                item["given"] = {"cells_million": row["cells_million"]}
            if self.cleaned_data.get("donor"):
                item["donor"] = self.cleaned_data["donor"]
            found.append((prefix, {**item, **_evidence(row)}))
        return found

    def _results(self) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for prefix, row in self._filled("result", RESULTS + MORE_RESULTS, "sampled_on"):
            item = {
                "kind": "result",
                **said_by_pick(row["test"]),
                "sampled_on": row["sampled_on"],
                "resulted_on": row.get("resulted_on") or row["sampled_on"],
                **{name: row[name] for name in ("value", "laboratory") if row.get(name) not in (None, "")},
                **_evidence(row),
            }
            found.append((prefix, item))
        return found

    def _filled(self, kind: str, count: int, dated: str) -> list[tuple[str, dict[str, Any]]]:
        rows = []
        for number in range(count):
            prefix = f"{kind}-{number}-"
            row = {
                name.removeprefix(prefix): value
                for name, value in self.cleaned_data.items()
                if name.startswith(prefix)
            }
            if row.get(dated):
                rows.append((prefix, row))
        return rows

    def take(self, error: LitError) -> None:
        """Each fault beside the line that it is about."""
        for fault in error.faults:
            name, text = fault.field, sentence(fault.message, fault.remedy)
            if name.startswith("items."):
                _, number, field = name.split(".", 2)
                place = self.places[int(number)]
                name = f"{place}{_FIELDS.get(field, field)}" if place.endswith("-") else place
            self.add_error(name if name in self.fields else None, text)


def _is_pick(field: forms.BoundField) -> bool:
    """A choice that always has a value says nothing of whether the line is filled."""
    return isinstance(field.field, forms.ChoiceField)


def _evidence(row: Mapping[str, Any]) -> dict[str, str]:
    return {"elsewhere": row["elsewhere"]} if row.get("elsewhere") else {}


def _dose(setting: Setting, prefix: str) -> dict[str, forms.Field]:
    steps = [(step.name, step.title) for step in setting.template.dose_steps]
    return {
        f"{prefix}on": DateField(label="Given on", required=False),
        f"{prefix}step": forms.ChoiceField(label="As", choices=steps, required=False),
        f"{prefix}cells_million": forms.FloatField(label="Cells (million)", required=False, min_value=0),
        f"{prefix}elsewhere": forms.ChoiceField(label="Evidence", choices=_SAME, required=False),
    }


def _result(setting: Setting, prefix: str) -> dict[str, forms.Field]:
    return {
        f"{prefix}sampled_on": DateField(label="Sample taken", required=False),
        f"{prefix}resulted_on": DateField(label="Result came", required=False),
        f"{prefix}test": forms.ChoiceField(label="Test and assay", choices=setting.tests(), required=False),
        f"{prefix}value": forms.FloatField(label="Value", required=False),
        f"{prefix}laboratory": forms.CharField(label="Laboratory", required=False, max_length=100),
        f"{prefix}elsewhere": forms.ChoiceField(label="Evidence", choices=_SAME, required=False),
    }
