"""When nothing is sent to a couple, and who may end that. Part of the couples' write path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from apps.clinic.access import require_clinic, require_own_or_role, require_role, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.clinic.models import Change
from apps.couples.changes import tell_of_couple
from apps.couples.models import Couple, SilenceReason
from apps.couples.own_stops import stop_stands

# What the couple itself asked for, and itself takes back.
OWN = (SilenceReason.OWN_WISH, SilenceReason.PAUSED)
# So long a loss that was recorded by mistake can be taken back by one person.
SLIP = timedelta(minutes=15)
# Whose yes it was, and how it was said.
YES_OF = ("recipient", "partner", "both")
YES_HOW = ("phone", "in_person", "in_writing")
# A stronger reason takes the place of a weaker one, never the other way round.
_STRENGTH = {reason: strength for strength, reason in enumerate(["", *SilenceReason.values])}


@dataclass(frozen=True, slots=True)
class SaidYes:
    """That messages may go again, said by one of the two or both: one of `YES_OF`, of `YES_HOW`, on a day of the clinic."""

    of: str
    how: str
    on: date


def silence_couple(*, couple: Couple, reason: str, actor: Actor, at: datetime) -> Couple:
    """Nothing is sent to either from this commit on. Anyone of the clinic may do it, a client included.

    A stronger reason (they are declared from the weakest to the strongest) takes the place of a weaker one;
    otherwise the silence that stands is kept, and a wish, an end by one of them, or that the couple is not released yet is
    noted beside it. The change row does not say why. One of the two may say themself that they wish no messages.
    """
    require_own_or_role(actor, couple.clinic_id, (couple.recipient_id, couple.partner_id))
    _refuse_patient(actor, reason)
    if reason not in SilenceReason.values:
        allowed = ", ".join(SilenceReason.values)
        raise Invalid("This is no reason for silence.", field="reason", remedy=f"One of {allowed}.")
    with acting(actor):
        fresh = _locked(couple)
        new_wish = reason == SilenceReason.OWN_WISH and fresh.own_wish_since is None
        new_end = reason == SilenceReason.SEPARATED and fresh.parted_since is None
        unreleased = reason == SilenceReason.IMPORTED and fresh.unreleased_since is None
        stronger = _STRENGTH[reason] > _STRENGTH[fresh.silent_reason]
        if new_wish:
            fresh.own_wish_since = at
        if new_end:
            fresh.parted_since = at
        if unreleased:
            fresh.unreleased_since = at
        if stronger:
            fresh.silent_since = fresh.silent_since or at
            fresh.silent_reason, fresh.silent_by = reason, actor.name[:150]
            fresh.silent_reason_since = max(at, fresh.silent_since)
        if new_wish or new_end or unreleased or stronger:
            fresh.changed_at = at
            fresh.save()
            tell_of_couple(fresh, "couple.silenced", actor=actor, at=at)
    return fresh


def end_silence(
    *,
    couple: Couple,
    actor: Actor,
    at: datetime,
    yes: SaidYes | None = None,
    second_actor: Actor | None = None,
    nothing_sent: bool = False,
) -> Couple:
    """Ends the reason that stands now. If the couple had also asked for silence, that wish still holds
    afterwards, and so do an end by one of them and an import that nobody has released; calling again ends the next.

    Nothing goes again without `yes`, the couple's own word: Invalid without it, and without theirs who stopped it
    themselves, or, after anything but a wish, hers. A wish, for no messages or for a pause,
    then ends by a nurse, doctor or manager, every other reason by a nurse or doctor who signed in; after a confirmed loss
    by two of them. A slip is the exception: whoever recorded the loss takes its silence back alone within a quarter of an
    hour, if the caller knows that nothing was sent since (`nothing_sent`); nobody is asked. One of the two may take
    their own wish for no messages back (`wishes.start_messages`).
    """
    require_own_or_role(actor, couple.clinic_id, (couple.recipient_id, couple.partner_id))
    with acting(actor):
        fresh = _locked(couple)
        if fresh.silent_since is None:
            return fresh
        _refuse_patient(actor, fresh.silent_reason)
        is_slip = nothing_sent and _is_own_slip(fresh, actor, at)
        _require_who_may_end(fresh, actor, second_actor, is_slip)
        if not (is_slip or actor.is_patient):
            _require_yes(fresh, yes, at)
        if fresh.silent_reason == SilenceReason.OWN_WISH:
            fresh.own_wish_since = None
        if fresh.silent_reason == SilenceReason.IMPORTED:
            fresh.unreleased_since = None
        if fresh.silent_reason == SilenceReason.SEPARATED:
            fresh.parted_since = None
        _what_still_holds(fresh, actor)
        fresh.changed_at = at
        fresh.save()
        detail: dict[str, object] = {"silent": fresh.is_silent}
        if yes is not None:
            detail |= {"yes_of": yes.of, "yes_how": yes.how, "yes_on": yes.on.isoformat()}
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


def _refuse_patient(actor: Actor, reason: str) -> None:
    """At a patient's page there is one reason for silence: that they wish it."""
    if actor.is_patient and reason != SilenceReason.OWN_WISH:
        raise Forbidden("This is done by the clinic.", code="not_by_patients", remedy="Call the clinic.")


def _what_still_holds(couple: Couple, actor: Actor) -> None:
    """The strongest reason that is left once the one that stood has ended; none, and the silence ends."""
    left = (
        (couple.parted_since, SilenceReason.SEPARATED),
        (couple.own_wish_since, SilenceReason.OWN_WISH),
        (couple.unreleased_since, SilenceReason.IMPORTED),
    )
    since, reason = next(((since, reason) for since, reason in left if since is not None), (None, ""))
    couple.silent_since, couple.silent_reason, couple.silent_reason_since = since, reason, since
    couple.silent_by = actor.name[:150] if since else ""


def _is_own_slip(couple: Couple, actor: Actor, at: datetime) -> bool:
    """Whether the one who recorded what stands says so, and at once."""
    since = couple.silent_reason_since
    if since is None or at - since > SLIP:
        return False
    told = (
        Change.objects.filter(couple_id=couple.pk, kind="couple.silenced", at=since).order_by("-id").first()
    )
    return told is not None and actor.user_id is not None and told.user_id == actor.user_id


def _require_who_may_end(couple: Couple, actor: Actor, second: Actor | None, is_slip: bool) -> None:
    if couple.silent_reason in OWN:
        if not actor.is_patient:
            require_role(actor, "nurse", "doctor", "manager")
        return
    require_verified(actor, "nurse", "doctor")
    if couple.silent_reason != SilenceReason.CONFIRMED_LOSS or is_slip:
        return
    if second is None or second.user_id == actor.user_id:
        raise Forbidden(
            "This silence ends only when two people agree.",
            code="second_person",
            remedy="Ask a second nurse or doctor to sign in and confirm.",
        )
    require_clinic(second, couple.clinic_id)
    require_verified(second, "nurse", "doctor")


def _require_yes(couple: Couple, yes: SaidYes | None, at: datetime) -> None:
    if yes is None:
        raise Invalid(
            "Nothing goes again without their yes.",
            code="no_yes",
            field="yes",
            remedy="Ask them, and say who said yes, on which day and how.",
        )
    words = {"yes_of": (yes.of, YES_OF), "yes_how": (yes.how, YES_HOW)}
    for field, (word, known) in words.items():
        if word not in known:
            raise Invalid("This is no such word.", field=field, remedy=f"One of {', '.join(known)}.")
    whose = {one for one in ("recipient", "partner") if yes.of in (one, "both")}
    if missing := _whose_yes(couple) - whose:
        raise Invalid(
            f"The {' and the '.join(sorted(missing))} has not said yes.",
            code="not_their_yes",
            field="yes_of",
            remedy="Ask them: what one of them stopped, or has to bear, the other cannot begin again.",
        )
    zone = couple.clinic.zone
    since = couple.silent_reason_since
    if yes.on > local_date(zone, at) or (since is not None and yes.on < local_date(zone, since)):
        raise Invalid(
            "They said it between the day on which messages stopped and today.",
            field="yes_on",
            remedy="Enter the day on which they said it.",
        )


def _whose_yes(couple: Couple) -> set[str]:
    """Whose yes is needed: of a wish, theirs who said it themselves; after anything harder, hers."""
    if couple.silent_reason not in OWN:
        return {"recipient"}
    both = {"recipient": couple.recipient_id, "partner": couple.partner_id}
    return {role for role, person in both.items() if stop_stands(person, couple)}


def _locked(couple: Couple) -> Couple:
    found = (
        Couple.objects.select_for_update(no_key=True).filter(pk=couple.pk, clinic_id=couple.clinic_id).first()
    )
    if found is None:
        raise NotFound("There is no such couple.", field="couple")
    return found
