"""The header Idempotency-Key: a POST sent again after a lost answer gets that answer and does nothing more.

The key is written in the transaction of the effect. So either both are there or neither is; a second request
with the same key waits at the unique constraint until the first is done, and then gets its answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.models import StoredReply
from apps.clinic.errors import Invalid, LitError

if TYPE_CHECKING:
    from apps.api.views.base import ApiView

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = timedelta(hours=24)
_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')

Post = Callable[..., Response]


class KeyReused(LitError):
    """The key came with another request before."""

    code = "idempotency_key_reused"
    status = 422


def idempotent(post: Post) -> Post:
    """Decorates the POST of an ApiView. Without the header it does nothing; a refusal keeps no key."""

    @wraps(post)
    def once(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key(request)
        if key is None:
            return post(view, request, *args, **kwargs)
        print_ = _fingerprint(view, request)
        with transaction.atomic():
            mine = _claim(view.caller.key, key, print_, view.at)
            if mine is None:
                return _replay(view.caller.key, key, print_)
            response = post(view, request, *args, **kwargs)
            mine.status = response.status_code
            mine.body = JSONRenderer().render(response.data).decode()
            mine.location = response.headers.get("Location", "")
            mine.save(update_fields=["status", "body", "location"])
        return response

    return once


def forget_replies(*, at: datetime) -> int:
    """Deletes the answers older than a day and says how many."""
    return StoredReply.objects.filter(created_at__lt=at - KEPT).delete()[0]


def _key(request: Request) -> str | None:
    header = request.headers.get(HEADER)
    if header is None:
        return None
    found = _KEY.fullmatch(header)
    if found is None:
        raise Invalid(
            "This key cannot be used.",
            field=HEADER,
            remedy="Send 1 to 255 visible ASCII signs, such as a UUID.",
        )
    return found[1]


def _fingerprint(view: ApiView, request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True)
    whole = "\n".join([request.path, str(view.caller.clinic.pk), body])
    return hashlib.sha256(whole.encode()).hexdigest()


def _claim(owner: str, key: str, fingerprint: str, at: datetime) -> StoredReply | None:
    """The new row, or None if the key is taken. Waits for a transaction that is just writing the same key."""
    StoredReply.objects.filter(owner=owner, key=key, created_at__lt=at - KEPT).delete()
    try:
        with transaction.atomic():
            return StoredReply.objects.create(owner=owner, key=key, fingerprint=fingerprint, created_at=at)
    except IntegrityError:
        return None


def _replay(owner: str, key: str, fingerprint: str) -> Response:
    stored = StoredReply.objects.get(owner=owner, key=key)
    if stored.fingerprint != fingerprint:
        raise KeyReused(
            "This key came with another request before.",
            field=HEADER,
            remedy="Take a new key for each new request; send the same body again to retry.",
        )
    headers = {REPLAYED: "true"} | ({"Location": stored.location} if stored.location else {})
    return Response(json.loads(stored.body), status=stored.status, headers=headers)
