"""The day sheet, the board, the loads and the papers over HTTP, as each role sees them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from apps.booking import services as booking
from apps.booking.models import ActivityState, DayEnd, DaySheet
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment
from tests import days, rows
from tests.apps.desk.conftest import Seat

DAY, START = days.DAY, days.START
EVENING = START + timedelta(hours=9)


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def dose(clinic: Clinic, nurse: Actor) -> Appointment:
    return days.a_dose(clinic, nurse)


def address(name: str, clinic: Clinic) -> str:
    return reverse(f"admin:{name}", args=[clinic.pk, DAY.isoformat()])


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def here(visit: Appointment, at: datetime, nurse: Actor) -> Appointment:
    """The couple has come and nothing is lacking."""
    rows.consented(visit.treatment, nurse)
    rows.screened(visit.treatment, nurse, at)
    booking.arrive(appointment=visit, actor=nurse, at=at)
    return rows.visit(visit.treatment, visit.step)


def ticked(visit: Appointment, name: str, minutes: int) -> None:
    """That link is done, as long as planned, ending so many minutes after the beginning of the session."""
    link = days.link(visit, name)
    link.state, link.done_by = ActivityState.DONE, "Nisha"
    link.done_at = START + timedelta(minutes=minutes)
    link.started_at = link.done_at - (link.ends_at - link.starts_at)
    link.save()


# The sheet


def test_the_day_is_shown_by_time_with_both_names_ages_and_the_chain(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    said = text(seat(nurse, START - timedelta(hours=1)), address("day_sheet", clinic))
    for expected in (
        "09:30–14:15",
        "HYD-0001",
        "Lalitha Rao (33)",
        "Arjun Rao (35)",
        "Donor draw",
        "09:45–10:15",
    ):
        assert expected in said
    assert "Due at arrival:" in said


def test_places_stand_in_lanes_of_their_own_free_ones_too(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    days.takes(dose, days.a_chair(clinic, "Chair 1", places=2), "injection", place=2)
    said = text(seat(nurse, START), address("day_sheet", clinic))
    assert "Chair 1, place 1 Treatment chair free" in said
    assert re.search(r"Chair 1, place 2 Treatment chair HYD-000 1 13:25–13:40 Injection", said)


def test_a_clinic_without_resources_has_a_useful_sheet(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    dose.activities.all().delete()
    said = text(seat(nurse, START), address("day_sheet", clinic))
    assert "09:30–14:15" in said
    assert "HYD-0001" in said
    assert "Rooms and people" not in said


def test_an_empty_day_and_a_day_that_no_calendar_has(seat: Seat, clinic: Clinic, nurse: Actor) -> None:
    client = seat(nurse, START)
    assert "Nothing is booked" in text(client, address("day_sheet", clinic))
    assert client.get(address("day_sheet", clinic).replace("2026-01-27", "2026-02-31")).status_code == 404


def test_nobody_sees_another_clinics_day(seat: Seat, clinic: Clinic, dose: Appointment) -> None:
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "manager")
    client = seat(stranger, START)
    for name in ("day_sheet", "day_board", "load_week", "load_month", "day_paper"):
        assert client.get(address(name, clinic)).status_code == 404
    assert client.get(reverse("admin:day_papers", args=[clinic.pk])).status_code == 404
    for name in ("day_arrive", "day_miss", "day_done", "day_undo"):
        assert client.post(reverse(f"admin:{name}", args=[dose.pk])).status_code == 404
    link = days.link(dose, "draw")
    assert client.post(reverse("admin:day_tick", args=[link.pk, "start"])).status_code == 404


@pytest.mark.parametrize("name", ["day_sheet", "day_board", "load_week", "load_month"])
def test_pages_cost_the_same_for_two_couples_and_for_twenty(
    seat: Seat, clinic: Clinic, nurse: Actor, name: str
) -> None:
    days.a_chair(clinic, places=20)
    client = seat(nurse, EVENING)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(name, clinic)).status_code == 200
        return len(queries)

    for n in range(2):
        days.a_dose(clinic, nurse, f"Asha {n}")
    few = cost()
    for n in range(2, 20):
        days.a_dose(clinic, nurse, f"Asha {n}")
    assert cost() == few
    assert few <= 30


def test_the_laboratory_sees_the_board_and_no_contact_data(
    seat: Seat, clinic: Clinic, dose: Appointment
) -> None:
    client = seat(rows.staff(clinic, "lab"), START)
    for name in ("day_sheet", "day_board"):
        said = text(client, address(name, clinic))
        assert "HYD-0001" in said
        assert rows.ARJUN.phone not in said
        assert str(rows.LALITHA.email) not in said
        assert "Arrived" not in said


# Ticking off in place


def test_an_arrival_is_ticked_off_in_place(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    rows.screened(dose.treatment, nurse, START)
    answer = seat(nurse, START).post(
        reverse("admin:day_arrive", args=[dose.pk]), {"view": "sheet"}, headers={"HX-Request": "true"}
    )
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in said
    assert f'id="v-{dose.pk}"' in said
    assert "Marked as arrived." in said
    assert rows.visit(dose.treatment, "sensitisation").status == "arrived"


def test_without_javascript_the_page_comes_back_at_the_row(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    rows.screened(dose.treatment, nurse, START)
    answer = seat(nurse, START).post(reverse("admin:day_arrive", args=[dose.pk]), {"view": "board"})
    assert answer.status_code == 302
    assert answer["Location"] == address("day_board", clinic) + f"#v-{dose.pk}"


def test_what_is_asked_on_arrival_is_asked_and_not_skipped(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(nurse, START)
    page = client.get(address("day_sheet", clinic)).content.decode()
    form = reverse("admin:visit_arrive", args=[dose.pk]) + "?back=sheet"
    assert form in page
    assert reverse("admin:day_arrive", args=[dose.pk]) not in page
    answer = client.post(form, {"pregnancy_test": "clear"})
    assert answer["Location"] == address("day_sheet", clinic) + f"#v-{dose.pk}"


def test_a_refused_tick_says_why_beside_its_row_and_changes_nothing(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    here(dose, START, nurse)
    draw = days.link(dose, "draw")
    answer = seat(nurse, START).post(
        reverse("admin:day_tick", args=[draw.pk, "start"]), {"view": "board"}, headers={"HX-Request": "true"}
    )
    assert "fitness check" in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert days.link(dose, "draw").state == ActivityState.PLANNED


def test_a_link_begins_and_ends_by_two_clicks(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    here(dose, START, nurse)
    ticked(dose, "fitness", 15)
    client = seat(nurse, START + timedelta(minutes=20))
    page = client.get(address("day_board", clinic)).content.decode()
    draw = days.link(dose, "draw")
    begin, finish = (reverse("admin:day_tick", args=[draw.pk, act]) for act in ("start", "finish"))
    assert begin in page
    client.post(begin, {"view": "board"})
    assert days.link(dose, "draw").state == ActivityState.STARTED
    seat(nurse, START + timedelta(minutes=50)).post(finish, {"view": "board"})
    done = days.link(dose, "draw")
    assert (done.state, done.done_at) == (ActivityState.DONE, START + timedelta(minutes=50))


def test_only_a_doctor_or_the_laboratory_passes_a_gate(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    here(dose, START, nurse)
    for name, minutes in (("fitness", 15), ("draw", 45), ("serology", 105)):
        ticked(dose, name, minutes)
    at = START + timedelta(minutes=110)
    gate = reverse("admin:day_tick", args=[days.link(dose, "release").pk, "pass"])
    assert gate not in seat(nurse, at).get(address("day_board", clinic)).content.decode()
    assert seat(nurse, at).post(gate, {"view": "board"}).status_code == 403
    laboratory = seat(rows.staff(clinic, "lab"), at)
    page = laboratory.get(address("day_board", clinic)).content.decode()
    assert gate in page
    assert "waits for a named person" in page


def test_a_gate_that_waits_is_red_and_a_chain_that_goes_well_is_not(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    here(dose, START, nurse)
    ticked(dose, "fitness", 15)
    client = seat(nurse, START + timedelta(minutes=15))
    assert "day-tone-act" not in client.get(address("day_board", clinic)).content.decode()
    for name, minutes in (("draw", 45), ("serology", 105)):
        ticked(dose, name, minutes)
    page = seat(nurse, START + timedelta(minutes=105)).get(address("day_board", clinic)).content.decode()
    assert "day-tone-act" in page


# Outcomes and the end of the day


def test_in_the_evening_the_visits_without_outcome_are_counted_with_their_clicks(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    before = text(seat(nurse, START), address("day_sheet", clinic))
    assert "Visits without outcome: 0" in before
    page = seat(nurse, EVENING).get(address("day_sheet", clinic)).content.decode()
    assert "Visits without outcome: 1" in page
    for name in ("visit_dose", "day_miss", "visit_move"):
        assert reverse(f"admin:{name}", args=[dose.pk]) in page
    assert "Close the day" not in page


def test_one_click_says_missed_and_then_the_day_can_be_closed(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(nurse, EVENING)
    client.post(reverse("admin:day_miss", args=[dose.pk]), {"view": "sheet"})
    assert rows.visit(dose.treatment, "sensitisation").status == "noshow"
    page = text(client, address("day_sheet", clinic))
    assert "Visits without outcome: 0" in page
    assert "Close the day" in page
    client.post(address("day_end", clinic))
    assert DayEnd.objects.get().by_name == nurse.name
    assert "The day was closed by nurse-hyderabad, 27 Jan 2026, 18:30" in text(
        client, address("day_sheet", clinic)
    )


def test_closing_is_refused_with_the_couples_code_while_one_is_open(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    answer = seat(nurse, EVENING).post(address("day_end", clinic), follow=True)
    assert "Visits without outcome: 1 (HYD-0001)" in answer.content.decode()
    assert not DayEnd.objects.exists()


def test_one_click_says_done_of_a_visit_that_is_no_dose(seat: Seat, clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    visit = rows.visit(treatment, "baseline-antibody-test")
    booking.book(
        appointment=visit, starts_at=rows.AT + timedelta(hours=1), minutes=30, actor=nurse, at=rows.AT
    )
    client = seat(nurse, rows.AT + timedelta(hours=3))
    where = reverse("admin:day_sheet", args=[clinic.pk, rows.AT.date().isoformat()])
    done = reverse("admin:day_done", args=[visit.pk])
    assert done in client.get(where).content.decode()
    client.post(done, {"view": "sheet"})
    assert rows.visit(treatment, "baseline-antibody-test").status == "fulfilled"


def test_the_laboratory_closes_no_day(seat: Seat, clinic: Clinic) -> None:
    client = seat(rows.staff(clinic, "lab"), EVENING)
    assert client.post(address("day_end", clinic)).status_code == 403
    assert "Close the day" not in text(client, address("day_sheet", clinic))


# Back-entry


def test_true_times_from_paper_are_entered_the_next_day_and_nothing_is_overdue(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    rows.consented(dose.treatment, nurse)
    rows.screened(dose.treatment, nurse, START)
    ticked(dose, "fitness", 15)
    client = seat(nurse, EVENING + timedelta(days=1))
    times = reverse("admin:day_times", args=[dose.pk])
    assert times in client.get(address("day_board", clinic)).content.decode()
    answer = client.post(times, {"began-1": "09:52", "ended-1": "10:20"})
    assert answer.status_code == 302, answer.content.decode()
    draw = days.link(dose, "draw")
    assert (draw.started_at, draw.done_at) == (START + timedelta(minutes=22), START + timedelta(minutes=50))
    treatment, given_at = dose.treatment, EVENING + timedelta(days=1)
    rows.said(treatment, nurse, given_at, "fulfilled", step=dose.step, occurrence=1, on=DAY)
    late = {"visit_overdue", "visit_unrecorded", "window_expired"}
    codes = set(treatment.flags.filter(state="open").values_list("code", flat=True))
    assert not codes & late


def test_a_wrong_time_stands_beside_its_field_and_nothing_is_saved(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    ticked(dose, "fitness", 15)
    client = seat(nurse, EVENING)
    times = reverse("admin:day_times", args=[dose.pk])
    answer = client.post(times, {"began-1": "09:52", "ended-1": "09:40"})
    assert answer.status_code == 422
    assert "It ended before it began." in answer.content.decode()
    assert days.link(dose, "draw").state == ActivityState.PLANNED


# Paper


def test_the_evenings_sheet_is_downloaded_and_never_cached(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(rows.staff(clinic, "lab"), EVENING - timedelta(days=1))
    papers = reverse("admin:day_papers", args=[clinic.pk])
    assert client.get(address("day_paper", clinic)).status_code == 404
    assert client.post(papers, {"on": DAY.isoformat()}).status_code == 302
    assert address("day_paper", clinic) in client.get(papers).content.decode()
    answer = client.get(address("day_paper", clinic))
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    said = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert "HYD-0001" in said
    assert str(rows.ARJUN.phone) not in said
    assert DaySheet.objects.get().sessions == 1


# Moving


def test_a_preview_saves_nothing_and_confirming_moves_the_session(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(nurse, START - timedelta(days=2))
    path = reverse("admin:day_move", args=[dose.pk])
    answer = client.get(path, {"starts_at": "2026-01-27T10:15"}, headers={"X-Day-Fragment": "1"})
    said = answer.content.decode()
    assert "Nothing is saved yet." in said
    assert "<html" not in said
    assert rows.visit(dose.treatment, "sensitisation").starts_at == START
    fields = dict(re.findall(r'name="(starts_at|expected)" value="([^"]*)"', said))
    moved = client.post(path, fields)
    assert moved.status_code == 302
    assert rows.visit(dose.treatment, "sensitisation").starts_at == START + timedelta(minutes=45)
    shown = client.get(moved["Location"].partition("#")[0]).content.decode()
    undo = reverse("admin:day_undo", args=[dose.pk])
    assert undo in shown
    client.post(undo)
    assert rows.visit(dose.treatment, "sensitisation").starts_at == START


def test_a_preview_that_is_no_longer_true_moves_nothing(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(nurse, START - timedelta(days=2))
    path = reverse("admin:day_move", args=[dose.pk])
    said = client.get(path, {"starts_at": "2026-01-27T10:15"}).content.decode()
    fields = dict(re.findall(r'name="(starts_at|expected)" value="([^"]*)"', said))
    rows.consented(dose.treatment, nurse)
    booking.cancel(appointment=dose, reason="Fever", actor=nurse, at=START - timedelta(days=2))
    client.post(path, fields)
    assert rows.visit(dose.treatment, "sensitisation").status == "cancelled"


def test_a_move_that_cannot_be_offers_no_confirmation(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(nurse, START - timedelta(days=2))
    path = reverse("admin:day_move", args=[dose.pk])
    said = client.get(
        path, {"starts_at": "2026-01-27T17:30"}, headers={"X-Day-Fragment": "1"}
    ).content.decode()
    assert "Confirm the move" not in said
    assert "The clinic is open" in said
    assert client.get(path, {"starts_at": "soon"}).status_code == 400


def test_the_laboratory_moves_nothing(seat: Seat, clinic: Clinic, dose: Appointment) -> None:
    client = seat(rows.staff(clinic, "lab"), START - timedelta(days=2))
    path = reverse("admin:day_move", args=[dose.pk])
    assert client.get(path, {"starts_at": "2026-01-27T10:15"}).status_code == 403
    assert path not in client.get(address("day_sheet", clinic)).content.decode()


# Loads


def test_the_week_says_per_cent_by_kind_and_in_all_and_links_the_day(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    days.takes(dose, days.a_chair(clinic), "observation")
    page = seat(nurse, START).get(address("load_week", clinic)).content.decode()
    # Half an hour of the ten that the chair is there: 5 per cent.
    assert "Treatment chair, Tuesday 27 January 2026: 5 per cent, 0 h 30 of 10 h taken" in page
    assert "All together, Tuesday 27 January 2026: 5 per cent" in page
    assert "Treatment chair, Sunday 1 February 2026: closed" in page
    assert address("day_sheet", clinic) in page


def test_the_month_shows_one_kind_or_all(seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment) -> None:
    days.takes(dose, days.a_chair(clinic), "observation")
    client = seat(nurse, START)
    assert (
        "All together, Tuesday 27 January 2026: 5 per cent"
        in client.get(address("load_month", clinic)).content.decode()
    )
    chairs = client.get(address("load_month", clinic), {"kind": "chair"}).content.decode()
    assert "Treatment chair, Tuesday 27 January 2026: 5 per cent" in chairs
    assert client.get(address("load_month", clinic), {"kind": "nonsense"}).status_code == 200


def test_without_resources_the_load_counts_visits(
    seat: Seat, clinic: Clinic, nurse: Actor, dose: Appointment
) -> None:
    client = seat(nurse, START)
    for name in ("load_week", "load_month"):
        page = client.get(address(name, clinic)).content.decode()
        assert "listed no resources" in page
        assert "1 visits, Tuesday 27 January 2026" in page or "1 visit, Tuesday 27 January 2026" in page


def test_the_bar_leads_to_the_own_day_and_week(seat: Seat, clinic: Clinic, nurse: Actor) -> None:
    client = seat(nurse, START)
    assert client.get(reverse("admin:day"))["Location"] == address("day_sheet", clinic)
    assert client.get(reverse("admin:load"))["Location"] == address("load_week", clinic)
    page = client.get(address("day_sheet", clinic)).content.decode()
    assert f'href="{reverse("admin:day")}"' in page
    assert f'href="{reverse("admin:load")}"' in page


def test_two_clinics_are_linked_to_each_other(seat: Seat, clinic: Clinic, nurse: Actor) -> None:
    pune = rows.a_clinic(replace(rows.HYDERABAD, slug="pune", name="Pune Clinic"))
    assert pune.name not in seat(nurse, START).get(address("day_sheet", clinic)).content.decode()
