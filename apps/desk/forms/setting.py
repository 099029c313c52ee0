"""What the record forms of one treatment are made from, and what all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from apps.desk.forms.base import DateField, DeskForm
from protocols import Template
from protocols.laboratory import Assay


@dataclass(frozen=True, slots=True)
class Setting:
    """What the forms of one treatment are made from."""

    template: Template
    today: date
    visits: tuple[tuple[str, str], ...] = ()

    def tests(self) -> list[tuple[str, str]]:
        """Every test by every assay that may measure it, with its unit and legal values: ``name`` or ``name|assay``."""
        return [
            (name if test.only else f"{name}|{by}", f"{test.title}, {by} ({_values(assay)})")
            for name, test in self.template.tests.items()
            for by, assay in test.assays.items()
        ]

    def milestones(self) -> list[tuple[str, str]]:
        """Every milestone but the loss, which has its own page."""
        return [(name, kind.title) for name, kind in self.template.milestones.items() if name != "loss"]

    def optional_steps(self) -> list[tuple[str, str]]:
        return [(step.name, step.title) for step in self.template.steps if step.optional]

    def donors(self) -> list[str]:
        """Names of donors that the protocol itself knows, the partner first."""
        sizes = [size for step in self.template.dose_steps if step.rounds for size in step.rounds.sizes]
        return list(
            dict.fromkeys(["partner", "unrelated", "partner+unrelated", *(s.donor for s in sizes if s.donor)])
        )


class RecordForm(DeskForm):
    """Base without fields: `record()` is the body that the service takes. Ticks are part of it, empty fields never."""

    kind = ""
    title = ""

    def __init__(self, *args: Any, setting: Setting, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = self.build(setting)
        super().__init__(*args, asks=asks, **kwargs)

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {}

    def record(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.given()}

    def records(self) -> list[dict[str, Any]]:
        """What one sitting says: a single record unless the form says more."""
        return [self.record()]

    @classmethod
    def initial_of(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """A record's own values, as the form names them."""
        return dict(data)


def on_field(setting: Setting, label: str = "Date") -> DateField:
    return DateField(label=label, initial=setting.today)


def _values(assay: Assay) -> str:
    return f"{assay.minimum:g} to {assay.maximum:g} {assay.unit}"
