"""Deciding a flag, and correcting a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.desk.forms.base import DeskForm
from apps.desk.words import choice_words, words


class DecideForm(DeskForm):
    """The choices of one flag, what some of them need, and the reason that is signed."""

    renamed = {"parameters.doses": "doses", "parameters.donor": "donor"}  # noqa: RUF012  read only

    def __init__(
        self,
        *args: Any,
        code: str,
        choices: Sequence[str],
        donors: Sequence[str],
        doses_left: int | None,
        **kwargs: Any,
    ) -> None:
        asks: dict[str, forms.Field] = {
            "choice": forms.ChoiceField(
                label="Decision",
                choices=[(choice, choice_words(choice, code)) for choice in choices],
                widget=forms.RadioSelect,
            )
        }
        if "extra_doses" in choices:
            asks["doses"] = forms.IntegerField(
                label="How many extra doses",
                required=False,
                min_value=1,
                max_value=doses_left or None,
                help_text="For extra doses only."
                + (f" {doses_left} left under the cap." if doses_left is not None else ""),
            )
        if "change_donor" in choices:
            asks["donor"] = forms.ChoiceField(
                label="New donor",
                required=False,
                choices=[("", "—"), *((name, words(name)) for name in donors)],
                help_text="For a change of donor only.",
            )
        asks["reason"] = forms.CharField(
            label="Reason", max_length=500, widget=forms.Textarea, help_text="Signed with your name and role."
        )
        super().__init__(*args, asks=asks, **kwargs)

    def parameters(self) -> dict[str, int | str]:
        """What the choice needs, and nothing that another choice would."""
        wanted = {"extra_doses": "doses", "change_donor": "donor"}.get(self.cleaned_data["choice"])
        value = self.cleaned_data.get(wanted) if wanted else None
        return {wanted: value} if wanted and value else {}


class CorrectionForm(DeskForm):
    """Why a record was wrong."""

    def __init__(self, *args: Any, replaceable: bool, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {}
        if replaceable:
            kinds = [
                ("replace", "Something in it is wrong; the right record is below"),
                ("take_out", "It never happened"),
            ]
            asks["how"] = forms.ChoiceField(
                label="What was wrong", choices=kinds, widget=forms.RadioSelect, initial="replace"
            )
        asks["correction_reason"] = forms.CharField(label="Why is it corrected", max_length=300)
        super().__init__(*args, asks=asks, **kwargs)
