"""The editor of protocols: who may, what is saved, what is told, and who signs."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, User
from apps.treatments.drafts import save_draft, start_draft
from apps.treatments.models import ProtocolDraft, ProtocolVersion
from protocols import library_text
from protocols.editing.exchanging import numbers_of, with_heading, with_numbers
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
GAP, CAP, CELLS = "steps.1.next.0.target", "steps.1.rounds.cap", "steps.1.content.cells_million"
LIT = with_heading(library_text("lit-standard"), {"version": "2027-1"})


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def doctor(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "doctor")


def a_draft(clinic: Clinic, doctor: Actor, text: str = LIT) -> ProtocolDraft:
    return start_draft(clinic=clinic, document=text, library="lit-standard", actor=doctor, at=AT)


def address(draft: ProtocolDraft, page: str = "edit") -> str:
    return reverse(f"admin:protocol_{page}", args=[draft.pk])


def form_of(draft: ProtocolDraft, **changed: str) -> dict[str, str]:
    """What a browser sends of the form of numbers, with line ends as browsers send them."""
    fields = {
        "source": "numbers",
        "revision": str(draft.revision),
        "document": draft.document.replace("\n", "\r\n"),
    }
    fields |= {one.path: one.value for one in numbers_of(draft.document)}
    return {**fields, "version": "2027-1", "title": "LIT, standard course", **changed}


def typed(path: str, amount: str, unit: str = "W") -> dict[str, str]:
    return {path: amount, f"unit:{path}": unit}


@pytest.mark.parametrize(
    ("role", "status"), [("doctor", 200), ("manager", 200), ("nurse", 403), ("lab", 403)]
)
def test_doctors_and_managers_edit_and_nobody_else(
    seat: Seat, clinic: Clinic, role: str, status: int
) -> None:
    draft = a_draft(clinic, rows.staff(clinic, "doctor", "earlier-doctor"))
    client = seat(rows.staff(clinic, role), AT)
    pages = [
        client.get(reverse("admin:protocol_copy")),
        client.get(address(draft)),
        client.get(address(draft, "sign")),
    ]
    pages.append(client.post(address(draft, "preview"), form_of(draft)))
    assert [page.status_code for page in pages] == [status] * 4
    answer = client.post(address(draft), form_of(draft, act="save", **typed(GAP, "5")))
    assert answer.status_code == (302 if status == 200 else 403)
    draft.refresh_from_db()
    assert draft.revision == (2 if status == 200 else 1)
    thrown = client.post(address(draft, "discard"), {"revision": str(draft.revision)})
    assert thrown.status_code == (302 if status == 200 else 403)
    assert ProtocolDraft.objects.exists() is (status != 200)


def test_a_copy_from_the_library_has_the_version_that_was_asked_for(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    client = seat(doctor, AT)
    given = {"clinic": str(clinic.pk), "origin": "library:lit-standard", "version": "2027-1", "title": ""}
    refused = client.post(reverse("admin:protocol_copy"), {**given, "version": "the best one"})
    assert refused.status_code == 422
    assert "Use letters, digits, dots and dashes" in refused.content.decode()
    answer = client.post(reverse("admin:protocol_copy"), given)
    draft = ProtocolDraft.objects.get()
    assert answer["Location"] == address(draft)
    assert draft.document == LIT
    assert draft.based_on_library == "lit-standard"


def test_a_copy_of_an_own_version_begins_from_what_was_signed(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    version, client = rows.a_protocol(clinic), seat(doctor, AT)
    page = client.get(reverse("admin:treatments_protocolversion_change", args=[version.pk])).content.decode()
    copy = f"{reverse('admin:protocol_copy')}?origin=version:{version.pk}"
    assert f'href="{copy}"' in page
    assert f'value="version:{version.pk}" selected' in client.get(copy).content.decode()
    given = {"clinic": str(clinic.pk), "origin": f"version:{version.pk}", "version": "2", "title": "Ours"}
    assert client.post(reverse("admin:protocol_copy"), given).status_code == 302
    draft = ProtocolDraft.objects.get()
    assert draft.based_on == version
    assert draft.document == with_heading(version.document, {"version": "2", "title": "Ours"})


def test_the_protocol_of_another_clinic_cannot_be_copied(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    theirs = rows.a_protocol(rows.a_clinic(rows.LONDON))
    given = {"clinic": str(clinic.pk), "origin": f"version:{theirs.pk}", "version": "2"}
    assert seat(doctor, AT).post(reverse("admin:protocol_copy"), given).status_code == 422
    assert not ProtocolDraft.objects.exists()


def test_a_number_and_a_unit_make_a_duration_and_so_does_what_is_written_out(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    more = {
        **typed(GAP, " 5 "),
        **typed("tests.apca.valid_for.number", "p6m-p4d", "W"),
        **typed("notice", "10", "D"),
    }
    client.post(address(draft), form_of(draft, act="save", **more))
    draft.refresh_from_db()
    changes = {GAP: "P5W", "tests.apca.valid_for.number": "P6M-P4D", "notice": "P10D"}
    assert draft.document == with_numbers(LIT, changes)


def test_a_draft_with_faults_is_saved_and_all_faults_stand_beside_their_fields(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    wrong = {CAP: "many", CELLS: "", **typed(GAP, "9"), **typed("notice", "4 wks")}
    assert client.post(address(draft), form_of(draft, act="save", **wrong)).status_code == 302
    page = client.get(address(draft)).content.decode()
    assert "3 faults and 1 blank to mend before publishing." in page
    for path, text in (
        (CAP, "&#x27;many&#x27; is no whole number. Type a whole number, such as 6."),
        (GAP, "Target lies after latest"),
        ("notice", "&#x27;4 wks&#x27; is no duration. Type a whole number and choose"),
        (CELLS, "Blank: a clinician fills it."),
    ):
        beside = page.split(f'data-number="{path}"')[1].split("data-number=")[0]
        assert text in beside, path
    assert 'value="4 wks"' in page
    assert ProtocolVersion.objects.count() == 0


def test_the_preview_tells_faults_dates_and_the_document_and_saves_nothing(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    said = client.post(address(draft, "preview"), form_of(draft, **typed(GAP, "5"))).json()
    assert said["status"] == "No faults and no blanks. Ready to sign."
    assert said["document"] == with_numbers(LIT, {GAP: "P5W"})
    assert said["says"][GAP] == "The clinic's own; the library says 4 weeks, S02 (A)."
    assert "<svg" in said["preview"]
    # Course start and baseline on Monday 5 January, dose 1 three weeks later, dose 2 five weeks after it.
    for words in ("Mon 26 Jan", "Sensitisation dose 2", "Mon 2 Mar", "5 weeks after dose 1 (26 Jan)"):
        assert words in said["preview"]
    bad = client.post(address(draft, "preview"), form_of(draft, **typed(GAP, "4 wks"))).json()
    assert bad["preview"] is None
    assert list(bad["beside"]) == [GAP]
    assert 'data-line="94"' in bad["lines"]
    draft.refresh_from_db()
    assert (draft.document, draft.revision) == (LIT, 1)
    assert client.get(address(draft, "preview")).status_code == 405


def test_blanks_are_named_and_no_plan_is_guessed_from_them(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor, with_numbers(LIT, {GAP: ""}))
    page = seat(doctor, AT).get(address(draft)).content.decode()
    assert "1 blank to mend before publishing." in page
    assert "The example plan appears once every blank is filled." in page
    assert "Example plan</h3>" not in page


def test_a_parameter_counts_as_one_blank_and_says_where_it_is_used(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    gap = "target: {at: P4W, source: S02, grade: A}"
    text = LIT.replace(gap, "target: {at: {parameter: gap}, source: S02, grade: C}")
    text = text.replace(
        "earliest: {at: P3W, source: S43, grade: B}",
        "earliest: {at: {parameter: gap}, source: S43, grade: B}",
    )
    text = text.replace(
        "steps:\n", 'parameters:\n  gap: {value: null, title: "Weeks between doses"}\nsteps:\n', 1
    )
    draft, client = a_draft(clinic, doctor, text), seat(doctor, AT)
    page = client.get(address(draft)).content.decode()
    assert "1 blank to mend before publishing." in page
    assert "Blank: a clinician fills it." in page
    assert "Used in Sensitisation dose and Booster before conception." in page
    said = client.post(address(draft, "preview"), form_of(draft, **typed("parameters.gap", "4"))).json()
    assert said["status"] == "No faults and no blanks. Ready to sign."
    assert said["says"]["parameters.gap"].startswith("The clinic's own; the library leaves it blank.")


def test_a_preview_is_quick_and_asks_the_database_little(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    sent = form_of(draft, **typed(GAP, "5"))
    client.post(address(draft, "preview"), sent)
    with CaptureQueriesContext(connection) as queries:
        client.post(address(draft, "preview"), sent)
    assert len(queries) <= 8
    took = []
    for _ in range(5):
        began = time.thread_time()
        client.post(address(draft, "preview"), sent)
        took.append(time.thread_time() - began)
    assert min(took) < 0.2


def test_the_second_of_two_is_told_and_loses_nothing(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor)
    mine = form_of(draft, act="save", **typed(GAP, "5"))
    manager = rows.staff(clinic, "manager")
    theirs = with_numbers(LIT, {CAP: "8"})
    save_draft(draft=draft, document=theirs, revision=1, actor=manager, at=AT)
    client = seat(doctor, AT)
    told = client.post(address(draft), mine)
    page = told.content.decode()
    assert told.status_code == 409
    assert "manager-hyderabad has saved this draft meanwhile" in page
    assert "cap: 8, cap_source: clinic" in page
    assert f'name="{GAP}" value="5"' in page
    draft.refresh_from_db()
    assert draft.document == theirs
    assert client.post(address(draft), {**mine, "revision": "2"}).status_code == 302
    draft.refresh_from_db()
    assert draft.document == with_numbers(LIT, {GAP: "P5W"})


def test_one_of_numbers_and_document_is_worked_on_at_a_time(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    page = client.post(address(draft), form_of(draft, act="document", **typed(GAP, "5"))).content.decode()
    assert "You are editing the document." in page
    assert "at: P5W, source: clinic" in page
    assert f'name="{GAP}"' not in page
    text = with_numbers(LIT, {GAP: "P3W"})
    sent = {"source": "document", "revision": "1", "document": text, GAP: "9", "act": "save"}
    assert client.post(address(draft), sent)["Location"].endswith("?source=document&saved=1")
    draft.refresh_from_db()
    assert draft.document == text
    back = client.post(address(draft), {**sent, "act": "numbers"}).content.decode()
    assert f'name="{GAP}" value="3"' in back


def test_a_document_that_cannot_be_read_stays_and_names_its_line(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    broken = LIT.replace("steps:\n", "steps: [\n")
    sent = {"source": "document", "revision": "1", "document": broken, "act": "numbers"}
    answer = client.post(address(draft), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "No numbers can be read from this document. Mend the faults below first." in page
    assert "data-line=" in page
    assert "steps: [" in page
    assert client.post(address(draft), {**sent, "act": "save"}).status_code == 302
    assert "You are editing the document." in client.get(address(draft)).content.decode()


def test_a_document_without_end_is_refused_and_the_draft_stays(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    sent = {"source": "document", "revision": "1", "document": "a: &a [*a]", "act": "save"}
    answer = client.post(address(draft), sent)
    assert answer.status_code == 422
    assert "nests without end" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.document == LIT


def test_an_empty_version_or_title_is_refused(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    answer = client.post(address(draft), form_of(draft, act="save", version=" ", title=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Version: &#x27;&#x27; is no label." in page
    assert "Title: it is empty" in page
    said = client.post(address(draft, "preview"), form_of(draft, version=" ")).json()
    assert said["status"].startswith("Version: '' is no label.")
    draft.refresh_from_db()
    assert draft.document == LIT


def test_check_saves_nothing_and_needs_no_script(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    page = client.post(address(draft), form_of(draft, act="check", **typed(GAP, "5"))).content.decode()
    assert "5 weeks after dose 1" in page
    draft.refresh_from_db()
    assert draft.document == LIT


def test_what_a_document_says_is_text_and_never_markup(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    evil = "<script>alert(1)</script></textarea><img src=x onerror=alert(1)>"
    text = with_heading(LIT, {"title": evil}).replace("title: Sensitisation dose", f"title: '{evil}'")
    draft, client = a_draft(clinic, doctor, text), seat(doctor, AT)
    page = client.get(address(draft)).content.decode()
    said = client.post(address(draft, "preview"), {**form_of(draft), "title": evil}).json()
    for shown in (page, said["preview"], said["faults"], client.get(address(draft, "sign")).content.decode()):
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    assert "&lt;script&gt;" in said["preview"]


def signature(draft: ProtocolDraft, **changed: Any) -> dict[str, Any]:
    return {"revision": draft.revision, "read": "on", "typed_name": "doctor-hyderabad", **changed}


def test_a_doctor_signs_with_the_typed_name_after_reading_what_differs(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft, client = a_draft(clinic, doctor, with_numbers(LIT, {GAP: "P5W"})), seat(doctor, AT)
    page = client.get(address(draft, "sign")).content.decode()
    for words in (
        "What differs from the library&#x27;s lit-standard",
        "target 4 weeks",
        "Sensitisation dose, Dose 2 and later, after the dose before: target: 5 weeks",
        "the library says 4 weeks, S02 (A)",
        "Contested. The Cochrane review",
        "Type your name to sign: doctor-hyderabad",
    ):
        assert words in page
    for wrong in ({"typed_name": "Dr Nobody"}, {"typed_name": ""}, {"read": ""}):
        assert client.post(address(draft, "sign"), signature(draft, **wrong)).status_code == 422
    assert not ProtocolVersion.objects.exists()
    answer = client.post(address(draft, "sign"), signature(draft, typed_name=" Doctor-Hyderabad "))
    version = ProtocolVersion.objects.get()
    assert answer["Location"] == reverse("admin:treatments_protocolversion_change", args=[version.pk])
    assert (version.version, version.published_by) == ("2027-1", "doctor-hyderabad")
    assert version.signed_by == User.objects.get(username="doctor-hyderabad")
    assert version.document == draft.document
    assert not ProtocolDraft.objects.exists()


def test_a_number_changed_by_hand_that_still_cites_the_library_is_shown_before_the_signature(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    by_hand = LIT.replace("{at: P4W, source: S02, grade: A}", "{at: P5W, source: S02, grade: A}")
    client = seat(doctor, AT)
    page = client.get(address(a_draft(clinic, doctor, by_hand), "sign")).content.decode()
    assert "Changed, and still citing the source" in page
    assert "target: 5 weeks</strong>, S02, grade A" in page
    by_form = with_numbers(LIT, {GAP: "P5W"})
    assert (
        "still citing" not in client.get(address(a_draft(clinic, doctor, by_form), "sign")).content.decode()
    )


def test_a_manager_prepares_and_cannot_sign(seat: Seat, clinic: Clinic) -> None:
    manager = rows.staff(clinic, "manager")
    draft, client = a_draft(clinic, manager), seat(manager, AT)
    page = client.get(address(draft, "sign")).content.decode()
    assert "A doctor of the clinic signs this." in page
    assert "Sign and publish</button>" not in page
    assert (
        client.post(address(draft, "sign"), signature(draft, typed_name="manager-hyderabad")).status_code
        == 403
    )
    assert not ProtocolVersion.objects.exists()


def test_faults_and_blanks_keep_a_draft_from_being_signed_and_are_told_at_once(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    draft = a_draft(clinic, doctor, with_numbers(LIT, {GAP: "P9W", CAP: "2", CELLS: ""}))
    client = seat(doctor, AT)
    page = client.get(address(draft, "sign")).content.decode()
    for words in (
        "Not ready to sign",
        "target lies after latest",
        "less than the planned doses",
        "least cells",
    ):
        assert words.lower() in page.lower()
    assert "Sign and publish</button>" not in page
    assert client.post(address(draft, "sign"), signature(draft)).status_code == 422
    assert not ProtocolVersion.objects.exists()


def test_a_version_that_is_published_is_told_before_the_signature(
    seat: Seat, clinic: Clinic, doctor: Actor
) -> None:
    rows.a_protocol(clinic)
    draft, client = a_draft(clinic, doctor, library_text("lit-standard")), seat(doctor, AT)
    page = client.get(address(draft, "sign")).content.decode()
    assert "lit-standard 1 is published and never changes. Give another version." in page
    assert client.post(address(draft, "sign"), signature(draft)).status_code == 422


def test_what_changed_after_it_was_read_is_not_signed(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    read = signature(draft)
    manager = rows.staff(clinic, "manager")
    save_draft(draft=draft, document=with_numbers(LIT, {GAP: "P5W"}), revision=1, actor=manager, at=AT)
    answer = client.post(address(draft, "sign"), read)
    assert answer.status_code == 422
    assert "manager-hyderabad has saved this draft meanwhile" in answer.content.decode()
    assert not ProtocolVersion.objects.exists()


def test_save_and_go_to_signing_saves_first(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft, client = a_draft(clinic, doctor), seat(doctor, AT)
    answer = client.post(address(draft), form_of(draft, act="publish", **typed(GAP, "5")))
    assert answer["Location"] == address(draft, "sign")
    draft.refresh_from_db()
    assert "at: P5W" in draft.document


def test_the_list_shows_drafts_and_copying_to_those_who_may(seat: Seat, clinic: Clinic) -> None:
    a_draft(clinic, rows.staff(clinic, "doctor", "earlier-doctor"))
    theirs = rows.a_clinic(rows.LONDON)
    other = rows.staff(theirs, "doctor")
    start_draft(clinic=theirs, document=with_heading(LIT, {"title": "Theirs"}), actor=other, at=AT)
    for role in ("doctor", "manager", "nurse", "lab"):
        page = seat(rows.staff(clinic, role), AT).get("/admin/treatments/protocolversion/").content.decode()
        edits = role in ("doctor", "manager")
        assert ("Copy and edit a protocol" in page) is edits
        assert ("Go on with the draft: LIT, standard course, version 2027-1" in page) is edits
        assert "Theirs" not in page


def test_the_page_of_numbers_has_a_label_for_every_field(seat: Seat, clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor)
    page = Client.get(seat(doctor, AT), address(draft)).content.decode()
    for one in numbers_of(LIT):
        html_id = f"number-{re.sub('[^A-Za-z0-9_]', '-', one.path)}"
        assert f'<label for="{html_id}">' in page
        assert f'id="{html_id}"' in page
        assert f'id="{html_id}-error"' in page
