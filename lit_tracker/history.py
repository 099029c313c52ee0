"""Who and where, beside every change of a row: the address of the request, without the secret that may stand in it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from lit_tracker.logs import without_token


class MaskedHistoryMiddleware(HistoryMiddleware):
    """pghistory's own, but a token of a page is kept nowhere, in the history neither."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        return {**context, "url": without_token(context["url"])}
