"""Polls of a calendar feed through the whole of Django, middleware included, beside views that do less or build anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory, override_settings
from django.utils import timezone

from apps.feeds.models import FeedBytes
from apps.feeds.services import issue_link
from benchmarks.clinic import SYSTEM, enrol, start
from benchmarks.feed_addresses import EVENTS, calendar_of_twelve
from benchmarks.figures import Figure, Target, rate
from benchmarks.timing import wall_seconds

TURNS = 150
UNIT = "polls per second and process"


def figures() -> Iterator[Figure]:
    couple = enrol()
    start(couple)
    link, token = issue_link(
        person=couple.recipient, label="Phone", actor=SYSTEM, at=timezone.now(), shows_windows=True
    )
    with override_settings(ROOT_URLCONF="benchmarks.feed_addresses", FEED_POLLS_PER_MINUTE=10**9):
        site = WSGIHandler()
        # The first poll builds; then the stored bytes become those of twelve events, as built beside it.
        etag = _poll(site, f"/feeds/{token}.ics", 200)()
        FeedBytes.objects.filter(link=link).update(body=calendar_of_twelve())
        taken = wall_seconds(
            {
                "unchanged": _poll(site, f"/feeds/{token}.ics", 304, HTTP_IF_NONE_MATCH=etag),
                "whole": _poll(site, f"/feeds/{token}.ics", 200),
                "bare": _poll(site, f"/bare/{link.pk}", 200),
                "built": _poll(site, "/built", 200),
            },
            turns=TURNS,
        )
    unchanged, whole, bare = taken["unchanged"], taken["whole"], taken["bare"]
    yield rate("feed, 304", UNIT, unchanged, "a view with one raw look-up", bare, Target("at least", 0.95))
    yield rate(f"feed, 200, {EVENTS} events", UNIT, whole, "a view with one raw look-up", bare)
    yield rate(
        f"feed, 200, {EVENTS} events",
        UNIT,
        whole,
        "icalendar for every poll",
        taken["built"],
        Target("at least", 4),
    )


def _poll(site: WSGIHandler, address: str, expected: int, **headers: str) -> Callable[[], str]:
    """One GET; returns the ETag. A wrong status is an error, for it would be measured as a quick answer."""

    def work() -> str:
        response = site.get_response(RequestFactory().get(address, **headers))
        response.close()
        if response.status_code != expected:
            raise RuntimeError(f"{address} answered {response.status_code}, not {expected}")
        return response.headers.get("ETag", "")

    return work
