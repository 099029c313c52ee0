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
# Times as they are kept, with their offset: they come from the unit and from the form of a dose.
TIMES = {
    "drawn_at": "Drawn at",
    "ready_at": "Cells ready at",
    "released_at": "Released at",
    "injected_at": "Injected at",
}
_TOLD = ("sites", "reaction_mm", "reaction")
MORE = (
    "hours_to_injection", "arm", *(f"route_{route}" for route in _ROUTES), "irradiation_gy", "medium_lot", *_TOLD,
    "unit", *TIMES,
)  # fmt: skip
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


def kept_fields() -> dict[str, forms.Field]:
    """What else may stand in a dose that was recorded, for its correction: nothing of it is lost."""
    fields: dict[str, forms.Field] = {
        "sites": forms.IntegerField(label="Sites", required=False, min_value=1),
        "reaction_mm": forms.FloatField(label="Redness (mm)", required=False, min_value=0),
        "reaction": forms.CharField(label="Reaction in words", required=False, max_length=300),
        "unit": forms.CharField(label="Unit on the label", required=False, max_length=200),
    }
    hint = "With its offset, such as 2026-01-12T08:30:00+05:30."
    return fields | {
        name: forms.CharField(label=label, required=False, max_length=40, help_text=hint)
        for name, label in TIMES.items()
    }


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
    if content.get("drawn_at") and content.get("injected_at"):
        content.pop("hours_to_injection", None)  # counted from the two
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
    if given.get("sites"):
        parts.append(f"{given['sites']} sites")
    if given.get("arm"):
        parts.append("both arms" if given["arm"] == "both" else f"{given['arm']} arm")
    if given.get("medium_lot"):
        parts.append(f"medium lot {given['medium_lot']}")
    if given.get("unit"):
        parts.append(f"unit {given['unit']}")
    if given.get("reaction_mm") is not None:
        parts.append(f"redness {given['reaction_mm']:g} mm")
    if given.get("reaction"):
        parts.append(str(given["reaction"]))
    return ", ".join(parts)
