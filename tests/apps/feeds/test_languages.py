"""A calendar speaks the language of the person whose it is, and says so to programs when that changes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Event

from apps.clinic import services as clinics
from apps.couples.models import Language, Person
from apps.couples.services import merge_people, unmerge_people
from apps.couples.wishes import choose_language
from apps.feeds import words
from apps.feeds.building import build
from apps.feeds.checks import calendars_are_neutral
from apps.feeds.models import FeedLink
from apps.feeds.words import TEXTS, Wording
from apps.reminders.words import clinical_words
from lit_tracker import catalogues
from tests import rows
from tests.apps.feeds.acts import a_link, events, poll, revision
from tests.apps.reminders.acts import BOOKED, Scene, a_scene

LATER = BOOKED + timedelta(hours=1)
NUMBER = "+91 40 5550 0100"
# Title, struck through, and what the details say; in Urdu what is filled in keeps its own direction.
SAID = {
    "en": (
        "Appointment, Lake Road",
        "CANCELLED - Appointment, Lake Road",
        f"Please both come. Questions or another day: {NUMBER}",
    ),
    "hi": (
        "अपॉइंटमेंट, Lake Road",
        "रद्द - अपॉइंटमेंट, Lake Road",
        f"कृपया आप दोनों आएँ। कोई सवाल हो या दूसरा दिन चाहिए: {NUMBER}",
    ),
    "te": (
        "అపాయింట్‌మెంట్, Lake Road",
        "రద్దు - అపాయింట్‌మెంట్, Lake Road",
        f"దయచేసి మీరిద్దరూ రండి. ప్రశ్నలు ఉంటే లేదా వేరే రోజు కావాలంటే: {NUMBER}",
    ),
    "ur": (
        "اپائنٹمنٹ، Lake Road",
        "منسوخ - اپائنٹمنٹ، Lake Road",
        f"براہِ کرم آپ دونوں آئیں۔ کوئی سوال ہو یا دوسرا دن چاہیے: \u2068{NUMBER}\u2069",
    ),
}


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("apps.feeds.views.clock", lambda: LATER)
    scene = a_scene()
    scene.book()
    return scene


def speaking(scene: Scene, language: str) -> None:
    choose_language(person=scene.recipient, language=language, actor=scene.nurse, at=BOOKED)


def the_visit(link: FeedLink) -> Event:
    (event,) = (one for one in events(build(link, LATER).body) if one["STATUS"] in ("CONFIRMED", "CANCELLED"))
    return event


@pytest.mark.parametrize("language", Language.values)
def test_every_word_is_the_persons_own_language_and_neither_uid_nor_place_is(
    scene: Scene, language: str
) -> None:
    speaking(scene, language)
    title, cancelled, details = SAID[language]
    link, _ = a_link(scene, shows_details=True, shows_windows=True, has_alarms=True)
    event = the_visit(link)
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (title, details)
    assert (event["LOCATION"], event["UID"]) == ("1 Lake Road, Hyderabad", scene.visit.uid)
    assert event.walk("VALARM")[0]["DESCRIPTION"] == title
    windows = {str(one["SUMMARY"]) for one in events(build(link, LATER).body) if one["STATUS"] == "TENTATIVE"}
    assert len(windows) == 1
    assert next(iter(windows)).startswith(f"{title}: ")
    scene.cancel(LATER)
    assert the_visit(link)["SUMMARY"] == cancelled
    lines = build(link, LATER).body.decode().replace("\r\n ", "").split("\r\n")
    said = [line for line in lines if line.startswith(("SUMMARY", "DESCRIPTION", "NAME", "X-WR"))]
    assert clinical_words("\n".join(said)) == ()


def test_the_other_of_the_two_keeps_theirs(scene: Scene) -> None:
    speaking(scene, "te")
    theirs, _ = a_link(scene, "partner")
    assert the_visit(theirs)["SUMMARY"] == SAID["en"][0]


@pytest.mark.django_db(transaction=True)
def test_a_change_of_language_is_in_the_next_poll_and_a_newer_revision(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.feeds.views.clock", lambda: LATER)
    scene = a_scene()
    scene.book()
    _, token = a_link(scene)
    before = poll(token)
    for n, language in enumerate(("ur", "hi", "en"), 1):
        at = BOOKED + timedelta(minutes=n)
        choose_language(person=scene.recipient, language=language, actor=scene.nurse, at=at)
        after = poll(token, **{"if-none-match": before["ETag"]})
        assert after.status_code == 200
        (old,), (new,) = events(before.content), events(after.content)
        assert new["SUMMARY"] == SAID[language][0]
        assert new["SEQUENCE"] == old["SEQUENCE"] + 1
        assert new["DTSTAMP"].dt == new["LAST-MODIFIED"].dt == at
        assert new["UID"] == old["UID"]
        before = after


def test_another_change_of_the_person_is_no_new_revision(scene: Scene) -> None:
    link, _ = a_link(scene)
    before = build(link, LATER).body
    Person.objects.filter(pk=scene.recipient.pk).update(phone="+919848000009", changed_at=LATER)
    assert build(link, LATER).body == before


def test_the_neutral_day_is_revised_with_the_language_too(scene: Scene) -> None:
    given = replace(
        rows.HYDERABAD, discreet_name="IVF House"
    )  # withheld, so our own word stands in its place
    clinics.update_clinic(clinic=scene.clinic, given=given, actor=rows.SYSTEM, at=BOOKED)
    scene.lose(BOOKED)
    link, _ = a_link(scene)
    seen = {}
    for language in ("en", "te", "ur"):
        speaking(scene, language)
        (event,) = events(build(link, LATER).body)
        seen[str(event["SUMMARY"])] = revision(event)
    assert list(seen) == ["Appointments", "అపాయింట్‌మెంట్లు", "اپائنٹمنٹس"]
    assert len(set(seen.values())) == 3


def test_one_human_being_entered_twice_takes_her_calendar_along_and_its_revision_never_falls(
    scene: Scene,
) -> None:
    """Her other row had changed its language often, so that a count for the row alone would begin again."""
    speaking(scene, "hi")
    speaking(scene, "en")
    link, _ = a_link(scene)
    kept = rows.a_couple(scene.clinic, recipient=replace(rows.LALITHA, language="te")).recipient
    first = int(the_visit(link)["SEQUENCE"])
    merge = merge_people(kept=kept, other=scene.recipient, same_human=True, actor=scene.nurse, at=BOOKED)
    second = the_visit(FeedLink.objects.get(pk=link.pk))
    assert second["SUMMARY"] == SAID["te"][0]
    assert second["SEQUENCE"] > first
    unmerge_people(merge=merge, actor=scene.nurse, at=BOOKED)
    third = the_visit(FeedLink.objects.get(pk=link.pk))
    assert third["SUMMARY"] == SAID["en"][0]
    assert third["SEQUENCE"] > second["SEQUENCE"]


def test_r2_a_clinic_that_mends_its_wording_gets_a_higher_sequence(scene: Scene) -> None:
    loud = replace(
        rows.HYDERABAD, discreet_name="IVF", discreet_place="IVF Lane", address="IVF Lane, Hyderabad"
    )
    link, _ = a_link(scene)
    numbers = []
    for given in (loud, rows.HYDERABAD, loud, rows.HYDERABAD):
        clinics.update_clinic(clinic=scene.clinic, given=given, actor=rows.SYSTEM, at=BOOKED)
        numbers.append(int(the_visit(link)["SEQUENCE"]))
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lake Road", "Lake Road"),
        ("جھیل روڈ", "جھیل روڈ"),
        ("2, جھیل روڈ (الف)", "\u20682, جھیل روڈ (الف)\u2069"),
    ],
)
def test_directions_never_mix_in_a_title_and_its_first_letter_says_its_own(
    scene: Scene, language: str, name: str, shown: str
) -> None:
    scene.clinic.discreet_name = name
    said = Wording.of(scene.clinic, language)
    for title in (said.title, said.cancelled, said.window):
        assert shown in title
    for line in (said.title, said.cancelled, said.window, said.details, said.details_of_both):
        assert unicodedata.bidirectional(line[0]) == ("AL" if language == "ur" else "L")
        assert line.count("\u2068") == line.count("\u2069") <= 1
    assert said.name == name  # alone in its field it needs no marks


def test_every_word_is_translated_with_the_same_blanks_and_none_is_clinical() -> None:
    for source in catalogues.sources():
        catalogue = catalogues.read(source)
        for text in TEXTS:
            entry = catalogue.get(text)
            assert entry, (source, text)
            assert entry.string, (source, text)
            assert entry.string != text
            assert set(re.findall(r"{\w+}", str(entry.string))) == set(re.findall(r"{\w+}", text))
            assert clinical_words(str(entry.string)) == ()
    assert calendars_are_neutral(None) == []


def test_a_translation_with_a_clinical_word_is_refused_at_start_and_gives_way_to_english(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slipped(text: str) -> str:
        return text.replace("Appointment", "गर्भ")

    monkeypatch.setattr(words, "gettext", slipped)
    monkeypatch.setattr("apps.feeds.checks.gettext", slipped)
    assert Wording.of(scene.clinic, "hi").title == "Appointment, Lake Road"
    assert {found.id for found in calendars_are_neutral(None)} == {"feeds.E001"}
