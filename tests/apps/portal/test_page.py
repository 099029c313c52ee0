"""What stands without a code: neutral facts, the urgent number, and the stop; and what never stands there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.urls import get_resolver
from django.utils import translation

from apps.booking import services as booking
from apps.booking.calls.outcomes import record_call_about, undo_outcome
from apps.booking.models import CallTask
from apps.booking.worklist import Asked, calls
from apps.clinic.cover import Coverage
from apps.clinic.models import Clinic
from apps.couples.models import Couple, Language, Person
from apps.couples.services import end_silence, silence_couple
from apps.portal import frame
from apps.portal.services import revoke_page
from apps.portal.urls import urlpatterns
from apps.reminders.untold import untold
from apps.reminders.words import clinical_words
from apps.treatments.models import Appointment, Treatment
from tests import rows
from tests.apps.portal.people import AT, Her

pytestmark = pytest.mark.django_db
NUMBER = rows.HYDERABAD.phone


def words_on(page: str) -> str:
    """What a person can read or hear of a page."""
    labels = " ".join(re.findall(r'(?:aria-label|title|alt)="([^"]*)"', page))
    return unescape(re.sub(r"<[^>]+>", " ", page)) + " " + unescape(labels)


def test_the_next_appointment_stands_in_plain_words(her: Her, visit: Appointment) -> None:
    page = her.text()
    assert visit.local_start[11:] in page
    assert "Your next appointment" in page
    assert "1 Lake Road" in page
    assert NUMBER in page
    for name in ("Lalitha", "Arjun", "Rao", visit.title):
        assert name not in page


def test_both_are_asked_to_come_where_both_come(her: Her, visit: Appointment, treatment: Treatment) -> None:
    assert "Please both come" not in her.text()
    Appointment.objects.filter(pk=visit.pk).update(partner=treatment.couple.partner)
    assert "Please both come" in her.text()


@pytest.mark.parametrize("language", Language.values)
def test_no_clinical_word_stands_on_any_page_and_the_number_on_each(
    her: Her, visit: Appointment, language: str
) -> None:
    her.open()
    pages = [
        "",
        "code/",
        "away/",
        "wishes/",
        "end/",
        "calendar/",
        f"visit/{visit.pk}/coming/",
        f"visit/{visit.pk}/change/",
    ]
    for where in pages:
        page = her.text(f"{where}{'&' if '?' in where else '?'}l={language}")
        assert clinical_words(words_on(page)) == (), where
        assert NUMBER in page
        direction = "rtl" if language == "ur" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert "<script" not in page


def test_no_address_says_what_it_is_about() -> None:
    said = " ".join(str(one.pattern) for one in urlpatterns)
    assert clinical_words(said) == ()
    assert get_resolver().resolve("/p/x/").url_name == "page"


def test_each_answer_is_kept_nowhere_and_loads_nothing_from_elsewhere(her: Her, visit: Appointment) -> None:
    answer = her.get()
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "style=" not in her.text()
    assert not answer.cookies


def test_what_is_unknown_or_ended_says_the_same_and_whom_to_ask(her: Her, visit: Appointment) -> None:
    unknown = her.client.get("/p/nobody-has-this/")
    assert unknown.status_code == 404
    page = unknown.content.decode()
    assert "Please call us" in page
    assert "यह पेज खुला नहीं है" in page
    assert clinical_words(words_on(page)) == ()
    revoke_page(link=her.link, actor=rows.SYSTEM, at=AT)
    ended = her.get()
    assert (ended.status_code, ended.content) == (404, unknown.content)
    assert dict(ended.headers) == dict(unknown.headers)


def test_a_page_that_is_not_open_has_the_urgent_number_where_it_can_be_but_one(her: Her) -> None:
    alone = her.client.get("/p/nobody-has-this/").content.decode()
    assert alone.count(f">{NUMBER}<") == len(Language)
    assert "Urgent? Call at any time:" in alone
    trial = rows.a_clinic(rows.LONDON)
    Clinic.objects.filter(pk=trial.pk).update(is_test=True)
    assert her.client.get("/p/nobody-has-this/").content.decode() == alone
    Clinic.objects.filter(pk=trial.pk).update(is_test=False)
    several = her.client.get("/p/nobody-has-this/")
    assert NUMBER not in several.content.decode()
    assert "tel:" not in several.content.decode()


def test_a_stop_works_at_once_without_a_code_and_only_then_asks(her: Her, visit: Appointment) -> None:
    her.go_to(AT + timedelta(hours=15))  # the middle of the night
    answer = her.post("stop/")
    couple = Couple.objects.get()
    assert (couple.silent_reason, couple.silent_since) == ("own_wish", her.now)
    assert "How may we reach you?" in her.client.get(answer["Location"]).content.decode()
    assert her.post("stopped/", {"reach": "call"}).status_code == 302
    assert CallTask.objects.get(why="other").note.startswith("The recipient stopped all messages")
    assert "Your next appointment" not in her.text()


def test_that_all_is_stopped_is_said_while_it_is_so(her: Her, him: Her, visit: Appointment) -> None:
    assert her.get("stopped/")["Location"] == f"/p/{her.token}/"
    her.post("stop/")
    page = her.text("stopped/")
    assert "All messages are stopped" in page
    assert "Your appointments still stand" in page
    assert him.get("stopped/").status_code == 302
    silence_couple(couple=Couple.objects.get(), reason="suspected_loss", actor=rows.SYSTEM, at=her.now)
    page = her.text("stopped/")
    assert "All messages are stopped" in page
    assert "still stand" not in page


def test_somebody_of_no_couple_is_not_told_that_something_was_stopped(
    her: Her, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"clinic": her.person.clinic, "changed_at": AT, "contact_consent_at": AT}
    alone = Her(Person.objects.create(given_name="Sita", **given), monkeypatch)
    answer = alone.post("stop/")
    assert "Nothing is being sent to you" in alone.client.get(answer["Location"]).content.decode()
    answer = alone.post("stopped/", {"reach": "call"})
    assert "You can call us any time" in alone.client.get(answer["Location"]).content.decode()
    assert not CallTask.objects.exists()


def test_visits_that_nobody_sees_any_more_are_looked_after_three_days_before(
    her: Her, him: Her, visit: Appointment
) -> None:
    assert visit.starts_at is not None
    tomorrow = visit.starts_at + timedelta(days=1)
    visit = booking.move(appointment=visit, starts_at=tomorrow, actor=rows.SYSTEM, at=AT)
    nobody = Coverage(frozenset(), (), AT.date())
    first, later = (Asked(her.person.clinic, AT + timedelta(hours=n), nobody, nobody) for n in (1, 2))
    for person in (her, him):
        person.post("stop/")
        assert list(untold(first)) == [visit]
    nurse = rows.staff(her.person.clinic, "nurse", "another-nurse")
    said = record_call_about(appointment=untold(first)[0], outcome="reached", actor=nurse, at=first.at)
    assert said.task.why == "not_shown"
    assert list(untold(later)) == []
    undo_outcome(outcome=said, actor=nurse, at=first.at)
    assert [call.pk for call in calls(later)] == [said.task_id]
    both = replace(rows.a_yes(first.at), of="both")
    end_silence(couple=Couple.objects.get(), actor=rows.SYSTEM, at=first.at, yes=both)
    assert not calls(later).exists()


@pytest.mark.parametrize("reason", ["own_wish", "suspected_loss", "confirmed_loss", "bereaved", "imported"])
def test_after_any_silence_the_page_is_quiet_and_looks_the_same(
    her: Her, him: Her, visit: Appointment, reason: str
) -> None:
    silence_couple(couple=Couple.objects.get(), reason=reason, actor=rows.SYSTEM, at=AT)
    assert visit.starts_at is not None
    for person in (her, him):
        page = person.text()
        assert "Nothing is shown here now" in page
        assert "an appointment that we agreed on" in page
        assert NUMBER in page
        assert visit.local_start[11:] not in page
    her.open()
    assert her.get(f"visit/{visit.pk}/coming/").status_code == 404
    assert visit.title not in her.text("more/")


def test_a_pencilled_or_past_visit_is_not_shown(her: Her, visit: Appointment) -> None:
    assert visit.ends_at is not None
    her.go_to(visit.ends_at)
    assert "Nothing is shown here now" in her.text()
    her.go_to(AT)
    Appointment.objects.filter(pk=visit.pk).update(pencilled=True)
    assert "Nothing is shown here now" in her.text()


def test_a_form_from_elsewhere_changes_nothing(her: Her, visit: Appointment) -> None:
    assert her.client.post(f"/p/{her.token}/stop/").status_code == 403
    assert her.post("stop/", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not Couple.objects.get().is_silent
    assert her.get("stop/").status_code == 302
    assert not Couple.objects.get().is_silent


@pytest.mark.parametrize("language", ["hi", "te", "ur"])
def test_every_text_of_the_page_is_translated(language: str) -> None:
    folder = Path(frame.__file__).parent
    sources = [*folder.glob("templates/portal/*.html"), folder / "words.py"]
    texts = {
        text
        for path in sources
        for text in re.findall(r'(?:translate |_\(|gettext\()"([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(texts) > 80
    with translation.override(language):
        assert [text for text in sorted(texts) if translation.gettext(text) == text] == []
