"""The word lint, and every text that goes out."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from apps.clinic.models import Clinic
from apps.couples.models import Language
from apps.reminders.checks import clinical_texts, texts_are_neutral
from apps.reminders.messages import SPOKEN, UNREVIEWED, plain, render, wording
from apps.reminders.texts import ASK, END_BY_CALL, END_BY_REPLY, TEXTS
from apps.reminders.words import ClinicalWord, clinical_words
from lit_tracker import catalogues

STARTS = datetime(2026, 1, 15, 2, 30, tzinfo=UTC)
LAKE_ROAD = Clinic(
    name="Charminar Fertility",
    zone="Asia/Kolkata",
    phone="+91 40 5550 0100",
    discreet_name="Lake Road",
    discreet_place="1 Lake Road",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Appointment Thu 15 Jan 08:00", ()),
        ("Lalitha lives in Split, near the Slitted Gate", ()),
        ("Your LIT booster", ("lit", "booster")),
        ("pre-conception", ("conception",)),
        ("PREGNANCY\nresult", ("pregnancy", "result")),
        ("गर्भावस्था की जाँच", ("गर्भावस्था",)),
        ("गर्भगृह मार्ग", ()),
        ("గర్భం", ("గర్భం",)),
        ("حمل", ("حمل",)),
        ("حملہ", ()),
        ("lit lit", ("lit",)),
    ],
)
def test_whole_words_are_found_in_every_script(text: str, found: tuple[str, ...]) -> None:
    assert clinical_words(text) == found


def test_names_of_people_are_exempt() -> None:
    assert clinical_words("Dr Loss will see you", names=["Anna Loss"]) == ()
    assert clinical_words("Dr Loss, test", names=["Anna Loss"]) == ("test",)


BLANKS = {
    "code": "4711",
    "link": "https://clinic.example.org/p/x",
    "hours": "09:00",
    "first": "2026-01-15",
    "last": "2026-01-20",
}


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("text", sorted(TEXTS))
def test_no_outgoing_text_holds_a_clinical_word(text: str, language: str) -> None:
    rendered = render(text, clinic=LAKE_ROAD, starts_at=STARTS, language=language, blanks=BLANKS)
    whole = f"{rendered.subject} {rendered.body} {rendered.short} {rendered.asking}"
    assert clinical_words(whole) == ()
    assert LAKE_ROAD.phone in rendered.body
    assert LAKE_ROAD.phone in rendered.short
    assert "Charminar" not in whole
    assert "{" not in whole


def test_every_text_says_how_to_end_messages_unless_the_person_waits_for_it() -> None:
    asked_for = {"code", "link", "auto-reply"}
    foot = TEXTS["confirmation"].parts[-1]
    assert "to stop these messages" in foot
    assert {name for name, words in TEXTS.items() if words.parts[-1] != foot} == asked_for


def test_times_are_the_clinics_own() -> None:
    rendered = render("confirmation", clinic=LAKE_ROAD, starts_at=STARTS, language="en")
    assert rendered.subject == "Appointment Thu 15 Jan 08:00"
    assert rendered.body.startswith("Appointment Thu 15 Jan 2026 08:00, 1 Lake Road.")


def test_a_language_that_we_do_not_have_reads_english_throughout() -> None:
    in_tamil = render("confirmation", clinic=LAKE_ROAD, starts_at=STARTS, language="ta")
    assert in_tamil == render("confirmation", clinic=LAKE_ROAD, starts_at=STARTS, language="en")


def test_a_clinical_word_in_the_discreet_wording_is_refused() -> None:
    loud = Clinic(zone="Asia/Kolkata", phone="1", discreet_name="Lake Road", discreet_place="IVF Wing")
    with pytest.raises(ClinicalWord) as refused:
        render("reminder", clinic=loud, starts_at=STARTS, language="en")
    assert refused.value.words == ("ivf",)
    assert "ivf" not in str(refused.value).lower()


@pytest.mark.parametrize(
    ("kind", "before_start", "told_before", "text"),
    [
        ("confirmation", timedelta(days=8), False, "confirmation"),
        ("confirmation-2", timedelta(days=8), True, "moved"),
        ("reminder-3d", timedelta(days=3), True, "reminder"),
        ("cancelled", timedelta(days=1), False, "cancelled"),
        ("cancelled", timedelta(hours=2), False, "cancelled today"),
        ("cancelled-2", timedelta(hours=2), True, "cancelled today"),
    ],
)
def test_the_wording_follows_from_kind_and_day(
    kind: str, before_start: timedelta, told_before: bool, text: str
) -> None:
    at = STARTS - before_start
    assert wording(kind, starts_at=STARTS, at=at, zone="Asia/Kolkata", told_before=told_before) == text


def test_a_line_for_a_header_has_no_control_signs() -> None:
    assert plain("Lake\r\nBcc: x@y\ufeff  Road\u2028") == "Lake Bcc: x@y Road"


def test_every_text_is_translated_into_every_language_with_the_same_blanks() -> None:
    said = {text for words in TEXTS.values() for text in (words.subject, *words.parts, words.short)}
    said |= {END_BY_CALL, END_BY_REPLY, ASK, *(words.asking for words in TEXTS.values() if words.asking)}
    for source in catalogues.sources():
        catalogue = catalogues.read(source)
        for text in said:
            entry = catalogue.get(text)
            assert entry, (source, text)
            assert entry.string, (source, text)
            assert clinical_words(str(entry.string)) == (), (source, text)
            assert set(re.findall(r"{\w+}", str(entry.string))) == set(re.findall(r"{\w+}", text)), text


def test_what_no_native_reader_has_read_is_marked_so() -> None:
    marked = {
        source.parts[-3]
        for source in catalogues.sources()
        if any("not reviewed" in entry.user_comments for entry in catalogues.read(source))
    }
    assert marked == UNREVIEWED
    assert (
        {source.parts[-3] for source in catalogues.sources()} | {"en"} == set(SPOKEN) == set(Language.values)
    )


def test_compiled_catalogues_are_as_new_as_their_sources() -> None:
    for source in catalogues.sources():
        assert source.with_suffix(".mo").read_bytes() == catalogues.compiled(source), source


def test_dates_and_words_are_the_languages_own_and_numbers_keep_their_order_from_right_to_left() -> None:
    urdu = render("confirmation", clinic=LAKE_ROAD, starts_at=STARTS, language="ur")
    assert "جمعرات 15 جنوری 2026 08:00" in urdu.body
    assert "\u2068+91 40 5550 0100\u2069" in urdu.short
    telugu = render("book", clinic=LAKE_ROAD, language="te", blanks=BLANKS)
    assert "గురు 15 జన" in telugu.body
    hindi = render("code", clinic=LAKE_ROAD, language="hi", blanks=BLANKS)
    assert hindi.body.startswith("आपका कोड 4711 है।")


def test_the_check_of_every_start_refuses_a_clinical_word() -> None:
    assert clinical_texts({"x": ("Your booster",)}) == ["x: booster"]
    assert texts_are_neutral(None) == []


def test_a_text_that_cannot_be_answered_says_to_call() -> None:
    text = render("reminder", clinic=LAKE_ROAD, starts_at=STARTS, language="en", can_reply=False)
    assert "STOP" not in text.short
    assert text.short.endswith("To end messages call +91 40 5550 0100.")
