"""When nothing is sent to a couple, and who may end that. Part of the couples' write path."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.couples.changes import tell_of_couple
from apps.couples.models import Couple, SilenceReason

# A stronger reason takes the place of a weaker one, never the other way round.
_STRENGTH = {reason: strength for strength, reason in enumerate(["", *SilenceReason.values])}


def silence_couple(*, couple: Couple, reason: str, actor: Actor, at: datetime) -> Couple:
    """Nothing is sent to either from this commit on. Anyone of the clinic may do it, a client included.

    A stronger reason (imported, own wish, suspected loss, confirmed loss) takes the place of a weaker one;
    otherwise the silence that stands is kept, and a wish or that the couple is not released yet is noted
    beside it. The change row does not say why.
    """
    require_clinic(actor, couple.clinic_id)
    if reason not in SilenceReason.values:
        allowed = ", ".join(SilenceReason.values)
        raise Invalid("This is no reason for silence.", field="reason", remedy=f"One of {allowed}.")
    with acting(actor):
        fresh = _locked(couple)
        new_wish = reason == SilenceReason.OWN_WISH and fresh.own_wish_since is None
        unreleased = reason == SilenceReason.IMPORTED and fresh.unreleased_since is None
        stronger = _STRENGTH[reason] > _STRENGTH[fresh.silent_reason]
        if new_wish:
            fresh.own_wish_since = at
        if unreleased:
            fresh.unreleased_since = at
        if stronger:
            fresh.silent_since = fresh.silent_since or at
            fresh.silent_reason, fresh.silent_by = reason, actor.name[:150]
        if new_wish or unreleased or stronger:
            fresh.changed_at = at
            fresh.save()
            tell_of_couple(fresh, "couple.silenced", actor=actor, at=at)
    return fresh


def end_silence(*, couple: Couple, actor: Actor, at: datetime, second_actor: Actor | None = None) -> Couple:
    """Ends the reason that stands now. If the couple had also asked for silence, that wish still holds
    afterwards, and so does an import that nobody has released; calling again ends the next.

    A wish ends by anyone of the clinic, when the couple says so. A suspicion is withdrawn, and an imported
    couple released, by a nurse or doctor who signed in. After a confirmed loss two different people must have
    signed in, each a nurse or doctor.
    """
    require_clinic(actor, couple.clinic_id)
    with acting(actor):
        fresh = _locked(couple)
        if fresh.silent_since is None:
            return fresh
        _require_who_may_end(fresh, actor, second_actor)
        if fresh.silent_reason == SilenceReason.OWN_WISH:
            fresh.own_wish_since = None
        if fresh.silent_reason == SilenceReason.IMPORTED:
            fresh.unreleased_since = None
        _what_still_holds(fresh, actor)
        fresh.changed_at = at
        fresh.save()
        detail: dict[str, object] = {"silent": fresh.is_silent}
        if second_actor is not None:
            detail["second_user"] = second_actor.user_id
        tell_of_couple(fresh, "couple.silence_ended", actor=actor, at=at, detail=detail)
    return fresh


def release_couple(*, couple: Couple, actor: Actor, at: datetime) -> bool:
    """An imported couple is written to from now on like every other; False if it was released before.

    Only a nurse or doctor who signed in. Whatever else keeps it silent (a wish, a loss) goes on doing so.
    """
    return bool(release_couples(clinic_id=couple.clinic_id, couple_ids=[couple.pk], actor=actor, at=at))


def release_couples(
    *, clinic_id: UUID, couple_ids: Iterable[UUID], actor: Actor, at: datetime
) -> list[Couple]:
    """Releases all of them or none, and returns those that still waited for it. NotFound if one is elsewhere."""
    require_clinic(actor, clinic_id)
    require_verified(actor, "nurse", "doctor")
    wanted = set(couple_ids)
    with acting(actor):
        rows = Couple.objects.select_for_update(no_key=True).filter(clinic_id=clinic_id, pk__in=wanted)
        found = list(rows.order_by("pk"))
        if len(found) != len(wanted):
            raise NotFound("There is no such couple.", field="couple", remedy="Open the list again.")
        waiting = [couple for couple in found if couple.unreleased_since is not None]
        for couple in waiting:
            couple.unreleased_since = None
            if couple.silent_reason == SilenceReason.IMPORTED:
                _what_still_holds(couple, actor)
            couple.changed_at = at
            couple.save()
            tell_of_couple(couple, "couple.released", actor=actor, at=at, detail={"silent": couple.is_silent})
    return waiting


def _what_still_holds(couple: Couple, actor: Actor) -> None:
    """The strongest reason that is left once the one that stood has ended; none, and the silence ends."""
    left = (
        (couple.own_wish_since, SilenceReason.OWN_WISH),
        (couple.unreleased_since, SilenceReason.IMPORTED),
    )
    since, reason = next(((since, reason) for since, reason in left if since is not None), (None, ""))
    couple.silent_since, couple.silent_reason = since, reason
    couple.silent_by = actor.name[:150] if since else ""


def _require_who_may_end(couple: Couple, actor: Actor, second: Actor | None) -> None:
    if couple.silent_reason == SilenceReason.OWN_WISH:
        return
    require_verified(actor, "nurse", "doctor")
    if couple.silent_reason != SilenceReason.CONFIRMED_LOSS:
        return
    if second is None or second.user_id == actor.user_id:
        raise Forbidden(
            "This silence ends only when two people agree.",
            code="second_person",
            remedy="Ask a second nurse or doctor to sign in and confirm.",
        )
    require_clinic(second, couple.clinic_id)
    require_verified(second, "nurse", "doctor")


def _locked(couple: Couple) -> Couple:
    found = (
        Couple.objects.select_for_update(no_key=True).filter(pk=couple.pk, clinic_id=couple.clinic_id).first()
    )
    if found is None:
        raise NotFound("There is no such couple.", field="couple")
    return found
