"""The fitness check of both as one form, the label of a unit, and the clinic's one number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.booking.session.fitness import LastDraw
from apps.booking.session.fitness_questions import BOTH, Question, Who, asked_of
from apps.clinic.clock import local_moment
from apps.desk.forms.base import DateField, DeskForm, TimeField


class FitnessForm(DeskForm):
    """A field a question and person, named `recipient-fever`, and a note where an answer may need one."""

    def __init__(self, *args: Any, last: LastDraw, asks_pregnancy: bool, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {}
        for who in BOTH:
            for question in asked_of(who):
                if question.name == "days_since_draw" and not last.judged:
                    continue
                asks[f"{who}-{question.name}"] = _answer(question, last, asks_pregnancy)
                if any(choice.explained for choice in question.choices):
                    asks[f"{who}-{question.name}-note"] = forms.CharField(
                        label=_("Note"), required=False, max_length=300
                    )
            if who == "recipient":
                asks["last_period_on"] = DateField(
                    label=_("Last period began on"),
                    required=False,
                    help_text=_("Leave empty if it is not known."),
                )
        super().__init__(*args, asks=asks, **kwargs)
        self.renamed = {
            f"answers.{who}.{question.name}": f"{who}-{question.name}"
            for who in BOTH
            for question in asked_of(who)
        }

    def answers(self) -> dict[Who, dict[str, Any]]:
        """By person and question: what was chosen and noted."""
        return {
            who: {
                question.name: {
                    "choice": self.cleaned_data.get(f"{who}-{question.name}"),
                    "note": self.cleaned_data.get(f"{who}-{question.name}-note") or "",
                }
                for question in asked_of(who)
                if f"{who}-{question.name}" in self.fields
            }
            for who in BOTH
        }

    def of_recipient(self) -> list[forms.BoundField]:
        return [
            field for field in self if field.name.startswith("recipient-") or field.name == "last_period_on"
        ]

    def of_donor(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("donor-")]


def _answer(question: Question, last: LastDraw, asks_pregnancy: bool) -> forms.Field:
    choices = [
        (choice.value, choice.text)
        for choice in question.choices
        if not (question.name == "pregnancy" and choice.value == "not_asked" and asks_pregnancy)
    ]
    label, hint = question.text, ""
    if question.name == "days_since_draw" and last.days is not None:
        hint = _("%(days)d days since the last draw. The clinic has set no least number: you judge.") % {
            "days": last.days
        }
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, help_text=hint)


class LabelForm(DeskForm):
    """When the donor was drawn."""

    def __init__(self, *args: Any, at: datetime, zone: str, **kwargs: Any) -> None:
        wall = local_moment(zone, at).time().replace(second=0, microsecond=0)
        super().__init__(*args, asks={"drawn_time": TimeField(label=_("Drawn at"), initial=wall)}, **kwargs)


class DaysBetweenForm(DeskForm):
    """The least days between two draws of one donor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        days = forms.IntegerField(
            label=_("Least days between two draws of one donor"),
            required=False,
            min_value=0,
            max_value=365,
            help_text=_(
                "The clinic's own number, set by a doctor. Left empty, the days are shown and the nurse judges."
            ),
        )
        super().__init__(*args, asks={"days": days}, **kwargs)
