"""The word lint, and every text that goes out."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.clinic.models import Clinic
from apps.reminders.messages import SPOKEN, plain, render, wording
from apps.reminders.texts import TEXTS
from apps.reminders.words import ClinicalWord, clinical_words

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
    whole = f"{rendered.subject} {rendered.body} {rendered.short}"
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
