"""Tomorrow on paper: made in each clinic's own evening, read back as anybody would read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from apps.booking import services as booking
from apps.booking.day import queries as day_queries
from apps.booking.day import sheets
from apps.booking.day.sheet_drawing import Sheet, SheetSession, draw
from apps.booking.day.sheet_names import is_plain, picture
from apps.booking.models import DaySheet
from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.silence import silence_couple
from lit_tracker import beat
from tests import days, rows

DAY = days.DAY
# 19:00 in Hyderabad on the day before; in London it is 13:30.
EVENING = datetime(2026, 1, 26, 13, 30, tzinfo=UTC)


def text_of(content: bytes | memoryview) -> str:
    reader = PdfReader(BytesIO(bytes(content)))
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def read(clinic: Clinic, on: date = DAY) -> str:
    return text_of(day_queries.sheet_of(clinic, on).content)


def test_the_sheet_says_who_comes_when_where_and_what_is_due(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    days.takes(visit, days.a_chair(clinic, "Chair by the window"), "injection")
    assert sheets.make_evening_sheets(at=EVENING)["made"] == 1
    said = read(clinic)
    for expected in (
        "Tuesday 27 January 2026",
        "Charminar Clinic",
        visit.treatment.couple.code,
        "Lalitha Rao, 33",
        "Arjun Rao, 35",
        "09:30–14:15",
        "Donor draw",
        "09:45–10:15",
        "Chair by the window",
        "Due at arrival: ",
        "Began",
        "Ended",
    ):
        assert expected in said
    # Paper lies about: which of a donor's tests is missing is not for everybody.
    assert "infection screen of partner" in said
    assert "HIV" not in said
    assert "consent of recipient" in said
    assert "gets no messages" not in said
    couple = visit.treatment.couple
    silence_couple(couple=couple, reason="suspected_loss", actor=nurse, at=EVENING)
    sheets.make_evening_sheets(at=EVENING)
    said = read(clinic)
    assert "gets no messages and sees nothing of it" in said
    assert "loss" not in said


def test_no_phone_and_no_address_of_anybody_is_on_it(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    sheets.make_evening_sheets(at=EVENING)
    said = read(clinic)
    for person in (visit.treatment.couple.recipient, visit.treatment.couple.partner):
        for contact in filter(None, (person.phone, person.email)):
            assert contact not in said


def test_it_is_made_in_the_clinics_own_evening_and_in_no_other(clinic: Clinic) -> None:
    london = rows.a_clinic(rows.LONDON)
    sheets.make_evening_sheets(at=EVENING)
    assert [sheet.on for sheet in day_queries.sheets_of(clinic)] == [DAY]
    assert day_queries.sheets_of(london) == ()
    sheets.make_evening_sheets(at=EVENING + timedelta(hours=5))
    assert [sheet.on for sheet in day_queries.sheets_of(london)] == [DAY]
    # In Hyderabad it is past midnight: the sheet of the day that has begun is not made again.
    assert [sheet.on for sheet in day_queries.sheets_of(clinic)] == [DAY]


@pytest.mark.parametrize(("minutes", "made"), [(-61, 0), (-60, 1), (299, 1), (300, 0)])
def test_the_evening_is_from_six_to_midnight(clinic: Clinic, minutes: int, made: int) -> None:
    sheets.make_evening_sheets(at=EVENING + timedelta(minutes=minutes))
    assert DaySheet.objects.count() == made


def test_asking_again_changes_nothing_until_something_changed(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    sheets.make_evening_sheets(at=EVENING)
    first = day_queries.sheet_of(clinic, DAY)
    again = sheets.make_evening_sheets(at=EVENING + timedelta(minutes=15))
    assert (again["made"], again["stood"]) == (0, 1)
    assert day_queries.sheet_of(clinic, DAY).made_at == first.made_at
    booking.cancel(appointment=visit, reason="Fever", actor=nurse, at=EVENING + timedelta(minutes=20))
    sheets.make_evening_sheets(at=EVENING + timedelta(minutes=30))
    later = day_queries.sheet_of(clinic, DAY)
    assert (later.pk, later.sessions) == (first.pk, 0)
    assert "0 visits" in text_of(later.content)


def test_before_a_closed_day_the_next_open_day_is_on_paper_too(clinic: Clinic) -> None:
    # Saturday evening: Sunday is closed, Monday is not.
    saturday = datetime(2026, 1, 24, 13, 30, tzinfo=UTC)
    assert sheets.due_days(clinic, saturday) == (date(2026, 1, 25), date(2026, 1, 26))
    clinic_services.close_days(
        clinic=clinic,
        from_on=date(2026, 1, 26),
        to_on=date(2026, 1, 26),
        reason="",
        actor=rows.SYSTEM,
        at=rows.AT,
    )
    assert sheets.due_days(clinic, saturday) == (date(2026, 1, 25), date(2026, 1, 27))


def test_a_sheet_is_forgotten_a_week_after_its_day(clinic: Clinic) -> None:
    sheets.make_evening_sheets(at=EVENING)
    sheets.make_evening_sheets(at=EVENING + timedelta(days=8))
    assert DAY in {sheet.on for sheet in day_queries.sheets_of(clinic)}
    sheets.make_evening_sheets(at=EVENING + timedelta(days=9))
    assert DAY not in {sheet.on for sheet in day_queries.sheets_of(clinic)}


def test_what_fails_in_one_clinic_keeps_no_other_from_its_sheet(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    pune = rows.a_clinic(replace(rows.HYDERABAD, slug="pune", name="Pune Clinic"))
    whole = sheets.sheet_for

    def broken(where: Clinic, on: date) -> Sheet:
        if where == clinic:
            raise RuntimeError("no ink")
        return whole(where, on)

    monkeypatch.setattr(sheets, "sheet_for", broken)
    counts = sheets.make_evening_sheets(at=EVENING)
    assert (counts["made"], counts["failed"]) == (1, 1)
    assert len(day_queries.sheets_of(pune)) == 1


def test_only_the_clinics_own_staff_make_its_sheet(clinic: Clinic) -> None:
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        sheets.make_sheet(clinic=clinic, on=DAY, actor=stranger, at=EVENING)


def test_a_day_without_visits_has_a_sheet_too() -> None:
    assert "0 visits" in text_of(draw(Sheet("Charminar Clinic", "Tuesday", "Asia/Kolkata", ()), "today"))


def test_a_clinic_that_books_plain_times_has_a_line_for_each_visit(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    visit.activities.all().delete()
    sheets.make_evening_sheets(at=EVENING)
    assert read(clinic).count("09:30–14:15") == 2
    assert visit.title in read(clinic)


@pytest.mark.parametrize("name", ["ललिता क्षत्रिय राव", "లలిత శ్రీనివాస రావు", "للیتا راؤ"])
def test_names_of_the_region_are_set_shaped_or_their_place_says_where_to_read_them(name: str) -> None:
    people = ((name, "33"), ("Arjun Rao", "35"))
    session = SheetSession("09:30–10:00", "HYD-0001", people, "Dose 1", "", (), ())
    content = draw(Sheet("Clinic", "Tuesday", "Asia/Kolkata", (session,)), "today")
    page = PdfReader(BytesIO(content)).pages[0]
    assert not is_plain(name)
    assert len(page.images) == 1 or "see HYD-0001 in the product" in page.extract_text()
    assert "35" in page.extract_text()
    assert "33" in page.extract_text()


def test_a_name_that_no_font_has_is_replaced_by_the_code_and_never_by_boxes() -> None:
    people = (("李娜", "33"), ("Arjun Rao", "35"))
    session = SheetSession("09:30–10:00", "HYD-0001", people, "Dose 1", "", (), ())
    said = text_of(draw(Sheet("Clinic", "Tuesday", "Asia/Kolkata", (session,)), "today"))
    assert "see HYD-0001 in the product" in said
    assert picture("李娜", 9) is None


def test_what_people_typed_is_never_markup() -> None:
    people = (("<b>Rao</b> & co", "33"), ("Arjun", ""))
    session = SheetSession("09:30–10:00", "HYD-0001", people, "Dose <1>", "", ("a & b",), ())
    said = text_of(draw(Sheet("A & B <Clinic>", "Tuesday", "Asia/Kolkata", (session,)), "today"))
    for expected in ("<b>Rao</b> & co", "Dose <1>", "a & b", "A & B <Clinic>"):
        assert expected in said


def test_beat_makes_sheets_more_than_once_an_evening() -> None:
    entry = beat.table(60)["make the day sheets of tomorrow"]
    assert entry["task"] == "apps.booking.tasks.make_day_sheets"
    assert entry["schedule"] <= timedelta(hours=1)
