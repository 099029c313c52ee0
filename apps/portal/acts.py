"""What a person does at their own page, through the verbs of the floors below. Nothing of care can be decided here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.booking.call_models import CallWhy
from apps.booking.calling import ask_for_call
from apps.booking.queries import best_slots
from apps.booking.slots import Slot
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import LitError
from apps.couples.models import ContactRoute, Couple, Person, SilenceReason
from apps.couples.queries import couples_with
from apps.couples.routes import opt_in, opt_out
from apps.couples.wishes import choose_email, choose_language, stop_messages
from apps.portal.facts import Ahead
from apps.portal.ports import calendars, calendars_read
from apps.portal.services import end_pages
from apps.treatments.models import Appointment
from apps.treatments.standstill import pause_couple

_SLOTS_SHOWN = 6


def slots_for(ahead: Ahead, *, at: datetime) -> tuple[Slot, ...]:
    """Other times at which the whole appointment would fit, without any reason asked; none where none can be offered."""
    try:
        found = best_slots(ahead.row, at=at, limit=_SLOTS_SHOWN + 1)
    except LitError:
        return ()
    fits = [one for one in found if not one.needs_reason and one.starts_at != ahead.row.starts_at]
    return tuple(sorted(fits[:_SLOTS_SHOWN], key=lambda slot: slot.starts_at))


def ask_for_change(
    *, visit: Appointment, fits: Iterable[Slot], wished: Sequence[Slot], actor: Actor, at: datetime
) -> None:
    """A call about another time, with the times that would fit; those that the person wishes stand first. Moves nothing."""
    zone = ZoneInfo(visit.zone or visit.clinic.zone)
    others = [slot for slot in fits if slot not in wished]
    parts = [("Suits them: ", wished), ("Would fit too: " if wished else "Would fit: ", others)]
    said = [head + "; ".join(_short(one, zone) for one in slots) for head, slots in parts if slots]
    ask_for_call(
        couple=visit.treatment.couple,
        why=CallWhy.CHANGE,
        due_at=at,
        actor=actor,
        at=at,
        appointment=visit,
        note=". ".join(said) or "No other time was free.",
    )


def ask_to_be_rung(*, person: Person, note: str, actor: Actor, at: datetime) -> None:
    """A call to the person's latest couple."""
    couple = _latest(person)
    if couple is not None:
        ask_for_call(couple=couple, why=CallWhy.OTHER, due_at=at, actor=actor, at=at, note=note)


def keep_wishes(
    *,
    person: Person,
    language: str,
    routes: Iterable[tuple[ContactRoute, bool]],
    email: bool | None,
    actor: Actor,
    at: datetime,
) -> None:
    """The person's language, and which ways may be used; `email` None leaves the address of their own row as it is."""
    with acting(actor):
        choose_language(person=person, language=language, actor=actor, at=at)
        if email is not None:
            choose_email(person=person, wanted=email, actor=actor, at=at)
        for route, wanted in routes:
            if wanted != (route.opted_out_at is None):
                (opt_in if wanted else opt_out)(route=route, actor=actor, at=at)


def end_everything(*, person: Person, actor: Actor, at: datetime) -> None:
    """The person's wish to end: no messages from now on, every step of care is held, their page and calendar are gone, and
    a nurse calls. What it means for consents and bookings she then does at the desk.
    """
    with acting(actor):
        stop_messages(person=person, actor=actor, at=at)
        for couple in couples_with(person.clinic, person).order_by("pk"):
            pause_couple(couple=couple, reason=SilenceReason.PAUSED, actor=Actor.system("page"), at=at)
        ask_to_be_rung(person=person, note=_ending(person), actor=actor, at=at)
        for link in calendars_read().links_of(person):
            if link.is_live:
                calendars().revoke(link=link, actor=actor, at=at)
        end_pages(person=person, actor=actor, at=at)


def _ending(person: Person) -> str:
    couple = _latest(person)
    role = "partner" if couple is not None and couple.partner_id == person.pk else "recipient"
    return f"The {role} wishes to end it; said at their own page, which is closed now. Tell the other only: ended."


def _latest(person: Person) -> Couple | None:
    return couples_with(person.clinic, person).order_by("-enrolled_at", "-pk").first()


def _short(slot: Slot, zone: ZoneInfo) -> str:
    local = slot.starts_at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"
