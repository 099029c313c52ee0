"""After a change of the zone table the staff see which visits kept their wall time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.booking.wall_times import KEPT
from apps.clinic.changes import record_change
from tests import rows
from tests.apps.desk.conftest import Seat
from tests.apps.reminders.acts import BOOKED, a_scene

pytestmark = pytest.mark.django_db


def test_visits_that_kept_their_wall_time_are_told_on_the_first_page_and_listed(seat: Seat) -> None:
    scene = a_scene()
    scene.book()
    desk = seat(scene.nurse, BOOKED + timedelta(hours=1))
    assert "kept its wall time" not in desk.get("/admin/").content.decode()
    visit = scene.visit
    record_change(
        clinic_id=scene.clinic.pk,
        kind=KEPT,
        subject_type="appointment",
        subject_id=visit.pk,
        treatment_id=visit.treatment_id,
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    assert "1 visit kept its wall time" in desk.get("/admin/").content.decode()
    listed = desk.get(reverse("admin:kept_times")).content.decode()
    assert "Thu 15 Jan, 08:30" in listed
    assert reverse("admin:treatments_appointment_change", args=[visit.pk]) in listed
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), BOOKED)
    assert scene.couple.code not in stranger.get(reverse("admin:kept_times")).content.decode()
    later = seat(scene.nurse, BOOKED + timedelta(days=31))
    assert "kept its wall time" not in later.get("/admin/").content.decode()
    assert scene.couple.code not in later.get(reverse("admin:kept_times")).content.decode()
