"""The one form of a dose: the label held against the couple by two people, what was given, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, get_args

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.clock import local_moment
from apps.desk.forms.base import DateField, DeskForm, TimeField
from apps.desk.forms.dose import ARMS, dose_fields
from protocols.records import Route
from protocols.template import Step

# What a slip of the finger looks like. These bounds say nothing of medicine: the protocol's own numbers judge a dose,
# and a tick keeps an unusual number that is right.
TYPING: Mapping[str, tuple[float, float]] = {
    "cells_million": (0.1, 1000),
    "viability_percent": (1, 100),
    "volume_ml": (0.05, 20),
    "sites": (1, 30),
    "reaction_mm": (0, 200),
    "irradiation_gy": (0, 100),
}
_ROUTES = tuple(get_args(Route))
_SPLIT = tuple(f"route_{route}" for route in _ROUTES)
_CREDENTIALS = ("asked", "unit", "second_unit", "second_name", "second_password")
MEASURED = ("cells_million", "viability_percent", "volume_ml", "sites", "arm", "irradiation_gy", "medium_lot",
            "reaction_mm", "reaction")  # fmt: skip


class DoseRecordForm(DeskForm):
    """`given()` is the body of the dose; `injected_at` the moment of the injection in the clinic's zone."""

    renamed = {  # noqa: RUF012  read only
        "on": "on",
        "injected_at": "injected_time",
        **{f"given.{name}": name for name in MEASURED},
        "given.route_ml": "route",
        "given": "injected_time",
    }
    more = (*_SPLIT, "irradiation_gy", "medium_lot", "on")

    def __init__(
        self,
        *args: Any,
        zone: str,
        at: datetime,
        today: date,
        step: Step,
        who: str,
        asks_pregnancy: bool,
        ready_known: bool,
        **kwargs: Any,
    ) -> None:
        self.zone = zone
        data = args[0] if args else None
        wall = at.astimezone(local_moment(zone, at).tzinfo).time().replace(second=0, microsecond=0)
        asks: dict[str, forms.Field] = {}
        if asks_pregnancy:
            asks["pregnancy_test"] = forms.ChoiceField(
                label=_("Pregnancy test on that day"),
                choices=[("clear", _("Negative")), ("reactive", _("Positive: no dose is given"))],
                widget=forms.RadioSelect,
            )
        asks |= _identity(who)
        asks |= _content(step)
        asks |= _times(wall, ready_known=ready_known)
        asks |= _reaction()
        asks["on"] = DateField(
            label=_("Day of the injection"),
            initial=today,
            help_text=_("Another day only when typed in later."),
        )
        if data is not None and (odd(data) or data.get("sure")):
            asks["sure"] = forms.BooleanField(label=_("The unusual numbers are right"), required=False)
        if data is not None and data.get("pregnancy_test") == "reactive":
            # No dose is given, so nothing of one is asked for.
            for name in asks.keys() - {"pregnancy_test", "on"}:
                asks[name].required = False
        super().__init__(*args, asks=asks, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("sure"):
            for name, (least, most) in TYPING.items():
                value = cleaned.get(name)
                if value is not None and not least <= value <= most:
                    said = {"value": value, "least": least, "most": most}
                    self.add_error(
                        name,
                        _(
                            "%(value)g looks like a slip (usual: %(least)g to %(most)g). Correct it, or say it is right."
                        )
                        % said,
                    )
        split = {route: cleaned.get(f"route_{route}") for route in _ROUTES if cleaned.get(f"route_{route}")}
        total, volume = sum(amount or 0 for amount in split.values()), cleaned.get("volume_ml")
        if split and volume is not None and abs(total - volume) > 0.005:
            self.add_error(
                "volume_ml",
                _("The routes add up to %(total)g ml, and %(volume)g ml were injected. Correct one of them.")
                % {"total": total, "volume": volume},
            )
        return cleaned

    def injected_at(self) -> datetime | None:
        return self.moment("injected_time")

    def moment(self, name: str) -> datetime | None:
        """The wall time of that field on the day of the injection, as a moment of the clinic's zone."""
        on, wall = self.cleaned_data.get("on"), self.cleaned_data.get(name)
        return local_moment(self.zone, datetime.combine(on, wall)) if on and wall else None

    def content(self) -> dict[str, Any]:
        """What was given, as far as it was typed and can be read."""
        said = {name: self.cleaned_data.get(name) for name in MEASURED}
        split = {route: self.cleaned_data.get(f"route_{route}") for route in _ROUTES}
        split = {route: amount for route, amount in split.items() if amount}
        route, volume = self.cleaned_data.get("route"), self.cleaned_data.get("volume_ml")
        if not split and route and volume:
            split = {route: volume}
        body = {name: value for name, value in said.items() if value not in (None, "")}
        ready = self.moment("ready_time")
        return body | ({"route_ml": split} if split else {}) | ({"ready_at": ready} if ready else {})

    def identity(self) -> list[forms.BoundField]:
        """The fields of the two who read the label."""
        return [self[name] for name in _CREDENTIALS]

    def rest(self) -> list[forms.BoundField]:
        return [field for field in self.in_sight() if field.name not in (*_CREDENTIALS, "sure")]

    def sure(self) -> forms.BoundField | None:
        return self["sure"] if "sure" in self.fields else None


def odd(data: Mapping[str, Any]) -> bool:
    """Whether a number was typed that looks like a slip."""
    for name, (least, most) in TYPING.items():
        try:
            value = float(data.get(name) or least)
        except ValueError:
            continue
        if not least <= value <= most:
            return True
    return False


def _identity(who: str) -> dict[str, forms.Field]:
    read = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
    return {
        "asked": forms.BooleanField(label=_("She said herself: %(who)s") % {"who": who}),
        "unit": forms.CharField(
            label=_("Label of the unit"),
            max_length=200,
            help_text=_("Scan it, or type its last four characters."),
            widget=forms.TextInput(attrs=read),
        ),
        "second_unit": forms.CharField(
            label=_("Label of the unit, read by the second person"),
            max_length=200,
            widget=forms.TextInput(attrs=read),
        ),
        "second_name": forms.CharField(
            label=_("Second person: sign-on name"),
            max_length=150,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        ),
        "second_password": forms.CharField(
            label=_("Second person: password"),
            max_length=200,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        ),
    }


def _content(step: Step) -> dict[str, forms.Field]:
    fields = dose_fields(step)
    del fields["hours_to_injection"]  # follows from the two times
    fields["volume_ml"].required = fields["cells_million"].required = True
    fields["sites"] = forms.IntegerField(label=_("Sites"), required=False, min_value=1)
    fields["route"] = forms.ChoiceField(
        label=_("Route"),
        choices=[("", "—"), *((route, route.capitalize()) for route in _ROUTES)],
        required=False,
        help_text=_("Several routes: leave this empty and give the millilitres of each under More."),
    )
    fields["arm"] = forms.ChoiceField(label=_("Arm"), choices=ARMS, required=False)
    in_sight = ("cells_million", "viability_percent", "volume_ml", "sites", "route", "arm")
    order = (*in_sight, *_SPLIT, "irradiation_gy", "medium_lot")
    return {name: fields[name] for name in order}


def _times(wall: time, *, ready_known: bool) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    if not ready_known:
        fields["ready_time"] = TimeField(label=_("Cells ready at"), required=False)
    fields["injected_time"] = TimeField(label=_("Injected at"), initial=wall)
    return fields


def _reaction() -> dict[str, forms.Field]:
    return {
        "reaction_mm": forms.FloatField(label=_("Redness (mm)"), required=False, min_value=0),
        "reaction": forms.CharField(label=_("Reaction in words"), required=False, max_length=300),
    }
