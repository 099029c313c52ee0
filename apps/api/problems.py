"""The one translator of errors: what goes wrong becomes one RFC 9457 problem, with every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from apps.clinic.errors import Fault, LitError
from protocols.errors import Faults, IllegalMove

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:lit-tracker:problem:"

_REMEDIES = {
    "required": "Add it.",
    "null": "Give a value or leave the field out.",
    "blank": "Give a value or leave the field out.",
    "unknown": "Remove it or correct its name.",
    "not_authenticated": "Send the header Authorization: Bearer and a token from /oauth/token/.",
    "parse_error": "Send one JSON object in UTF-8.",
    "unsupported_media_type": "Send Content-Type: application/json.",
    "not_acceptable": "Send Accept: application/json.",
    "too_large": "Send less at once.",
    "throttled": "Wait as long as the header Retry-After says.",
}


def problem(
    status: int,
    code: str,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem+json answer. `faults` may be empty; `detail` is one sentence for a person."""
    body = {
        "type": TYPE_PREFIX + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [
            {"field": fault.field, "message": fault.message, "remedy": fault.remedy} for fault in faults
        ],
    }
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. None for what nobody expected: that is a bug and stays loud."""
    match error:
        case LitError():
            return problem(error.status, error.code, error.message, error.faults)
        case Faults():
            faults = [Fault(fault.field, fault.message, fault.remedy) for fault in error.faults]
            return problem(400, "invalid_record", _count(faults), faults)
        case IllegalMove():
            return problem(409, "illegal_move", str(error), [Fault("status", str(error))])
        case exceptions.ValidationError():
            faults = list(_flat(error.detail))
            return problem(400, "invalid", _count(faults), faults)
        case OverflowError():  # a date so far away that the calendar ends before its plan does
            far = Fault("", "A date is too far away to plan with.", "Check the years.")
            return problem(400, "out_of_range", far.message, [far])
        case Http404():
            return _plain(exceptions.NotFound("There is no such record."))
        case PermissionDenied():
            return _plain(exceptions.PermissionDenied())
        case exceptions.APIException():
            return _plain(error)
    return None


def _plain(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(ceil(wait))
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    detail = str(error.detail)
    fault = Fault("", detail, _REMEDIES.get(code, ""))
    return problem(error.status_code, code, detail, [fault], headers)


def _count(faults: Sequence[Fault]) -> str:
    return faults[0].message if len(faults) == 1 else f"{len(faults)} things are wrong."


def _flat(detail: Any, path: str = "") -> Iterator[Fault]:
    """Every leaf of a serializer's errors, with the dotted path of its field."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _flat(inner, path if own else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            leaf = isinstance(inner, str) or not inner
            yield from _flat(inner, path if leaf else f"{path}.{number}".lstrip("."))
    else:
        code = getattr(detail, "code", "")
        yield Fault(
            path, str(detail), getattr(code, "remedy", "") or _REMEDIES.get(code, "Correct the value.")
        )
