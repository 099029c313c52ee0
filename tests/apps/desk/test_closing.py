"""The pages of closings, of the waiting list and of the undo: who may, what a page asks first, and whose rows they show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.urls import reverse

from apps.booking import services
from apps.booking.closing.queries import lines_of_closing
from apps.booking.models import Closing, WaitingWish
from apps.clinic.models import Clinic, Closure
from apps.desk.pages.closing import span_words
from tests import rows
from tests.apps.booking.closing.test_closing import BOOKED, DAY, NINE, booked, couples, day_closed, dose

Seat = Callable[..., Any]


def test_nothing_is_closed_without_the_tick(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    [treatment] = couples(clinic, nurse, 1)
    booked(treatment, nurse)
    closing = day_closed(clinic, nurse)
    client = seat(nurse, BOOKED)
    refused = client.post(reverse("admin:closing", args=[closing.pk]), {})
    assert refused.status_code == 422
    assert "Tick the box first" in refused.content.decode()
    assert Closing.objects.get().state == "drafted"
    assert not Closure.objects.exists()
    [line] = lines_of_closing(closing)
    sent = {"sure": "1", f"decision-{line.pk}": "move", f"at-{line.pk}": "2026-01-16T15:00"}
    assert client.post(reverse("admin:closing", args=[closing.pk]), sent).status_code == 302
    [line] = lines_of_closing(closing)
    assert (line.decision, line.state) == ("move", "waiting")
    assert line.was_changed
    assert Closure.objects.get().from_on == DAY


def test_a_part_of_the_day_is_drafted_as_hours(seat: Seat) -> None:
    clinic = rows.a_clinic()
    client = seat(rows.staff(clinic, "nurse"), BOOKED)
    sent = {"what": "clinic", "from_on": DAY.isoformat(), "part": "morning", "reason": "Water"}
    assert client.post(reverse("admin:closing_plan", args=[clinic.pk]), sent).status_code == 302
    closing = Closing.objects.get()
    assert not closing.whole_days
    assert f"{closing.ends_at:%H:%M}" == "07:30"  # 13:00 in Hyderabad
    missing = client.post(reverse("admin:closing_plan", args=[clinic.pk]), sent | {"part": "hours"})
    assert missing.status_code == 422


def test_the_laboratory_and_another_clinic_reach_none_of_it(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    closing = day_closed(clinic, nurse)
    addresses = [
        reverse("admin:closing_plan", args=[clinic.pk]),
        reverse("admin:closing_now", args=[clinic.pk]),
    ]
    lab = seat(rows.staff(clinic, "lab"), BOOKED)
    assert [lab.get(address).status_code for address in addresses] == [403, 403]
    assert lab.post(reverse("admin:closing", args=[closing.pk]), {"sure": "1"}).status_code == 403
    london = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), BOOKED)
    assert london.get(reverse("admin:closing", args=[closing.pk])).status_code == 404
    assert [london.get(address).status_code for address in addresses] == [404, 404]


def test_a_place_that_came_free_leads_to_the_move_of_who_waits(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    one, two = couples(clinic, nurse, 2)
    booked(one, nurse)
    booked(two, nurse, NINE.replace(day=16))
    client = seat(nurse, BOOKED)
    sent = {"from_on": BOOKED.date().isoformat(), "note": "mornings"}
    assert client.post(reverse("admin:visit_earlier", args=[dose(two).pk]), sent).status_code == 302
    services.cancel(appointment=dose(one), reason="ill", actor=nurse, at=BOOKED)
    shown = client.get(reverse("admin:waiting")).content.decode()
    assert reverse("admin:visit_move", args=[dose(two).pk]) in shown
    assert "mornings" in shown
    wish = WaitingWish.objects.get()
    assert client.post(reverse("admin:waiting_end", args=[wish.pk])).status_code == 302
    assert WaitingWish.objects.get().ended_as == "withdrawn"


def test_the_last_act_is_undone_from_the_visit_and_then_offers_no_undo(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    [treatment] = couples(clinic, nurse, 1)
    visit = booked(treatment, nurse)
    client = seat(nurse, BOOKED)
    page, undo = (
        reverse(f"admin:{name}", args=[visit.pk]) for name in ("treatments_appointment_change", "visit_undo")
    )
    assert undo in client.get(page).content.decode()
    assert client.post(undo).status_code == 302
    assert not dose(treatment).in_force
    assert undo not in client.get(page).content.decode()


def test_until_the_end_of_a_day_is_said_of_that_day_and_not_of_the_next() -> None:
    clinic = Clinic(zone="Asia/Kolkata")
    noon, midnight = datetime(2026, 11, 17, 6, 30, tzinfo=UTC), datetime(2026, 11, 17, 18, 30, tzinfo=UTC)
    closing = Closing(clinic=clinic, starts_at=noon, ends_at=midnight)
    assert span_words(closing, date(2026, 11, 17)) == "Tue 17 Nov, 12:00–24:00"
