"""Messages about no visit: a code, a link, "please call us", a word after a loss, the answer to a text, a trial.

Part of the write path. A notice is a delivery like every other: claimed, checked against the present, worded at the
moment it is sent, and told what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import ContactRoute, Couple, Person
from apps.couples.route_queries import Way, is_shared
from apps.reminders.messages import render
from apps.reminders.models import Delivery
from apps.reminders.present import why_no_word_after_loss
from apps.reminders.secret_blanks import stored_blanks
from apps.reminders.texts import ANSWERS, CALL_US, NOTICES, SECRET, UPDATED
from apps.reminders.timing import Week, first_to_explain
from apps.reminders.words import ClinicalWord

_KEY = 80
HEAD_START = timedelta(days=7)
# "Please call us" that could not go within this time is not sent at all: somebody rings instead.
CALL_US_HOLDS = timedelta(days=4)
# What a clinician chose to write after a loss is not written days later.
UPDATED_HOLDS = timedelta(days=2)


def say(
    *,
    person: Person,
    kind: str,
    key: str,
    blanks: Mapping[str, str],
    actor: Actor,
    at: datetime,
    not_after: datetime,
    route: ContactRoute | None = None,
    couple: Couple | None = None,
) -> Delivery:
    """A message about no visit to one person, due now; written in the caller's transaction and sent by the next sweep.

    `kind` is one of `texts.NOTICES`, `blanks` fills its braces, `key` makes it unique per person and kind: asked twice,
    it is the one that stands already. `route` is the only way it may go; without it the person's own order of ways
    holds. `couple` is whose history names who asked. Whether it may go at all (consent, silence, brake, quiet hours) is
    asked when it is sent.

    Invalid for an unknown kind, a missing blank, a clinical word in one, a moment past, or another person's route;
    Conflict (`shared_route`) where a secret would go to an address that somebody else reads.
    """
    require_clinic(actor, person.clinic_id)
    _require_sense(kind, key, at, not_after)
    _require_words(person, kind, blanks)
    with acting(actor):
        if route is not None:
            _require_route(person, kind, route)
        row, is_new = Delivery.objects.get_or_create(
            person=person,
            kind=kind,
            key=key,
            appointment_id=None,
            defaults={
                "clinic_id": person.clinic_id,
                "blanks": stored_blanks(person_id=person.pk, kind=kind, key=key, blanks=blanks),
                "route": route,
                "only_route": route is not None,
                "due_at": at,
                # Whoever waits for an answer at this moment comes before everything that has been due for long.
                "next_try_at": at - HEAD_START if kind in ANSWERS else at,
                "not_after": not_after,
                "created_at": at,
            },
        )
        if is_new:
            _tell(row, couple, actor, at)
    return row


def ask_to_call(*, person: Person, key: str, actor: Actor, at: datetime) -> Delivery:
    """ "Please call us", sent only while somebody is there to explain: never in the last two hours before closing, never
    before a closed day. It says nothing of why. Held until the next such hour; given up after four days."""
    first = first_to_explain(Week.of(person.clinic), at)
    return say(
        person=person,
        kind=CALL_US,
        key=key,
        blanks={},
        actor=actor,
        at=at,
        not_after=max(first, at) + CALL_US_HOLDS,
    )


def write_after_loss(*, couple: Couple, person: Person, key: str, actor: Actor, at: datetime) -> Delivery:
    """ "Your record has been updated. Nothing is needed now.": chosen by a nurse or a doctor for one person after a
    confirmed loss, once for each asking (`key`). Given up after two days.

    Forbidden for anybody else, NotFound for a person of another couple; Conflict (`no_loss`, `own_wish`) where no loss
    silenced them, or they wish for no messages.
    """
    require_clinic(actor, person.clinic_id)
    require_role(actor, "nurse", "doctor")
    if person.pk not in (couple.recipient_id, couple.partner_id):
        raise NotFound("There is no such person here.", field="person")
    why = why_no_word_after_loss(person)
    if why:
        raise Conflict(
            "This is for after a loss alone, and not for whoever wishes for no messages.",
            code=why.replace(" ", "_"),
            field="person",
            remedy="Ring, or write nothing.",
        )
    return say(
        person=person,
        kind=UPDATED,
        key=key,
        blanks={},
        actor=actor,
        at=at,
        not_after=at + UPDATED_HOLDS,
        couple=couple,
    )


def _tell(row: Delivery, couple: Couple | None, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=row.clinic_id,
        kind="message.asked",
        subject_type="delivery",
        subject_id=row.pk,
        couple_id=couple.pk if couple is not None else None,
        actor=actor,
        at=at,
        detail={"kind": row.kind, "person": str(row.person_id)},
    )


def _require_sense(kind: str, key: str, at: datetime, not_after: datetime) -> None:
    if kind not in NOTICES:
        raise Invalid("There is no such message.", field="kind", remedy=f"One of: {', '.join(NOTICES)}.")
    if not 0 < len(key) <= _KEY:
        raise Invalid("A message needs a key of its own.", field="key", remedy=f"Give 1 to {_KEY} signs.")
    if not_after <= at:
        raise Invalid("Its time has passed.", field="not_after", remedy="Give a moment that lies ahead.")


def _require_words(person: Person, kind: str, blanks: Mapping[str, str]) -> None:
    try:
        render(kind, clinic=person.clinic, language=person.language, blanks=blanks)
    except KeyError as missing:
        raise Invalid(f"The blank {missing} is empty.", field="blanks", remedy="Fill it in.") from missing
    except ClinicalWord as found:
        raise Invalid(
            "This message would hold words that may not leave the house.",
            code="clinical_word",
            field="blanks",
            remedy="Use neutral words, in the clinic's discreet name and place too.",
        ) from found


def _require_route(person: Person, kind: str, route: ContactRoute) -> None:
    if route.person_id != person.pk:
        raise NotFound("There is no such route.", field="route")
    if kind in SECRET and is_shared(person, Way(route.channel, route.address, route)):
        raise Conflict(
            "Somebody else reads what comes to this address.",
            code="shared_route",
            field="route",
            remedy="Use an address that only the person reads.",
        )
