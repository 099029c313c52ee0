"""The JSON Schema of a protocol document as people write it: durations as texts, parameters in place of numbers.

It is made from the template's own model, so it cannot fall behind; what the model reads and does not tell of itself is
added here. A document that `load` accepts is valid by it. The other way round it checks shapes alone: names, orders and
sources are for ``python -m protocols check``.
"""

from __future__ import annotations

from typing import Any

from protocols.template import Template

_DURATION = {
    "type": "string",
    "pattern": r"^[+-]?P[0-9]{1,3}[YMWD]([+-]P[0-9]{1,3}[YMWD])*$",
    "title": "Duration",
    "description": "Signed terms of years, months, weeks or days, joined by + or -: P4W, P6M, P6M-P4D.",
}
_PARAMETER = {
    "type": "object",
    "properties": {"parameter": {"type": "string"}},
    "required": ["parameter"],
    "additionalProperties": False,
    "title": "Parameter",
    "description": "The value of the parameter of that name; blank until a clinician gives one.",
}
_PARAMETERS = {
    "type": "object",
    "title": "Parameters",
    "description": "Named values that a clinic may set; null is a blank.",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "value": {"anyOf": [{"$ref": "#/$defs/Duration"}, {"type": "number"}, {"type": "null"}]},
            "title": {"type": "string"},
        },
    },
}
_NUMERIC = ("number", "integer")


def document_schema() -> dict[str, Any]:
    """The schema, JSON Schema 2020-12; a new dict each time."""
    schema = Template.model_json_schema()
    parts = schema["$defs"]
    parts["Duration"] = dict(_DURATION)
    _open_for_parameters(parts)
    _open_for_parameters({"Template": schema})
    sizes = parts["Rounds"]["properties"]["sizes"]
    sizes["items"] = {
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "null"},
            sizes["items"],
            _reference("Parameter"),
        ]
    }
    parts["LabTest"] = _written_flat_too(parts["LabTest"], parts["Assay"])
    parts["Parameter"] = dict(_PARAMETER)
    schema["properties"]["parameters"] = dict(_PARAMETERS)
    return schema


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _open_for_parameters(parts: dict[str, Any]) -> None:
    for part in parts.values():
        for name, field in part.get("properties", {}).items():
            if not _is_amount(field):
                continue
            kinds = field.get("anyOf") or [
                {key: value for key, value in field.items() if key not in ("title", "default")}
            ]
            about = {key: field[key] for key in ("title", "default") if key in field}
            part["properties"][name] = {**_as_written(about), "anyOf": [*kinds, _reference("Parameter")]}


def _as_written(about: dict[str, Any]) -> dict[str, Any]:
    """A default duration as a text; the model tells it by months and days."""
    default = about.get("default")
    if isinstance(default, dict):
        months, days = default["months"], default["days"]
        return {**about, "default": f"P{months}M+P{days}D" if months else f"P{days}D"}
    return about


def _is_amount(field: dict[str, Any]) -> bool:
    """Whether a field holds a duration or a number, so that a parameter may stand in its place."""
    kinds = field.get("anyOf", [field])
    return any(kind.get("$ref") == "#/$defs/Duration" or kind.get("type") in _NUMERIC for kind in kinds)


def _written_flat_too(test: dict[str, Any], assay: dict[str, Any]) -> dict[str, Any]:
    """A test with its one assay as fields of its own, or with several by name."""
    common = {name: field for name, field in test["properties"].items() if name != "assays"}
    shapes = [
        {"properties": {**common, "assays": test["properties"]["assays"]}, "required": test["required"]},
        {
            "properties": {**common, "assay": {"type": "string"}, **assay["properties"]},
            "required": ["title", "assay", *assay["required"]],
        },
    ]
    return {
        "title": test["title"],
        "description": test["description"],
        "anyOf": [{"type": "object", "additionalProperties": False, **shape} for shape in shapes],
    }
