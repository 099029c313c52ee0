"""Where everything was stopped somebody rings: the couple is on the list from that commit on, once for each reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.booking.call_models import CallState, CallTask
from apps.booking.calls.outcomes import record_call_after_silence
from apps.booking.calls.queries import call_about_silence
from apps.booking.worklist import Asked, calls, silenced
from apps.clinic.actors import Actor
from apps.clinic.cover import Coverage
from apps.clinic.covering import coverage_of
from apps.clinic.errors import Conflict
from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.couples.services import silence_couple
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
LATER = AT + timedelta(hours=2)


def asked(clinic: Clinic) -> Asked:
    nobody: Coverage = coverage_of([], [], "nurse", AT.date())
    return Asked(clinic=clinic, at=LATER, nurses=nobody, doctors=nobody)


def rung(clinic: Clinic) -> list[Couple]:
    return list(silenced(asked(clinic)))


def test_a_loss_told_on_any_route_puts_the_couple_on_the_list(clinic: Clinic, nurse: Actor) -> None:
    treatment = rows.a_treatment(clinic)
    machine = Actor.client(name="ward", clinic_id=clinic.pk)
    rows.said(treatment, machine, AT, "milestone", name="loss", on=AT.date())
    assert rung(clinic) == [treatment.couple]
    assert rung(rows.a_clinic(rows.LONDON)) == []


@pytest.mark.parametrize("reason", ["own_wish", "imported"])
def test_who_only_wants_no_messages_or_was_imported_is_not_rung(clinic: Clinic, reason: str) -> None:
    couple = rows.a_couple(clinic)
    silence_couple(couple=couple, reason=reason, actor=rows.SYSTEM, at=AT)
    assert rung(clinic) == []


def test_rung_once_for_each_reason(clinic: Clinic, nurse: Actor) -> None:
    couple = rows.a_couple(clinic)
    couple = silence_couple(couple=couple, reason="suspected_loss", actor=nurse, at=AT)
    said = record_call_after_silence(couple=couple, outcome="reached", actor=nurse, at=LATER)
    assert (said.task.why, CallTask.objects.get().state, rung(clinic)) == ("silenced", CallState.DONE, [])
    couple = silence_couple(couple=couple, reason="confirmed_loss", actor=nurse, at=LATER)
    assert rung(clinic) == [couple]


def test_put_off_it_is_an_ordinary_call_of_that_day(clinic: Clinic, nurse: Actor) -> None:
    couple = silence_couple(couple=rows.a_couple(clinic), reason="bereaved", actor=nurse, at=AT)
    tomorrow = (LATER + timedelta(days=1)).date()
    record_call_after_silence(couple=couple, outcome="call_again", again_on=tomorrow, actor=nurse, at=LATER)
    task = call_about_silence(couple)
    assert task is not None
    assert (rung(clinic), list(calls(asked(clinic), later=True))) == ([], [task])


def test_nobody_is_rung_about_a_silence_that_is_none(clinic: Clinic, nurse: Actor) -> None:
    with pytest.raises(Conflict):
        record_call_after_silence(couple=rows.a_couple(clinic), outcome="reached", actor=nurse, at=AT)
    assert not CallTask.objects.exists()
