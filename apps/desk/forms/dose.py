"""What a dose contained and how it was given: the same fields wherever a dose is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from django import forms

from protocols.records import Route
from protocols.template import Step

ARMS = (("", "—"), ("left", "Left"), ("right", "Right"), ("both", "Both"))
_MEASURED = {
    "cells_million": ("Cells (million)", "million cells"),
    "viability_percent": ("Viability (%)", "% viable"),
    "volume_ml": ("Volume injected (ml)", "ml"),
    "hours_to_injection": ("Hours from draw to injection", "hours from draw to injection"),
    "irradiation_gy": ("Irradiation (Gy)", "Gy"),
}
_IN_SIGHT = ("cells_million", "viability_percent", "volume_ml")
_ROUTES = tuple(get_args(Route))
# What stands behind "More", so that a nurse with three numbers has three fields.
MORE = ("hours_to_injection", "arm", *(f"route_{route}" for route in _ROUTES), "irradiation_gy", "medium_lot")
NAMES = (*_IN_SIGHT, *MORE)
RENAMED: Mapping[str, str] = {
    **{f"given.{name}": name for name in NAMES if not name.startswith("route_")},
    **{f"given.route_ml.{route}": f"route_{route}" for route in _ROUTES},
}


def dose_fields(step: Step | None = None) -> dict[str, forms.Field]:
    """The fields of a dose, none of them required; with `step` each says what the protocol asks."""
    fields: dict[str, forms.Field] = {name: _number(name, step) for name in _IN_SIGHT}
    fields["hours_to_injection"] = _number("hours_to_injection", step)
    fields["arm"] = forms.ChoiceField(label="Arm", choices=ARMS, required=False)
    for route in _ROUTES:
        fields[f"route_{route}"] = forms.FloatField(
            label=f"{route.capitalize()} (ml)", required=False, min_value=0
        )
    fields["irradiation_gy"] = forms.FloatField(
        label="Irradiation (Gy)", required=False, min_value=0, help_text="0 where nothing was irradiated."
    )
    fields["medium_lot"] = forms.CharField(label="Medium, lot number", required=False, max_length=100)
    return fields


def _number(name: str, step: Step | None) -> forms.FloatField:
    most = 100 if name == "viability_percent" else None
    asked = getattr(step.content, name, None) if step and step.content else None
    bound = "At most" if name == "hours_to_injection" else "At least"
    hint = f"{bound} {asked:g} asked." if asked is not None else ""
    return forms.FloatField(
        label=_MEASURED[name][0], required=False, min_value=0, max_value=most, help_text=hint
    )


def content_in(given: dict[str, Any]) -> dict[str, Any] | None:
    """Takes the fields of a dose out of what was filled in, as the body of `given`; None where nothing was measured."""
    content = {name: given.pop(name) for name in NAMES if name in given}
    split = {route: content.pop(f"route_{route}") for route in _ROUTES if f"route_{route}" in content}
    split = {route: amount for route, amount in split.items() if amount}
    if split:
        content["route_ml"] = split
    return content or None


def content_out(given: Mapping[str, Any]) -> dict[str, Any]:
    """The body of `given` as the fields of a dose name it."""
    flat = {name: value for name, value in given.items() if name != "route_ml"}
    return flat | {f"route_{route}": amount for route, amount in (given.get("route_ml") or {}).items()}


def content_words(given: Mapping[str, Any]) -> str:
    """What was given, in one line."""
    parts = [
        f"{given[name]:g} {unit}" for name, (_, unit) in _MEASURED.items() if given.get(name) is not None
    ]
    parts += [f"{amount:g} ml {route}" for route, amount in (given.get("route_ml") or {}).items()]
    if given.get("arm"):
        parts.append("both arms" if given["arm"] == "both" else f"{given['arm']} arm")
    if given.get("medium_lot"):
        parts.append(f"medium lot {given['medium_lot']}")
    return ", ".join(parts)
