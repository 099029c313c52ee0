"""Calendar links at the desk: issued with what the person wishes, chosen anew, and what staff are told of them."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from apps.couples.models import Person
from apps.feeds.models import FeedAccess, FeedLink
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT


def test_a_link_is_issued_chosen_and_shown_with_every_way_to_subscribe(seat: Seat) -> None:
    clinic = rows.a_clinic()
    person = rows.a_couple(clinic).recipient
    client = seat(rows.staff(clinic, "nurse"), AT)
    wrong = _issue(client, person, label="x" * 41)
    assert wrong.status_code == 422
    past = _issue(client, person, last_day="2020-01-01")
    assert past.status_code == 422
    assert "cannot end in the past" in past.content.decode()
    assert not FeedLink.objects.exists()

    page = _issue(client, person, label="Her mother", shows_windows="on", last_day="2026-03-01")
    text = page.content.decode()
    link = FeedLink.objects.get()
    assert (link.label, link.shows_windows, link.shows_details, link.has_alarms) == (
        "Her mother", True, False, False,
    )  # fmt: skip
    assert link.expires_at is not None
    assert link.expires_at.isoformat() == "2026-03-01T18:30:00+00:00"  # the end of that day in Hyderabad
    token = text.split("https://calendar.google.com/calendar/r?cid=webcal://testserver/feeds/")[1].split(
        ".ics"
    )[0]
    assert f"http://testserver/feeds/{token}.ics" in text
    assert f'href="webcal://testserver/feeds/{token}.ics"' in text
    assert "Google may take a day" in text
    assert "no-store" in page["Cache-Control"]

    address = reverse("admin:link_choose", args=[link.pk])
    assert "checked" in client.get(address).content.decode()
    assert client.post(address, {"has_alarms": "on"}).status_code == 302
    link.refresh_from_db()
    assert (link.shows_windows, link.has_alarms, link.revision) == (False, True, 1)


def test_a_link_that_many_networks_ask_for_is_marked_and_one_that_ran_out_says_so(seat: Seat) -> None:
    clinic = rows.a_clinic()
    person = rows.a_couple(clinic).recipient
    client = seat(rows.staff(clinic, "nurse"), AT)
    _issue(client, person)
    link = FeedLink.objects.get()
    FeedAccess.objects.bulk_create(
        FeedAccess(link=link, on=AT.date(), network=n, agent="other", last_at=AT) for n in range(11)
    )
    listed = reverse("admin:person_links", args=[person.pk])
    assert "asked for from 11 networks in a day" in client.get(listed).content.decode()
    FeedLink.objects.update(expires_at=AT - timedelta(days=1))
    text = client.get(listed).content.decode()
    assert "ran out" in text
    assert "networks" not in text


def _issue(client: Client, person: Person, **given: str):  # type: ignore[no-untyped-def]
    return client.post(reverse("admin:link_issue", args=[person.pk]), given)
