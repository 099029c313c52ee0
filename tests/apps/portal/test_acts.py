"""What she does at her page after a code: each act is a row for the desk, and none decides anything of care."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pghistory.models
import pytest

from apps.booking.models import CallTask, ComingWord
from apps.couples.models import ContactRoute, Couple, Person
from apps.couples.routes import RouteInput, add_route, mark_route
from apps.couples.services import end_silence, silence_couple
from apps.feeds.models import FeedLink
from apps.feeds.services import issue_link
from apps.portal.models import PageLink
from apps.reminders.models import ChannelSetting
from apps.treatments.models import Appointment, Record, Treatment
from tests import rows
from tests.apps.portal.people import AT, Her

pytestmark = pytest.mark.django_db


def said(her: Her, where: str, data: dict[str, str]) -> str:
    """What the page says after the press."""
    answer = her.post(where, data)
    assert answer.status_code == 302, answer.content.decode()
    return her.client.get(answer["Location"]).content.decode()


def test_she_says_that_she_is_coming_and_takes_it_back(her: Her, visit: Appointment) -> None:
    her.open()
    where = f"visit/{visit.pk}/coming/"
    assert "We know that you are coming" in said(her, where, {"back": "no"})
    assert "You said that you are coming" in her.text()
    word = ComingWord.objects.get()
    assert (word.person, word.route, word.starts_at) == (her.person, "page", visit.starts_at)
    said(her, where, {"back": "yes"})
    assert "You said that you are coming" not in her.text()
    assert Appointment.objects.get(pk=visit.pk).status == "booked"


def test_asking_for_another_time_is_a_call_with_times_that_fit_and_moves_nothing(
    her: Her, visit: Appointment
) -> None:
    her.open()
    where = f"visit/{visit.pk}/change/"
    page = her.text(where)
    first = page.split('name="slot" value="')[1].split('"')[0]
    said(her, where, {"ask": "yes", "slot": first})
    call = CallTask.objects.get()
    assert (call.why, call.appointment_id, call.state) == ("change", visit.pk, "open")
    assert call.note.startswith("Suits them: ")
    assert "Would fit too: " in call.note
    fresh = Appointment.objects.get(pk=visit.pk)
    assert (fresh.starts_at, fresh.status) == (visit.starts_at, "booked")


def test_days_when_she_cannot_come_are_absences_of_her_own(her: Her, visit: Appointment) -> None:
    her.open()
    said(her, "away/", {"from": "2026-02-02", "to": "2026-02-05"})
    record = Record.objects.get(kind="absence")
    assert record.data["person"] == "recipient"
    assert (record.data["from_on"], record.data["to_on"]) == ("2026-02-02", "2026-02-05")
    page = her.text("away/")
    assert "Mon 2 Feb" in page
    said(her, "away/", {"open": str(record.pk)})
    assert "Mon 2 Feb" not in her.text("away/")
    for days in ({"from": "2026-02-05", "to": "2026-02-02"}, {"from": "2020-01-01"}, {"from": "x"}):
        assert her.post("away/", days).status_code == 422


def test_a_booked_day_on_which_she_is_away_stays_and_is_flagged(
    her: Her, visit: Appointment, treatment: Treatment
) -> None:
    her.open()
    said(her, "away/", {"from": visit.local_start[:10]})
    fresh = Appointment.objects.get(pk=visit.pk)
    assert (fresh.starts_at, fresh.status) == (visit.starts_at, "booked")
    assert treatment.flags.filter(state="open", step=visit.step).exists()


def test_a_time_that_she_wished_and_that_was_taken_meanwhile_is_told(her: Her, visit: Appointment) -> None:
    her.open()
    said(her, f"visit/{visit.pk}/change/", {"ask": "yes", "slot": "2026-03-03T03:00:00+00:00"})
    assert CallTask.objects.get().note.startswith(
        "Would have suited them, no longer free: Tue 3 Mar 08:30. Would fit"
    )


def test_what_was_said_once_is_not_said_again_later_nor_of_what_is_shown_no_more(
    her: Her, visit: Appointment
) -> None:
    her.open()
    where = her.post(f"visit/{visit.pk}/change/", {"ask": "yes"})["Location"]
    assert "We will call you to find another time" in her.client.get(where).content.decode()
    assert "We will call" not in her.text("?said=change")
    silence_couple(couple=Couple.objects.get(), reason="suspected_loss", actor=rows.SYSTEM, at=her.now)
    assert "We will call" not in her.client.get(where).content.decode()
    end_silence(
        couple=Couple.objects.get(),
        actor=rows.staff(her.person.clinic, "nurse", "another"),
        at=her.now,
        yes=rows.a_yes(her.now),
    )
    her.wait(minutes=3)
    assert "We will call" not in her.client.get(where).content.decode()


def test_that_messages_start_again_is_said_only_where_they_do(her: Her, him: Her, visit: Appointment) -> None:
    her.post("stop/")
    her.open()
    silence_couple(couple=Couple.objects.get(), reason="suspected_loss", actor=rows.SYSTEM, at=her.now)
    assert "Messages stay stopped for now" in said(her, "wishes/", {"start": "yes"})
    end_silence(
        couple=Couple.objects.get(),
        actor=rows.staff(her.person.clinic, "nurse", "another"),
        at=her.now,
        yes=rows.a_yes(her.now),
    )
    him.post("stop/")
    assert "Messages stay stopped for now" in said(her, "wishes/", {"start": "yes"})
    him.open()
    for _tap in range(2):
        assert "You will get messages again" in said(him, "wishes/", {"start": "yes"})


def test_a_way_that_she_was_not_shown_is_not_refused_and_no_tick_promises_what_is_not_sent(her: Her) -> None:
    person, at = her.person, AT
    sms = ChannelSetting.objects.create(clinic=person.clinic, channel="sms", provider="demo", changed_at=at)

    def added(number: str, **given: object) -> ContactRoute:
        wanted = replace(RouteInput("sms", number, consented_at=at), **given)  # type: ignore[arg-type]
        return add_route(person=person, given=wanted, actor=rows.SYSTEM, at=at)

    used, unasked = added("+919848000001"), added("+919848000002", consented_at=None)
    her.open()
    page = her.text("wishes/")
    assert f'name="way" value="{used.pk}" checked' in page
    assert f'name="way" value="{unasked.pk}">' in page
    new, wrong = added("+919848000003"), added("+919848000004")
    mark_route(route=wrong, wrong=True, actor=rows.SYSTEM, at=at)
    shown = {"language": "en", "shown": [str(used.pk), str(unasked.pk)], "way": [str(unasked.pk)]}
    her.post("wishes/", shown)
    states = [ContactRoute.objects.get(pk=one.pk).is_usable for one in (used, unasked, new)]
    assert states == [False, True, True]
    assert Person.objects.get(pk=person.pk).wants_email
    page = her.text("wishes/")
    assert f'value="{wrong.pk}"' not in page
    assert "Not in use. Please call us." in page
    ChannelSetting.objects.filter(pk=sms.pk).delete()
    assert 'name="way" value="email" checked' in her.text("wishes/")
    assert her.text("wishes/").count("Not in use. Please call us.") == 4


def test_her_language_and_ways_are_kept(her: Her) -> None:
    her.open()
    page = said(her, "wishes/", {"language": "te", "shown": "email"})
    fresh = Person.objects.get(pk=her.person.pk)
    assert (fresh.language, fresh.wants_email) == ("te", False)
    assert '<html lang="te"' in page


def test_messages_start_again_by_who_stopped_them_alone(her: Her, him: Her, visit: Appointment) -> None:
    her.post("stop/")
    him.open()
    him.post("wishes/", {"start": "yes"})
    assert Couple.objects.get().is_silent
    her.open()
    said(her, "wishes/", {"start": "yes"})
    assert not Couple.objects.get().is_silent
    silence_couple(couple=Couple.objects.get(), reason="suspected_loss", actor=rows.SYSTEM, at=AT)
    her.post("wishes/", {"start": "yes"})
    assert Couple.objects.get().is_silent


def test_her_calendar_address_is_made_and_shown_once(her: Her, him: Her, visit: Appointment) -> None:
    her.open()
    page = said(her, "calendar/", {"make": "yes"})
    for part in ("http://testserver/feeds/", "webcal://testserver/feeds/", "calendar/r?cid=webcal", "<svg"):
        assert part in page
    assert FeedLink.objects.get().person == her.person
    him.client = her.client
    him.open()
    assert "/feeds/" not in him.text("calendar/")
    her.client.cookies.pop("made")
    her.open()
    assert "/feeds/" not in her.text("calendar/")


def test_a_second_tap_makes_no_second_calendar_and_a_reload_shows_the_same(
    her: Her, visit: Appointment
) -> None:
    her.open()
    for _ in range(7):
        her.wait(seconds=1)
        page = said(her, "calendar/", {"make": "yes"})
    assert her.text("calendar/") == page
    assert [one.ended_as for one in FeedLink.objects.order_by("created_at")] == ["revoked"] * 6 + [""]
    her.wait(minutes=1)
    her.post("calendar/", {"make": "yes"})
    assert FeedLink.objects.filter(ended_at=None).count() == 2


def test_she_ends_it_alone_and_the_other_learns_nothing(her: Her, him: Her, visit: Appointment) -> None:
    issue_link(person=her.person, label="Phone", actor=rows.SYSTEM, at=AT)
    issue_link(person=him.person, label="Phone", actor=rows.SYSTEM, at=AT)
    her.open()
    assert "It has ended" in her.post("end/", {"end": "yes"}).content.decode()
    assert her.get().status_code == 404
    assert PageLink.objects.get(person=her.person).ended_as == "revoked"
    assert FeedLink.objects.get(person=her.person).ended_as == "revoked"
    assert Couple.objects.get().silent_reason == "paused"
    held = Appointment.objects.get(pk=visit.pk)
    assert (held.status, held.held) == ("booked", True)
    call = CallTask.objects.get(why="ended")
    assert "recipient wishes to end" in call.note
    him.post("stopped/", {"reach": "call"})
    call.refresh_from_db()
    assert call.note.endswith("Tell the other only: ended.")
    again = her.client.post(f"/p/{her.token}/end/", {"end": "yes"})
    assert "Please call us" in again.content.decode()
    assert "Nothing is shown here now" in him.text()
    assert FeedLink.objects.get(person=him.person).is_live


def test_the_address_of_her_page_is_in_no_history(her: Her, visit: Appointment) -> None:
    her.open()
    her.post(f"visit/{visit.pk}/coming/", {"back": "no"})
    her.post("stop/")
    kept = json.dumps([one.metadata for one in pghistory.models.Context.objects.all()], default=str)
    assert "/p/***/" in kept
    assert her.token not in kept


def test_a_visit_of_somebody_else_is_not_found(her: Her, him: Her, visit: Appointment) -> None:
    him.open()
    assert him.get(f"visit/{visit.pk}/coming/").status_code == 404
    him.wait(days=1)
    assert him.now == AT + timedelta(days=1, seconds=1)
