"""What a person does at their own page, through the verbs of the floors below. Nothing of care can be decided here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.booking.call_models import CallWhy
from apps.booking.calls.services import ask_for_call
from apps.booking.queries import best_slots
from apps.booking.slots.values import Slot
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

CALENDAR_LABEL = "Made on the own page"
_SLOTS_SHOWN = 6
# Two taps of one finger.
_BREATH = timedelta(seconds=10)


def slots_for(ahead: Ahead, *, at: datetime) -> tuple[Slot, ...]:
    """Other times at which the whole appointment would fit, without any reason asked; none where none can be offered."""
    try:
        found = best_slots(ahead.row, at=at, limit=_SLOTS_SHOWN + 1)
    except LitError:
        return ()
    fits = [one for one in found if not one.needs_reason and one.starts_at != ahead.row.starts_at]
    return tuple(sorted(fits[:_SLOTS_SHOWN], key=lambda slot: slot.starts_at))


def ask_for_change(
    *, visit: Appointment, fits: Iterable[Slot], wished: Collection[datetime], actor: Actor, at: datetime
) -> None:
    """A call about another time, with the times that would fit; those that the person wishes stand first, also one that
    was free when the person chose it and is taken now. Moves nothing.
    """
    zone = ZoneInfo(visit.zone or visit.clinic.zone)
    free = [slot.starts_at for slot in fits]
    parts = (
        ("Suits them: ", [one for one in free if one in wished]),
        ("Would have suited them, no longer free: ", sorted(set(wished) - set(free))[:_SLOTS_SHOWN]),
        ("Would fit too: " if wished else "Would fit: ", [one for one in free if one not in wished]),
    )
    said = [head + "; ".join(_short(one, zone) for one in times) for head, times in parts if times]
    ask_for_call(
        couple=visit.treatment.couple,
        why=CallWhy.CHANGE,
        due_at=at,
        actor=actor,
        at=at,
        appointment=visit,
        note=". ".join(said) or "No other time was free.",
    )


def stop_all(*, person: Person, actor: Actor, at: datetime) -> list[Couple]:
    """Stops all messages to the person and who is with them; the couples that this stops.

    What was agreed still stands and from now on neither of the two sees it: the first page asks for a call about each
    visit, three days before it.
    """
    return stop_messages(person=person, actor=actor, at=at)


def ask_to_be_rung(*, person: Person, actor: Actor, at: datetime) -> bool:
    """A call to the person's latest couple; False for somebody who is of none."""
    couple = couples_with(person.clinic, person).order_by("-enrolled_at", "-pk").first()
    if couple is None:
        return False
    note = f"The {_role(person, couple)} stopped all messages at their own page and asks to be rung."
    ask_for_call(couple=couple, why=CallWhy.OTHER, due_at=at, actor=actor, at=at, note=note)
    return True


def keep_wishes(
    *,
    person: Person,
    language: str,
    routes: Iterable[tuple[ContactRoute, bool]],
    email: bool | None,
    actor: Actor,
    at: datetime,
) -> None:
    """The person's language, and of the ways that they were shown which may be used; `email` None leaves the address of
    their own row as it is.
    """
    with acting(actor):
        choose_language(person=person, language=language, actor=actor, at=at)
        if email is not None:
            choose_email(person=person, wanted=email, actor=actor, at=at)
        for route, wanted in routes:
            if wanted != route.is_usable:
                (opt_in if wanted else opt_out)(route=route, actor=actor, at=at)


def make_calendar(*, person: Person, actor: Actor, at: datetime) -> str:
    """The token of a new calendar address. One that was made a breath ago was never seen: its answer was lost to a second
    tap, and it ends. Conflict beyond five.
    """
    with acting(actor):
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        for link in calendars_read().links_of(person):
            if link.is_live and link.label == CALENDAR_LABEL and link.created_at > at - _BREATH:
                calendars().revoke(link=link, actor=actor, at=at)
        _, token = calendars().issue_link(person=person, label=CALENDAR_LABEL, actor=actor, at=at)
    return token


def end_everything(*, person: Person, actor: Actor, at: datetime) -> bool:
    """The person's wish to end: no messages from now on, every step of care is held, their page and calendar are gone, and
    a nurse calls, for each couple of theirs that nobody has ended yet; False where there is none. What it means for
    consents, bookings and units she then does at the desk.
    """
    with acting(actor):
        stop_messages(person=person, actor=actor, at=at)
        couples = list(couples_with(person.clinic, person).filter(parted_since=None).order_by("pk"))
        for couple in couples:
            pause_couple(couple=couple, reason=SilenceReason.PAUSED, actor=Actor.system("page"), at=at)
            role = _role(person, couple)
            note = f"The {role} wishes to end it; said at their own page, which is closed now. Tell the other only: ended."
            ask_for_call(couple=couple, why=CallWhy.ENDED, due_at=at, actor=actor, at=at, note=note)
        calendars().revoke_all(person=person, actor=actor, at=at)
        end_pages(person=person, actor=actor, at=at)
    return bool(couples)


def _role(person: Person, couple: Couple) -> str:
    return "partner" if couple.partner_id == person.pk else "recipient"


def _short(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"
