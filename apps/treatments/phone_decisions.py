"""A decision that a doctor told a nurse by phone. It changes nothing until that doctor signs it.

Part of the treatments' write path. Whoever may not decide cannot decide through here: the nurse enters words, the
doctor's own signature is what `decide` gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic, Membership, Role, User
from apps.treatments.gates import require_choice
from apps.treatments.models import Flag, FlagState, PhoneDecision, PhoneState, Record
from apps.treatments.reconciling import locked
from apps.treatments.services import decide, preview


def phone_decisions_of(clinic: Clinic) -> QuerySet[PhoneDecision]:
    """Those that wait for their doctor's signature on a flag that is still open, the oldest first."""
    waiting = PhoneDecision.objects.filter(clinic=clinic, state=PhoneState.WAITING)
    people = ("flag__treatment__couple__recipient", "flag__treatment__couple__partner")
    return (
        waiting.filter(flag__state=FlagState.OPEN)
        .select_related("clinic", "doctor", "flag__clinic", *people)
        .order_by("at", "id")
    )


def phone_decision_by_id(clinic: Clinic, phone_id: UUID) -> PhoneDecision:
    found = PhoneDecision.objects.filter(clinic=clinic, pk=phone_id)
    phone = found.select_related("clinic", "doctor", "flag__clinic", "flag__treatment").first()
    if phone is None:
        raise NotFound("There is no such decision.", field="decision")
    return phone


def enter_phone_decision(
    *,
    flag: Flag,
    choice: str,
    reason: str,
    parameters: Mapping[str, Any],
    doctor: User,
    actor: Actor,
    at: datetime,
) -> PhoneDecision:
    """Notes what `doctor` told the nurse who enters it. The flag stays open and goes on holding what it holds.

    For flags that are a doctor's; Forbidden unless a nurse who signed in. Invalid for a choice or parameters that
    `decide` would refuse, without a reason, or for somebody who is no doctor here. Conflict if one waits already.
    """
    require_clinic(actor, flag.clinic_id)
    require_verified(actor, "nurse")
    assert actor.user_id is not None, "whoever is verified is a user"
    if flag.owner != "doctor":
        raise Invalid("This flag needs no doctor.", code="not_a_doctors", field="flag", remedy="Decide it.")
    if not reason.strip():
        raise Invalid("A decision needs a reason.", field="reason", remedy="Write what the doctor said.")
    _require_doctor(flag, doctor)
    with acting(actor):
        fresh = _flag_as_it_is(flag, at)
        require_choice(fresh, choice)
        _try(fresh, choice, reason, parameters, doctor=doctor, at=at)
        _lapse(fresh, actor=actor, at=at)
        phone = PhoneDecision.objects.create(
            clinic_id=fresh.clinic_id,
            flag=fresh,
            choice=choice,
            parameters=dict(parameters),
            reason=reason.strip(),
            cause=fresh.cause,
            doctor=doctor,
            by_name=actor.name[:150],
            by_user_id=actor.user_id,
            at=at,
        )
        _tell(phone, "decision.phoned", actor=actor, at=at)
    return phone


def countersign(*, phone: PhoneDecision, actor: Actor, at: datetime) -> Record:
    """The named doctor, signed in, makes it their decision: `decide` with their own name, on the cause of then.

    Forbidden for everybody else: another doctor cannot say what this one said, but may decide the flag themselves.
    Conflict if it waits no more, or if what the flag rests on has changed.
    """
    require_clinic(actor, phone.clinic_id)
    require_verified(actor, "doctor")
    if actor.user_id != phone.doctor_id:
        raise Forbidden(
            "Only the doctor who said it signs it.",
            code="not_your_word",
            remedy="Decide the flag yourself, or let them sign.",
        )
    with acting(actor):
        flag = _flag_as_it_is(phone.flag, at)
        fresh = _waiting(phone)
        flag.cause = fresh.cause
        record = decide(
            flag=flag,
            choice=fresh.choice,
            reason=fresh.reason,
            parameters=fresh.parameters,
            actor=actor,
            at=at,
        )
        _close(fresh, PhoneState.SIGNED, actor=actor, at=at)
    return record


def refuse_phone_decision(*, phone: PhoneDecision, reason: str, actor: Actor, at: datetime) -> PhoneDecision:
    """A doctor says that it is not so. The flag stays open."""
    require_clinic(actor, phone.clinic_id)
    require_verified(actor, "doctor")
    if not reason.strip():
        raise Invalid("A refusal needs a reason.", field="reason", remedy="Say what was meant.")
    with acting(actor):
        fresh = _waiting(phone)
        fresh.refusal = reason.strip()[:300]
        _close(fresh, PhoneState.REFUSED, actor=actor, at=at)
    return fresh


def withdraw_phone_decision(*, phone: PhoneDecision, actor: Actor, at: datetime) -> PhoneDecision:
    """A nurse takes back what was entered. The flag stays open."""
    require_clinic(actor, phone.clinic_id)
    require_verified(actor, "nurse", "doctor")
    with acting(actor):
        fresh = _waiting(phone)
        _close(fresh, PhoneState.WITHDRAWN, actor=actor, at=at)
    return fresh


def _require_doctor(flag: Flag, doctor: User) -> None:
    works = Membership.objects.filter(clinic_id=flag.clinic_id, user=doctor, role=Role.DOCTOR, is_active=True)
    if not works.exists():
        raise Invalid("This is no doctor of the clinic.", field="doctor", remedy="Choose one of the list.")


def _flag_as_it_is(flag: Flag, at: datetime) -> Flag:
    """Under the lock of its treatment, so that nothing decides it meanwhile."""
    fresh = locked(treatment_id=flag.treatment_id, at=at).flags.get(flag.key)
    if fresh is None:
        raise NotFound("There is no such flag.", field="flag")
    return fresh


def _try(
    flag: Flag, choice: str, reason: str, parameters: Mapping[str, Any], *, doctor: User, at: datetime
) -> None:
    """Invalid for what `decide` would refuse the doctor. Nothing is stored."""
    data = {
        "kind": "decision",
        "flag": flag.key,
        "choice": choice,
        "on": local_date(flag.clinic.zone, at),
        "reason": reason,
        "cause": list(flag.cause),
        "parameters": dict(parameters),
    }
    # Only to be tried: it is not verified, so nothing could be decided by it.
    said_by = Actor(
        name=doctor.get_username(), role="doctor", route="shell", user_id=doctor.pk, clinic_id=flag.clinic_id
    )
    preview(treatment=flag.treatment, records=[data], at=at, actor=said_by)


def _lapse(flag: Flag, *, actor: Actor, at: datetime) -> None:
    """What waits on an earlier cause of the flag waits no more; Conflict if one waits on this one."""
    for other in PhoneDecision.objects.filter(flag=flag, state=PhoneState.WAITING).select_for_update():
        if other.cause == flag.cause:
            raise Conflict(
                "A decision by phone waits on this flag already.",
                code="waiting",
                field="flag",
                remedy="Take it back first.",
            )
        _close(other, PhoneState.LAPSED, actor=actor, at=at)


def _waiting(phone: PhoneDecision) -> PhoneDecision:
    fresh = PhoneDecision.objects.select_for_update().filter(pk=phone.pk, clinic_id=phone.clinic_id).first()
    if fresh is None:
        raise NotFound("There is no such decision.", field="decision")
    if fresh.state != PhoneState.WAITING:
        raise Conflict("It waits no more.", code="not_waiting", field="decision", remedy="Look at the flag.")
    return fresh


def _close(phone: PhoneDecision, state: PhoneState, *, actor: Actor, at: datetime) -> None:
    phone.state, phone.closed_at, phone.closed_by = state, at, actor.name[:150]
    phone.save(update_fields=["state", "closed_at", "closed_by", "refusal"])
    _tell(phone, f"decision.phone_{state.value}", actor=actor, at=at)


def _tell(phone: PhoneDecision, kind: str, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=phone.clinic_id,
        kind=kind,
        subject_type="phonedecision",
        subject_id=phone.pk,
        treatment_id=phone.flag.treatment_id,
        actor=actor,
        at=at,
    )
