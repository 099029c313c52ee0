"""Versions at the desk: what differs, the preview of a move, its progress, and undo, each for whom it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.clinic.models import Clinic
from apps.treatments.models import ProtocolVersion, Treatment, VersionMove, VersionMoveLine
from apps.treatments.moving import apply_lines
from apps.treatments.services import publish_protocol
from protocols import library_text
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
NOW = AT + timedelta(weeks=1, hours=1)
TEXT = library_text("lit-standard").replace('version: "1"', 'version: "2"')
SHORTER = TEXT.replace("target: {at: P4W, source: S02, grade: A}", "target: {at: P3W, source: S02, grade: A}")


def published(clinic: Clinic, document: str = SHORTER) -> ProtocolVersion:
    return publish_protocol(clinic=clinic, document=document, signed_by="Dr Sen", actor=rows.SYSTEM, at=AT)


def after_dose_one(clinic: Clinic, name: str = "Lalitha") -> Treatment:
    couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=name))
    nurse = rows.staff(clinic, "nurse", f"nurse of {name}")
    first = ProtocolVersion.objects.filter(clinic=clinic, version="1").first()
    treatment = rows.a_treatment(clinic, couple=couple, protocol=first)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    rows.dosed(treatment, nurse, AT + timedelta(weeks=1), 1)
    return treatment


def seen_in(page: str) -> list[str]:
    return re.findall(r'name="row" value="([^"]+)"', page)


def address(name: str, pk: object) -> str:
    return reverse(f"admin:{name}", args=[pk])


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def doctor(clinic: Clinic, seat: Seat) -> Client:
    return seat(rows.staff(clinic, "doctor"), NOW)


def test_a_versions_page_leads_to_what_differs_and_to_the_move(clinic: Clinic, doctor: Client) -> None:
    after_dose_one(clinic)
    version = published(clinic)
    page = doctor.get(address("treatments_protocolversion_change", version.pk)).content.decode()
    assert address("version_compare", version.pk) in page
    assert "Move treatments to this version (1)" in page
    assert "nobody signed in" in page
    told = doctor.get(address("version_compare", version.pk)).content.decode()
    assert "Sensitisation dose, next doses: target 4 weeks -&gt; 3 weeks (S02 (A))" in told
    assert "days may change" in told
    library = doctor.get(
        address("version_compare", version.pk), {"with": "library:lit-standard"}
    ).content.decode()
    assert "target 4 weeks -&gt; 3 weeks" in library
    assert doctor.get(address("version_compare", version.pk), {"with": "library:none"}).status_code == 404


def test_versions_that_differ_in_words_alone_are_said_to_change_no_day(
    clinic: Clinic, doctor: Client
) -> None:
    rows.a_protocol(clinic)
    version = published(clinic, TEXT.replace("title: LIT, standard course", "title: LIT, ours"))
    told = doctor.get(address("version_compare", version.pk)).content.decode()
    assert "same days" in told
    assert "Title: LIT, standard course -&gt; LIT, ours" in told


def test_a_doctor_moves_what_was_ticked_looks_at_the_progress_and_undoes_it(
    clinic: Clinic, doctor: Client
) -> None:
    first, second = after_dose_one(clinic, "Asha"), after_dose_one(clinic, "Farah")
    version = published(clinic)
    page = doctor.get(address("version_preview", version.pk)).content.decode()
    assert "Days change (2)" in page
    assert "Sensitisation dose 2: 9 Feb 2026 -&gt; 2 Feb 2026" in page
    [ticked] = [row for row in seen_in(page) if row.startswith(str(first.pk))]
    answer = doctor.post(address("version_preview", version.pk), {"row": seen_in(page), "ticked": [ticked]})
    move = VersionMove.objects.get()
    assert answer["Location"] == address("version_move", move.pk)
    waiting = doctor.get(address("version_move", move.pk)).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert "0 of 1 done" in waiting
    apply_lines(at=NOW)
    done = doctor.get(address("version_move", move.pk)).content.decode()
    assert 'http-equiv="refresh"' not in done
    assert "1 of 1 moved" in done
    assert "Asha" in done
    versions = dict(Treatment.objects.values_list("pk", "protocol_version__version"))
    assert versions == {first.pk: "2", second.pk: "1"}
    shown = doctor.get(address("treatments_treatment_change", first.pk)).content.decode()
    assert "From version 1 to version 2" in shown
    line = VersionMoveLine.objects.get()
    assert doctor.post(address("version_line_undo", line.pk)).status_code == 302
    assert Treatment.objects.get(pk=first.pk).protocol_version.version == "1"
    assert "undone" in doctor.get(address("treatments_treatment_change", first.pk)).content.decode()


def test_all_of_one_verdict_move_by_one_button(clinic: Clinic, doctor: Client) -> None:
    for name in ("Asha", "Farah"):
        after_dose_one(clinic, name)
    version = published(clinic)
    page = doctor.get(address("version_preview", version.pk)).content.decode()
    given = {"row": seen_in(page), "all": "moved"}
    assert (
        doctor.post(address("version_preview", version.pk), {**given, "all": "unchanged"}).status_code == 422
    )
    assert not VersionMove.objects.exists()
    assert doctor.post(address("version_preview", version.pk), given).status_code == 302
    assert VersionMoveLine.objects.count() == 2
    apply_lines(at=NOW)
    move = VersionMove.objects.get()
    doctor.post(address("version_move_undo", move.pk))
    apply_lines(at=NOW)
    assert {one.protocol_version.version for one in Treatment.objects.all()} == {"1"}
    page = doctor.get(address("version_move", move.pk)).content.decode()
    assert "Undo the whole move" not in page


def test_where_no_day_can_change_one_button_moves_the_whole_clinic(
    clinic: Clinic, doctor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Asha", "Farah", "Meena"):
        after_dose_one(clinic, name)
    version = published(clinic, TEXT.replace("title: LIT, standard course", "title: LIT, ours"))
    monkeypatch.setattr("apps.desk.pages.versions.PER_PAGE", 2)
    page = doctor.get(address("version_preview", version.pk)).content.decode()
    assert "Nothing changes (2)" in page
    assert "Move all 3 of the clinic for which nothing changes" in page
    assert doctor.post(address("version_preview", version.pk), {"everywhere": "1"}).status_code == 302
    assert apply_lines(at=NOW).moved == 3
    other = published(clinic, SHORTER.replace('version: "2"', 'version: "3"'))
    page = doctor.get(address("version_preview", other.pk)).content.decode()
    assert "of the clinic for which" not in page
    assert doctor.post(address("version_preview", other.pk), {"everywhere": "1"}).status_code == 422


@pytest.mark.parametrize("ticked", [[], ["x"], ["not-an-id:moved:1"], ["::"]])
def test_what_no_page_has_sent_moves_nothing_and_says_so(
    clinic: Clinic, doctor: Client, ticked: list[str]
) -> None:
    after_dose_one(clinic)
    version = published(clinic)
    answer = doctor.post(address("version_preview", version.pk), {"ticked": ticked})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not VersionMove.objects.exists()


def test_a_treatment_whose_records_contradict_the_version_cannot_be_ticked(
    clinic: Clinic, doctor: Client
) -> None:
    treatment = after_dose_one(clinic)
    rows.said(treatment, rows.SYSTEM, NOW, "opt_in", step="early-pregnancy-booster", on=NOW.date())
    start, end = SHORTER.index("  - name: early-pregnancy-booster"), SHORTER.index("  - name: re-dose")
    text = SHORTER[:start] + SHORTER[end:]
    head, flags = text.split("\nflags:")
    version = published(clinic, head + "\nflags:" + flags.replace(" early-pregnancy-booster,", ""))
    page = doctor.get(address("version_preview", version.pk)).content.decode()
    assert "Cannot move (1)" in page
    assert seen_in(page) == []


@pytest.mark.parametrize(
    ("role", "may"), [("nurse", False), ("lab", False), ("manager", False), ("doctor", True)]
)
def test_everybody_of_the_clinic_reads_and_a_doctor_alone_moves(
    clinic: Clinic, seat: Seat, role: str, may: bool
) -> None:
    after_dose_one(clinic)
    version = published(clinic)
    boss = seat(rows.staff(clinic, "doctor", "boss"), NOW)
    sent = seen_in(boss.get(address("version_preview", version.pk)).content.decode())
    client = seat(rows.staff(clinic, role, "somebody"), NOW)
    assert client.get(address("version_compare", version.pk)).status_code == 200
    assert ("Move treatments to this version" in client.get(
        address("treatments_protocolversion_change", version.pk)
    ).content.decode()) == may  # fmt: skip
    assert client.get(address("version_preview", version.pk)).status_code == (200 if may else 403)
    assert client.post(address("version_preview", version.pk), {"ticked": sent}).status_code == (
        302 if may else 403
    )
    assert VersionMove.objects.exists() == may
    if not may:
        boss.post(address("version_preview", version.pk), {"ticked": sent})
    apply_lines(at=NOW)
    move, line = VersionMove.objects.get(), VersionMoveLine.objects.get()
    shown = client.get(address("version_move", move.pk)).content.decode()
    assert ("Undo the whole move" in shown) == may
    for name, pk in (("version_line_undo", line.pk), ("version_move_undo", move.pk)):
        assert client.post(address(name, pk)).status_code == (302 if may else 403)
        assert client.get(address(name, pk)).status_code == (405 if may else 403)


def test_a_preview_and_a_progress_cost_the_same_for_few_and_for_many(clinic: Clinic, doctor: Client) -> None:
    after_dose_one(clinic, "Asha")
    version = published(clinic)
    counts = []
    for run in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = doctor.get(address("version_preview", version.pk)).content.decode()
        preview = len(queries)
        doctor.post(address("version_preview", version.pk), {"ticked": seen_in(page)})
        apply_lines(at=NOW)
        move = VersionMove.objects.latest("started_at", "pk")
        with CaptureQueriesContext(connection) as queries:
            doctor.get(address("version_move", move.pk))
        counts.append((preview, len(queries)))
        doctor.post(address("version_move_undo", move.pk))
        apply_lines(at=NOW)
        VersionMoveLine.objects.all().delete()
        VersionMove.objects.all().delete()
        for n in range(3):
            after_dose_one(clinic, f"Farah {run}{n}")
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 20
