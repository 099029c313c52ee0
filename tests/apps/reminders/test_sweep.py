"""The minute sweep on committed rows: from change rows to letters, in parallel, after crashes, at size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, connections

from apps.booking import services as booking
from apps.clinic.queries import last_beat
from apps.couples import services as couples
from apps.reminders import services, tasks
from apps.reminders.channels import Letter, MemoryChannel, Outcome, Verdict
from apps.reminders.models import Delivery, DerivationRetry
from apps.reminders.sending import claim_statement
from apps.treatments.models import Appointment, Treatment
from tests import rows
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, VISIT, Scene, a_scene, caught_up


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    return a_scene()


def test_a_booking_is_confirmed_to_both_by_the_next_sweep(scene: Scene) -> None:
    scene.book()
    done = caught_up(scene, BOOKED)
    assert (done.sent, done.failed) == (2, 0)
    assert done.changes > 0
    assert caught_up(scene, BOOKED + timedelta(minutes=1)).counts() == services.Swept().counts()


def test_a_loss_leaves_nothing_to_send_at_any_later_sweep(scene: Scene) -> None:
    scene.book()
    caught_up(scene, BOOKED)
    scene.lose(BOOKED + timedelta(days=1))
    for days in range(1, 12):
        caught_up(scene, BOOKED + timedelta(days=days))
    assert len(scene.channel.letters) == 2


def test_somebody_who_opts_out_hears_nothing_more_and_may_come_back(scene: Scene) -> None:
    scene.book()
    caught_up(scene, BOOKED)
    _wants_email(scene, False)
    caught_up(scene, DAY_BEFORE)
    assert {letter.to for letter in scene.channel.letters[2:]} == {"a@example.org"}
    _wants_email(scene, True)
    caught_up(scene, DAY_BEFORE + timedelta(minutes=1))
    assert scene.channel.letters[-1].to == "l@example.org"


def test_sweeps_in_parallel_send_everything_once(scene: Scene) -> None:
    scene.book()
    caught_up(scene, BOOKED)
    _copy_reminders(scene, 60)
    channels = [MemoryChannel() for _ in range(4)]

    def run(channel: MemoryChannel) -> None:
        try:
            services.sweep(channel=channel, at=DAY_BEFORE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, channels))
    sent = [letter.delivery_id for channel in channels for letter in channel.letters]
    assert len(sent) == len(set(sent)) == Delivery.objects.filter(state="sent").count() - 2
    assert not Delivery.objects.filter(state__in=["leased", "pending"]).exists()


def test_a_sweep_that_must_stop_leaves_the_rest_due(scene: Scene) -> None:
    scene.book()
    caught_up(scene, BOOKED)
    _copy_reminders(scene, 10)
    sent_so_far = len(scene.channel.letters)
    services.sweep(
        channel=scene.channel, at=DAY_BEFORE, go_on=lambda: len(scene.channel.letters) < sent_so_far + 3
    )
    assert len(scene.channel.letters) == sent_so_far + 3
    assert not Delivery.objects.filter(state="leased").exists()
    services.sweep(channel=scene.channel, at=DAY_BEFORE)
    assert not Delivery.objects.filter(state="pending", due_at__lte=DAY_BEFORE).exists()


def test_a_sender_that_dies_in_the_middle_loses_and_doubles_nothing(scene: Scene) -> None:
    scene.book()
    caught_up(scene, BOOKED)
    _copy_reminders(scene, 10)

    class Killed(BaseException):
        """Stands for SIGKILL: no handler of ours may run."""

    def dies_at_third(letter: Letter) -> Outcome:
        if len(scene.channel.letters) == 4:
            raise Killed
        return Outcome(Verdict.ACCEPTED)

    scene.channel.answer = dies_at_third
    with pytest.raises(Killed):
        services.sweep(channel=scene.channel, at=DAY_BEFORE)
    scene.channel.answer = lambda letter: Outcome(Verdict.ACCEPTED)
    services.sweep(channel=scene.channel, at=DAY_BEFORE + timedelta(minutes=6))
    assert Delivery.objects.filter(state="unknown").count() == 1
    assert not Delivery.objects.filter(state__in=["leased", "pending"]).exists()
    assert len({letter.delivery_id for letter in scene.channel.letters}) == len(scene.channel.letters)


def test_a_treatment_that_cannot_be_derived_is_set_aside_and_keeps_nobody_waiting(scene: Scene) -> None:
    other = a_second_treatment(scene)
    scene.book()
    Appointment.objects.filter(pk=scene.visit.pk).update(zone="No/Such")
    caught_up(scene, BOOKED)
    assert DerivationRetry.objects.get().treatment_id == scene.treatment.pk
    assert {row.treatment_id for row in Delivery.objects.all()} == {other.pk}
    Appointment.objects.filter(pk=scene.visit.pk).update(zone="Asia/Kolkata")
    caught_up(scene, BOOKED + timedelta(hours=1))
    assert not DerivationRetry.objects.exists()
    assert scene.treatment.pk in {row.treatment_id for row in Delivery.objects.all()}


def test_the_task_goes_by_the_databases_clock_beats_and_counts(scene: Scene) -> None:
    scene.book()
    # The visit lies in the past of the real clock, so nothing may be sent.
    counts = tasks.sweep()
    assert counts.keys() == services.Swept().counts().keys()
    assert counts["sent"] == 0
    assert mail.outbox == []
    assert last_beat("sweep") is not None


def test_the_claim_uses_the_partial_index_in_a_table_of_thousands(scene: Scene) -> None:
    scene.book()
    caught_up(scene, BOOKED)
    _copy_reminders(scene, 4000)
    Delivery.objects.filter(state="pending").update(
        state="sent", sent_at=BOOKED, body="-", attempt_began_at=BOOKED
    )
    _copy_reminders(scene, 20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reminders_delivery")
        for at in (None, DAY_BEFORE):
            cursor.execute("EXPLAIN " + claim_statement(at), {"seconds": 300.0, "limit": 20, "at": at})
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "delivery_due" in plan
            assert "Seq Scan" not in plan


def a_second_treatment(scene: Scene) -> Treatment:
    """Of another couple, with a booked first visit."""
    couple = rows.a_couple(
        scene.clinic, recipient=replace(rows.LALITHA, given_name="Meena", email="m@example.org")
    )
    treatment = rows.a_treatment(scene.clinic, couple=couple)
    visit = rows.visit(treatment, "baseline-antibody-test")
    booking.book(appointment=visit, starts_at=VISIT, actor=scene.nurse, at=BOOKED, reason="her wish")
    return treatment


def _wants_email(scene: Scene, wants: bool) -> None:
    given = couples.PersonInput.of(scene.recipient)
    couples.update_person(
        person=scene.recipient,
        given=replace(given, wants_email=wants),
        actor=scene.nurse,
        at=BOOKED + timedelta(hours=1 + wants),
    )


def _copy_reminders(scene: Scene, number: int) -> None:
    """More deliveries that are due the day before: reminders of other days' kinds, of the same visit."""
    first = Delivery.objects.filter(kind__startswith="reminder-1d", role="recipient").first()
    assert first is not None
    Delivery.objects.bulk_create(
        Delivery(
            clinic_id=first.clinic_id,
            person_id=first.person_id,
            role=first.role,
            treatment_id=first.treatment_id,
            appointment_id=first.appointment_id,
            kind=f"reminder-{uuid4().hex[:20]}",
            starts_at=VISIT,
            due_at=DAY_BEFORE,
            next_try_at=DAY_BEFORE,
            not_after=VISIT,
            created_at=BOOKED,
        )
        for _ in range(number)
    )
