"""What of a person's other couple silences this one: grief, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.couples.models import Couple, SilenceReason
from apps.couples.queries import silent_elsewhere
from apps.couples.services import PersonInput, enrol_couple, silence_couple
from apps.couples.wishes import stop_messages
from apps.treatments.standstill import end_by_one
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def old(clinic: Clinic) -> Couple:
    return rows.a_couple(clinic)


def with_another(old: Couple, nurse: Actor) -> Couple:
    """She begins with a new partner an hour later."""
    newcomer = PersonInput(given_name="Kabir", contact_consent_at=AT)
    return enrol_couple(
        clinic=old.clinic, recipient=old.recipient_id, partner=newcomer, actor=nurse, at=AT + HOUR
    )


def test_ending_the_old_couple_leaves_the_new_one_in_touch(old: Couple, nurse: Actor) -> None:
    new = with_another(old, nurse)
    end_by_one(couple=old, person=old.recipient, actor=nurse, at=AT + 2 * HOUR)
    assert not silent_elsewhere(old.recipient, new)


def test_who_was_her_partner_before_cannot_stop_her_messages(old: Couple, nurse: Actor) -> None:
    new = with_another(old, nurse)
    him = Actor.patient(person_id=old.partner_id, clinic_id=old.clinic_id)
    stop_messages(person=old.partner, actor=him, at=AT + 2 * HOUR)
    assert not silent_elsewhere(old.recipient, new)
    new.refresh_from_db()
    assert new.silent_since is None


def test_her_own_stop_holds_in_each_of_her_couples(old: Couple, nurse: Actor) -> None:
    new = with_another(old, nurse)
    her = Actor.patient(person_id=old.recipient_id, clinic_id=old.clinic_id)
    stop_messages(person=old.recipient, actor=her, at=AT + 2 * HOUR)
    new.refresh_from_db()
    assert new.silent_reason == SilenceReason.OWN_WISH


@pytest.mark.parametrize("before", ["", SilenceReason.IMPORTED, SilenceReason.OWN_WISH, SilenceReason.PAUSED])
@pytest.mark.parametrize(
    "grief", [SilenceReason.SUSPECTED_LOSS, SilenceReason.CONFIRMED_LOSS, SilenceReason.BEREAVED]
)
def test_a_loss_silences_the_other_couple_whatever_was_quiet_before(
    old: Couple, nurse: Actor, before: str, grief: str
) -> None:
    if before:
        silence_couple(couple=old, reason=before, actor=nurse, at=AT)
    new = with_another(old, nurse)
    assert not silent_elsewhere(old.recipient, new)
    silence_couple(couple=old, reason=grief, actor=nurse, at=AT + 2 * HOUR)
    assert silent_elsewhere(old.recipient, new)


def test_a_couple_that_is_enrolled_after_a_loss_is_a_beginning_of_her_own(old: Couple, nurse: Actor) -> None:
    silence_couple(couple=old, reason=SilenceReason.CONFIRMED_LOSS, actor=nurse, at=AT)
    assert not silent_elsewhere(old.recipient, with_another(old, nurse))
