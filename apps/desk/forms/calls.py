"""What came of a call, who answers for a couple, who covers for whom, and a doctor's word by phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.booking.call_models import Outcome
from apps.desk.forms.base import DateField, DeskForm
from apps.desk.forms.decisions import DecideForm

Choices = Sequence[tuple[str, str]]


class OutcomeForm(DeskForm):
    """One of the outcomes, and what some of them need."""

    def __init__(self, *args: Any, outcomes: Sequence[Outcome], people: Choices, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "outcome": forms.ChoiceField(
                label=_("What came of it"),
                choices=[(one.value, one.label) for one in outcomes],
                widget=forms.RadioSelect,
            ),
            "again_on": DateField(
                label=_("Call again on"), required=False, help_text=_("For “call again” only.")
            ),
            "person": forms.ChoiceField(
                label=_("Whose number is wrong"),
                required=False,
                choices=[("", "—"), *people],
                help_text=_("For “wrong number” only. It is marked for everybody."),
            ),
            "note": forms.CharField(label=_("Note"), required=False, max_length=300),
        }
        super().__init__(*args, asks=asks, **kwargs)


class DonorOutcomeForm(OutcomeForm):
    """What came of a call to a donor from outside; `word` is what he was to be told as the page was made."""

    def __init__(self, *args: Any, outcomes: Sequence[Outcome], **kwargs: Any) -> None:
        super().__init__(*args, outcomes=outcomes, people=(), **kwargs)
        self.fields.pop("person")
        self.fields["word"] = forms.CharField(widget=forms.HiddenInput, max_length=150)


class DonorContactForm(DeskForm):
    """How a donor from outside is reached."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "name": forms.CharField(label=_("Name, or your own code"), required=False, max_length=100),
            "phone": forms.CharField(label=_("Phone"), required=False, max_length=32),
        }
        super().__init__(*args, asks=asks, **kwargs)


class AskForm(DeskForm):
    """Somebody should ring the couple: when, and about what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "due_on": DateField(label=_("On which day")),
            "note": forms.CharField(label=_("What about"), max_length=300),
        }
        super().__init__(*args, asks=asks, **kwargs)


class AssignForm(DeskForm):
    """The nurse and the doctor who answer for a couple."""

    def __init__(self, *args: Any, nurses: Choices, doctors: Choices, **kwargs: Any) -> None:
        nobody = ("", _("nobody"))
        asks: dict[str, forms.Field] = {
            "nurse": forms.ChoiceField(label=_("Nurse"), required=False, choices=[nobody, *nurses]),
            "doctor": forms.ChoiceField(label=_("Doctor"), required=False, choices=[nobody, *doctors]),
        }
        super().__init__(*args, asks=asks, **kwargs)


class AssignManyForm(DeskForm):
    """One nurse or doctor for several couples at once."""

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "who": forms.ChoiceField(
                label=_("Who answers for these couples"), choices=people, help_text=_("Nurse or doctor.")
            )
        }
        super().__init__(*args, asks=asks, **kwargs)


class CoverForm(DeskForm):
    """Somebody stands in for somebody else on some days."""

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "user": forms.ChoiceField(label=_("Who is covered"), choices=people),
            "by": forms.ChoiceField(label=_("By whom"), choices=people),
            "from_on": DateField(label=_("First day")),
            "to_on": DateField(label=_("Last day"), help_text=_("Included.")),
            "away": forms.ChoiceField(
                label=_("What the cover has"),
                choices=[
                    ("away", _("Everything: they are away")),
                    ("late", _("Only what is past its day: they are here")),
                ],
                widget=forms.RadioSelect,
                initial="away",
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


class PhoneForm(DecideForm):
    """The choices of a flag as a doctor told them by phone."""

    def __init__(self, *args: Any, doctors: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("What the doctor said")
        self.fields["reason"].help_text = _("Stays with the decision, and the doctor signs it.")
        # Made and taken in before the others are styled, a field of its own would look unlike them.
        chosen = forms.ChoiceField(label=_("Doctor on the phone"), choices=doctors)
        chosen.widget.attrs["class"] = "desk-select"
        self.fields = {"doctor": chosen, **self.fields}


class RefusalForm(DeskForm):
    """Why a doctor does not sign what is said to be their word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, asks={"reason": forms.CharField(label=_("Why not"), max_length=300)}, **kwargs
        )
