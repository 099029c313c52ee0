"""What she sees after a code, if she asks: where they are, what is planned, and what a doctor wrote for them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from apps.clinic.errors import Forbidden
from apps.couples.models import Couple
from apps.couples.notes import withdraw_note, write_note
from apps.couples.services import silence_couple
from apps.portal.more import courses_of
from apps.portal.titles import Title, title_of
from apps.treatments.models import Appointment, Treatment
from apps.treatments.queries import template
from protocols import library_text, load
from tests import rows
from tests.apps.portal.people import AT, Her

pytestmark = pytest.mark.django_db


def test_titles_are_the_protocols_own_or_plain_words_for_the_kind(treatment: Treatment) -> None:
    row = rows.visit(treatment, "sensitisation", 2)
    step = template(treatment.protocol_version).step_named["sensitisation"]
    number = row.plan["dose"]
    assert title_of(row, step, "en") == Title(f"{row.title} {number}")
    assert title_of(row, step, "te") == Title(f"మోతాదు {number}", row.title)
    said = "    title: Sensitisation dose\n"
    text = library_text("lit-standard").replace(said, f"{said}    titles: {{te: కణాల మోతాదు}}\n")
    own = load(text).step_named["sensitisation"]
    assert title_of(row, own, "te") == Title(f"కణాల మోతాదు {number}")
    row.plan["attempt"] = 2
    assert title_of(row, own, "en") == Title(f"{row.title} {number}, once more")
    assert title_of(row, None, "ur").own == row.title


def test_on_a_page_in_hindi_english_stands_only_where_it_says_that_it_is(
    her: Her, visit: Appointment
) -> None:
    her.open()
    page = her.text("more/?l=hi")
    main = re.sub(r'<bdi lang="en".*?</bdi>', "", page.split("<main>")[1].split("</main>")[0])
    assert f'<bdi lang="en" dir="ltr">{visit.title}</bdi>' in page
    assert "जाँच" in main
    assert re.findall(r"[A-Za-z]{3,}", re.sub(r"<[^>]+>", " ", main)) == []


def test_a_visit_that_was_skipped_keeps_no_count_open(
    her: Her, treatment: Treatment, visit: Appointment
) -> None:
    (before,) = courses_of(her.person, "en", AT)
    Appointment.objects.filter(pk=rows.visit(treatment, "sensitisation").pk).update(state="skipped")
    (after,) = courses_of(her.person, "en", AT)
    assert (after.done, after.of) == (0, before.of - 1)
    Appointment.objects.filter(pk=visit.pk).update(state="fulfilled", status="fulfilled")
    (done,) = courses_of(her.person, "en", AT)
    assert (done.done, done.of) == (1, before.of - 1)


def test_she_reads_that_a_doctor_decides_next_and_by_when_and_not_about_what(her: Her) -> None:
    nurse = rows.staff(her.person.clinic, "nurse", "another")
    treated, at = rows.after_three_doses(her.person.clinic, nurse)
    rows.resulted(treated, nurse, at, 1)
    flag = rows.flag(treated, "no_antibody_response")
    course = courses_of(treated.couple.recipient, "en", at)[-1]
    assert (course.decides, course.decides_by) == (True, flag.due_on)
    late = courses_of(treated.couple.recipient, "en", at + timedelta(days=30))[-1]
    assert (late.decides, late.decides_by) == (True, None)
    rows.said(treated, nurse, at, "milestone", name="pregnancy", on=at.date())
    assert not any(one.decides for one in courses_of(treated.couple.recipient, "en", at))


def test_what_a_doctor_wrote_for_them_both_read_until_it_is_taken_down_or_all_is_silent(
    her: Her, him: Her, visit: Appointment
) -> None:
    couple, clinic = Couple.objects.get(), her.person.clinic
    doctor, nurse = rows.staff(clinic, "doctor"), rows.staff(clinic, "nurse", "another")
    words = "The test found no cause.\nWhat is not known: whether it comes again.\nYou may try until 1 May."
    with pytest.raises(Forbidden):
        write_note(couple=couple, kind="for_them", text=words, actor=nurse, at=AT)
    note = write_note(couple=couple, kind="for_them", text=words, actor=doctor, at=AT)
    write_note(couple=couple, text="She was tired.", actor=nurse, at=AT)
    assert "found no cause" not in her.text()
    her.open()
    him.open()
    for page in (her.text("more/"), him.text("more/")):
        assert "You may try until 1 May." in page
        assert "She was tired" not in page
    with pytest.raises(Forbidden):
        withdraw_note(note=note, reason="x", actor=nurse, at=AT)
    with pytest.raises(Forbidden):
        write_note(couple=couple, text="x", replaces=note, actor=nurse, at=AT)
    silence_couple(couple=couple, reason="suspected_loss", actor=rows.SYSTEM, at=AT)
    assert "You may try" not in him.text("more/")
    Couple.objects.update(silent_since=None, silent_reason="", silent_reason_since=None, silent_by="")
    assert "You may try" in him.text("more/")
    withdraw_note(note=note, reason="Changed", actor=doctor, at=AT)
    assert "You may try" not in him.text("more/")
