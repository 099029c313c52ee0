"""One form per kind of record, made from the treatment's own protocol: no raw JSON, no code to remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from apps.desk.forms.base import DateField, DeskForm
from apps.desk.words import words
from protocols import Template

PEOPLE = (("recipient", "Recipient"), ("partner", "Partner"))
SCREENS = (
    ("hiv", "HIV"), ("hbv", "Hepatitis B"), ("hcv", "Hepatitis C"), ("syphilis", "Syphilis"),
    ("pregnancy-test", "Pregnancy test of the day (recipient)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """What the forms of one treatment are made from."""

    template: Template
    today: date
    visits: tuple[tuple[str, str], ...] = ()

    def tests(self) -> list[tuple[str, str]]:
        return [
            (name, f"{test.title} ({', '.join(dict.fromkeys(assay.unit for assay in test.assays.values()))})")
            for name, test in self.template.tests.items()
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


def _on(setting: Setting, label: str = "Date") -> DateField:
    return DateField(label=label, initial=setting.today)


class MilestoneForm(RecordForm):
    kind, title = "milestone", "Milestone"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        sure = [("happened", "It happened"), ("planned", "It is planned"), ("cancelled", "It was called off")]
        return {
            "name": forms.ChoiceField(label="What", choices=setting.milestones()),
            "certainty": forms.ChoiceField(label="How sure", choices=sure, initial="happened"),
            "on": _on(setting),
        }


class DatingForm(RecordForm):
    kind, title = "dating", "Dating of the pregnancy"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        bases = [
            ("lmp", "Last period"),
            ("ovulation", "Ovulation, insemination or egg collection"),
            ("d3", "Transfer of a day 3 embryo"),
            ("d5", "Transfer of a day 5 embryo"),
            ("d6", "Transfer of a day 6 embryo"),
            ("scan", "Scan"),
        ]
        return {
            "basis": forms.ChoiceField(label="Dated by", choices=bases),
            "on": _on(setting),
            "ga": forms.CharField(
                label="Age on the scan", required=False, help_text="With a scan only, like 8w2d."
            ),
        }


class ResultForm(RecordForm):
    kind, title = "result", "Result"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        outcomes = [("final", "Final"), ("invalid", "Not interpretable")]
        return {
            "test": forms.ChoiceField(label="Test", choices=setting.tests()),
            "sampled_on": _on(setting, "Sample taken"),
            "resulted_on": _on(setting, "Result came"),
            "outcome": forms.ChoiceField(label="The result is", choices=outcomes, initial="final"),
            "value": forms.FloatField(label="Value", required=False, help_text="In the unit of the test."),
            "assay": forms.CharField(label="Assay", required=False),
            "laboratory": forms.CharField(label="Laboratory", required=False),
        }


OUTCOMES = (("clear", "Clear"), ("reactive", "Reactive"), ("pending", "Pending"))
_SEROLOGY = ("hiv", "hbv", "hcv", "syphilis")


class ScreeningForm(RecordForm):
    """All tests of one sample with one outcome; what differs is entered once more."""

    kind, title = "screening", "Screening"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "person": forms.ChoiceField(label="Person", choices=PEOPLE, initial="partner"),
            "tests": forms.MultipleChoiceField(
                label="Tests",
                choices=SCREENS,
                initial=_SEROLOGY,
                widget=forms.CheckboxSelectMultiple,
            ),
            "sampled_on": _on(setting, "Sample taken"),
            "outcome": forms.ChoiceField(label="Outcome of all of them", choices=OUTCOMES),
        }

    def records(self) -> list[dict[str, Any]]:
        body = self.record()
        return [{**body, "test": test} for test in body.pop("tests")]


class ConsentForm(RecordForm):
    kind, title = "consent", "Consent"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "person": forms.ChoiceField(label="Person", choices=PEOPLE),
            "on": _on(setting, "Signed on"),
            "given": forms.BooleanField(
                label="Consent is given",
                required=False,
                initial=True,
                help_text="Without the tick it is withdrawn.",
            ),
            "document": forms.CharField(
                label="Document", required=False, help_text="Name or number of the form."
            ),
        }


class OptInForm(RecordForm):
    kind, title = "opt_in", "Wish for an optional step"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "step": forms.ChoiceField(label="Step", choices=setting.optional_steps()),
            "on": _on(setting),
            "wanted": forms.BooleanField(label="The couple wants it", required=False, initial=True),
        }


class AbsenceForm(RecordForm):
    kind, title = "absence", "Absence"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "person": forms.ChoiceField(label="Who is away", choices=PEOPLE),
            "from_on": _on(setting, "First day away"),
            "to_on": _on(setting, "Last day away"),
        }


class DonorForm(RecordForm):
    kind, title = "donor", "Donor"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "donor": forms.ChoiceField(
                label="Donor", choices=[(name, words(name)) for name in setting.donors()]
            ),
            "on": _on(setting, "From"),
        }


class SkippedForm(RecordForm):
    kind, title = "skipped", "Leave a visit out"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "visit": forms.ChoiceField(label="Visit", choices=setting.visits),
            "on": _on(setting, "Decided on"),
            "reason": forms.CharField(label="Reason", max_length=300),
        }

    def record(self) -> dict[str, Any]:
        body = super().record()
        step, _, occurrence = body.pop("visit").rpartition("#")
        return {**body, "step": step, "occurrence": int(occurrence)}


class _Reasoned(RecordForm):
    asked = False

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "on": _on(setting, "From"),
            "reason": forms.CharField(label="Reason", max_length=300, required=self.asked),
        }


class PauseForm(_Reasoned):
    kind, title = "pause", "Pause the treatment"


class ResumeForm(_Reasoned):
    kind, title = "resume", "Resume the treatment"


class CloseForm(_Reasoned):
    kind, title, asked = "close", "Close the treatment", True


class NoteForm(RecordForm):
    kind, title = "note", "Note"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {"text": forms.CharField(label="Note", widget=forms.Textarea), "on": _on(setting)}


FORMS: Mapping[str, type[RecordForm]] = {
    form.kind: form
    for form in (
        ResultForm, MilestoneForm, DatingForm, ScreeningForm, ConsentForm, OptInForm, AbsenceForm, DonorForm,
        SkippedForm, PauseForm, ResumeForm, CloseForm, NoteForm,
    )
}  # fmt: skip
# Which right of the desk a kind needs; the rest need "record".
RIGHT_OF: Mapping[str, str] = {
    "result": "record for the laboratory",
    "screening": "record for the laboratory",
    "note": "note",
}
