"""The one address that calendar programs poll. An edge: the moment is taken here.

Whatever goes wrong, a valid address answers 200 or 304 from what is stored, and else 404. Never 5xx, 429, 401
or 410: one of those stops Thunderbird until it is restarted, or for ever. The body is complete before the
first byte leaves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_etags
from django.views.decorators.http import require_safe

from apps.feeds import outage, pace
from apps.feeds.building import build
from apps.feeds.files import Copy, is_kept, keep
from apps.feeds.models import FeedLink
from apps.feeds.networks import address_of_caller, disguised, network_of
from apps.feeds.queries import Polled, hash_of, polled
from apps.feeds.services import note_use

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
_NOTED_AT_MOST = 20_000
_log = logging.getLogger(__name__)
# When this process last noted that a link was used, and from where.
_noted: dict[tuple[UUID, str], datetime] = {}

# What this edge takes for now.
clock: Callable[[], datetime] = timezone.now


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of that token, as text/calendar: complete, cacheable by ETag, without cookies or
    redirects."""
    at = clock()
    token_hash = hash_of(token)
    known = _known(request, token_hash)
    in_time = _in_time(request, token_hash, at)
    copy = _copy_for(request, token_hash, known, at) if in_time else outage.last_good(token_hash, at)
    if copy is None:
        pace.within(_unknown_from(request), settings.FEED_POLLS_PER_MINUTE, at)
        return _unknown()
    return _unchanged(copy) if copy.body is None else _answer(request, copy, copy.body)


def _in_time(request: HttpRequest, token_hash: str, at: datetime) -> bool:
    """Whether the database may be asked: not for one address many times a minute, nor for many that nobody has.

    An address that this machine has a copy of is still answered with it.
    """
    limit = settings.FEED_POLLS_PER_MINUTE
    if not pace.within(token_hash, limit, at):
        return False
    # Behind one gateway sit many: what nobody has must not make stale what somebody has.
    return pace.is_within(_unknown_from(request), limit, at) or bool(outage.last_good(token_hash, at))


def _unknown_from(request: HttpRequest) -> str:
    return f"unknown {address_of_caller(request)}"


def _known(request: HttpRequest, token_hash: str) -> str:
    """The ETag of the bytes that the program has, if this machine's disk has them too; else nothing."""
    given = request.META.get("HTTP_IF_NONE_MATCH")
    if not given:
        return ""
    one = str(given).removeprefix("W/")
    if is_kept(token_hash, one):  # as a rule it is the one that we gave
        return one
    etags = (etag.removeprefix("W/") for etag in parse_etags(given))
    return next((etag for etag in etags if is_kept(token_hash, etag)), "")


def agent_of(user_agent: str) -> str:
    """What sort of program asks: a family, never a version or a device."""
    text = user_agent.lower()
    return next((name for mark, name in _AGENTS if mark in text), "other")


def _copy_for(request: HttpRequest, token_hash: str, known: str, at: datetime) -> Copy | None:
    try:
        found = polled(token_hash, at, known)
    except Exception as fault:
        # The database does not answer: the last good copy of this machine does.
        _log.error("a feed is served from its file: %s", type(fault).__name__)
        return outage.last_good(token_hash, at)
    outage.look(at)
    if found is None:
        return None
    copy = found.copy
    if not found.is_fresh or copy is None:
        found, copy = _rebuilt(found, token_hash, at)
    if found.is_over:
        return None
    if copy is not None:
        keep(token_hash, copy)
        _note(request, found.link_id, at)
    return copy


def _rebuilt(found: Polled, token_hash: str, at: datetime) -> tuple[Polled, Copy | None]:
    """The link with new bytes, or with those it had where it cannot be built."""
    try:
        copy = build(FeedLink(pk=found.link_id), at)
        return polled(token_hash, at, copy.etag) or found, copy
    except Exception as fault:
        _log.error("calendar link %s cannot be built: %s", found.link_id, type(fault).__name__)
    return found, found.copy or outage.last_good(token_hash, at)


def _note(request: HttpRequest, link_id: UUID, at: datetime) -> None:
    """Once an hour for each network from each process, so that a poll writes nothing."""
    network = network_of(address_of_caller(request))
    last = _noted.get((link_id, network))
    if last is not None and timedelta() <= at - last < USE_NOTED_EVERY:
        return
    if len(_noted) >= _NOTED_AT_MOST:
        _noted.clear()
    agent = agent_of(request.META.get("HTTP_USER_AGENT", ""))
    try:
        note_use(link_id=link_id, agent=agent, network=disguised(network, link_id, at), at=at)
    except Exception as fault:
        _log.error("use of calendar link %s is not noted: %s", link_id, type(fault).__name__)
    _noted[link_id, network] = at


def _answer(request: HttpRequest, copy: Copy, body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["Content-Length"] = str(len(body))
    response["Last-Modified"] = _http_date(copy.last_modified)
    _stamp(response, copy)
    # If-Match and If-Unmodified-Since are for writers: 412 helps nobody here.
    if request.META.get("HTTP_IF_MATCH") or request.META.get("HTTP_IF_UNMODIFIED_SINCE"):
        return response
    seconds = int(copy.last_modified)
    answer = get_conditional_response(request, etag=copy.etag, last_modified=seconds, response=response)
    return response if answer is response or answer is None else _unchanged(copy)


def _unchanged(copy: Copy) -> HttpResponse:
    """Without Last-Modified, which RFC 9110 wants here only where there is no ETag."""
    return _stamp(HttpResponseNotModified(), copy)


def _stamp(response: HttpResponse, copy: Copy) -> HttpResponse:
    response["ETag"] = copy.etag
    response["Vary"] = "Accept-Encoding"
    return _quiet(response)


@lru_cache(maxsize=1024)
def _http_date(seconds: float) -> str:
    return http_date(seconds)


def _unknown() -> HttpResponse:
    return _quiet(HttpResponse("Not found\n", status=404, content_type="text/plain; charset=utf-8"))


def _quiet(response: HttpResponse) -> HttpResponse:
    """Nobody but the asking program keeps it, no search engine lists it, no link out of it tells the
    address."""
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
