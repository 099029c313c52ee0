"""Files beside records: judged by their own bytes, kept in one clinic, every look written down."""

from __future__ import annotations

import hashlib

import pytest
from django.db import Error, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change
from apps.treatments.file_models import LARGEST
from apps.treatments.files import (
    attach_file,
    fetch_file,
    file_by_id,
    files_of,
    may_read,
    plain_name,
    sniffed,
    withdraw_file,
)
from apps.treatments.models import Attachment, AttachmentReading, FileType, Record
from tests import rows

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
AT = rows.AT


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, FileType.PDF),
        (b"\x89PNG\r\n\x1a\n....", FileType.PNG),
        (b"\xff\xd8\xff\xe0....JFIF", FileType.JPEG),
        (b"\0" * 128 + b"DICM" + b"\x02\0", FileType.DICOM),
        ("Höhe: 12 mm\r\n".encode(), FileType.TEXT),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, kind: FileType) -> None:
    assert sniffed(content) is kind


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 a document of an office", b"MZ\x90\0 a program", b"GIF89a\0", b"\xfe\xff\0a", b"a\0b", b"\x1b[2J"],
)  # fmt: skip
def test_anything_else_is_nothing_that_is_kept(content: bytes) -> None:
    assert sniffed(content) is None


@given(st.text(max_size=300))
def test_a_kept_name_has_no_path_and_no_signs_that_hide(name: str) -> None:
    kept = plain_name(name, FileType.PDF)
    assert 0 < len(kept) <= 150
    assert "/" not in kept
    assert not any(sign in kept for sign in "\n\r\0\u202e\u200f")


@pytest.fixture
def result(db: None) -> Record:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "first")
    return rows.resulted(rows.a_treatment(clinic), nurse, AT, 4)


def test_a_file_is_kept_with_its_digest_and_told_without_its_name(result: Record) -> None:
    nurse = rows.staff(result.clinic, "nurse")
    row = attach_file(record=result, name="../Lalitha Rao.pdf", content=PDF, actor=nurse, at=AT)
    assert (row.name, row.content_type, row.size) == ("Lalitha Rao.pdf", "application/pdf", len(PDF))
    assert row.sha256 == hashlib.sha256(PDF).hexdigest()
    change = Change.objects.latest("id")
    assert (change.kind, change.subject_id, change.detail) == (
        "file.attached",
        row.pk,
        {"record": str(result.pk)},
    )
    assert list(files_of(result.treatment)) == [row]


def test_the_same_bytes_on_one_record_are_one_file(result: Record) -> None:
    nurse = rows.staff(result.clinic, "nurse")
    one, two = (attach_file(record=result, name=f"{n}.pdf", content=PDF, actor=nurse, at=AT) for n in "ab")
    assert one == two


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "file_empty"), (PDF + b"x" * LARGEST, "file_too_large"), (b"<\0html>", "file_type")],
)
def test_a_refused_file_names_its_fault_and_keeps_nothing(result: Record, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        attach_file(record=result, name="a.pdf", content=content, actor=rows.SYSTEM, at=AT)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert refused.value.remedy
    assert not Attachment.objects.exists()


def test_whoever_fetches_a_file_is_written_down_first(result: Record) -> None:
    doctor = rows.staff(result.clinic, "doctor")
    row = attach_file(record=result, name="a.pdf", content=PDF, actor=rows.SYSTEM, at=AT)
    assert fetch_file(attachment=row, actor=doctor, at=AT) == PDF
    reading = AttachmentReading.objects.get()
    assert (reading.by_user_id, reading.by_role, reading.at) == (doctor.user_id, "doctor", AT)


def test_the_laboratory_sees_files_of_results_and_screenings_only(result: Record) -> None:
    lab = rows.staff(result.clinic, "lab")
    nurse = rows.staff(result.clinic, "nurse")
    consent = rows.said(result.treatment, nurse, AT, "consent", person="recipient", on=AT.date())
    theirs = attach_file(record=result, name="a.pdf", content=PDF, actor=lab, at=AT)
    assert fetch_file(attachment=theirs, actor=lab, at=AT) == PDF
    form = attach_file(record=consent, name="form.pdf", content=PDF, actor=nurse, at=AT)
    with pytest.raises(Forbidden):
        fetch_file(attachment=form, actor=lab, at=AT)
    with pytest.raises(Forbidden):
        attach_file(record=consent, name="b.pdf", content=PDF + b"b", actor=lab, at=AT)
    assert (may_read("screening", "lab"), may_read("consent", "lab"), may_read("consent", "manager")) == (
        True,
        False,
        True,
    )


def test_a_withdrawn_file_is_shown_to_nobody_and_its_bytes_stay(result: Record) -> None:
    nurse = rows.staff(result.clinic, "nurse")
    row = attach_file(record=result, name="a.pdf", content=PDF, actor=nurse, at=AT)
    withdraw_file(attachment=row, reason="Another couple's", actor=nurse, at=AT)
    with pytest.raises(NotFound):
        fetch_file(attachment=row, actor=nurse, at=AT)
    with pytest.raises(NotFound):
        file_by_id(result.clinic, row.pk)
    with pytest.raises(NotFound):
        withdraw_file(attachment=row, reason="Again", actor=nurse, at=AT)
    with pytest.raises(Conflict):
        attach_file(record=result, name="a.pdf", content=PDF, actor=nurse, at=AT)
    assert list(files_of(result.treatment)) == []
    assert Attachment.objects.get(pk=row.pk).content is not None


def test_no_other_clinic_finds_or_fetches_a_file(result: Record) -> None:
    other = rows.a_clinic(rows.LONDON)
    stranger = rows.staff(other, "doctor")
    row = attach_file(record=result, name="a.pdf", content=PDF, actor=rows.SYSTEM, at=AT)
    with pytest.raises(NotFound):
        file_by_id(other, row.pk)
    with pytest.raises(NotFound):
        fetch_file(attachment=row, actor=stranger, at=AT)
    with pytest.raises(NotFound):
        attach_file(record=result, name="b.pdf", content=PDF, actor=stranger, at=AT)


def test_the_database_itself_refuses_to_change_a_file(result: Record) -> None:
    row = attach_file(record=result, name="a.pdf", content=PDF, actor=rows.SYSTEM, at=AT)
    with pytest.raises(Error), transaction.atomic():
        Attachment.objects.filter(pk=row.pk).update(content=b"%PDF-2")
    with pytest.raises(Error), transaction.atomic():
        Attachment.objects.filter(pk=row.pk).delete()
