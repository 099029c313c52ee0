"""A laboratory result: the test by its assay, and what the laboratory said of it."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.desk.forms.setting import RecordForm, Setting, on_field
from apps.desk.words import EVIDENCE, words


def elsewhere_field() -> forms.ChoiceField:
    """Whether another clinic did it before they joined, and how one knows."""
    choices = [("", "Here"), *((name, f"Elsewhere. {text}") for name, text in EVIDENCE.items())]
    return forms.ChoiceField(label="Where", required=False, choices=choices)


class ResultForm(RecordForm):
    """One result: the test by its assay, and what the laboratory said of it."""

    kind, title = "result", "Result"
    more = ("assay", "cutoff_version", "donor", "elsewhere")

    def __init__(self, *args: Any, setting: Setting, **kwargs: Any) -> None:
        # A record's own values: the assay stands in the pick where the protocol has several, else in its own field.
        initial = dict(kwargs.get("initial") or {})
        picked = f"{initial.get('test')}|{initial.get('assay')}"
        if picked in dict(setting.tests()):
            initial |= {"test": picked, "assay": ""}
        super().__init__(*args, setting=setting, **{**kwargs, "initial": initial})

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        outcomes = [("final", "Final"), ("invalid", "Not interpretable")]
        donors = [(name, words(name)) for name in setting.donors()]
        return {
            "test": forms.ChoiceField(label="Test and assay", choices=setting.tests()),
            "sampled_on": on_field(setting, "Sample taken"),
            "resulted_on": on_field(setting, "Result came"),
            "outcome": forms.ChoiceField(label="The result is", choices=outcomes, initial="final"),
            "value": forms.FloatField(
                label="Value",
                required=False,
                help_text="In the unit beside the assay, with its sign. Nothing is converted.",
            ),
            "laboratory": forms.CharField(label="Laboratory", required=False),
            "assay": forms.CharField(
                label="Another assay",
                required=False,
                help_text="Only one that is not listed above. Its value is compared with nothing.",
            ),
            "cutoff_version": forms.CharField(
                label="Cut-off version", required=False, help_text="As the report names it."
            ),
            "donor": forms.ChoiceField(
                label="Tested against",
                required=False,
                choices=[("", "The donor of that day"), *donors],
            ),
            "elsewhere": elsewhere_field(),
        }

    def record(self) -> dict[str, Any]:
        body = super().record()
        return {
            **body,
            **said_by_pick(body["test"]),
            **({"assay": body["assay"]} if body.get("assay") else {}),
        }


def said_by_pick(picked: str) -> dict[str, str]:
    """What a pick of `Setting.tests` says in a record."""
    test, _, assay = picked.partition("|")
    return {"test": test, **({"assay": assay} if assay else {})}
