"""A donor's unit: its label, its disposal. Part of the running of a session; the rows are `unit_models`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.booking.models import DonorUnit
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.models import Clinic
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment, Record, Treatment
from apps.treatments.reconciling import locked, settle
from apps.treatments.saying import what_it_says
from apps.treatments.services import record
from protocols.records import Fulfilled

# No letter or digit that is taken for another one on a label.
_SIGNS = "ACDEFGHJKLMNPQRTUVWXY34679"
CHECK_LENGTH = 4


def of_today(row: Appointment, moment: datetime) -> QuerySet[DonorUnit]:
    """The units of this visit that were drawn on the day of `moment` and are neither injected nor disposed of."""
    return DonorUnit.objects.filter(
        appointment=row,
        drawn_on=local_date(row.zone or row.clinic.zone, moment),
        injected_at__isnull=True,
        disposed_at__isnull=True,
    )


def label_units(
    gathered: Gathered, row: Appointment, *, drawn_at: datetime, actor: Actor
) -> tuple[DonorUnit, ...]:
    """A unit with its code for each donor of the visit who has none of that day yet."""
    couple = gathered.treatment.couple
    # Codes and their checks are unique in the clinic: of two who label at once, whatever the treatment, one waits here.
    Clinic.objects.select_for_update(no_key=True).get(pk=row.clinic_id)
    keep_row(row)
    on = local_date(row.zone or row.clinic.zone, drawn_at)
    planned = gathered.plan().visit(row.step, row.occurrence)
    donors = (planned.donor if planned is not None and planned.donor else "partner").split("+")
    there = {unit.donor for unit in of_today(row, drawn_at)}
    made = []
    for donor in donors:
        if donor in there:
            continue
        number = DonorUnit.objects.filter(
            clinic_id=row.clinic_id, code__startswith=f"{couple.code}-{on:%d%m%y}-"
        )
        code = f"{couple.code}-{on:%d%m%y}-{number.count() + 1}"
        check = _free_check(row, code, on_day=DonorUnit.objects.filter(clinic_id=row.clinic_id, drawn_on=on))
        made.append(
            DonorUnit.objects.create(
                clinic_id=row.clinic_id,
                appointment=row,
                code=f"{code}-{check}",
                check_code=check,
                donor=donor,
                donor_person_id=couple.partner_id if donor == "partner" else None,
                recipient_id=couple.recipient_id,
                drawn_on=on,
                drawn_at=drawn_at,
                drawn_by=actor.name[:150],
            )
        )
    return tuple(made)


def keep_row(row: Appointment) -> None:
    """A visit of which a unit or a refusal tells is people's, booked or not: the planner never withdraws its row."""
    if not row.touched:
        row.touched = True
        row.save(update_fields=["touched"])


def label_unit(
    *, appointment: Appointment, drawn_at: datetime, actor: Actor, at: datetime
) -> tuple[DonorUnit, ...]:
    """Labels what was drawn where the clinic runs no chain of activities. Invalid for a draw that lies ahead.

    Drawn again on that day (the first tube broke): dispose of the old unit first, then this makes a new one.
    """
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "lab")
    if drawn_at > at:
        raise Invalid(
            "The draw lies ahead.", code="in_the_future", field="drawn_at", remedy="Check the time."
        )
    with acting(actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        made = label_units(gathered, row, drawn_at=drawn_at, actor=actor)
        if not made:
            raise Conflict(
                "The unit of this visit has its label.",
                code="labelled",
                field="unit",
                remedy="Use that label.",
            )
        gathered.tell("unit.labelled", row)
        settle(gathered, actor=actor, at=at)
    return made


def record_here(*, treatment: Treatment, data: Mapping[str, Any], actor: Actor, at: datetime) -> Record:
    """`treatments.services.record` for every route but the form of a dose, `dosing.record_dose`: Conflict `not_checked`,
    and nothing changed, for a dose whose labelled unit nobody has held against the couple.
    """
    with acting(actor):
        said = record(treatment=treatment, data=data, actor=actor, at=at)
        _refuse_waiting(said)
    return said


def _refuse_waiting(said: Record) -> None:
    """Asked after the record is made, under its lock: nobody labels a unit in between."""
    act = what_it_says(said)
    if not isinstance(act, Fulfilled) or act.elsewhere is not None:
        return
    waiting = DonorUnit.objects.filter(
        appointment__treatment_id=said.treatment_id,
        appointment__step=act.step,
        appointment__occurrence=act.occurrence,
        injected_at__isnull=True,
        disposed_at__isnull=True,
    )
    if waiting.exists():
        raise Conflict(
            "The donor's unit of this visit was not held against the couple by two people.",
            code="not_checked",
            field="unit",
            remedy="Record the dose on its own form, or dispose of the unit first.",
        )


def dispose_unit(
    *, unit: DonorUnit, reason: str, actor: Actor, at: datetime, happened_at: datetime | None = None
) -> DonorUnit:
    """The unit was thrown away. Conflict if it was injected or is gone already; Invalid without a reason."""
    require_clinic(actor, unit.clinic_id)
    require_role(actor, "nurse", "doctor", "lab", "manager")
    if not reason.strip():
        raise Invalid("Say why.", code="needs_reason", field="reason", remedy="A few words are enough.")
    moment = happened_at or at
    if moment > at or moment < unit.drawn_at:
        raise Invalid(
            "The unit was not there then.",
            code="no_such_time",
            field="happened_at",
            remedy="Give a time between the draw and now.",
        )
    with acting(actor):
        gathered = locked(treatment_id=unit.appointment.treatment_id, at=at)
        fresh = DonorUnit.objects.select_for_update().get(pk=unit.pk)
        if not fresh.is_open:
            raise Conflict(
                "This unit was injected or disposed of already.",
                code="unit_closed",
                field="unit",
                remedy="Look at the unit once more.",
            )
        _dispose(fresh, reason, actor, moment)
        gathered.tell("unit.disposed", gathered.visit_of(fresh.appointment))
        settle(gathered, actor=actor, at=at)
    return fresh


def dispose_open(row: Appointment, *, reason: str, actor: Actor, at: datetime) -> None:
    """Every unit of the visit that is still there, inside the act that makes it useless."""
    for unit in of_today(row, at).select_for_update():
        _dispose(unit, reason, actor, max(at, unit.drawn_at))


def _dispose(unit: DonorUnit, reason: str, actor: Actor, moment: datetime) -> None:
    unit.disposed_at, unit.disposed_by, unit.disposal_reason = moment, actor.name[:150], reason.strip()[:300]
    unit.save(update_fields=["disposed_at", "disposed_by", "disposal_reason"])


def _free_check(row: Appointment, code: str, on_day: QuerySet[DonorUnit]) -> str:
    """Four signs that follow from the code and the clinic, and that no other unit of the clinic's day has."""
    taken = set(on_day.values_list("check_code", flat=True))
    for turn in range(1000):
        digest = hashlib.sha256(f"{row.clinic_id}/{code}/{turn}".encode()).digest()
        check = "".join(_SIGNS[byte % len(_SIGNS)] for byte in digest[:CHECK_LENGTH])
        if check not in taken:
            return check
    raise AssertionError("no free check code among a thousand")
