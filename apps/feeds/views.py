"""The one address that calendar programs poll. An edge: the moment is taken here.

Whatever goes wrong, a valid address answers 200 or 304 from what is stored, and else 404. Never 5xx, 429, 401
or 410: one of those stops Thunderbird until it is restarted, or for ever. The body is complete before the
first byte leaves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from apps.feeds.building import build
from apps.feeds.files import Copy, keep, kept
from apps.feeds.models import FeedLink
from apps.feeds.queries import Polled, hash_of, polled
from apps.feeds.services import ROTATED_ANSWERS_FOR, note_use

USE_NOTED_EVERY = timedelta(hours=1)
_AGENTS = (
    ("google", "google"),
    ("dataaccessd", "apple"),
    ("ios", "apple"),
    ("macos", "apple"),
    ("outlook", "outlook"),
    ("microsoft", "outlook"),
    ("thunderbird", "thunderbird"),
    ("evolution", "evolution"),
    ("vdirsyncer", "vdirsyncer"),
    ("mozilla", "browser"),
)
_log = logging.getLogger(__name__)

# What this edge takes for now.
clock: Callable[[], datetime] = timezone.now


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of that token, as text/calendar: complete, cacheable by ETag, without cookies or
    redirects."""
    at = clock()
    token_hash = hash_of(token)
    copy = _copy_for(token_hash, request.headers.get("User-Agent", ""), at)
    return _answer(request, copy) if copy is not None else _unknown()


def agent_of(user_agent: str) -> str:
    """What sort of program asks: a family, never a version or a device."""
    text = user_agent.lower()
    return next((name for mark, name in _AGENTS if mark in text), "other")


def _copy_for(token_hash: str, user_agent: str, at: datetime) -> Copy | None:
    try:
        found = polled(token_hash, at)
    except Exception as fault:
        # The database does not answer: the last good copy of this machine does.
        _log.error("a feed is served from its file: %s", type(fault).__name__)
        return kept(token_hash)
    if found is None:
        return None
    if found.was_rotated and found.ended_at is not None and at - found.ended_at > ROTATED_ANSWERS_FOR:
        return None
    copy = found.copy if found.is_fresh and found.copy else _rebuilt(found, token_hash, at)
    if copy is not None:
        keep(token_hash, copy)
        _note(found, user_agent, at)
    return copy


def _rebuilt(found: Polled, token_hash: str, at: datetime) -> Copy | None:
    try:
        return build(FeedLink(pk=found.link_id), at)
    except Exception as fault:
        _log.error("calendar link %s cannot be built: %s", found.link_id, type(fault).__name__)
        return found.copy or kept(token_hash)


def _note(found: Polled, user_agent: str, at: datetime) -> None:
    if found.last_used_at is not None and at - found.last_used_at < USE_NOTED_EVERY:
        return
    try:
        note_use(link_id=found.link_id, agent=agent_of(user_agent), at=at)
    except Exception as fault:
        _log.error("use of calendar link %s is not noted: %s", found.link_id, type(fault).__name__)


def _answer(request: HttpRequest, copy: Copy) -> HttpResponse:
    response = HttpResponse(copy.body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["Content-Length"] = str(len(copy.body))
    response["ETag"] = copy.etag
    response["Last-Modified"] = http_date(copy.last_modified.timestamp())
    _quiet(response)
    patch_vary_headers(response, ["Accept-Encoding"])
    # 304 where the program has these bytes. If-Match and If-Unmodified-Since are for writers: 412 helps
    # nobody here.
    if request.headers.get("If-Match") or request.headers.get("If-Unmodified-Since"):
        return response
    seconds = int(copy.last_modified.timestamp())
    answer = get_conditional_response(request, etag=copy.etag, last_modified=seconds, response=response)
    return _quiet(answer) if answer is not None else response


def _unknown() -> HttpResponse:
    return _quiet(HttpResponse("Not found\n", status=404, content_type="text/plain; charset=utf-8"))


def _quiet(response: HttpResponse) -> HttpResponse:
    """Nobody but the asking program keeps it, no search engine lists it, no link out of it tells the
    address."""
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
