"""What a person wishes of messages, said by themself: none any more, again, and in which language. Part of the couples'
write path.
"""

from __future__ import annotations

from datetime import datetime

from apps.clinic.access import require_own_or_role
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.models import Change
from apps.couples.changes import tell_of_person
from apps.couples.models import Couple, Language, Person, SilenceReason
from apps.couples.own_stops import STARTED, STOPPED, stop_stands
from apps.couples.queries import couples_with
from apps.couples.silence import end_silence, silence_couple

_STAFF: tuple[ActorRole, ...] = ("nurse", "doctor", "manager", "client")


def stop_messages(*, person: Person, actor: Actor, at: datetime) -> list[Couple]:
    """Nothing is sent any more to this person and who is with them, in every couple of theirs, from this commit on.

    The person themself, or a nurse, doctor, manager or program for them; no reason is asked. Harmless if repeated.
    """
    _require(actor, person)
    with acting(actor):
        couples = list(couples_with(person.clinic, person).order_by("pk"))
        stopped = [
            silence_couple(couple=one, reason=SilenceReason.OWN_WISH, actor=actor, at=at) for one in couples
        ]
        for one in stopped:
            # Each person's own stop is noted, whoever came first: the other's yes does not end it.
            if not stop_stands(person.pk, one):
                _note(one, person, STOPPED, actor, at)
    return stopped


def start_messages(*, person: Person, couple: Couple, actor: Actor, at: datetime) -> Couple:
    """Takes this person's own wish for no messages back, said at their own page. Whatever else keeps the couple silent goes
    on doing so, the other person's own stop too.

    Conflict if something else stands, or somebody else wished it: then it ends by whoever may end it.
    """
    require_own_or_role(actor, person.clinic_id, (person.pk,), "nurse", "doctor", "manager")
    if person.pk not in (couple.recipient_id, couple.partner_id):
        raise NotFound("There is no such couple.", field="couple")
    with acting(actor):
        fresh = Couple.objects.select_for_update(no_key=True).get(pk=couple.pk)
        if not wished_by(person, fresh):
            raise Conflict("Somebody else has to end this.", code="not_their_wish", field="couple")
        _note(fresh, person, STARTED, actor, at)
        other = fresh.partner_id if person.pk == fresh.recipient_id else fresh.recipient_id
        return fresh if stop_stands(other, fresh) else end_silence(couple=fresh, actor=actor, at=at)


def has_stopped(person: Person, couple: Couple) -> bool:
    """Whether this person's own wish for no messages stands, whatever else keeps the couple silent besides."""
    return stop_stands(person.pk, couple)


def wished_by(person: Person, couple: Couple) -> bool:
    """Whether a wish for no messages is all that stands, one of the two said it at their page, and this person did too."""
    since = couple.own_wish_since
    if since is None or couple.silent_reason != SilenceReason.OWN_WISH or not stop_stands(person.pk, couple):
        return False
    return Change.objects.filter(couple_id=couple.pk, kind=STOPPED, at=since).exists()


def choose_language(*, person: Person, language: str, actor: Actor, at: datetime) -> Person:
    """What the person reads and is written to in from now on. Invalid for a language that the product does not know."""
    _require(actor, person)
    if language not in Language.values:
        raise Invalid(
            "Nobody writes in that language.",
            field="language",
            remedy=f"One of {', '.join(Language.values)}.",
        )
    return _set(person, "language", language, actor, at)


def choose_email(*, person: Person, wanted: bool, actor: Actor, at: datetime) -> Person:
    """Whether the person wishes to be written to by e-mail at all."""
    _require(actor, person)
    return _set(person, "wants_email", wanted, actor, at)


def _set(person: Person, field: str, value: object, actor: Actor, at: datetime) -> Person:
    with acting(actor):
        rows = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("clinic")
        fresh = rows.get(pk=person.pk)
        if getattr(fresh, field) != value:
            setattr(fresh, field, value)
            fresh.changed_at = at
            fresh.save(update_fields=[field, "changed_at"])
            tell_of_person(fresh, "person.changed", actor=actor, at=at)
    return fresh


def _require(actor: Actor, person: Person) -> None:
    require_own_or_role(actor, person.clinic_id, (person.pk,), *_STAFF)


def _note(couple: Couple, person: Person, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=couple.clinic_id,
        kind=kind,
        subject_type="person",
        subject_id=person.pk,
        couple_id=couple.pk,
        actor=actor,
        at=at,
    )
