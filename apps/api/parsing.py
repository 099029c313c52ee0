"""Reading JSON: what PostgreSQL could not store, or two programs would read differently, is refused here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

_DEEPEST = 20
_LARGEST = 1_000_000


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = f"A body holds at most {_LARGEST} bytes."


class StrictJsonParser(BaseParser):
    """UTF-8 JSON without repeated names, NaN, control character zero, half surrogates or needless depth."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise TooLarge
        try:
            text = content.decode("utf-8")
            data = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is not JSON: {error}") from None
        _check(data, 0)
        return data


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ParseError("This JSON is nested too deeply.")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ParseError("A text holds a sign that is no character.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth + 1)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, int | float) and abs(value) >= 2**63:  # 1e400 is read as infinity
        raise ParseError("A number is too large.")
