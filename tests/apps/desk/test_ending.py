"""One of the two ends it, at the desk or at their own page: what the nurse finds, and what of theirs is gone at once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking.models import CallTask, DonorUnit
from apps.booking.session.unit_queries import units_left_of
from apps.clinic.actors import Actor
from apps.clinic.models import User
from apps.couples.models import Couple
from apps.feeds.models import FeedLink
from apps.feeds.services import issue_link
from apps.portal.acts import end_everything
from apps.portal.models import PageLink
from apps.portal.services import issue_page
from apps.treatments.standstill import end_by_one
from tests import rows
from tests.apps.booking.a_session import DAY, Session, a_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A unit lies ready for today's dose, and both of the couple have a page and a calendar."""
    monkeypatch.setattr("apps.desk.access.now", lambda: DAY)
    session = a_session()
    session.drawn()
    couple = session.treatment.couple
    for person in (couple.recipient, couple.partner):
        issue_page(person=person, label="Card", actor=rows.SYSTEM, at=DAY)
        issue_link(person=person, label="Phone", actor=rows.SYSTEM, at=DAY)
    return session


def seat(actor: Actor) -> Client:
    User.objects.filter(pk=actor.user_id).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=actor.user_id))
    return client


def test_an_end_at_the_desk_closes_page_and_calendar_of_who_goes_on_nowhere_and_lists_the_unit(
    drawn: Session,
) -> None:
    her = drawn.treatment.couple.recipient
    new = rows.a_couple(drawn.treatment.clinic)
    Couple.objects.filter(pk=new.pk).update(recipient=her)
    nurse, couple, unit = seat(drawn.by("nurse")), drawn.treatment.couple, DonorUnit.objects.get()
    ended = {"reason": "separated", "person": str(couple.recipient_id)}
    assert nurse.post(reverse("admin:couple_stop", args=[couple.pk]), ended).status_code == 302
    for model in (PageLink, FeedLink):
        assert model.objects.get(person=couple.partner).ended_as == "revoked"
        assert model.objects.get(person=couple.recipient).is_live
    call = reverse("admin:call_couple", args=[couple.pk])
    for where in (reverse("admin:couples_couple_change", args=[couple.pk]), call):
        page = nurse.get(where).content.decode()
        assert "Prepared units that are still there" in page
        assert unit.code in page
    throw = reverse("admin:unit_dispose", args=[unit.pk])
    nurse.post(throw, {"reason": " ", "back": call})
    assert units_left_of(couple).exists()
    assert nurse.post(throw, {"reason": "Ended", "back": call})["Location"] == call
    assert nurse.post(throw, {"reason": "Again", "back": "//evil.example/"})["Location"] == "/admin/"
    unit.refresh_from_db()
    assert unit.disposal_reason == "Ended"
    assert unit.code not in nurse.get(call).content.decode()


def test_an_end_at_the_page_is_one_call_of_its_own_that_names_the_unit(drawn: Session) -> None:
    nurse, couple, unit = seat(drawn.by("nurse")), drawn.treatment.couple, DonorUnit.objects.get()
    him = Actor.patient(person_id=couple.partner_id, clinic_id=couple.clinic_id)
    assert end_everything(person=couple.partner, actor=him, at=DAY)
    call = CallTask.objects.get()
    assert (call.why, Couple.objects.get().silent_reason) == ("ended", "paused")
    nurse.post(
        reverse("admin:couple_ask", args=[couple.pk]), {"due_on": str(DAY.date()), "note": "Ask for the file"}
    )
    call.refresh_from_db()
    assert "Ask for the file" not in call.note
    home = nurse.get("/admin/").content.decode()
    assert reverse("admin:call", args=[call.pk]) in home
    assert reverse("admin:call_couple", args=[couple.pk]) not in home
    for where in (("call", call.pk), ("couples_couple_change", couple.pk)):
        assert unit.code in nurse.get(reverse(f"admin:{where[0]}", args=[where[1]])).content.decode()


def test_a_unit_of_another_clinic_is_not_found(drawn: Session) -> None:
    elsewhere = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse", "stranger"))
    unit = DonorUnit.objects.get()
    assert elsewhere.post(reverse("admin:unit_dispose", args=[unit.pk]), {"reason": "x"}).status_code == 404
    unit.refresh_from_db()
    assert unit.is_open


def test_an_end_at_the_page_leaves_what_was_ended_before_alone(drawn: Session) -> None:
    couple = drawn.treatment.couple
    her, new = couple.recipient, rows.a_couple(drawn.treatment.clinic)
    Couple.objects.filter(pk=new.pk).update(recipient=her)
    end_by_one(couple=couple, person=her, actor=drawn.by("nurse"), at=DAY)
    me = Actor.patient(person_id=her.pk, clinic_id=couple.clinic_id)
    end_everything(person=her, actor=me, at=DAY)
    assert [call.couple_id for call in CallTask.objects.filter(why="ended")] == [new.pk]
    assert Couple.objects.get(pk=couple.pk).silent_reason == "separated"
