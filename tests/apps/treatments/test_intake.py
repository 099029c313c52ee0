"""Couples by file: every row is tried first, enters whole or not at all, and enters once."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from apps.booking.services import book
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.couples.models import Couple, Person
from apps.couples.services import end_silence, release_couple, release_couples, silence_couple
from apps.reminders.derivation import derive
from apps.reminders.models import Delivery
from apps.treatments.intake.cells import Reading, clean
from apps.treatments.intake.columns import COLUMNS
from apps.treatments.intake.queries import import_progress
from apps.treatments.intake.services import (
    confirm_import,
    discard_import,
    forget_unconfirmed,
    upload_import,
    work_lines,
)
from apps.treatments.intake.sheets import read_sheet
from apps.treatments.models import CoupleImport, CoupleImportLine, Flag, Record, Treatment
from tests import rows
from tests.rows import AT

EXAMPLE = {column.name: column.example for column in COLUMNS if column.example}
SIMPLE = {"recipient_given_name": "Asha", "partner_given_name": "Kiran", "recipient_mrn": "004711"}


def as_csv(*lines: dict[str, str], sep: str = ",", opening: bytes = b"") -> bytes:
    heads = list(dict.fromkeys(name for line in lines for name in line))
    table = [heads, *([line.get(name, "") for name in heads] for line in lines)]
    return opening + "\n".join(sep.join(f'"{cell}"' for cell in line) for line in table).encode()


def as_xlsx(*lines: dict[str, Any], shown: dict[str, str] | None = None, change: Any = None) -> bytes:
    heads = list(dict.fromkeys(name for line in lines for name in line))
    book = Workbook()
    sheet = book.active
    sheet.append(heads)
    for line in lines:
        sheet.append([line.get(name) for name in heads])
    for name, form in (shown or {}).items():
        sheet.cell(2, heads.index(name) + 1).number_format = form
    if change:
        change(sheet)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.fixture
def clinic(db: None) -> Any:
    made = rows.a_clinic()
    rows.a_protocol(made)
    return made


@pytest.fixture
def nurse(clinic: Any) -> rows.Actor:
    return rows.staff(clinic, "nurse")


def tried(clinic: Any, nurse: rows.Actor, content: bytes, reading: Reading = Reading()) -> CoupleImport:  # noqa: B008  frozen
    made = upload_import(clinic=clinic, content=content, reading=reading, actor=nurse, at=AT)
    work_lines(at=AT, import_id=made.pk)
    return made


def imported(clinic: Any, nurse: rows.Actor, content: bytes) -> CoupleImport:
    made = tried(clinic, nurse, content)
    assert not import_progress(made).faulty, [line.faults for line in made.lines.all()]
    confirm_import(couple_import=made, faulty_lines_stay_out=False, actor=nurse, at=AT)
    work_lines(at=AT, import_id=made.pk)
    return made


def fault_of(clinic: Any, nurse: rows.Actor, **cells: Any) -> dict[str, str]:
    """Faults by column of the one row with these cells."""
    made = tried(clinic, nurse, as_xlsx({**SIMPLE, **cells}))
    assert not Couple.objects.exists()
    return {fault["column"]: fault["text"] for fault in made.lines.get().faults}


def test_a_trial_run_says_what_would_happen_and_changes_nothing(clinic: Any, nurse: rows.Actor) -> None:
    made = tried(clinic, nurse, as_csv(EXAMPLE))
    line = made.lines.get()
    assert line.state == "good"
    assert "1 past dose: 3 Nov 2025." in line.told
    assert not Couple.objects.exists()
    assert not Person.objects.exists()
    assert not Treatment.objects.exists()


def test_a_couple_in_mid_course_enters_with_its_past_and_waits_for_a_doctor(
    clinic: Any, nurse: rows.Actor
) -> None:
    imported(clinic, nurse, as_csv(EXAMPLE))
    couple = Couple.objects.get()
    treatment = couple.treatments.get()
    kinds = sorted(Record.objects.filter(treatment=treatment).values_list("kind", flat=True))
    assert kinds == ["donor", "fulfilled", "joined", "milestone", "note", "result"]
    said = Record.objects.get(treatment=treatment, kind="fulfilled")
    assert said.data["elsewhere"] == "document"
    assert said.by_user_id == nurse.user_id
    open_flags = set(Flag.objects.filter(treatment=treatment, state="open").values_list("code", flat=True))
    assert {"outside_dose", "outside_result"} <= open_flags
    assert not {"visit_overdue", "window_expired", "result_overdue"} & open_flags
    assert couple.recipient.identifiers.get().value == "004711"
    assert treatment.started_on == date(2025, 10, 1)


@pytest.mark.parametrize(
    ("sep", "opening"), [(",", b""), (";", b""), (",", b"\xef\xbb\xbf"), (";", b"\xef\xbb\xbf"), ("\t", b"")]
)
def test_csv_with_and_without_mark_by_comma_or_semicolon_is_the_same(sep: str, opening: bytes) -> None:
    (row,) = read_sheet(as_csv(SIMPLE, sep=sep, opening=opening))
    assert row.cells == SIMPLE


def test_the_same_file_twice_doubles_nothing(clinic: Any, nurse: rows.Actor) -> None:
    imported(clinic, nurse, as_csv(EXAMPLE))
    again = tried(clinic, nurse, as_csv(EXAMPLE))
    assert again.lines.get().state == "known"
    with pytest.raises(Conflict) as raised:
        confirm_import(couple_import=again, faulty_lines_stay_out=False, actor=nurse, at=AT)
    assert raised.value.code == "nothing_to_import"
    assert (Couple.objects.count(), Person.objects.count(), Treatment.objects.count()) == (1, 2, 1)


def test_two_confirmed_uploads_of_one_file_enrol_once(clinic: Any, nurse: rows.Actor) -> None:
    both = [tried(clinic, nurse, as_csv(EXAMPLE)) for _ in range(2)]
    for made in both:
        confirm_import(couple_import=made, faulty_lines_stay_out=False, actor=nurse, at=AT)
    work_lines(at=AT)
    assert (Couple.objects.count(), Treatment.objects.count(), Record.objects.count()) == (1, 1, 6)


def test_the_same_woman_with_another_partner_is_a_new_couple_of_the_same_person(
    clinic: Any, nurse: rows.Actor
) -> None:
    imported(clinic, nurse, as_csv(SIMPLE))
    other = {**SIMPLE, "partner_given_name": "Suresh", "partner_mrn": "77"}
    imported(clinic, nurse, as_csv(other))
    assert Couple.objects.count() == 2
    assert Couple.objects.values("recipient").distinct().count() == 1


def test_a_couple_that_is_here_gets_the_course_that_its_row_adds(clinic: Any, nurse: rows.Actor) -> None:
    couple = rows.a_couple(clinic)
    row = {"code": couple.code, "recipient_given_name": "Lalitha Rao", "partner_given_name": "Arjun Rao"}
    imported(clinic, nurse, as_csv({**row, "protocol": "lit-standard", "started_on": "2026-01-05"}))
    assert couple.treatments.count() == 1
    couple.refresh_from_db()
    assert not couple.is_silent


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"recipient_birth_on": "03/04/1992"}, "recipient_birth_on", "may be two different days"),
        ({"recipient_birth_on": 33664}, "recipient_birth_on", "is a number, not a date"),
        ({"recipient_birth_on": "31/31/1992"}, "recipient_birth_on", "year first"),
        ({"recipient_birth_on": "1992-02-30"}, "recipient_birth_on", "no such day"),
        ({"recipient_birth_on": "2030-01-01"}, "recipient_birth_on", "no date of birth"),
        ({"recipient_phone": "9.84802E+09"}, "recipient_phone", "Excel has rounded"),
        ({"recipient_phone": 9.84802e20}, "recipient_phone", "Excel has rounded"),
        ({"recipient_phone": "call him"}, "recipient_phone", "no phone number"),
        ({"recipient_email": "asha"}, "recipient_email", "e-mail"),
        ({"recipient_language": "Klingon"}, "recipient_language", "One of: English"),
        ({"recipient_blood_group": "C+"}, "recipient_blood_group", "blood group"),
        ({"recipient_mrn": ""}, "recipient_mrn", "twice"),
        ({"recipient_given_name": "=1+1"}, "recipient_given_name", "formula"),
        ({"code": "HYD-9999"}, "code", "No couple here"),
        ({"protocol": "nothing"}, "protocol", "lit-standard"),
        ({"protocol": "lit-standard", "protocol_version": "99"}, "protocol_version", "One of"),
        ({"dose_1_on": "2025-11-03"}, "dose_1_on", "needs a protocol"),
        ({"protocol": "lit-standard", "dose_1_on": "2025-11-03"}, "evidence", "known"),
        ({"protocol": "lit-standard", "dose_1_cells_million": 60}, "dose_1_on", "missing"),
        ({"protocol": "lit-standard", "evidence": "hearsay"}, "evidence", "document, reported"),
        (
            {"protocol": "lit-standard", "evidence": "document", "dose_1_on": "2025-11-03", "dose_1_as": "x"},
            "dose_1_as",
            "One of",
        ),
        (
            {"protocol": "lit-standard", "evidence": "document", "dose_1_on": "2026-02-01"},
            "dose_1_on",
            "",
        ),
        (
            {
                "protocol": "lit-standard",
                "evidence": "document",
                "result_1_test": "apca",
                "result_1_sampled_on": "2025-10-01",
                "result_1_value": 400,
            },
            "result_1_value",
            "",
        ),
        ({"protocol": "lit-standard", "evidence": "document", "donor": "me"}, "donor", "One of: partner"),
        ({"recipient_agreed_on": "2027-01-01"}, "recipient_agreed_on", "lies ahead"),
    ],
)
def test_every_fault_names_its_column_and_what_mends_it(
    clinic: Any, nurse: rows.Actor, cells: dict[str, Any], column: str, said: str
) -> None:
    faults = fault_of(clinic, nurse, **cells)
    assert column in faults, faults
    assert said in faults[column]


def test_every_unreadable_cell_of_a_row_is_told_at_once(clinic: Any, nurse: rows.Actor) -> None:
    faults = fault_of(
        clinic, nurse, recipient_birth_on="03/04/1992", partner_phone="1E+9", partner_language="x"
    )
    assert set(faults) == {"recipient_birth_on", "partner_phone", "partner_language"}


def test_days_are_read_as_whoever_uploads_says() -> None:
    assert clean("date", "03/04/1992", Reading("dmy")) == date(1992, 4, 3)
    assert clean("date", "03/04/1992", Reading("mdy")) == date(1992, 3, 4)
    assert clean("date", {"number": 33664, "shown": "General"}, Reading(serials=True)) == date(1992, 3, 1)
    assert clean("date", {"date": "1992-03-01"}, Reading()) == date(1992, 3, 1)
    with pytest.raises(ValueError, match="no month 25"):
        clean("date", "01/25/1992", Reading("dmy"))


def test_zeros_in_front_are_kept_where_the_sheet_shows_them(clinic: Any, nurse: rows.Actor) -> None:
    made = tried(clinic, nurse, as_xlsx({**SIMPLE, "recipient_mrn": 4711}, shown={"recipient_mrn": "000000"}))
    assert made.lines.get().warnings == []
    plain = tried(clinic, nurse, as_xlsx({**SIMPLE, "recipient_mrn": 4711}))
    assert "zeros in front" in plain.lines.get().warnings[0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0old", "old_or_locked"),
        (b"PK\x03\x04broken", "not_a_table"),
        (b"\xff\xfea\x00", "not_utf8"),
        (b"a,b\n1,2\n", "wrong_headings"),
        (as_csv(SIMPLE).split(b"\n")[0], "no_rows"),
        (b"x" * 2_000_001, "too_big"),
        (as_csv(*[SIMPLE] * 1001), "too_many_rows"),
        (as_csv({**SIMPLE, "recipient_fone": "1"}), "wrong_headings"),
        (as_csv(SIMPLE) + b',"beyond"', "beyond_headings"),
        (as_xlsx(SIMPLE, change=lambda sheet: sheet.merge_cells("A1:B1")), "merged_cells"),
    ],
)
def test_a_file_that_is_no_table_of_couples_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        read_sheet(content)
    assert raised.value.code == code
    assert all(fault.remedy for fault in raised.value.faults)


def test_empty_rows_are_passed_over_and_rows_keep_their_number() -> None:
    sheet = as_xlsx(SIMPLE, {}, {**SIMPLE, "recipient_mrn": "5"})
    assert [row.number for row in read_sheet(sheet)] == [2, 4]


def test_a_row_that_stands_twice_is_a_fault_of_the_second(clinic: Any, nurse: rows.Actor) -> None:
    made = tried(clinic, nurse, as_csv(SIMPLE, SIMPLE))
    states = list(made.lines.order_by("number").values_list("state", flat=True))
    assert states == ["good", "faulty"]


def test_with_a_fault_nothing_enters_unless_the_nurse_leaves_it_out(clinic: Any, nurse: rows.Actor) -> None:
    made = tried(clinic, nurse, as_csv(SIMPLE, {**SIMPLE, "recipient_mrn": "", "recipient_phone": "x"}))
    with pytest.raises(Conflict) as raised:
        confirm_import(couple_import=made, faulty_lines_stay_out=False, actor=nurse, at=AT)
    assert raised.value.code == "has_faults"
    confirm_import(couple_import=made, faulty_lines_stay_out=True, actor=nurse, at=AT)
    work_lines(at=AT)
    assert Couple.objects.count() == 1
    assert not any(CoupleImportLine.objects.values_list("cells", flat=True))


def test_what_changed_between_trial_and_import_fails_by_itself_and_leaves_nothing(
    clinic: Any, nurse: rows.Actor
) -> None:
    made = tried(
        clinic, nurse, as_csv(SIMPLE, {**SIMPLE, "recipient_mrn": "5", "partner_given_name": "Ravi"})
    )
    confirm_import(couple_import=made, faulty_lines_stay_out=False, actor=nurse, at=AT)
    rows.couple_services.enrol_couple(
        clinic=clinic,
        recipient=rows.PersonInput("Fatima", identifiers=(rows.couple_services.Identifier("mrn", "5"),)),
        partner=rows.PersonInput("Imran"),
        actor=nurse,
        at=AT,
    )
    work_lines(at=AT)
    assert list(made.lines.order_by("number").values_list("state", flat=True)) == ["imported", "failed"]
    assert Person.objects.count() == 4


def test_a_killed_worker_leaves_lines_that_the_next_one_takes_up(clinic: Any, nurse: rows.Actor) -> None:
    lines = [{**SIMPLE, "recipient_mrn": str(n)} for n in range(7)]
    made = upload_import(clinic=clinic, content=as_csv(*lines), reading=Reading(), actor=nurse, at=AT)
    assert work_lines(at=AT, limit=3).left
    assert import_progress(made).unchecked == 4
    work_lines(at=AT)
    assert import_progress(made).good == 7


def test_what_nobody_confirms_is_forgotten_after_a_week(clinic: Any, nurse: rows.Actor) -> None:
    made = tried(clinic, nurse, as_csv(EXAMPLE))
    assert forget_unconfirmed(at=AT + timedelta(days=6)) == 0
    assert forget_unconfirmed(at=AT + timedelta(days=8)) == 1
    assert made.lines.get().cells == {}
    other = tried(clinic, nurse, as_csv(EXAMPLE))
    discard_import(couple_import=other, actor=nurse, at=AT)
    with pytest.raises(Conflict):
        confirm_import(couple_import=other, faulty_lines_stay_out=True, actor=nurse, at=AT)


@pytest.mark.parametrize("role", ["lab", "manager"])
def test_only_a_nurse_or_doctor_who_signed_in_imports(clinic: Any, role: str) -> None:
    actor = rows.staff(clinic, role)
    with pytest.raises(Forbidden):
        tried(clinic, actor, as_csv(EXAMPLE))
    with pytest.raises(Forbidden):
        tried(clinic, rows.SYSTEM, as_csv(EXAMPLE))


def test_nobody_confirms_another_clinics_import(clinic: Any, nurse: rows.Actor) -> None:
    made = tried(clinic, nurse, as_csv(EXAMPLE))
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        confirm_import(couple_import=made, faulty_lines_stay_out=True, actor=stranger, at=AT)


def a_booked_import(clinic: Any, nurse: rows.Actor) -> Couple:
    row = {
        **SIMPLE,
        "recipient_email": "a@example.org",
        "recipient_agreed_on": "2026-01-02",
        "protocol": "lit-standard",
        "started_on": "2026-01-05",
    }
    imported(clinic, nurse, as_csv(row))
    couple = Couple.objects.get()
    visit = rows.visit(couple.treatments.get(), "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=4), actor=nurse, at=AT)
    derive(at=AT)
    return couple


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_before_the_release_and_ordinary_messages_after(
    clinic: Any, nurse: rows.Actor
) -> None:
    couple = a_booked_import(clinic, nurse)
    assert not Delivery.objects.exists()
    assert release_couple(couple=couple, actor=nurse, at=AT)
    derive(at=AT)
    assert Delivery.objects.filter(state="pending", person=couple.recipient).exists()
    assert not release_couple(couple=couple, actor=nurse, at=AT)


@pytest.mark.django_db(transaction=True)
def test_a_release_ends_no_wish_and_the_end_of_a_wish_is_no_release(clinic: Any, nurse: rows.Actor) -> None:
    couple = a_booked_import(clinic, nurse)
    silence_couple(couple=couple, reason="own_wish", actor=nurse, at=AT)
    end_silence(couple=couple, actor=nurse, at=AT, yes=rows.a_yes(AT))
    couple.refresh_from_db()
    assert couple.silent_reason == "imported"
    silence_couple(couple=couple, reason="own_wish", actor=nurse, at=AT)
    release_couples(clinic_id=clinic.pk, couple_ids=[couple.pk], actor=nurse, at=AT)
    derive(at=AT)
    couple.refresh_from_db()
    assert couple.silent_reason == "own_wish"
    assert not Delivery.objects.exists()


def test_release_needs_a_nurse_or_doctor_who_signed_in_and_is_all_or_nothing(
    clinic: Any, nurse: rows.Actor
) -> None:
    imported(clinic, nurse, as_csv(SIMPLE))
    couple = Couple.objects.get()
    for actor in (rows.staff(clinic, "manager"), rows.Actor.client(name="x", clinic_id=clinic.pk)):
        with pytest.raises(Forbidden):
            release_couple(couple=couple, actor=actor, at=AT)
    other = rows.a_couple(rows.a_clinic(rows.LONDON))
    with pytest.raises(NotFound):
        release_couples(clinic_id=clinic.pk, couple_ids=[couple.pk, other.pk], actor=nurse, at=AT)
    couple.refresh_from_db()
    assert couple.unreleased_since is not None
