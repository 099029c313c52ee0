"""What all forms of the desk share: native date and time fields, and errors of the services on their fields."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES

from apps.clinic.errors import LitError


class DateField(forms.DateField):
    """A day, with the browser's own calendar."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class TimeField(forms.TimeField):
    """A wall-clock time of the clinic, with the browser's own clock."""

    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class ZoneInput(forms.TextInput):
    """A time zone, with the places of the world to choose from as one types."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        own = f"zones-{name}"
        field = super().render(name, value, {**(attrs or {}), "list": own}, renderer)
        places = format_html_join("", '<option value="{}"></option>', ((zone,) for zone in _places()))
        return format_html('{}<datalist id="{}">{}</datalist>', field, own, places)


@cache
def _places() -> tuple[str, ...]:
    """Zones that are named after a place; offsets and old names are left out."""
    parts = (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    return tuple(sorted(zone for zone in available_timezones() if zone.partition("/")[0] in parts))


class DeskForm(forms.Form):
    """A form whose fields carry the names that services use in their faults."""

    required_css_class = "desk-required"
    # Field names of the service that stand under another name here.
    renamed: dict[str, str] = {}  # noqa: RUF012  read only, overridden as a whole
    # Names of fields that few need: they stand folded at the end, and open where one of them is filled or wrong.
    more: tuple[str, ...] = ()

    def __init__(self, *args: Any, asks: dict[str, forms.Field], **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields = asks
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput):
                classes = CHECKBOX_CLASSES
            elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple | forms.HiddenInput):
                continue
            elif isinstance(widget, forms.Select):
                classes = SELECT_CLASSES
            elif isinstance(widget, forms.Textarea):
                classes = TEXTAREA_CLASSES
                widget.attrs.setdefault("rows", 3)
            else:
                classes = INPUT_CLASSES
            widget.attrs.setdefault("class", " ".join(classes))

    def in_sight(self) -> list[forms.BoundField]:
        """The fields that everybody sees."""
        return [field for field in self if field.name not in self.more]

    def folded(self) -> list[forms.BoundField]:
        """The fields that stand behind "More"."""
        return [field for field in self if field.name in self.more]

    def is_unfolded(self) -> bool:
        """Whether something behind "More" is wrong or filled in, so that it must not be out of sight."""
        return any(field.errors or field.value() not in (None, "") for field in self.folded())

    def take(self, error: LitError) -> None:
        """Puts each fault beside its field, and what belongs to no field above the form."""
        for fault in error.faults:
            name = self.renamed.get(fault.field, fault.field).replace(".", "-")
            self.add_error(name if name in self.fields else None, sentence(fault.message, fault.remedy))

    def given(self) -> dict[str, Any]:
        """What was filled in; empty fields are left out."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", ())}


def sentence(message: str, remedy: str) -> str:
    """The fault and what mends it, as one text."""
    ended = message if message.endswith((".", "?", "!")) else f"{message}."
    return f"{ended} {remedy}".strip()


def in_one_line(error: LitError) -> str:
    """Every fault of an error, for a message above the page."""
    return " ".join(sentence(fault.message, fault.remedy) for fault in error.faults)
