"""The clinic's write path: every verb writes what others must hear of in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.braking import brake, release_brake
from apps.clinic.changes import Draft, advance, lock_reader, record_change, record_changes
from apps.clinic.day_changes import locked_clinic, tell_days
from apps.clinic.errors import Conflict, Forbidden, Invalid
from apps.clinic.holiday_services import set_holiday, shift_holiday, tick_further_holidays, tick_holidays
from apps.clinic.inputs import ClinicInput, Span, check_spans
from apps.clinic.models import Clinic, Closure, Heartbeat, Membership, OpeningHours, Role, User

__all__ = [
    "ClinicInput",
    "Draft",
    "Span",
    "add_member",
    "advance",
    "beat",
    "brake",
    "close_days",
    "create_clinic",
    "end_membership",
    "lock_reader",
    "record_change",
    "record_changes",
    "release_brake",
    "reopen_days",
    "set_holiday",
    "set_hours",
    "shift_holiday",
    "tick_further_holidays",
    "tick_holidays",
    "update_clinic",
]

# Longer than any rebuilding; a mistyped year would otherwise close the clinic for good.
_LONGEST_CLOSURE = timedelta(days=366)


def create_clinic(*, given: ClinicInput, actor: Actor, at: datetime) -> Clinic:
    """A new clinic, closed on every day until `set_hours`. Only the system (set-up, demo) makes clinics."""
    if not actor.is_system:
        raise Forbidden("Clinics are set up by whoever runs the service.", code="wrong_role")
    given.check()
    with acting(actor):
        clinic = Clinic(**asdict(given), changed_at=at)
        try:
            with transaction.atomic():
                clinic.save(force_insert=True)
        except IntegrityError as taken:
            raise Conflict("Another clinic has this slug.", field="slug", remedy="Choose another.") from taken
        _tell(clinic, "clinic.created", actor, at)
    return clinic


def update_clinic(*, clinic: Clinic, given: ClinicInput, actor: Actor, at: datetime) -> Clinic:
    """New name, numbers, address, discreet wording. Slug and zone stay: codes and booked times hang on
    them.
    """
    given.check()
    with acting(actor):
        fresh = locked_clinic(clinic, actor, "manager")
        if (given.slug, given.zone) != (fresh.slug, fresh.zone):
            raise Conflict("Slug and time zone of a clinic cannot change.", field="zone", code="fixed_field")
        for field, value in asdict(given).items():
            setattr(fresh, field, value)
        fresh.changed_at = at
        fresh.save()
        _tell(fresh, "clinic.changed", actor, at)
    return fresh


def add_member(*, clinic: Clinic, user: User, role: str, actor: Actor, at: datetime) -> Membership:
    """Gives the user this role in the clinic, in place of any they had; an ended membership begins again."""
    if role not in Role.values:
        raise Invalid("This is not a role.", field="role", remedy=f"One of {', '.join(Role.values)}.")
    with acting(actor):
        locked_clinic(clinic, actor, "manager")
        membership, _ = Membership.objects.update_or_create(
            clinic=clinic, user=user, defaults={"role": role, "is_active": True}
        )
        _tell(clinic, "clinic.members", actor, at)
    return membership


def end_membership(*, membership: Membership, actor: Actor, at: datetime) -> Membership:
    """The user no longer reaches the clinic, from the next request on. Their history stays."""
    with acting(actor):
        locked_clinic(membership.clinic, actor, "manager")
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        _tell(membership.clinic, "clinic.members", actor, at)
    return membership


def set_hours(*, clinic: Clinic, spans: Sequence[Span], actor: Actor, at: datetime) -> list[OpeningHours]:
    """Replaces the weekly hours. Days without a span are closed."""
    check_spans(spans)
    with acting(actor):
        locked_clinic(clinic, actor, "manager")
        stored = {Span(row.weekday, row.opens_at, row.closes_at): row for row in clinic.hours.all()}
        wanted = set(spans)
        if wanted != set(stored):
            gone = [row.pk for span, row in stored.items() if span not in wanted]
            clinic.hours.filter(pk__in=gone).delete()
            OpeningHours.objects.bulk_create(
                OpeningHours(clinic=clinic, **asdict(span)) for span in sorted(wanted - set(stored))
            )
            _tell(clinic, "clinic.days", actor, at)
    return list(clinic.hours.all())


def close_days(
    *, clinic: Clinic, from_on: date, to_on: date, reason: str, actor: Actor, at: datetime
) -> Closure:
    """Closes whole days, ends inclusive. Nothing that is booked moves: the planner raises flags for it."""
    if to_on < from_on:
        raise Invalid("The closure ends before it begins.", field="to_on", remedy="Give a later last day.")
    if to_on - from_on > _LONGEST_CLOSURE:
        raise Invalid("A closure lasts a year at most.", field="to_on", remedy="Look at the year once more.")
    with acting(actor):
        locked_clinic(clinic, actor, "manager", "doctor", "nurse")
        closure = Closure.objects.create(
            clinic=clinic, from_on=from_on, to_on=to_on, reason=reason.strip()[:200]
        )
        tell_days(clinic, from_on, to_on, actor, at)
    return closure


def reopen_days(*, clinic: Clinic, from_on: date, to_on: date, actor: Actor, at: datetime) -> list[Closure]:
    """Takes the days from..to (ends inclusive) out of every closure; returns what is left of them."""
    if to_on < from_on:
        raise Invalid("The last day lies before the first.", field="to_on", remedy="Give a later last day.")
    with acting(actor):
        locked_clinic(clinic, actor, "manager", "doctor", "nurse")
        touched = list(Closure.objects.filter(clinic=clinic, from_on__lte=to_on, to_on__gte=from_on))
        if not touched:
            return []
        day = timedelta(days=1)
        left = [
            Closure(clinic=clinic, from_on=first, to_on=last, reason=closure.reason)
            for closure in touched
            for first, last in ((closure.from_on, from_on - day), (to_on + day, closure.to_on))
            if first <= last
        ]
        Closure.objects.filter(pk__in=[closure.pk for closure in touched]).delete()
        Closure.objects.bulk_create(left)
        tell_days(clinic, from_on, to_on, actor, at)
    return left


def beat(*, name: str, at: datetime) -> None:
    """A recurring job says that it ran: one upsert."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=at)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )


def _tell(clinic: Clinic, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=clinic.pk, kind=kind, subject_type="clinic", subject_id=clinic.pk, actor=actor, at=at
    )
