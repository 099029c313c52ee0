"""What is entered in place of one wrong record, where that differs from how it was first entered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.desk.forms.base import DateField
from apps.desk.forms.records import OUTCOMES, PEOPLE, SCREENS, RecordForm, Setting

_CONTENT = ("cells_million", "viability_percent", "volume_ml")


class _OfStep(RecordForm):
    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "step": forms.CharField(widget=forms.HiddenInput()),
            "occurrence": forms.IntegerField(min_value=1, label="Occurrence"),
            "on": DateField(label="Date"),
        }


class FulfilledForm(_OfStep):
    kind, title = "fulfilled", "Visit done"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            **super().build(setting),
            "cells_million": forms.FloatField(label="Cells (million)", required=False, min_value=0),
            "viability_percent": forms.FloatField(
                label="Viability (%)", required=False, min_value=0, max_value=100
            ),
            "volume_ml": forms.FloatField(label="Volume injected (ml)", required=False, min_value=0),
        }

    @classmethod
    def initial_of(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        return {**data, **(data.get("given") or {})}

    def record(self) -> dict[str, Any]:
        body = super().record()
        content = {name: body.pop(name) for name in _CONTENT if name in body}
        return {**body, "given": content} if content else body


class MissedForm(_OfStep):
    kind, title = "missed", "Visit missed"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {**super().build(setting), "reason": forms.CharField(label="Reason", required=False)}


class OneScreeningForm(RecordForm):
    kind, title = "screening", "Screening"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "person": forms.ChoiceField(label="Person", choices=PEOPLE),
            "test": forms.ChoiceField(label="Test", choices=SCREENS),
            "sampled_on": DateField(label="Sample taken"),
            "outcome": forms.ChoiceField(label="Outcome", choices=OUTCOMES),
        }


DONE_FORMS: Mapping[str, type[RecordForm]] = {
    form.kind: form for form in (FulfilledForm, MissedForm, OneScreeningForm)
}
