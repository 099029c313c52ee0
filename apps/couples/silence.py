"""When nothing is sent to a couple, and who may end that. Part of the couples' write path."""

from __future__ import annotations

from datetime import datetime

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

    A stronger reason (own wish, suspected loss, confirmed loss) takes the place of a weaker one; otherwise
    the silence that stands is kept, and a wish is noted beside it. The change row does not say why.
    """
    require_clinic(actor, couple.clinic_id)
    if reason not in SilenceReason.values:
        allowed = ", ".join(SilenceReason.values)
        raise Invalid("This is no reason for silence.", field="reason", remedy=f"One of {allowed}.")
    with acting(actor):
        fresh = _locked(couple)
        new_wish = reason == SilenceReason.OWN_WISH and fresh.own_wish_since is None
        stronger = _STRENGTH[reason] > _STRENGTH[fresh.silent_reason]
        if new_wish:
            fresh.own_wish_since = at
        if stronger:
            fresh.silent_since = fresh.silent_since or at
            fresh.silent_reason, fresh.silent_by = reason, actor.name[:150]
        if new_wish or stronger:
            fresh.changed_at = at
            fresh.save()
            tell_of_couple(fresh, "couple.silenced", actor=actor, at=at)
    return fresh


def end_silence(*, couple: Couple, actor: Actor, at: datetime, second_actor: Actor | None = None) -> Couple:
    """Ends the reason that stands now. If the couple had also asked for silence, that wish still holds
    afterwards; calling again ends it.

    A wish ends by anyone of the clinic, when the couple says so. A suspicion is withdrawn by a nurse or
    doctor who signed in. After a confirmed loss two different people must have signed in, each a nurse or
    doctor.
    """
    require_clinic(actor, couple.clinic_id)
    with acting(actor):
        fresh = _locked(couple)
        if fresh.silent_since is None:
            return fresh
        _require_who_may_end(fresh, actor, second_actor)
        if fresh.silent_reason != SilenceReason.OWN_WISH and fresh.own_wish_since is not None:
            fresh.silent_since, fresh.silent_reason = fresh.own_wish_since, SilenceReason.OWN_WISH
            fresh.silent_by = actor.name[:150]
        else:
            fresh.silent_since, fresh.own_wish_since = None, None
            fresh.silent_reason, fresh.silent_by = "", ""
        fresh.changed_at = at
        fresh.save()
        detail: dict[str, object] = {"silent": fresh.is_silent}
        if second_actor is not None:
            detail["second_user"] = second_actor.user_id
        tell_of_couple(fresh, "couple.silence_ended", actor=actor, at=at, detail=detail)
    return fresh


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
