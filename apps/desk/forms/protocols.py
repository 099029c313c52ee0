"""The sheets around a draft: what is copied under which label, and the signature."""

from __future__ import annotations

import re

from django import forms

from apps.clinic.models import Clinic
from apps.desk.forms.base import DeskForm

VERSION = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,29}\Z")
VERSION_REMEDY = "Use letters, digits, dots and dashes, such as 2027-1."


class CopyForm(DeskForm):
    """Which protocol is copied, and what the copy is called."""

    def __init__(
        self, *args: object, origins: list[tuple[str, str]], clinics: tuple[Clinic, ...], **kwargs: object
    ) -> None:
        asks: dict[str, forms.Field] = {
            "clinic": forms.ChoiceField(
                label="Clinic",
                choices=[(str(clinic.pk), clinic.name) for clinic in clinics],
                widget=forms.HiddenInput() if len(clinics) == 1 else forms.Select(),
                initial=str(clinics[0].pk),
            ),
            "origin": forms.ChoiceField(label="Copy from", choices=origins),
            "version": forms.RegexField(
                VERSION,
                label="Version",
                max_length=30,
                help_text="A label of your own, such as 2027-1. A published version keeps its label for good.",
                error_messages={"invalid": VERSION_REMEDY},
            ),
            "title": forms.CharField(
                label="Title",
                max_length=200,
                required=False,
                help_text="Empty keeps the title of the original.",
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


class SignForm(DeskForm):
    """The signature: the box, and the doctor's own name as the desk knows it."""

    # A revision that was saved over is told above the form: its field cannot be seen.
    renamed = {"revision": ""}  # noqa: RUF012  read only

    def __init__(self, *args: object, signer: str, revision: int, **kwargs: object) -> None:
        self._signer = signer
        asks: dict[str, forms.Field] = {
            "revision": forms.IntegerField(widget=forms.HiddenInput(), initial=revision),
            "read": forms.BooleanField(
                label="I have read what differs and the evidence, and answer for these numbers in this clinic",
                error_messages={"required": "Nothing is published without a signature: tick the box."},
            ),
            "typed_name": forms.CharField(
                label=f"Type your name to sign: {signer}",
                max_length=150,
                widget=forms.TextInput({"autocomplete": "off"}),
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)

    def clean_typed_name(self) -> str:
        typed = " ".join(str(self.cleaned_data["typed_name"]).split())
        if typed.casefold() != self._signer.casefold():
            raise forms.ValidationError(
                f"This is not the name under which you are here. Type {self._signer}."
            )
        return typed
