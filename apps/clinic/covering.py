"""Cover by date: who stands in for whom. Part of the clinic's write path, and the one question about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.cover import Coverage, Span
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.models import Clinic, Cover, Membership, User

_LONGEST = timedelta(days=366)


def covers_of(clinic: Clinic, *, from_on: date) -> QuerySet[Cover]:
    """Those that have not ended before the day, the earliest first."""
    return (
        Cover.objects.filter(clinic=clinic, to_on__gte=from_on)
        .select_related("user", "by")
        .order_by("from_on", "id")
    )


def cover_by_id(clinic: Clinic, cover_id: UUID) -> Cover:
    found = Cover.objects.filter(clinic=clinic, pk=cover_id).first()
    if found is None:
        raise NotFound("There is no such cover.", field="cover")
    return found


def coverage_of(covers: Iterable[Cover], members: Iterable[Membership], role: str, today: date) -> Coverage:
    """One role of a clinic, from its rows. Who no longer works there is no member."""
    spans = [Span(one.user_id, one.by_id, one.from_on, one.to_on, one.away) for one in covers]
    of_role = frozenset(one.user_id for one in members if one.role == role and one.is_active)
    return Coverage(of_role, spans, today)


def add_cover(
    *,
    clinic: Clinic,
    user: User,
    by: User,
    from_on: date,
    to_on: date,
    away: bool = True,
    actor: Actor,
    at: datetime,
) -> Cover:
    """`by` stands in for `user` on those days of the clinic, ends inclusive; see `Cover.away`.

    Both work here in one role, doctors for doctors and nurses for nurses. Invalid for days in the wrong order or more
    than a year; Conflict where the user has another cover of that kind in those days.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager")
    _refuse_days(user, by, from_on, to_on)
    with acting(actor):
        # The lock makes one of two nurses who enter the same absence wait, and then see the other's.
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        _refuse_roles(clinic, user, by)
        meets = Cover.objects.filter(
            clinic=clinic, user=user, away=away, from_on__lte=to_on, to_on__gte=from_on
        )
        if meets.exists():
            raise Conflict(
                "They are covered on some of these days already.",
                code="covered",
                field="from_on",
                remedy="End that cover first.",
            )
        cover = Cover.objects.create(clinic=clinic, user=user, by=by, from_on=from_on, to_on=to_on, away=away)
        _tell(cover, "cover.added", actor, at)
    return cover


def _refuse_days(user: User, by: User, from_on: date, to_on: date) -> None:
    if user == by:
        raise Invalid("Nobody covers for themselves.", field="by", remedy="Choose somebody else.")
    if to_on < from_on:
        raise Invalid("The last day is before the first.", field="to_on", remedy="Give a later last day.")
    if to_on - from_on > _LONGEST:
        raise Invalid("This is more than a year.", field="to_on", remedy="Enter it year by year.")


def _refuse_roles(clinic: Clinic, user: User, by: User) -> None:
    roles = {
        one.user_id: one.role
        for one in Membership.objects.filter(clinic=clinic, is_active=True, user__in=[user, by])
    }
    if user.pk not in roles:
        raise Invalid("They do not work here.", field="user", remedy="Choose a member of the staff.")
    if roles.get(by.pk) != roles[user.pk]:
        raise Invalid(
            "Only somebody of the same role covers.", field="by", remedy=f"Choose a {roles[user.pk]}."
        )


def end_cover(*, cover: Cover, actor: Actor, at: datetime) -> None:
    """Takes the cover away, whole. The history keeps it."""
    require_clinic(actor, cover.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        found = Cover.objects.select_for_update().filter(pk=cover.pk, clinic_id=cover.clinic_id).first()
        if found is not None:
            _tell(found, "cover.ended", actor, at)
            found.delete()


def _tell(cover: Cover, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=cover.clinic_id,
        kind=kind,
        subject_type="cover",
        subject_id=cover.pk,
        actor=actor,
        at=at,
        detail={"from_on": cover.from_on.isoformat(), "to_on": cover.to_on.isoformat()},
    )
