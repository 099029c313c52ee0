"""Sweeps that overlap share the work: nothing is sent twice, nothing is left, no plan is made twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.booking import services as booking
from apps.clinic.models import Change
from apps.reminders import services as reminders
from apps.reminders.channels import Letter, MemoryChannel, Outcome, Verdict
from apps.reminders.models import Delivery
from apps.treatments.models import Treatment
from apps.treatments.moving import Applied, Chosen, apply_lines, start_move
from apps.treatments.services import publish_protocol
from apps.treatments.sweeping import Swept, sweep_due
from apps.treatments.version_queries import progress
from protocols import library_text
from protocols.versions.comparing import UNCHANGED
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What three threads answer that begin together."""
    answers: list[Any] = []
    together = threading.Barrier(3)

    def one() -> None:
        try:
            together.wait()
            answers.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 3
    return answers


def slowly(letter: Letter) -> Outcome:
    time.sleep(0.01)
    return Outcome(Verdict.ACCEPTED)


def test_three_sweeps_at_once_send_each_message_once() -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    for _ in range(25):
        treatment = rows.a_treatment(clinic)
        test = rows.visit(treatment, "baseline-antibody-test")
        booking.book(appointment=test, starts_at=AT + timedelta(days=2), actor=nurse, at=AT)
    channel = MemoryChannel(answer=slowly)
    at_once(lambda: reminders.sweep(channel=channel, at=AT + timedelta(minutes=1)))
    assert set(Counter(letter.delivery_id for letter in channel.letters).values()) == {1}
    confirmations = Delivery.objects.filter(kind="confirmation")
    assert {letter.delivery_id for letter in channel.letters} == set(
        confirmations.values_list("pk", flat=True)
    )
    assert set(confirmations.values_list("state", "attempts")) == {("sent", 1)}
    assert confirmations.count() == 25


def test_three_sweeps_at_once_replan_each_treatment_once() -> None:
    clinic = rows.a_clinic()
    for _ in range(6):
        rows.a_treatment(clinic)
    at = AT + timedelta(weeks=3)
    swept: list[Swept] = at_once(lambda: sweep_due(at=at))
    assert sum(one.replanned for one in swept) == 6
    assert sum(one.failed for one in swept) == 0
    assert sweep_due(at=at) == Swept()
    assert not Treatment.objects.filter(replan_on__lte=at.date()).exists()


def test_three_workers_at_one_move_move_each_treatment_once() -> None:
    clinic = rows.a_clinic()
    treatments = [rows.a_treatment(clinic) for _ in range(6)]
    text = library_text("lit-standard").replace('version: "1"', 'version: "2"')
    version = publish_protocol(clinic=clinic, document=text, signed_by="Dr Sen", actor=rows.SYSTEM, at=AT)
    chosen = [Chosen(one.pk, UNCHANGED.verdict, UNCHANGED.fingerprint) for one in treatments]
    move = start_move(version=version, chosen=chosen, actor=rows.staff(clinic, "doctor"), at=AT)
    applied: list[Applied] = at_once(lambda: apply_lines(at=AT))
    assert sum(one.moved for one in applied) == 6
    assert (progress(move).moved, progress(move).is_open) == (6, False)
    assert Change.objects.filter(kind="treatment.version_changed").count() == 6
    assert set(Treatment.objects.values_list("protocol_version", flat=True)) == {version.pk}
