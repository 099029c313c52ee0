"""What a person may choose for one link, and what becomes of it: details, alarms, windows, a last day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from icalendar import Event

from apps.clinic import services as clinics
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.models import Clinic
from apps.couples import services as couples
from apps.couples.models import Language
from apps.feeds import services
from apps.feeds.building import build
from apps.feeds.models import FeedLink
from apps.feeds.revisions import WORDING_REVISION
from apps.feeds.words import Wording
from apps.reminders.words import clinical_words
from apps.treatments.models import Appointment
from tests import rows
from tests.apps.feeds.acts import a_link, events, poll, revision, shown
from tests.apps.reminders.acts import BOOKED, OTHER, Scene, a_scene

LATER = BOOKED + timedelta(hours=1)
NOTHING = ["CONFIRMED Lake Road"]
TITLE = "CONFIRMED Appointment, Lake Road"


@pytest.fixture
def scene(db: None) -> Scene:
    scene = a_scene()
    scene.book()
    return scene


def booked_event(link: FeedLink, at: datetime = BOOKED) -> Event:
    return next(event for event in events(build(link, at).body) if event["STATUS"] == "CONFIRMED")


def chosen(scene: Scene, link: FeedLink, at: datetime = LATER, **wanted: bool) -> FeedLink:
    choice = {"shows_windows": False, "shows_details": False, "has_alarms": False} | wanted
    return services.choose(link=link, actor=scene.nurse, at=at, **choice)


def test_r7_details_are_shown_only_to_who_asked_and_are_the_clinics_own_words(scene: Scene) -> None:
    neutral, _ = a_link(scene)
    detailed, _ = a_link(scene, shows_details=True)
    assert "DESCRIPTION" not in booked_event(neutral)
    event = booked_event(detailed)
    assert event["LOCATION"] == "1 Lake Road, Hyderabad"
    assert event["DESCRIPTION"] == "Please both come. Questions or another day: +91 40 5550 0100"
    assert event["SUMMARY"] == "Appointment, Lake Road"
    said = build(detailed, BOOKED).body.decode()
    assert clinical_words(str(event["DESCRIPTION"])) == ()
    for secret in ("Lalitha", "Arjun", "Rao", "http", "CLASS:"):
        assert secret not in said


def test_r7_who_comes_alone_is_not_asked_to_bring_somebody(scene: Scene) -> None:
    Appointment.objects.filter(pk=scene.visit.pk).update(partner=None)
    detailed, _ = a_link(scene, shows_details=True)
    assert booked_event(detailed)["DESCRIPTION"] == "Questions or another day: +91 40 5550 0100"


def test_r7_an_address_with_a_clinical_word_gives_way_to_the_discreet_place(scene: Scene) -> None:
    given = replace(rows.HYDERABAD, address="IVF House, Hyderabad")
    clinics.update_clinic(clinic=scene.clinic, given=given, actor=rows.SYSTEM, at=LATER)
    link, _ = a_link(scene, shows_details=True)
    assert booked_event(link, LATER)["LOCATION"] == "1 Lake Road"


def test_r8_an_alarm_is_a_choice_and_rings_a_day_before_by_a_name_of_its_own(scene: Scene) -> None:
    silent, _ = a_link(scene)
    ringing, _ = a_link(scene, has_alarms=True, shows_windows=True)
    assert b"VALARM" not in build(silent, BOOKED).body
    event = booked_event(ringing)
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(days=-1))
    assert alarm["DESCRIPTION"] == event["SUMMARY"]
    assert alarm["UID"] != event["UID"]
    assert build(ringing, BOOKED).body.count(b"BEGIN:VALARM") == 1  # and none for a window
    scene.move(OTHER, LATER)
    assert booked_event(ringing, LATER).walk("VALARM")[0]["UID"] == alarm["UID"]


def test_r3_what_was_called_off_rings_no_longer(scene: Scene) -> None:
    link, _ = a_link(scene, has_alarms=True)
    scene.cancel(LATER)
    body = build(link, LATER).body
    assert b"STATUS:CANCELLED" in body
    assert b"VALARM" not in body


def test_r2_another_choice_keeps_the_address_and_raises_every_event(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.feeds.views.clock", lambda: LATER)
    link, token = a_link(scene)
    before = booked_event(link)
    chosen(scene, link, shows_details=True, has_alarms=True)
    after = booked_event(link, LATER)
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after["DTSTAMP"].dt == after["LAST-MODIFIED"].dt == LATER
    assert b"DESCRIPTION" in poll(token).content
    chosen(scene, link, LATER + timedelta(hours=1), shows_details=True, has_alarms=True)
    assert revision(booked_event(link, LATER + timedelta(hours=1))) == revision(after)


def test_what_has_ended_can_be_chosen_for_no_longer(scene: Scene) -> None:
    link, _ = a_link(scene)
    services.revoke(link=link, actor=scene.nurse, at=BOOKED)
    with pytest.raises(Conflict):
        chosen(scene, link, has_alarms=True)


def test_r2_a_new_place_raises_the_sequence_of_every_event_and_of_the_neutral_one(scene: Scene) -> None:
    for link in (a_link(scene)[0], a_link(a_scene_elsewhere())[0]):
        (before,) = events(build(link, BOOKED).body)
        given = replace(
            rows.HYDERABAD, slug=link.clinic.slug, discreet_place="2 Lake Road", discreet_name="Lake"
        )
        clinics.update_clinic(clinic=link.clinic, given=given, actor=rows.SYSTEM, at=LATER)
        (after,) = events(build(link, LATER).body)
        assert after["SEQUENCE"] > before["SEQUENCE"]
        assert after["DTSTAMP"].dt == after["LAST-MODIFIED"].dt == LATER


def a_scene_elsewhere() -> Scene:
    """An empty plan, in a clinic of its own."""
    clinic = rows.a_clinic(replace(rows.HYDERABAD, slug="secunderabad"))
    nurse, doctor = rows.staff(clinic, "nurse", "noor"), rows.staff(clinic, "doctor", "deepa")
    couple = rows.a_couple(clinic)
    return Scene(clinic, nurse, doctor, couple, rows.a_treatment(clinic, couple=couple))


def test_r2_the_words_of_an_entry_change_only_together_with_their_revision(scene: Scene) -> None:
    """Raise WORDING_REVISION with any change of a text, a translation or a field of an event, then note the new digest."""
    fields = ("SUMMARY", "LOCATION", "DESCR", "STATUS", "TRANSP", "X-MICROSOFT", "ACTION", "TRIGGER", "X-WR")
    link, _ = a_link(scene, shows_windows=True, shows_details=True, has_alarms=True)
    said = [build(link, BOOKED).body]
    scene.cancel(LATER)
    said.append(build(link, LATER).body)
    services.revoke(link=link, actor=scene.nurse, at=LATER)
    said.append(build(link, LATER).body)
    whole = b"".join(said).decode().replace("\r\n ", "").split("\r\n")
    lines = {line for line in whole if line.startswith(fields)}
    of_clinics = (scene.clinic, Clinic(phone="1"))
    lines |= {str(Wording.of(clinic, language)) for clinic in of_clinics for language in Language.values}
    digest = sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
    assert (WORDING_REVISION, digest) == (1, "2bb027ec48a3c48f")


def test_r13_a_link_with_a_last_day_shows_nothing_more_after_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = BOOKED + timedelta(hours=3)
    _, token = a_link(scene, expires_at=until)
    for at, expected in (
        (until - timedelta(seconds=1), TITLE),
        (until, NOTHING[0]),
        (until + timedelta(days=200), NOTHING[0]),
    ):
        monkeypatch.setattr("apps.feeds.views.clock", lambda at=at: at)
        (event,) = events(poll(token).content)
        assert f"{event['STATUS']} {event['SUMMARY']}" == expected


def test_r13_a_link_that_has_run_out_makes_room_for_another_and_none_begins_run_out(scene: Scene) -> None:
    for _ in range(services.MAX_LINKS):
        a_link(scene, expires_at=LATER)
    with pytest.raises(Conflict):
        a_link(scene)
    a_link(scene, at=LATER)
    with pytest.raises(Invalid):
        a_link(scene, at=LATER, expires_at=LATER)


def test_rotating_keeps_what_was_chosen(scene: Scene) -> None:
    old, _ = a_link(scene, shows_windows=True, has_alarms=True, expires_at=BOOKED + timedelta(days=9))
    chosen(scene, old, shows_details=True)
    new, _ = services.rotate(link=old, actor=scene.nurse, at=LATER)
    assert (new.shows_windows, new.shows_details, new.has_alarms) == (False, True, False)
    assert (new.expires_at, new.revision) == (BOOKED + timedelta(days=9), 1)


def test_r1_a_renewed_address_shows_the_same_uid(scene: Scene) -> None:
    link, _ = a_link(scene)
    new, _ = services.rotate(link=link, actor=scene.nurse, at=LATER)
    assert booked_event(new, LATER)["UID"] == f"{scene.visit.pk}@appointments.invalid"


def test_all_links_of_a_person_end_at_once_and_nobody_elses(scene: Scene) -> None:
    hers, theirs = [a_link(scene)[0] for _ in range(3)], a_link(scene, "partner")[0]
    assert services.revoke_all(person=scene.recipient, actor=scene.nurse, at=LATER) == 3
    assert [shown(link, LATER) for link in hers] == [NOTHING] * 3
    assert shown(theirs, LATER) == [TITLE]
    assert services.revoke_all(person=scene.recipient, actor=scene.nurse, at=LATER) == 0


def test_p3_a_loss_in_one_couple_empties_the_persons_other_couples_days_too(scene: Scene) -> None:
    other = couples.enrol_couple(
        clinic=scene.clinic,
        recipient=scene.recipient.pk,
        partner=replace(rows.ARJUN, given_name="Imran"),
        actor=scene.nurse,
        at=BOOKED - timedelta(days=1),
    )
    link, _ = a_link(scene)
    couples.silence_couple(couple=other, reason="confirmed_loss", actor=scene.nurse, at=LATER)
    assert shown(link, LATER) == NOTHING
    assert shown(a_link(scene, "partner")[0], LATER) == [TITLE]


@pytest.mark.parametrize("before", [None, "confirmed_loss"])
def test_p9_of_a_couple_that_parted_nothing_is_shown_to_either_not_even_what_is_past(
    scene: Scene, before: str | None
) -> None:
    links = [a_link(scene, role)[0] for role in ("recipient", "partner")]
    after_visit = scene.visit.starts_at + timedelta(days=1)
    for reason in filter(None, (before, "separated")):
        couples.silence_couple(couple=scene.couple, reason=reason, actor=scene.nurse, at=after_visit)
    assert [shown(link, after_visit) for link in links] == [NOTHING, NOTHING]


def test_r17_every_way_to_subscribe_holds_the_same_address() -> None:
    ways = services.subscribing("tok")
    assert ways.https == "http://testserver/feeds/tok.ics"
    assert ways.webcal == "webcal://testserver/feeds/tok.ics"
    assert ways.google == "https://calendar.google.com/calendar/r?cid=webcal://testserver/feeds/tok.ics"
    assert "Google may take a day" in str(ways.caution)
    assert "not from the calendar" in str(ways.caution)
    assert clinical_words(str(ways.caution)) == ()


def test_names_of_any_script_and_length_are_said_by_nobody_and_break_nothing(db: None) -> None:
    clinic = rows.a_clinic(
        replace(rows.HYDERABAD, discreet_name="झील रोड केंद्र", discreet_place="సరస్సు రోడ్డు, హైదరాబాద్")
    )
    nurse, doctor = rows.staff(clinic, "nurse"), rows.staff(clinic, "doctor")
    couple = rows.a_couple(
        clinic,
        recipient=replace(rows.LALITHA, given_name="ललिता", family_name="व" * 100),
        partner=replace(rows.ARJUN, given_name="అర్జున్", family_name="రా" * 50),
    )
    scene = Scene(clinic, nurse, doctor, couple, rows.a_treatment(clinic, couple=couple))
    rows.consented(scene.treatment, nurse)
    scene.book()
    body = build(a_link(scene)[0], BOOKED).body
    (event,) = events(body)
    assert event["SUMMARY"] == "Appointment, झील रोड केंद्र"
    assert event["LOCATION"] == "సరస్సు రోడ్డు, హైదరాబాద్"
    said = body.decode().replace("\r\n ", "")
    for name in ("ललिता", "अर्जुन", "ववव", "అర్జున్", "రారా"):
        assert name not in said
