"""Moving treatments to another protocol version: what was seen is what happens, and bookings survive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments import moving, services, tasks
from apps.treatments.applying import PEOPLE_COLUMNS
from apps.treatments.models import (
    Appointment,
    LineState,
    ProtocolVersion,
    Treatment,
    VersionMove,
    VersionMoveLine,
)
from apps.treatments.move_previews import MovePreview, preview_move
from apps.treatments.moving import Chosen, apply_lines, start_move, undo_line, undo_move
from apps.treatments.reconciling import settle
from apps.treatments.version_queries import (
    lines_of,
    movable,
    move_by_id,
    other_versions,
    progress,
    version_changes,
)
from protocols import MoveVerdict, library_text
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
TEXT = library_text("lit-standard")
GAP = "target: {at: P4W, source: S02, grade: A}"
SHORTER = GAP.replace("P4W", "P3W")
# Target after three weeks and closed from the 25th day on.
NARROWER = (
    f"{GAP}\n        latest: {{at: P6W, source: S43, grade: B}}",
    f"{SHORTER}\n        latest: {{at: P24D, source: S43, grade: B}}",
)


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def doctor(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "doctor")


def a_version(clinic: Clinic, number: str, *changes: tuple[str, str]) -> ProtocolVersion:
    """The standard course as another version, with texts of its document replaced."""
    text = TEXT.replace('version: "1"', f'version: "{number}"')
    for was, becomes in changes:
        assert was in text
        text = text.replace(was, becomes, 1)
    return services.publish_protocol(
        clinic=clinic, document=text, signed_by="Dr Sen", actor=rows.SYSTEM, at=AT
    )


def after_dose_one(clinic: Clinic, nurse: Actor, protocol: ProtocolVersion | None = None) -> Treatment:
    """A couple whose first dose was given on 12 January: dose 2 is asked for on 9 February, four weeks later."""
    treatment = rows.a_treatment(clinic, protocol=protocol)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    rows.dosed(treatment, nurse, AT + timedelta(weeks=1), 1)
    return treatment


NOW = AT + timedelta(weeks=1, hours=1)


def previews(version: ProtocolVersion, at: Any = NOW) -> list[MovePreview]:
    return list(preview_move(version=version, treatments=movable(version), at=at))


def chosen(found: Sequence[MovePreview]) -> list[Chosen]:
    return [Chosen(one.treatment.pk, one.comparison.verdict, one.comparison.fingerprint) for one in found]


def moved(version: ProtocolVersion, doctor: Actor, at: Any = NOW) -> VersionMove:
    """Everything that can move, moved."""
    move = start_move(version=version, chosen=chosen(previews(version, at)), actor=doctor, at=at)
    apply_lines(at=at)
    return move


def states(move: VersionMove) -> list[tuple[str, str]]:
    return [(line.state, line.reason) for line in lines_of(move)]


def pinned(treatment: Treatment) -> str:
    return Treatment.objects.values_list("protocol_version__version", flat=True).get(pk=treatment.pk)


def people_part(treatment: Treatment) -> list[Any]:
    columns = [name for name in PEOPLE_COLUMNS if name != "changed_at"]
    return list(
        Appointment.objects.filter(treatment=treatment, touched=True).order_by("pk").values("pk", *columns)
    )


def booked_dose(treatment: Treatment, nurse: Actor, weeks: int = 5) -> Appointment:
    return booking.book(
        appointment=rows.visit(treatment, "sensitisation", 2),
        starts_at=AT + timedelta(weeks=weeks),
        reason="",
        actor=nurse,
        at=NOW,
    )


# --- Preview ---------------------------------------------------------------------------------------------------


def test_a_preview_tells_what_moves_and_writes_nothing(clinic: Clinic, nurse: Actor) -> None:
    treatment = after_dose_one(clinic, nurse)
    version = a_version(clinic, "2", (GAP, SHORTER))
    told = Change.objects.count()
    [preview] = previews(version)
    assert preview.treatment == treatment
    assert preview.comparison.verdict is MoveVerdict.MOVED
    assert preview.comparison.changes[0] == "Sensitisation dose 2: 9 Feb 2026 -> 2 Feb 2026"
    assert (pinned(treatment), Change.objects.count()) == ("1", told)
    assert rows.visit(treatment, "sensitisation", 2).proposed_on == date(2026, 2, 9)


def test_equal_scheduling_is_unchanged_without_a_single_plan(
    clinic: Clinic, nurse: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_dose_one(clinic, nurse)
    version = a_version(clinic, "2", ("title: LIT, standard course", "title: LIT, ours"))
    monkeypatch.setattr("apps.treatments.move_previews.plan", None)
    with CaptureQueriesContext(connection) as queries:
        [preview] = previews(version)
    assert preview.comparison.verdict is MoveVerdict.UNCHANGED
    assert len(queries) == 1


def test_a_preview_costs_the_same_queries_for_few_and_for_many(clinic: Clinic, nurse: Actor) -> None:
    version_one = rows.a_protocol(clinic)
    version = a_version(clinic, "2", (GAP, SHORTER))
    counts = []
    for _ in range(2):
        for n in range(2):
            couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=f"Asha {n}"))
            rows.a_treatment(clinic, couple=couple, protocol=version_one)
        with CaptureQueriesContext(connection) as queries:
            previews(version)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


def test_only_running_treatments_of_the_same_protocol_are_offered(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    running = rows.a_treatment(clinic)
    closed = rows.a_treatment(
        clinic, couple=rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name="Farah"))
    )
    rows.said(closed, nurse, AT, "close", on=AT.date(), reason="Moved away")
    version = a_version(clinic, "2")
    other = a_version(clinic, "3", ("name: lit-standard", "name: another"))
    assert list(movable(version)) == [running]
    assert list(movable(other)) == []
    assert [one.version for one in other_versions(version)] == ["1"]
    start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    assert list(movable(version)) == []


def test_a_record_that_names_what_the_version_lacks_is_a_fault_and_cannot_move(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    treatment = after_dose_one(clinic, nurse)
    rows.said(treatment, nurse, NOW, "opt_in", step="early-pregnancy-booster", on=NOW.date())
    start = TEXT.index("  - name: early-pregnancy-booster")
    step = TEXT[start : TEXT.index("  - name: re-dose")]
    flags = "[preconception-booster, early-pregnancy-booster, re-dose]"
    lines = TEXT[TEXT.index("\nflags:") : TEXT.index("\nreminders:")]
    version = a_version(clinic, "2", (step, ""), (lines, lines.replace(" early-pregnancy-booster,", "")))
    assert flags in TEXT
    [preview] = previews(version)
    assert preview.comparison.verdict is MoveVerdict.NEEDS_DECISION
    assert not preview.comparison.can_move
    move = moved(version, doctor)
    [(state, reason)] = states(move)
    assert state == LineState.SKIPPED
    assert "early-pregnancy-booster" in reason
    assert pinned(treatment) == "1"


# --- Applying --------------------------------------------------------------------------------------------------


def test_what_was_seen_is_what_happens_and_it_is_known_who_when_and_from_where(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    treatment = after_dose_one(clinic, nurse)
    version = a_version(clinic, "2", (GAP, SHORTER))
    found = previews(version)
    move = start_move(version=version, chosen=chosen(found), actor=doctor, at=NOW)
    assert (pinned(treatment), progress(move).waiting) == ("1", 1)
    applied = apply_lines(at=NOW)
    assert (applied.moved, applied.left) == (1, False)
    assert pinned(treatment) == "2"
    assert rows.visit(treatment, "sensitisation", 2).proposed_on == date(2026, 2, 2)
    [line] = lines_of(move)
    assert (line.state, line.moved_at, line.from_version.version) == (LineState.MOVED, NOW, "1")
    assert line.told == found[0].comparison.as_json()
    event = apps.get_model("treatments", "TreatmentEvent").objects.filter(protocol_version=version).first()
    assert event.pgh_context.metadata == {"actor": doctor.name, "user": doctor.user_id, "route": "task"}
    told = Change.objects.get(kind="treatment.version_changed")
    assert (told.treatment_id, told.actor, told.user_id) == (treatment.pk, doctor.name, doctor.user_id)
    assert told.detail["to_version"] == str(version.pk)
    assert list(version_changes(treatment)) == [line]


def test_bookings_survive_and_what_no_longer_fits_is_flagged(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    treatment = after_dose_one(clinic, nurse)
    row = booked_dose(treatment, nurse)
    before = people_part(treatment)
    version = a_version(clinic, "2", NARROWER)
    [preview] = previews(version)
    assert preview.comparison.verdict is MoveVerdict.OUT_OF_WINDOW
    moved(version, doctor)
    assert pinned(treatment) == "2"
    assert people_part(treatment) == before
    row.refresh_from_db()
    assert (row.status, row.starts_at) == ("booked", AT + timedelta(weeks=5))
    assert rows.flag(treatment, "booking_outside_window").is_open


def test_a_move_twice_is_a_move_once(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    after_dose_one(clinic, nurse)
    version = a_version(clinic, "2", (GAP, SHORTER))
    moved(version, doctor)
    told = Change.objects.count()
    assert apply_lines(at=NOW) == moving.Applied()
    assert Change.objects.count() == told
    assert previews(version) == []


def test_the_rows_are_those_that_reconciling_would_write(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    treatment = after_dose_one(clinic, nurse)
    moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    assert not services.reconcile(treatment=Treatment.objects.get(pk=treatment.pk), at=NOW)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda one, nurse: booked_dose(one, nurse), "Other days would change now"),
        (lambda one, nurse: rows.dosed(one, nurse, AT + timedelta(weeks=4), 2), "Other days would change now"),
        (lambda one, nurse: rows.said(one, nurse, NOW, "close", on=NOW.date(), reason="away"), "It was closed"),
    ],
)  # fmt: skip
def test_a_treatment_that_changed_since_its_preview_is_skipped(
    clinic: Clinic, nurse: Actor, doctor: Actor, meanwhile: Callable[[Treatment, Actor], Any], reason: str
) -> None:
    treatment = after_dose_one(clinic, nurse)
    version = a_version(clinic, "2", (GAP, SHORTER))
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    meanwhile(treatment, nurse)
    apply_lines(at=AT + timedelta(weeks=4))
    [(state, said)] = states(move)
    assert state == LineState.SKIPPED
    assert said.startswith(reason)
    assert pinned(treatment) == "1"


def test_a_skipped_line_says_what_was_seen_and_what_it_would_be_now(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    treatment = after_dose_one(clinic, nurse)
    version = a_version(clinic, "2", NARROWER)
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    booked_dose(treatment, nurse)
    apply_lines(at=NOW)
    assert states(move) == [
        (LineState.SKIPPED, "It is not what was seen any more: moved then, out of window now.")
    ]


def test_a_killed_worker_leaves_whole_treatments_and_the_next_run_goes_on(
    clinic: Clinic, nurse: Actor, doctor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_one = rows.a_protocol(clinic)
    treatments = [after_dose_one(clinic, nurse, version_one) for _ in range(3)]
    version = a_version(clinic, "2", (GAP, SHORTER))
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    count = iter(range(10))

    def killed(*given: Any, **more: Any) -> Any:
        settled = settle(*given, **more)
        if next(count) == 1:
            raise KeyboardInterrupt
        return settled

    monkeypatch.setattr("apps.treatments.move_steps.settle", killed)
    with pytest.raises(KeyboardInterrupt):
        apply_lines(at=NOW)
    counted = progress(move)
    assert (counted.moved, counted.waiting) == (1, 2)
    assert sorted(map(pinned, treatments)) == ["1", "1", "2"]
    assert apply_lines(at=NOW).moved == 2
    assert not progress(move).is_open
    assert [pinned(one) for one in treatments] == ["2", "2", "2"]


def test_batches_are_bounded_and_say_that_more_is_left(clinic: Clinic, doctor: Actor) -> None:
    version_one = rows.a_protocol(clinic)
    for _ in range(5):
        rows.a_treatment(clinic, protocol=version_one)
    version = a_version(clinic, "2")
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    runs = [apply_lines(at=NOW, move_id=move.pk, limit=2) for _ in range(3)]
    assert [(run.moved, run.left) for run in runs] == [(2, True), (2, True), (1, False)]


def test_one_that_fails_stays_where_it_was_and_stops_nobody(
    clinic: Clinic,
    nurse: Actor,
    doctor: Actor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    version_one = rows.a_protocol(clinic)
    treatments = [after_dose_one(clinic, nurse, version_one) for _ in range(2)]
    version = a_version(clinic, "2", (GAP, SHORTER))
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)

    def poisoned(gathered: Any, **more: Any) -> Any:
        if gathered.treatment == treatments[0]:
            raise ValueError("Lalitha")
        return settle(gathered, **more)

    monkeypatch.setattr("apps.treatments.move_steps.settle", poisoned)
    applied = apply_lines(at=NOW)
    assert (applied.moved, applied.failed) == (1, 1)
    assert list(map(pinned, treatments)) == ["1", "2"]
    assert progress(move).failed == 1
    assert "Lalitha" not in caplog.text
    assert treatments[0] in movable(version)


def test_the_tasks_take_ids_and_the_sweep_takes_up_what_was_lost(
    clinic: Clinic, doctor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_one = rows.a_protocol(clinic)
    treatments = [rows.a_treatment(clinic, protocol=version_one) for _ in range(2)]
    version = a_version(clinic, "2")
    monkeypatch.setattr("apps.treatments.tasks.timezone.now", lambda: NOW)
    found = chosen(previews(version))
    first, second = (start_move(version=version, chosen=[one], actor=doctor, at=NOW) for one in found)
    assert tasks.apply_move(str(first.pk))["moved"] == 1
    assert (progress(first).is_open, progress(second).is_open) == (False, True)
    assert tasks.follow_moves()["moved"] == 1
    assert tasks.follow_moves()["moved"] == 0
    assert [pinned(one) for one in treatments] == ["2", "2"]


def test_without_a_broker_a_move_begins_all_the_same(
    clinic: Clinic, doctor: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows.a_treatment(clinic)
    version = a_version(clinic, "2")
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    app = tasks.apply_move.app
    monkeypatch.setattr(
        app, "connection_for_write", partial(app.connection_for_write, "redis://127.0.0.1:1/0")
    )
    tasks.apply_soon(move.pk)
    assert "apply_move waits for the sweep" in caplog.text
    assert progress(move).waiting == 1


def test_without_a_worker_the_command_of_the_sweep_moves_too(
    clinic: Clinic, doctor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    treatment = rows.a_treatment(clinic)
    version = a_version(clinic, "2")
    at = timezone.now()
    start_move(version=version, chosen=chosen(previews(version, at)), actor=doctor, at=at)
    call_command("sweep")
    assert capsys.readouterr().out.startswith("moved 1, ")
    assert pinned(treatment) == "2"


# --- Who -------------------------------------------------------------------------------------------------------


def test_only_a_doctor_of_the_clinic_who_signed_in_moves_treatments(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    rows.a_treatment(clinic)
    version = a_version(clinic, "2")
    found = chosen(previews(version))
    program = Actor.client(name="lab system", clinic_id=clinic.pk)
    for actor in (
        nurse,
        rows.staff(clinic, "manager"),
        replace(doctor, verified=False),
        program,
        rows.SYSTEM,
    ):
        with pytest.raises(Forbidden):
            start_move(version=version, chosen=found, actor=actor, at=NOW)
    move = moved(version, doctor)
    [line] = lines_of(move)
    for actor in (nurse, program, rows.SYSTEM):
        with pytest.raises(Forbidden):
            undo_move(move=move, actor=actor, at=NOW)
        with pytest.raises(Forbidden):
            undo_line(line=line, actor=actor, at=NOW)


def test_another_clinic_does_not_exist(clinic: Clinic, doctor: Actor) -> None:
    ours = rows.a_treatment(clinic)
    version = a_version(clinic, "2")
    london = rows.a_clinic(rows.LONDON)
    stranger = rows.staff(london, "doctor")
    rows.a_protocol(london)
    theirs = a_version(london, "2")
    found = chosen(previews(version))
    with pytest.raises(NotFound):
        start_move(version=version, chosen=found, actor=stranger, at=NOW)
    with pytest.raises(NotFound):
        start_move(version=theirs, chosen=found, actor=stranger, at=NOW)
    with pytest.raises(NotFound):
        list(preview_move(version=theirs, treatments=[ours], at=NOW))
    move = moved(version, doctor)
    with pytest.raises(NotFound):
        move_by_id(london, move.pk)
    for act in (
        lambda: undo_move(move=move, actor=stranger, at=NOW),
        lambda: undo_line(line=lines_of(move)[0], actor=stranger, at=NOW),
    ):
        with pytest.raises(NotFound):
            act()


def test_no_line_joins_two_clinics_even_by_sql(clinic: Clinic, doctor: Actor) -> None:
    rows.a_treatment(clinic)
    move = moved(a_version(clinic, "2"), doctor)
    theirs = rows.a_treatment(rows.a_clinic(rows.LONDON))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for column, value in (("treatment_id", theirs.pk), ("from_version_id", theirs.protocol_version_id)):
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(
                    f"UPDATE treatments_versionmoveline SET {column} = %s WHERE move_id = %s",
                    [value, move.pk],
                )


def test_a_treatment_waits_in_one_move_at_a_time_and_an_empty_move_is_refused(
    clinic: Clinic, doctor: Actor
) -> None:
    rows.a_treatment(clinic)
    version = a_version(clinic, "2")
    found = chosen(previews(version))
    start_move(version=version, chosen=found, actor=doctor, at=NOW)
    with pytest.raises(Conflict) as refused:
        start_move(version=version, chosen=found, actor=doctor, at=NOW)
    assert refused.value.code == "moving"
    assert VersionMove.objects.count() == 1
    with pytest.raises(Invalid):
        start_move(version=version, chosen=[], actor=doctor, at=NOW)


# --- Undo ------------------------------------------------------------------------------------------------------


def visits_of(treatment: Treatment) -> dict[tuple[str, int], tuple[str, Any]]:
    found = Appointment.objects.filter(treatment=treatment)
    return {(row.step, row.occurrence): (row.state, row.proposed_on) for row in found}


def test_undo_brings_version_and_days_back(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    treatment = after_dose_one(clinic, nurse)
    before = visits_of(treatment)
    move = moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    assert visits_of(treatment) != before
    line = undo_line(line=lines_of(move)[0], actor=doctor, at=NOW + timedelta(minutes=1))
    assert (line.state, pinned(treatment)) == (LineState.UNDONE, "1")
    assert visits_of(treatment) == before
    with pytest.raises(Conflict) as refused:
        undo_line(line=line, actor=doctor, at=NOW)
    assert refused.value.code == "not_moved"
    changes = Change.objects.filter(kind="treatment.version_changed").order_by("pk")
    assert [change.detail["to_version"] for change in changes][1] == str(line.from_version_id)


@pytest.mark.parametrize(
    "act",
    [
        lambda treatment, nurse: booked_dose(treatment, nurse, 4),
        lambda treatment, nurse: rows.said(treatment, nurse, NOW, "note", text="called"),
        lambda treatment, nurse: rows.dosed(treatment, nurse, AT + timedelta(weeks=4), 2),
    ],
)
def test_undo_is_refused_once_something_was_booked_or_recorded(
    clinic: Clinic, nurse: Actor, doctor: Actor, act: Callable[[Treatment, Actor], Any]
) -> None:
    treatment = after_dose_one(clinic, nurse)
    move = moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    act(treatment, nurse)
    with pytest.raises(Conflict) as refused:
        undo_line(line=lines_of(move)[0], actor=doctor, at=NOW)
    assert (refused.value.code, pinned(treatment)) == ("acted_since", "2")
    undo_move(move=move, actor=doctor, at=NOW)
    assert apply_lines(at=NOW).kept == 1
    assert states(move) == [(LineState.MOVED, "Something was recorded or booked on it since.")]
    assert pinned(treatment) == "2"


def test_a_cancelled_or_moved_booking_is_an_act_too(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    treatment = after_dose_one(clinic, nurse)
    row = booked_dose(treatment, nurse, 4)
    move = moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    booking.cancel(appointment=row, reason="ill", actor=nurse, at=NOW)
    with pytest.raises(Conflict):
        undo_line(line=lines_of(move)[0], actor=doctor, at=NOW)


def test_time_that_passes_does_not_stop_an_undo(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    treatment = after_dose_one(clinic, nurse)
    move = moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    later = AT + timedelta(weeks=6)
    services.reconcile(treatment=Treatment.objects.get(pk=treatment.pk), at=later)
    undo_line(line=lines_of(move)[0], actor=doctor, at=later)
    assert pinned(treatment) == "1"


def test_the_first_of_two_moves_cannot_be_undone(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    after_dose_one(clinic, nurse)
    first = moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    moved(a_version(clinic, "3"), doctor)
    with pytest.raises(Conflict) as refused:
        undo_line(line=lines_of(first)[0], actor=doctor, at=NOW)
    assert "another version" in refused.value.message


def test_what_waits_in_a_later_move_is_not_undone_before_it(
    clinic: Clinic, nurse: Actor, doctor: Actor
) -> None:
    treatment = after_dose_one(clinic, nurse)
    first = moved(a_version(clinic, "2", (GAP, SHORTER)), doctor)
    third = a_version(clinic, "3")
    second = start_move(version=third, chosen=chosen(previews(third)), actor=doctor, at=NOW)
    with pytest.raises(Conflict) as refused:
        undo_move(move=first, actor=doctor, at=NOW)
    assert refused.value.code == "nothing_to_undo"
    undo_move(move=second, actor=doctor, at=NOW)
    undo_move(move=first, actor=doctor, at=NOW)
    assert apply_lines(at=NOW).undone == 1
    assert pinned(treatment) == "1"


def test_undoing_a_whole_move_stops_what_waits_and_takes_back_what_moved(
    clinic: Clinic, doctor: Actor
) -> None:
    version_one = rows.a_protocol(clinic)
    treatments = [rows.a_treatment(clinic, protocol=version_one) for _ in range(3)]
    version = a_version(clinic, "2", (GAP, SHORTER))
    move = start_move(version=version, chosen=chosen(previews(version)), actor=doctor, at=NOW)
    apply_lines(at=NOW, limit=2)
    undo_move(move=move, actor=doctor, at=NOW)
    assert progress(move).undoing == 2
    assert apply_lines(at=NOW).undone == 2
    assert (progress(move).undone, progress(move).skipped) == (2, 1)
    assert [pinned(one) for one in treatments] == ["1", "1", "1"]
    with pytest.raises(Conflict) as refused:
        undo_move(move=move, actor=doctor, at=NOW)
    assert refused.value.code == "nothing_to_undo"
    assert VersionMoveLine.objects.filter(state__in=["waiting", "undoing"]).count() == 0


def test_a_published_version_still_never_changes(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    after_dose_one(clinic, nurse)
    documents = dict(ProtocolVersion.objects.values_list("pk", "document"))
    version = a_version(clinic, "2", (GAP, SHORTER))
    undo_move(move=moved(version, doctor), actor=doctor, at=NOW)
    apply_lines(at=NOW)
    assert dict(ProtocolVersion.objects.exclude(pk=version.pk).values_list("pk", "document")) == documents
