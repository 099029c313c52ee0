"""The sweep: what is due by each clinic's own date, once, in spite of whatever fails on the way."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from apps.clinic import services as clinic_services
from apps.clinic.models import Change, ChangeReader
from apps.treatments import sweeping, tasks
from apps.treatments.loading import template_from
from apps.treatments.models import Treatment
from protocols import Template
from tests import rows

AT = rows.AT


def due_on(treatment: Treatment) -> date | None:
    return Treatment.objects.values_list("replan_on", flat=True).get(pk=treatment.pk)


@pytest.mark.django_db
def test_a_treatment_is_replanned_on_its_day_by_the_clinics_own_date() -> None:
    hyderabad, london = rows.a_clinic(), rows.a_clinic(rows.LONDON)
    east, west = rows.a_treatment(hyderabad), rows.a_treatment(london)
    on = due_on(east)
    assert on == due_on(west) == date(2026, 1, 6)
    # 20:00 UTC is 01:30 of the next day in Hyderabad and still the same day in London.
    swept = sweeping.sweep_due(at=datetime(2026, 1, 5, 20, tzinfo=UTC))
    assert (swept.replanned, swept.failed) == (1, 0)
    assert due_on(east) != on
    assert due_on(west) == on


@pytest.mark.django_db
def test_a_second_sweep_finds_nothing_and_writes_nothing() -> None:
    rows.a_treatment(rows.a_clinic())
    at = AT + timedelta(weeks=3)
    assert sweeping.sweep_due(at=at).replanned == 1
    told = Change.objects.count()
    assert sweeping.sweep_due(at=at) == sweeping.Swept()
    assert Change.objects.count() == told


@pytest.mark.django_db
def test_time_alone_moves_proposals_and_raises_flags() -> None:
    treatment = rows.a_treatment(rows.a_clinic())
    sweeping.sweep_due(at=AT + timedelta(days=8))
    assert rows.visit(treatment, "baseline-antibody-test").proposed_on == date(2026, 1, 19)
    sweeping.sweep_due(at=AT + timedelta(weeks=3))
    assert rows.flag(treatment, "visit_overdue").is_open


@pytest.mark.django_db
def test_a_batch_is_bounded_and_says_that_more_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = rows.a_clinic()
    for _ in range(5):
        rows.a_treatment(clinic)
    monkeypatch.setattr(sweeping, "_BATCH", 2)
    at = AT + timedelta(days=30)
    counts = [sweeping.sweep_due(at=at, limit=2) for _ in range(3)]
    assert [(swept.replanned, swept.left) for swept in counts] == [(2, True), (2, True), (1, False)]


@pytest.mark.django_db
def test_a_poisoned_treatment_is_put_off_and_starves_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clinic = rows.a_clinic()
    treatments = [rows.a_treatment(clinic) for _ in range(3)]
    poisoned = sorted(treatments, key=lambda one: one.pk)[0]
    real = sweeping.gather

    def failing(*, treatment_id: Any, at: datetime, skip_locked: bool = False) -> Any:
        if treatment_id == poisoned.pk:
            raise ValueError("Lalitha Rao")
        return real(treatment_id=treatment_id, at=at, skip_locked=skip_locked)

    monkeypatch.setattr(sweeping, "gather", failing)
    at = AT + timedelta(days=30)
    with caplog.at_level(logging.ERROR):
        swept = sweeping.sweep_due(at=at)
    assert (swept.replanned, swept.failed) == (2, 1)
    assert str(poisoned.pk) in caplog.text
    assert "ValueError" in caplog.text
    assert "Lalitha" not in caplog.text
    assert sweeping.sweep_due(at=at) == sweeping.Swept()
    monkeypatch.setattr(sweeping, "gather", real)
    assert sweeping.sweep_due(at=at + timedelta(hours=1)).replanned == 1
    poisoned.refresh_from_db()
    assert poisoned.retry_at is None


@pytest.mark.django_db
def test_a_plan_that_is_never_up_to_date_does_not_make_the_sweep_spin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows.a_treatment(rows.a_clinic())
    monkeypatch.setattr(sweeping, "settle", lambda *args, **more: None)
    at = AT + timedelta(days=30)
    assert sweeping.sweep_due(at=at).failed == 1
    assert sweeping.sweep_due(at=at) == sweeping.Swept()


@pytest.mark.django_db(transaction=True)
def test_a_treatment_that_somebody_works_on_is_left_to_them() -> None:
    treatment = rows.a_treatment(rows.a_clinic())
    taken, done = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            Treatment.objects.select_for_update().get(pk=treatment.pk)
            taken.set()
            done.wait(timeout=20)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert taken.wait(timeout=10)
    at = AT + timedelta(days=30)
    try:
        swept = sweeping.sweep_due(at=at)
    finally:
        done.set()
        thread.join(timeout=10)
    assert (swept.replanned, swept.skipped) == (0, 1)
    assert sweeping.sweep_due(at=at).replanned == 1


@pytest.mark.django_db(transaction=True)
def test_a_closure_replans_that_clinics_active_treatments_and_no_other() -> None:
    hyderabad, london = rows.a_clinic(), rows.a_clinic(rows.LONDON)
    here, there = rows.a_treatment(hyderabad), rows.a_treatment(london)
    ended = rows.a_treatment(hyderabad)
    nurse = rows.staff(hyderabad, "nurse")
    rows.said(ended, nurse, AT, "close", on=AT.date(), reason="moved away")
    sweeping.mark_changed_clinics(at=AT)
    sweeping.sweep_due(at=AT)
    proposed = rows.visit(there, "baseline-antibody-test").proposed_on
    clinic_services.close_days(
        clinic=hyderabad, from_on=AT.date(), to_on=AT.date(), reason="", actor=nurse, at=AT
    )
    assert sweeping.mark_changed_clinics(at=AT) == 1
    assert due_on(ended) is None
    assert sweeping.sweep_due(at=AT).replanned == 1
    assert rows.visit(here, "baseline-antibody-test").proposed_on == date(2026, 1, 6)
    assert rows.visit(there, "baseline-antibody-test").proposed_on == proposed
    assert sweeping.mark_changed_clinics(at=AT) == 0
    assert not sweeping.unread_changes()


@pytest.mark.django_db(transaction=True)
def test_killed_between_marking_and_sweeping_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = rows.a_clinic()
    treatment, nurse = rows.a_treatment(clinic), rows.staff(clinic, "nurse")
    sweeping.mark_changed_clinics(at=AT)
    sweeping.sweep_due(at=AT)
    clinic_services.close_days(
        clinic=clinic, from_on=AT.date(), to_on=AT.date(), reason="", actor=nurse, at=AT
    )

    def killed(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            sweeping.mark_changed_clinics(at=AT)
    assert due_on(treatment) == date(2026, 1, 6)
    assert sweeping.mark_changed_clinics(at=AT) == 1
    assert due_on(treatment) == AT.date()
    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            sweeping.sweep_due(at=AT)
    assert sweeping.sweep_due(at=AT).replanned == 1


@pytest.mark.django_db(transaction=True)
def test_the_tasks_and_the_command_call_the_same_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    treatment = rows.a_treatment(rows.a_clinic())
    assert tasks.follow_clinic_changes()["marked"] == 1
    treatment.refresh_from_db()
    assert tasks.sweep() == {"replanned": 0, "changed": 0, "skipped": 0, "failed": 0, "left": False}
    call_command("sweep")
    assert capsys.readouterr().out == "moved 0, marked 0, replanned 0, changed 0, skipped 0, failed 0\n"
    assert ChangeReader.objects.filter(pk=sweeping.READER).exists()


def test_a_template_is_read_once_for_a_document() -> None:
    from_text = rows.library_text("lit-standard")
    first = template_from(from_text)
    assert isinstance(first, Template)
    assert template_from(from_text) is first
