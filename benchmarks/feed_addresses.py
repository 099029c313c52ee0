"""The addresses that polls are measured on: the product's own, a bare view and one that builds for every poll."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from apps.feeds.ical import Entry, Shape, calendar_bytes
from benchmarks.clinic import AT

EVENTS = 12


def bare(request: HttpRequest, link: str) -> HttpResponse:
    """One raw look-up by primary key, and a few bytes. One and no more: without the question whether the connection still
    works, which Django would ask before it.
    """
    connection.health_check_done = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT etag FROM feeds_feedbytes WHERE link_id = %s", [link])
        return HttpResponse(cursor.fetchone()[0], content_type="text/calendar; charset=utf-8")


def built(request: HttpRequest) -> HttpResponse:
    """The calendar built by icalendar for this poll, without a look-up."""
    return HttpResponse(calendar_of_twelve(), content_type="text/calendar; charset=utf-8")


def calendar_of_twelve() -> bytes:
    return calendar_bytes(name="Lake Road", zone="Asia/Kolkata", entries=_entries(), today=AT.date())


@cache
def _entries() -> list[Entry]:
    return [
        Entry(
            uid=f"{number}@appointments.invalid",
            shape=Shape.BOOKED,
            starts=AT + timedelta(weeks=number),
            ends=AT + timedelta(weeks=number, hours=1),
            sequence=0,
            revised_at=AT,
            summary="Lake Road",
            location="1 Lake Road",
        )
        for number in range(EVENTS)
    ]


urlpatterns = [
    path("feeds/", include("apps.feeds.urls")),
    path("bare/<uuid:link>", bare),
    path("built", built),
]
