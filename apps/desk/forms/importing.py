"""An upload of couples, and searching for somebody who may be the same human."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Clinic
from apps.desk.forms.base import DeskForm

DATES = (
    ("iso", _("Year first: 2026-01-12")),
    ("dmy", _("Day first: 12/01/2026")),
    ("mdy", _("Month first: 01/12/2026")),
)


class UploadForm(DeskForm):
    """The file, and how days are written in it: nothing about days is guessed."""

    def __init__(self, *args: Any, clinics: tuple[Clinic, ...], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "clinic": forms.ChoiceField(
                label=_("Clinic"),
                choices=[(str(clinic.pk), clinic.name) for clinic in clinics],
                widget=forms.HiddenInput() if len(clinics) == 1 else forms.Select(),
                initial=str(clinics[0].pk) if clinics else None,
            ),
            "file": forms.FileField(
                label=_("File"),
                help_text=_("XLSX, or CSV UTF-8 with commas or semicolons. At most 2 MB and 1000 couples."),
                widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
            ),
            "dates": forms.ChoiceField(
                label=_("Days written as text are"), choices=DATES, widget=forms.RadioSelect, initial="iso"
            ),
            "serials": forms.BooleanField(
                label=_("Numbers such as 46034 in a column of days are days as Excel counts them"),
                required=False,
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)
