"""What is entered in place of one wrong record, where that differs from how it was first entered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.desk.forms.base import DateField
from apps.desk.forms.dose import MORE, RENAMED, content_in, content_out, dose_fields, kept_fields
from apps.desk.forms.records import OUTCOMES, PEOPLE, SCREENS
from apps.desk.forms.results import elsewhere_field
from apps.desk.forms.setting import RecordForm, Setting
from apps.desk.words import words


class _OfStep(RecordForm):
    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "step": forms.CharField(widget=forms.HiddenInput()),
            "occurrence": forms.IntegerField(min_value=1, label="Occurrence"),
            "on": DateField(label="Date"),
        }


class FulfilledForm(_OfStep):
    kind, title = "fulfilled", "Visit done"
    renamed = dict(RENAMED)  # noqa: RUF012  read only
    more = (*MORE, "donor", "elsewhere")

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        known = [(name, words(name)) for name in setting.donors()]
        return {
            **super().build(setting),
            **dose_fields(),
            **kept_fields(),
            "donor": forms.ChoiceField(
                label="Whose cells", required=False, choices=[("", "The donor of that day"), *known]
            ),
            "elsewhere": elsewhere_field(),
        }

    @classmethod
    def initial_of(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        return {**data, **content_out(data.get("given") or {})}

    def record(self) -> dict[str, Any]:
        body = super().record()
        content = content_in(body)
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
