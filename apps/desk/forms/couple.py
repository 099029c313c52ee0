"""Forms of a couple's page: notes, files, and a record that stands in the wrong couple."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.couples.models import Note, NoteKind, Severity
from apps.desk.forms.base import DateField, DeskForm

_ON_CALLS = _("What to say and what not to say stands on every call to this couple.")
_FOR_DOCTORS = _(
    "What to say and what not to say stands on every call to this couple. What is for their own page both of them read "
    "there after a code, in your words: the finding and why, what is not known, what is decided next, whether and until "
    "when they may try. Write in their language, and nothing of one that the other should not know."
)


class NoteForm(DeskForm):
    """A note; what is written in place of another keeps that one's kind."""

    def __init__(self, *args: Any, today: date, replaces: Note | None, for_them: bool, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {}
        if replaces is None:
            asks["kind"] = forms.ChoiceField(
                label=_("What is it"),
                choices=[one for one in NoteKind.choices if for_them or one[0] != NoteKind.FOR_THEM],
                initial=NoteKind.NOTE,
                help_text=_FOR_DOCTORS if for_them else _ON_CALLS,
            )
        asks["text"] = forms.CharField(label=_("Note"), widget=forms.Textarea, max_length=2000)
        asks["on"] = DateField(label=_("Of which day"), initial=today)
        if replaces is None or replaces.kind == NoteKind.ADVERSE_EVENT:
            asks["severity"] = forms.ChoiceField(
                label=_("How bad, for an adverse event"),
                choices=[("", "—"), *Severity.choices],
                required=False,
            )
        initial = {"text": replaces.text, "severity": replaces.severity} if replaces else None
        super().__init__(*args, asks=asks, initial=initial, **kwargs)


class WhyForm(DeskForm):
    """Only a reason."""

    def __init__(self, *args: Any, label: Any, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {"reason": forms.CharField(label=label, max_length=300)}
        super().__init__(*args, asks=asks, **kwargs)


class FileForm(DeskForm):
    """One file. What it really is, the service sees from its bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "file": forms.FileField(
                label=_("File"),
                allow_empty_file=True,  # the service names the fault
                help_text=_("PDF, PNG, JPEG, plain text or DICOM, at most 10 MB."),
                widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.txt,.dcm"}),
            )
        }
        super().__init__(*args, asks=asks, **kwargs)


class OtherCoupleForm(DeskForm):
    """By code or name: to which couple the record belongs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "q": forms.CharField(
                label=_("The right couple"), max_length=100, help_text=_("Code, name or phone number.")
            )
        }
        super().__init__(*args, asks=asks, **kwargs)


class MoveRecordForm(DeskForm):
    """As which visit it counts there, and why it stood in the wrong place."""

    def __init__(self, *args: Any, visits: Sequence[tuple[str, str]], asked: str, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {}
        if visits:
            asks["occurrence"] = forms.ChoiceField(
                label=_("Which visit it is there"), choices=visits, initial=asked
            )
        asks["reason"] = forms.CharField(label=_("How it came to the wrong couple"), max_length=300)
        super().__init__(*args, asks=asks, **kwargs)
