"""A pause, a bereavement, and an end that one of the two wished: one act, silent for both, and what it leaves standing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from apps.couples.models import Couple
from apps.treatments.models import Occupation, Record, Treatment
from apps.treatments.standstill import end_by_one, pause_couple
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
THEN = AT + timedelta(days=1)
DOSE = AT.replace(hour=4) + timedelta(days=8)


@pytest.fixture
def nurse() -> Actor:
    return rows.staff(rows.a_clinic(), "nurse")


@pytest.fixture
def treatment(nurse: Actor) -> Treatment:
    clinic = Clinic.objects.get(pk=nurse.clinic_id)
    rows.equipped(clinic)
    found = rows.a_treatment(clinic)
    rows.consented(found, nurse)
    rows.resulted(found, nurse, AT, 4)
    dose = rows.visit(found, "sensitisation")
    booking.book(appointment=dose, starts_at=DOSE, actor=nurse, at=AT, reason="her wish")
    return found


def kinds(treatment: Treatment) -> list[str]:
    return list(Record.objects.filter(treatment=treatment, recorded_at=THEN).values_list("kind", flat=True))


@pytest.mark.parametrize("reason", ["paused", "bereaved"])
def test_a_pause_holds_everything_keeps_the_places_and_silences_both(
    treatment: Treatment, nurse: Actor, reason: str
) -> None:
    couple = pause_couple(couple=treatment.couple, reason=reason, actor=nurse, at=THEN)
    dose = rows.visit(treatment, "sensitisation")
    assert (couple.silent_reason, couple.silent_since) == (reason, THEN)
    assert (dose.status, dose.starts_at, dose.held) == ("booked", DOSE, True)
    with pytest.raises(Conflict):
        rows.dosed(treatment, nurse, DOSE, 1)
    assert kinds(treatment) == ["pause"]
    pause_couple(couple=treatment.couple, reason=reason, actor=nurse, at=THEN)
    assert kinds(treatment) == ["pause"]


def test_after_a_pause_the_plan_goes_on_only_at_a_persons_word(treatment: Treatment, nurse: Actor) -> None:
    pause_couple(couple=treatment.couple, reason="paused", actor=nurse, at=THEN)
    rows.said(treatment, nurse, THEN + timedelta(days=1), "resume", on=(THEN + timedelta(days=1)).date())
    assert not rows.visit(treatment, "sensitisation").held


def test_an_end_by_one_closes_cancels_keeps_the_place_and_withdraws_that_consent(
    treatment: Treatment, nurse: Actor
) -> None:
    couple = treatment.couple
    ended = end_by_one(couple=couple, person=couple.partner, actor=nurse, at=THEN)
    treatment.refresh_from_db()
    dose = rows.visit(treatment, "sensitisation")
    assert (ended.silent_reason, treatment.closed_reason, dose.status) == (
        "separated",
        "closed: Ended",
        "cancelled",
    )
    assert set(Occupation.objects.values_list("purpose", flat=True)) == {"kept"}
    consent = Record.objects.get(treatment=treatment, kind="consent", recorded_at=THEN)
    assert (consent.data["person"], consent.data["given"]) == ("partner", False)
    said = Change.objects.filter(at=THEN).values_list("detail", flat=True)
    assert all("partner" not in str(detail) for detail in said)


def test_whoever_ends_it_the_donor_gives_for_this_couple_no_longer(
    treatment: Treatment, nurse: Actor
) -> None:
    end_by_one(couple=treatment.couple, person=treatment.couple.recipient, actor=nurse, at=THEN)
    taken = Record.objects.filter(treatment=treatment, kind="consent", recorded_at=THEN)
    assert {(row.data["person"], row.data["given"]) for row in taken} == {
        ("recipient", False),
        ("partner", False),
    }


def test_who_may_and_what_is_refused_changes_nothing(treatment: Treatment, nurse: Actor) -> None:
    couple, clinic = treatment.couple, treatment.clinic
    stranger = rows.a_couple(clinic).recipient
    machine = Actor.client(name="portal", clinic_id=clinic.pk)
    foreign = rows.staff(rows.a_clinic(rows.LONDON), "nurse", "mary")
    with pytest.raises(Invalid):
        pause_couple(couple=couple, reason="confirmed_loss", actor=nurse, at=THEN)
    with pytest.raises(Invalid):
        end_by_one(couple=couple, person=stranger, actor=nurse, at=THEN)
    with pytest.raises(Forbidden):
        end_by_one(couple=couple, person=couple.partner, actor=machine, at=THEN)
    with pytest.raises(NotFound):
        pause_couple(couple=couple, reason="paused", actor=foreign, at=THEN)
    assert not Couple.objects.get(pk=couple.pk).is_silent
    assert kinds(treatment) == []
