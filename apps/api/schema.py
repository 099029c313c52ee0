"""The OpenAPI document: what the views cannot say themselves, written once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.contrib.django_oauth_toolkit import DjangoOAuthToolkitScheme
from drf_spectacular.openapi import AutoSchema
from pydantic import TypeAdapter

from apps.api.callers import CLINIC_HEADER
from apps.api.idempotency import HEADER
from apps.api.pages import Pages
from apps.api.problems import MEDIA_TYPE
from protocols.records import Record

_SET_BY_SERVER = {"id", "recorded_at", "by"}
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457), with every fault at once.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "remedy"],
                "properties": {"field": _TEXT, "message": _TEXT, "remedy": _TEXT},
            },
        },
    },
}
_ANY_PROBLEM = {
    "description": "The request was refused; nothing was changed.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_CLINIC = {
    "name": CLINIC_HEADER,
    "in": "header",
    "schema": _TEXT,
    "description": "Slug or id of the clinic; needed only by staff who work in several.",
}
_IDEMPOTENCY = {
    "name": HEADER,
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "A retry with the same key and body within a day gets the first answer and does nothing.",
}


class Schema(AutoSchema):
    """Lists are those operations that the views name so, and every one of them is paged."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.get_operation_id().endswith("_list")

    def get_summary(self) -> str:
        return self.get_description().partition("\n")[0].partition(". ")[0].rstrip(".")

    def _get_paginator(self) -> Any:
        return Pages(()) if self._is_list_view() else None


class TokenScheme(DjangoOAuthToolkitScheme):  # type: ignore[no-untyped-call]
    """Tells each operation's scope."""

    target_class = "apps.api.callers.TokenAuthentication"
    name = "oauth2"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        scope = auto_schema.view.scope_for(auto_schema.method)
        return {self.name: [scope] if scope else []}


def add_what_all_share(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of the generator: problems, headers, and the shapes of every kind of record."""
    schemas = result["components"]["schemas"]
    schemas["Problem"] = _PROBLEM
    schemas.update(_records())
    for operations in result["paths"].values():
        for method, operation in operations.items():
            operation["responses"]["default"] = _ANY_PROBLEM
            shared = [_CLINIC, _IDEMPOTENCY] if method == "post" else [_CLINIC]
            operation["parameters"] = [*operation.get("parameters", []), *shared]
            if operation["operationId"] == "records_add":
                one = {"$ref": "#/components/schemas/NewRecord"}
                operation["requestBody"] = {
                    "required": True,
                    "content": {"application/json": {"schema": one}},
                }
    return result


def _records() -> dict[str, Any]:
    """The core's own shapes of records, less what the server fills in, as components."""
    whole = TypeAdapter(Record).json_schema(ref_template="#/components/schemas/Record{model}")
    found = {f"Record{name}": _without_server_fields(shape) for name, shape in whole.pop("$defs").items()}
    return {**found, "NewRecord": whole}


def _without_server_fields(shape: dict[str, Any]) -> dict[str, Any]:
    kept = {name: field for name, field in shape.get("properties", {}).items() if name not in _SET_BY_SERVER}
    required = [name for name in shape.get("required", []) if name not in _SET_BY_SERVER]
    return {**shape, "properties": kept, **({"required": required} if required else {})}
