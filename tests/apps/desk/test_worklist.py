"""The first page: what asks for a person, why, and the one button; filtered by whose couples they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.booking.call_models import CallOutcome, CallTask
from apps.booking.calls.services import ask_for_call
from apps.booking.services import arrive, book, cancel, miss
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, User
from apps.couples.care import assign
from apps.couples.notes import write_note
from apps.treatments.models import Treatment
from apps.treatments.services import reconcile
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
HOME = "/admin/"
TEST = "baseline-antibody-test"


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def treatment(clinic: Clinic) -> Treatment:
    return rows.a_treatment(clinic)


def another(clinic: Clinic, name: str = "Asha") -> Treatment:
    couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=name))
    return rows.a_treatment(clinic, couple=couple)


def body(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def listed(client: Client, kind: str) -> int:
    """How many rows the whole list of a kind has."""
    answer = client.get(reverse("admin:worklist_kind", args=[kind]))
    assert answer.status_code == 200
    count: int = answer.context["count"]
    return count


KINDS = ("arrived", "decide", "expected", "calls", "overdue", "unrecorded", "closing", "results", "later")


def counts(client: Client) -> dict[str, int]:
    answer = client.get(HOME)
    return {one.name: one.count for one in answer.context["counts"] if one.count}


def to_closing(treatment: Treatment) -> datetime:
    """The morning two days before the last good day of the baseline test."""
    visit = rows.visit(treatment, TEST)
    assert visit.latest_on is not None
    last = min(day for day in (visit.latest_on, visit.bookable_to) if day)
    return AT + timedelta(days=(last - AT.date()).days - 2)


def test_a_visit_whose_good_days_end_says_so_and_is_booked_with_one_click(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    at = to_closing(treatment)
    reconcile(treatment=treatment, at=at)
    client = seat(nurse, at)
    page = body(client)
    assert "Window closes" in page
    assert reverse("admin:visit_book", args=[rows.visit(treatment, TEST).pk]) in page
    assert counts(client)["closing"] == 1


def test_what_is_overdue_is_rung_about_and_has_not_expired(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    at = to_closing(treatment) + timedelta(days=4)
    reconcile(treatment=treatment, at=at)
    visit = rows.visit(treatment, TEST)
    assert visit.state == "proposed"
    client = seat(nurse, at)
    page = body(client)
    assert "Good days ended" in page
    assert reverse("admin:call_visit", args=[visit.pk]) in page
    assert counts(client).get("overdue") == 1
    assert "closing" not in counts(client)


def test_todays_visit_is_expected_then_in_the_house(seat: Seat, nurse: Actor, treatment: Treatment) -> None:
    visit = rows.visit(treatment, TEST)
    book(appointment=visit, starts_at=AT + timedelta(hours=2), actor=nurse, at=AT)
    client = seat(nurse, AT)
    assert counts(client)["expected"] == 1
    arrive(appointment=visit, actor=nurse, at=AT + timedelta(hours=1))
    client = seat(nurse, AT + timedelta(hours=1))
    found = counts(client)
    assert found["arrived"] == 1
    assert "expected" not in found
    groups = client.get(HOME).context["groups"]
    assert [row.who.code for row in groups[0][2]] == [treatment.couple.code]


def test_a_visit_that_is_over_waits_for_its_outcome(seat: Seat, nurse: Actor, treatment: Treatment) -> None:
    visit = rows.visit(treatment, TEST)
    book(appointment=visit, starts_at=AT + timedelta(hours=2), actor=nurse, at=AT)
    client = seat(nurse, AT + timedelta(hours=8))
    assert counts(client)["unrecorded"] == 1
    assert "1 visit without outcome" in body(client)


def cancelled(treatment: Treatment, nurse: Actor) -> None:
    visit = rows.visit(treatment, TEST)
    book(appointment=visit, starts_at=AT + timedelta(days=1), actor=nurse, at=AT)
    cancel(appointment=visit, reason="They are ill", actor=nurse, at=AT)


def test_a_cancelled_visit_stays_on_the_list_until_it_is_booked_again(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    cancelled(treatment, nurse)
    client = seat(nurse, AT)
    assert counts(client)["calls"] == 1
    book(appointment=rows.visit(treatment, TEST), starts_at=AT + timedelta(days=2), actor=nurse, at=AT)
    assert "calls" not in counts(client)


def test_a_missed_visit_is_rung_about_and_missed_again_is_rung_about_anew(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    visit = rows.visit(treatment, TEST)
    for days in (0, 1):
        start = AT + timedelta(days=days, hours=1)
        book(
            appointment=rows.visit(treatment, TEST),
            starts_at=start,
            actor=nurse,
            at=start - timedelta(hours=1),
        )
        miss(appointment=rows.visit(treatment, TEST), reason="", actor=nurse, at=start + timedelta(hours=3))
        client = seat(nurse, start + timedelta(hours=4))
        assert counts(client)["calls"] == 1
        on = (start + timedelta(days=20)).date()
        answer = client.post(
            reverse("admin:call_visit", args=[visit.pk]), {"outcome": "call_again", "again_on": on}
        )
        assert answer.status_code == 302
        assert counts(client) == {"later": 1}
    assert CallTask.objects.count() == 2


def test_who_declined_stays_as_declined_and_a_doctor_takes_note(
    seat: Seat, clinic: Clinic, nurse: Actor, treatment: Treatment
) -> None:
    cancelled(treatment, nurse)
    client = seat(nurse, AT + timedelta(hours=1))
    visit = rows.visit(treatment, TEST)
    client.post(reverse("admin:call_visit", args=[visit.pk]), {"outcome": "declined"})
    assert "Declined, waits for a doctor" in body(client)
    noting = reverse("admin:call_note", args=[CallTask.objects.get().pk])
    assert noting not in body(client)
    doctor = seat(rows.staff(clinic, "doctor"), AT + timedelta(hours=2))
    assert noting in body(doctor)
    doctor.post(noting)
    page = body(doctor)
    assert noting not in page
    assert "Declined, the doctor knows" in page


def test_an_outcome_is_undone_with_one_click(seat: Seat, nurse: Actor, treatment: Treatment) -> None:
    cancelled(treatment, nurse)
    client = seat(nurse, AT + timedelta(hours=1))
    visit = rows.visit(treatment, TEST)
    answer = client.post(reverse("admin:call_visit", args=[visit.pk]), {"outcome": "declined"}, follow=True)
    undoing = answer.context["undo"].url
    client = seat(nurse, AT + timedelta(hours=2))
    client.post(undoing)
    assert counts(client) == {"calls": 1}
    assert CallOutcome.objects.count() == 2


def test_a_visit_about_which_a_call_was_asked_for_stands_once(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    cancelled(treatment, nurse)
    visit = rows.visit(treatment, TEST)
    ask_for_call(couple=treatment.couple, why="stopped", due_at=AT, actor=nurse, at=AT, appointment=visit)
    client = seat(nurse, AT)
    assert counts(client) == {"calls": 1}
    assert "Session stopped" in body(client)


def test_a_nurse_takes_a_call_gives_it_on_and_back(
    seat: Seat, nurse: Actor, clinic: Clinic, treatment: Treatment
) -> None:
    other, doctor = (
        User.objects.get(pk=rows.staff(clinic, role, f"x-{role}").user_id) for role in ("nurse", "doctor")
    )
    task = ask_for_call(couple=treatment.couple, why="no_visit", due_at=AT, actor=nurse, at=AT)
    client, address = seat(nurse, AT), reverse("admin:call", args=[task.pk])
    giving = reverse("admin:call_whose", args=[task.pk])
    page = body(client, address)
    assert "With the couple's own nurse." in page.replace("&#x27;", "'")
    assert f'<option value="{nurse.user_id}" selected>' in page
    client.post(giving, {"nurse": other.pk})
    assert "Given to x-nurse." in body(client, address)
    for nobody in (doctor.pk, "0", "x"):
        client.post(giving, {"nurse": nobody})
        assert CallTask.objects.get().assigned == other
    client.post(giving, {"nurse": ""})
    assert CallTask.objects.get().assigned is None
    assert client.get(giving).status_code == 405


def test_every_row_of_a_call_shows_what_to_say_and_what_not(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    cancelled(treatment, nurse)
    for kind, text in (("say", "Ask for Mrs Rao"), ("do_not_say", "Never name the clinic")):
        write_note(couple=treatment.couple, kind=kind, text=text, on=AT.date(), actor=nurse, at=AT)
    client = seat(nurse, AT)
    for path in (HOME, reverse("admin:call_visit", args=[rows.visit(treatment, TEST).pk])):
        page = body(client, path)
        assert "<strong>Say:</strong> Ask for Mrs Rao" in page
        assert "<strong>Do not say:</strong> Never name the clinic" in page


def test_a_laboratory_sees_no_notes_and_rings_nobody(
    seat: Seat, clinic: Clinic, nurse: Actor, treatment: Treatment
) -> None:
    cancelled(treatment, nurse)
    write_note(couple=treatment.couple, kind="say", text="Ask for Mrs Rao", on=AT.date(), actor=nurse, at=AT)
    client = seat(rows.staff(clinic, "lab"), AT)
    visit = rows.visit(treatment, TEST)
    page = body(client)
    assert "Mrs Rao" not in page
    assert reverse("admin:call_visit", args=[visit.pk]) not in page
    assert client.get(reverse("admin:call_visit", args=[visit.pk])).status_code == 403


def test_a_sample_without_a_result_is_awaited_before_and_after_it_is_due(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    rows.said(treatment, nurse, AT, "fulfilled", step=TEST, occurrence=1, on=AT.date())
    assert counts(seat(nurse, AT))["results"] == 1
    late = AT + timedelta(days=60)
    reconcile(treatment=treatment, at=late)
    client = seat(nurse, late)
    assert counts(client)["results"] == 1
    assert "Result overdue" in body(client)
    rows.said(
        treatment, nurse, late, "result", test="apca", sampled_on=AT.date(), resulted_on=late.date(), value=4
    )
    assert "results" not in counts(client)


def test_a_result_that_was_corrected_away_is_awaited_again(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    rows.said(treatment, nurse, AT, "fulfilled", step=TEST, occurrence=1, on=AT.date())
    result = rows.resulted(treatment, nurse, AT, 4)
    client = seat(nurse, AT)
    assert "results" not in counts(client)
    rows.said(treatment, nurse, AT, "correction", of=str(result.pk), reason="Another couple's")
    assert counts(client)["results"] == 1


def test_a_result_of_a_pregnancy_is_read_from_the_list(
    seat: Seat, clinic: Clinic, nurse: Actor, treatment: Treatment
) -> None:
    rows.said(treatment, nurse, AT, "milestone", name="pregnancy", on=AT.date())
    result = rows.resulted(treatment, Actor.client(name="laboratory", clinic_id=clinic.pk), AT, 4)
    client, address = seat(nurse, AT), reverse("admin:record_read", args=[result.pk])
    assert "Result to read" in body(client)
    assert address in body(client)
    assert "4" in body(client, address)
    assert client.post(address).status_code == 302
    assert "Result to read" not in body(client)
    assert seat(rows.staff(clinic, "lab"), AT).get(address).status_code == 403


def test_filters_by_nurse_and_doctor_are_kept_for_the_user(
    seat: Seat, clinic: Clinic, nurse: Actor, treatment: Treatment
) -> None:
    two = another(clinic)
    for one in (treatment, two):
        cancelled(one, nurse)
    me = User.objects.get(pk=nurse.user_id)
    assign(clinic=clinic, couples=[two.couple], role="nurse", user=me, actor=nurse, at=AT)
    client = seat(nurse, AT)
    assert counts(client)["calls"] == 2
    client.post(reverse("admin:worklist_filter"), {"nurse": me.pk, "doctor": ""})
    assert counts(client)["calls"] == 1
    assert [row.who.code for row in client.get(HOME).context["groups"][1][2]] == [two.couple.code]
    assert counts(seat(nurse, AT + timedelta(minutes=1)))["calls"] == 1
    assert listed(client, "calls") == 1
    colleague = seat(rows.staff(clinic, "nurse", "another-nurse"), AT)
    assert counts(colleague)["calls"] == 2
    client = seat(nurse, AT)
    client.post(reverse("admin:worklist_filter"), {"nurse": "nobody", "kind": "calls"})
    assert counts(client)["calls"] == 1


def test_a_neighbours_rows_are_on_no_list(seat: Seat, nurse: Actor, treatment: Treatment) -> None:
    cancelled(treatment, nurse)
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), AT)
    assert counts(stranger) == {}
    for kind in KINDS:
        assert listed(stranger, kind) == 0
    visit = rows.visit(treatment, TEST)
    assert stranger.get(reverse("admin:call_visit", args=[visit.pk])).status_code == 404


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def many(clinic: Clinic, nurse: Actor, count: int, first: int) -> None:
    for n in range(first, first + count):
        cancelled(another(clinic, f"Asha {n}"), nurse)


def test_the_first_page_and_its_lists_cost_the_same_for_two_couples_and_for_thirty(
    seat: Seat, clinic: Clinic, nurse: Actor
) -> None:
    client = seat(nurse, AT + timedelta(days=10))
    paths = [HOME, *(reverse("admin:worklist_kind", args=[kind]) for kind in KINDS)]
    many(clinic, nurse, 2, 0)
    few = {path: cost(client, path) for path in paths}
    many(clinic, nurse, 28, 2)
    for path in paths:
        assert cost(client, path) <= few[path]
    assert few[HOME] <= 45
