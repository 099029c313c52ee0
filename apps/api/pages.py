"""Pages of a list, by cursor: rows that come or go meanwhile shift nothing."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.shapes.fields import Strict, remedied

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
# What a cursor says in clear: a position, an offset among equals, a direction back.
_OURS = (b"p=", b"o=", b"r=")


class PageQuery(Strict):
    """The query of every list."""

    cursor = serializers.CharField(required=False, help_text="From next or previous of another page")
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_PAGE_SIZE, help_text=f"{PAGE_SIZE} by default"
    )


class Pages(CursorPagination):
    """The order must not change while a client walks it: when a row came to be, then its id."""

    page_size = PAGE_SIZE
    max_page_size = MAX_PAGE_SIZE
    page_size_query_param = "page_size"
    # Rows written by one import share a moment; beyond this many the walk would begin to repeat itself.
    offset_cutoff = 100_000

    def __init__(self, ordering: Sequence[str]) -> None:
        self.ordering = tuple(ordering)

    def decode_cursor(self, request: Request) -> Any:
        text = request.query_params.get(self.cursor_query_param)
        if text is not None and not b64decode(text, validate=True).startswith(_OURS):
            raise ValueError("not one of ours")
        return super().decode_cursor(request)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        return tuple(self.ordering)


def page(
    request: Request,
    rows: QuerySet[Any],
    ordering: Sequence[str],
    show: Callable[[list[Model]], list[Any]],
) -> Response:
    """One page: `next` and `previous` are whole addresses or null, `results` what `show` makes of rows."""
    pages = Pages(ordering)
    try:
        found = pages.paginate_queryset(rows, request)
    except (ValueError, NotFound, DjangoValidationError):  # a cursor that was made up
        fault = remedied("This cursor is not one of ours.", "invalid", "Take it from next or previous.")
        raise ValidationError({"cursor": [fault]}) from None
    return pages.get_paginated_response(show(list(found or [])))
