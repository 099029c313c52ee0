"""One form per kind of record, made from the treatment's own protocol: no raw JSON, no code to remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.desk.forms.results import ResultForm
from apps.desk.forms.setting import RecordForm, Setting, on_field
from apps.desk.words import words

PEOPLE = (("recipient", "Recipient"), ("partner", "Partner"))
SCREENS = (
    ("hiv", "HIV"), ("hbv", "Hepatitis B"), ("hcv", "Hepatitis C"), ("syphilis", "Syphilis"),
    ("pregnancy-test", "Pregnancy test of the day (recipient)"),
)  # fmt: skip


class MilestoneForm(RecordForm):
    kind, title = "milestone", "Milestone"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        sure = [("happened", "It happened"), ("planned", "It is planned"), ("cancelled", "It was called off")]
        return {
            "name": forms.ChoiceField(label="What", choices=setting.milestones()),
            "certainty": forms.ChoiceField(label="How sure", choices=sure, initial="happened"),
            "on": on_field(setting),
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
            "on": on_field(setting),
            "ga": forms.CharField(
                label="Age on the scan", required=False, help_text="With a scan only, like 8w2d."
            ),
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
            "sampled_on": on_field(setting, "Sample taken"),
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
            "on": on_field(setting, "Signed on"),
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
            "on": on_field(setting),
            "wanted": forms.BooleanField(label="The couple wants it", required=False, initial=True),
        }


class AbsenceForm(RecordForm):
    kind, title = "absence", "Absence"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "person": forms.ChoiceField(label="Who is away", choices=PEOPLE),
            "from_on": on_field(setting, "First day away"),
            "to_on": on_field(setting, "Last day away"),
        }


class DonorForm(RecordForm):
    kind, title = "donor", "Donor"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "donor": forms.ChoiceField(
                label="Donor", choices=[(name, words(name)) for name in setting.donors()]
            ),
            "on": on_field(setting, "From"),
        }


class SkippedForm(RecordForm):
    kind, title = "skipped", "Leave a visit out"

    def build(self, setting: Setting) -> dict[str, forms.Field]:
        return {
            "visit": forms.ChoiceField(label="Visit", choices=setting.visits),
            "on": on_field(setting, "Decided on"),
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
            "on": on_field(setting, "From"),
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
        return {"text": forms.CharField(label="Note", widget=forms.Textarea), "on": on_field(setting)}


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
