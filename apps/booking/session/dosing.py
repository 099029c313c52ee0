"""Recording a dose: the unit held against the couple by two people, then what was given, in one act."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from apps.booking.models import DonorUnit, SessionActivity, UnitCheck
from apps.booking.session.chain import OPEN, begin, end
from apps.booking.session.units import CHECK_LENGTH
from apps.clinic.access import require_clinic, require_role, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.errors import Conflict, Forbidden, Invalid
from apps.treatments.models import Appointment, Record
from apps.treatments.reconciling import locked
from apps.treatments.services import record

_APART = re.compile(r"[\s,;+]+")


@dataclass(frozen=True, slots=True)
class Match:
    """What the label says against the couple, in one word for the screen: `match`, `mismatch` or `no_unit`."""

    verdict: str
    units: tuple[DonorUnit, ...]

    @property
    def is_match(self) -> bool:
        return self.verdict == "match"


def units_on(appointment: Appointment, on: date) -> tuple[DonorUnit, ...]:
    """The units of the visit drawn on that day that are still there."""
    return tuple(
        DonorUnit.objects.filter(
            appointment=appointment, drawn_on=on, injected_at__isnull=True, disposed_at__isnull=True
        )
    )


def match(units: Sequence[DonorUnit], read: str) -> Match:
    """Whether what was scanned or typed names exactly these units: the whole code, or its last four characters.

    Several units of one visit are read one after the other, parted by a space or a comma. Case does not matter.
    """
    if not units:
        return Match("no_unit", ())
    words = [word for word in _APART.split(read.strip().upper()) if word]
    found = {unit.pk for unit in units for word in words if _names(unit, word)}
    strangers = [word for word in words if not any(_names(unit, word) for unit in units)]
    matched = bool(words) and not strangers and len(found) == len(units)
    return Match("match" if matched else "mismatch", tuple(units))


def check_units(
    *,
    appointment: Appointment,
    on: date,
    read: str,
    second_read: str,
    first: Actor,
    second: Actor,
    at: datetime,
) -> UnitCheck:
    """Two people held the label of the day's unit against the couple; what they read is kept, also where it is wrong.

    Both must be verified and two people. Conflict without a unit, and `unit_mismatch` where either read another one:
    no word of anybody lets a dose be recorded then.
    """
    first_id, second_id = _two_people(appointment, first, second)
    units = units_on(appointment, on)
    if not units:
        said, remedy = "No unit of this visit was labelled on that day.", "Label the donor's unit first."
        raise Conflict(said, code="no_unit", field="unit", remedy=remedy)
    matches = all(match(units, one).is_match for one in (read, second_read))
    with acting(first):
        check = UnitCheck.objects.create(
            clinic_id=appointment.clinic_id,
            appointment=appointment,
            read_code=read.strip()[:200],
            second_read_code=second_read.strip()[:200],
            matches=matches,
            first_name=first.name[:150],
            first_user_id=first_id,
            second_name=second.name[:150],
            second_user_id=second_id,
            at=at,
        )
    if not matches:
        raise _mismatch("MISMATCH: this is not the unit of this couple.")
    return check


def _two_people(appointment: Appointment, first: Actor, second: Actor) -> tuple[int, int]:
    """The ids of the two users. Forbidden unless both are verified staff of the clinic and not the same person."""
    require_clinic(first, appointment.clinic_id)
    require_clinic(second, appointment.clinic_id)
    for one in (first, second):
        require_verified(one, "nurse", "doctor", "lab")
    if first.user_id is None or second.user_id is None or first.user_id == second.user_id:
        raise Forbidden(
            "The second person must be somebody else.",
            code="same_person",
            field="second_name",
            remedy="Ask a colleague to read the label and sign.",
        )
    return first.user_id, second.user_id


def _mismatch(said: str) -> Conflict:
    remedy = "Do not inject. Read the label again, and look for the right unit."
    return Conflict(said, code="unit_mismatch", field="unit", remedy=remedy)


def record_dose(
    *,
    appointment: Appointment,
    check: UnitCheck,
    given: Mapping[str, Any],
    injected_at: datetime,
    actor: Actor,
    at: datetime,
) -> Record:
    """The dose was given: writes its record with the day of `injected_at`, closes the units and the injection. Her
    observation begins with the injection, unless the dose is typed in on another day.

    `check` is the identity check of `check_units`, of this visit. Times that the units know (draw, ready, release)
    are theirs; what `given` says of them counts only where a unit lacks it. Conflict without a release by a named
    person; whatever else forbids the dose is refused as `attend` does, and nothing is changed.
    """
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor")
    zone = appointment.clinic.zone
    on = local_date(zone, injected_at)
    if injected_at > at:
        raise Invalid(
            "The injection lies ahead.", code="in_the_future", field="injected_at", remedy="Check the time."
        )
    with acting(actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        units = list(DonorUnit.objects.select_for_update().filter(pk__in=[u.pk for u in units_on(row, on)]))
        _refuse(row, check, units)
        body = _content(units, given, injected_at)
        act = {"kind": "fulfilled", "step": row.step, "occurrence": row.occurrence, "on": on, "given": body}
        said = record(treatment=row.treatment, data=act, actor=actor, at=at)
        for unit in units:
            unit.injected_at, unit.dose = injected_at, said
            unit.ready_at = unit.ready_at or body.get("ready_at")
            unit.medium_lot = str(body.get("medium_lot") or "")[:100]
            unit.save(update_fields=["injected_at", "dose", "ready_at", "medium_lot"])
        _run_chain(row, injected_at, actor, at=at)
    return said


def _run_chain(row: Appointment, injected_at: datetime, actor: Actor, *, at: datetime) -> None:
    """On the day of the booking: the injection has ended, and with it the observation begins."""
    zone = row.clinic.zone
    on = local_date(zone, injected_at)
    for one in SessionActivity.objects.filter(appointment=row, state__in=OPEN).order_by("position"):
        if not _of_that_day(one, zone, on):
            continue
        if one.kind == "injection":
            end(one, max(injected_at, one.started_at or injected_at), actor)
        elif one.kind == "observation" and one.started_at is None and on == local_date(zone, at):
            begin(one, injected_at)


def _refuse(row: Appointment, check: UnitCheck, units: Sequence[DonorUnit]) -> None:
    if check.appointment_id != row.pk or not check.matches or not units:
        raise Conflict(
            "The unit was not held against this couple.",
            code="not_checked",
            field="unit",
            remedy="Check the label by two people first.",
        )
    if any(not unit.released_at for unit in units):
        raise Conflict(
            "NOT RELEASED: no named person has released this unit.",
            code="not_released",
            field="unit",
            remedy="A doctor or the laboratory releases it first.",
        )
    if not match(units, check.read_code).is_match:
        raise _mismatch("The units have changed since they were checked.")


def times_of(units: Sequence[DonorUnit]) -> dict[str, datetime]:
    """`drawn_at`, `released_at` and `ready_at` of the units, as far as they are known, in whole minutes.

    Of several units the oldest draw counts, and the last of what came after it. The injection is written in minutes: a
    release at 12:30:40 is not after an injection at 12:30.
    """
    known = {"drawn_at": min(unit.drawn_at for unit in units)} if units else {}
    for name in ("released_at", "ready_at"):
        moments = [moment for unit in units if (moment := getattr(unit, name)) is not None]
        if moments and len(moments) == len(units):
            known[name] = max(moments)
    return {name: moment.replace(second=0, microsecond=0) for name, moment in known.items()}


def _content(units: Sequence[DonorUnit], given: Mapping[str, Any], injected_at: datetime) -> dict[str, Any]:
    """The body of `given`, with what the units know of themselves."""
    body = {name: value for name, value in given.items() if value not in (None, "")}
    known = {**times_of(units), "unit": ", ".join(unit.code for unit in units)}
    return body | known | {"injected_at": injected_at}


def _names(unit: DonorUnit, word: str) -> bool:
    return word == unit.code.upper() or (len(word) == CHECK_LENGTH and word == unit.check_code)


def _of_that_day(activity: SessionActivity, zone: str, on: date) -> bool:
    begins, ends = day_bounds(zone, on)
    return begins <= activity.starts_at < ends
