"""Couples by file at the desk: real files in, a trial run on the page, release, and lists out as files."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from apps.clinic.models import Change
from apps.couples.models import Couple, Person, PersonMerge
from apps.couples.services import PersonInput, silence_couple
from apps.desk.pages.exporting import safe
from apps.treatments.intake.columns import COLUMNS
from apps.treatments.intake.services import work_lines
from apps.treatments.models import CoupleImport, Treatment
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db
SIMPLE = {"recipient_given_name": "Asha", "partner_given_name": "Kiran", "recipient_mrn": "004711"}
HEADS = [column.name for column in COLUMNS]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page asks of a worker is done by the test itself, when it says so."""
    monkeypatch.setattr("apps.desk.pages.importing.work_import_soon", lambda pk: None)


def xlsx(*lines: dict[str, Any]) -> bytes:
    heads = list(dict.fromkeys(name for line in lines for name in line))
    book = Workbook()
    sheet = book.active
    for line in (heads, *([one.get(name) for name in heads] for one in lines)):
        sheet.append(line)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def uploaded(desk: Any, clinic: Any, content: bytes, **more: Any) -> Any:
    file = SimpleUploadedFile("list.xlsx", content)
    form = {"clinic": str(clinic.pk), "dates": "iso", "file": file, **more}
    return desk.post(reverse("admin:couple_import"), form, follow=True)


@pytest.fixture
def clinic() -> Any:
    made = rows.a_clinic()
    rows.a_protocol(made)
    return made


@pytest.fixture
def desk(clinic: Any, seat: Any) -> Any:
    return seat(rows.staff(clinic, "nurse"), AT)


def test_a_nurse_uploads_sees_every_row_confirms_and_releases(desk: Any, clinic: Any) -> None:
    wrong = {**SIMPLE, "recipient_mrn": "5", "recipient_birth_on": "03/04/1992"}
    page = uploaded(desk, clinic, xlsx(SIMPLE, wrong))
    assert "1 row has faults; 1 would be imported" in page.text
    assert "may be two different days" in page.text
    assert "recipient_birth_on" in page.text
    assert not Couple.objects.exists()
    made = CoupleImport.objects.get()
    confirm = reverse("admin:couple_import_confirm", args=[made.pk])
    assert "Some rows have faults" in desk.post(confirm, follow=True).text
    assert "Importing" in desk.post(confirm, {"faulty": "stay out"}, follow=True).text
    work_lines(at=AT)
    assert "Done: 1 couple imported" in desk.get(reverse("admin:couple_import_show", args=[made.pk])).text
    couple = Couple.objects.get()
    silent = reverse("admin:couples_unreleased")
    assert couple.code in desk.get(silent).text
    assert "1 couple is released" in desk.post(silent, {"couple": str(couple.pk)}, follow=True).text
    couple.refresh_from_db()
    assert not couple.is_silent


def test_all_are_released_at_once_and_a_wish_goes_on(desk: Any, clinic: Any) -> None:
    uploaded(desk, clinic, xlsx(SIMPLE, {**SIMPLE, "recipient_mrn": "6"}))
    desk.post(reverse("admin:couple_import_confirm", args=[CoupleImport.objects.get().pk]))
    work_lines(at=AT)
    first, second = Couple.objects.order_by("code")
    silence_couple(couple=second, reason="own_wish", actor=rows.SYSTEM, at=AT)
    desk.post(reverse("admin:couples_unreleased"), {"all": "1"})
    assert list(Couple.objects.order_by("code").values_list("silent_reason", flat=True)) == ["", "own_wish"]
    assert not Couple.objects.filter(unreleased_since__isnull=False).exists()
    assert first.code < second.code


def test_a_long_file_is_left_to_a_worker_and_its_progress_survives_the_page(desk: Any, clinic: Any) -> None:
    page = uploaded(desk, clinic, xlsx(*[{**SIMPLE, "recipient_mrn": str(n)} for n in range(25)]))
    assert "Trying: 20 of 25 rows" in page.text
    work_lines(at=AT)
    made = CoupleImport.objects.get()
    assert "25 rows would be imported" in desk.get(reverse("admin:couple_import_show", args=[made.pk])).text


def test_the_template_can_be_uploaded_as_it_is(desk: Any, clinic: Any) -> None:
    for form in ("csv", "xlsx"):
        got = desk.get(reverse("admin:couple_import_template", args=[form]))
        assert "1 row would be imported, none has a fault" in uploaded(desk, clinic, got.content).text


@pytest.mark.parametrize("role", ["lab", "manager"])
def test_others_neither_import_nor_release(role: str, clinic: Any, seat: Any) -> None:
    desk = seat(rows.staff(clinic, role), AT)
    for name in ("couple_import", "couples_unreleased"):
        assert desk.get(reverse(f"admin:{name}")).status_code == 403


def test_another_clinics_import_does_not_exist(desk: Any, clinic: Any, seat: Any) -> None:
    uploaded(desk, clinic, xlsx(SIMPLE))
    made = CoupleImport.objects.get()
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), AT)
    for name in ("show", "confirm", "discard"):
        assert stranger.post(reverse(f"admin:couple_import_{name}", args=[made.pk])).status_code == 404


CELLS = st.one_of(
    st.none(),
    st.text(max_size=30).filter(lambda text: not any(sign < " " for sign in text)),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.sampled_from(
        (
            "=1+1",
            "+91 98480 22338",
            "@x",
            "-",
            "9.8E+09",
            "document",
            "lit-standard",
            "apca",
            "HYD-0001",
            "2025-10-01",
            "01/02/2025",
            "partner",
            "hyd-0001",
            "O+",
            "Telugu",
            "2026-01-05",
        )
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(HEADS), CELLS, max_size=14))
def test_no_cell_breaks_the_page_or_leaves_half_a_couple(
    desk: Any, clinic: Any, cells: dict[str, Any]
) -> None:
    said = {**SIMPLE, "protocol": "lit-standard", "evidence": "document", **cells}
    page = uploaded(desk, clinic, xlsx(said))
    assert page.status_code in (200, 422)
    made = CoupleImport.objects.order_by("-uploaded_at").first()
    if made is not None:
        for line in made.lines.all():
            assert "unexpected" not in str(line.faults), said
        desk.post(reverse("admin:couple_import_confirm", args=[made.pk]), {"faulty": "stay out"})
        work_lines(at=AT)
    assert Person.objects.count() <= 2 * Couple.objects.count()
    assert Treatment.objects.count() <= Couple.objects.count()
    assert not Couple.objects.filter(silent_since=None).exists()


def exported(desk: Any, name: str, form: str = "csv", query: str = "") -> list[list[str]]:
    got = desk.get(reverse("admin:list_export", args=[name, form]) + query)
    assert got.status_code == 200
    body = b"".join(got.streaming_content)
    if form == "csv":
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    return [[str(cell or "") for cell in line] for line in load_workbook(io.BytesIO(body)).active.values]


def a_few(clinic: Any) -> None:
    evil = PersonInput(given_name="=1+1", family_name="Rao", phone="+91 98480 00001")
    rows.a_treatment(clinic, couple=rows.a_couple(clinic, recipient=evil))
    rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name="Fatima"))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["couples", "treatments", "appointments", "flags"])
def test_every_list_goes_out_as_it_is_shown(desk: Any, clinic: Any, name: str, form: str) -> None:
    a_few(clinic)
    head, *lines = exported(desk, name, form)
    assert head
    assert "" not in head
    expected = {"couples": 2, "treatments": 1}
    assert len(lines) == expected.get(name, len(lines))
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line)


def test_what_is_searched_filtered_and_ordered_is_what_goes_out(desk: Any, clinic: Any) -> None:
    a_few(clinic)
    assert [line[0] for line in exported(desk, "couples", query="?q=fatima")[1:]] == ["HYD-0002"]
    assert [line[0] for line in exported(desk, "couples", query="?treatment=none")[1:]] == ["HYD-0002"]
    assert [line[0] for line in exported(desk, "couples", query="?protocol=lit-standard")[1:]] == ["HYD-0001"]
    assert [line[0] for line in exported(desk, "couples", query="?o=-1")[1:]] == ["HYD-0002", "HYD-0001"]
    assert [line[0] for line in exported(desk, "couples", query="?messages=imported")[1:]] == []
    assert [line[0] for line in exported(desk, "couples", query="?nurse=nobody")[1:]] == [
        "HYD-0001",
        "HYD-0002",
    ]


def test_an_export_is_said_without_what_was_searched(desk: Any, clinic: Any) -> None:
    a_few(clinic)
    exported(desk, "couples", query="?q=fatima")
    said = Change.objects.get(kind="list.exported")
    assert said.detail == {"list": "couples", "form": "csv", "rows": 1, "narrowed_by": ["search"]}
    assert said.actor == "nurse-hyderabad"


def test_a_laboratory_exports_no_phone_and_nobody_another_clinics_rows(clinic: Any, seat: Any) -> None:
    a_few(clinic)
    lab = exported(seat(rows.staff(clinic, "lab"), AT), "couples")
    assert "98480" not in str(lab)
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), AT)
    assert exported(stranger, "couples")[1:] == []


@pytest.mark.parametrize("text", ["=1+1", "+91", "-5", "@x", "\tx"])
def test_a_cell_that_would_be_calculated_goes_out_as_text(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe("Asha") == "Asha"


def form_of(clinic: Any, **more: str) -> dict[str, str]:
    people = {
        f"{role}-{name}": value
        for role, names in (("recipient", ("Lalita", "Rao")), ("partner", ("Suresh", "Babu")))
        for name, value in zip(("given_name", "family_name"), names, strict=True)
    }
    return {"clinic": str(clinic.pk), "recipient-language": "en", "partner-language": "en", **people, **more}


def test_enrolment_shows_who_is_here_before_it_saves_and_takes_the_same_woman(desk: Any, clinic: Any) -> None:
    first = rows.a_couple(clinic)
    add = reverse("admin:couples_couple_add")
    page = desk.post(add, form_of(clinic))
    assert page.status_code == 422
    assert "Use this person: Lalitha Rao" in page.text
    assert first.code in page.text
    assert Couple.objects.count() == 1
    desk.post(add, form_of(clinic, **{"is-recipient": str(first.recipient_id)}))
    second = Couple.objects.exclude(pk=first.pk).get()
    assert second.recipient_id == first.recipient_id
    desk.post(add, form_of(clinic, **{"is-recipient": "new", "is-partner": "new"}))
    assert Couple.objects.count() == 3


def test_two_entries_are_compared_merged_and_taken_apart_at_the_desk(desk: Any, clinic: Any) -> None:
    first = rows.a_couple(clinic)
    second = rows.a_couple(
        clinic, recipient=replace(rows.LALITHA, given_name="Lalita"), partner=PersonInput("Suresh")
    )
    same = desk.get(reverse("admin:person_same", args=[first.recipient_id]))
    assert "Lalita Rao" in same.text
    url = reverse("admin:person_merge", args=[first.recipient_id, second.recipient_id])
    assert "Couples: 1" in desk.get(url).text
    assert desk.post(url).status_code == 422
    done = desk.post(url, {"same_human": "on"}, follow=True)
    assert "Take it back" in done.text
    merge = PersonMerge.objects.get()
    assert "two again" in desk.post(reverse("admin:merge_undo", args=[merge.pk]), follow=True).text
    second.refresh_from_db()
    assert second.recipient_id != first.recipient_id


def test_nobody_of_another_clinic_is_compared(desk: Any, clinic: Any) -> None:
    first, other = rows.a_couple(clinic), rows.a_couple(rows.a_clinic(rows.LONDON))
    url = reverse("admin:person_merge", args=[first.recipient_id, other.recipient_id])
    assert desk.get(url).status_code == 404
    assert desk.post(url, {"same_human": "on"}).status_code == 404


def test_the_search_on_a_list_of_many_couples_costs_a_few_queries(
    desk: Any, clinic: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=f"Lalitha {n}"))
    with django_assert_max_num_queries(25):
        page = desk.get(reverse("admin:couples_couple_changelist") + "?q=lalitha")
    assert page.text.count("Lalitha ") >= 12
