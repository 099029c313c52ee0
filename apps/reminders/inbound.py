"""What people write to a clinic. Part of the write path.

Nothing is inferred from words. Two exceptions, both whole messages: STOP, agreed everywhere, ends that channel; 1 and 2
answer a reminder that asked for them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format

from apps.booking.calls.services import ask_for_call
from apps.booking.models import CallWhy
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import ContactRoute, Couple, Person
from apps.couples.route_queries import people_at
from apps.couples.routes import opt_out
from apps.reminders.answering import answer_in, take_answer
from apps.reminders.messages import SPOKEN
from apps.reminders.models import InboundAbout, InboundText
from apps.reminders.notices import say
from apps.reminders.texts import AUTO_REPLY
from apps.reminders.wording import carried_by

_STOP = frozenset({"stop", "stopall", "stop all"})
_STOP_NOTE = "STOP"
# An answer to a reminder that fits no single visit: it holds back what goes to them, and whoever rings knows why.
_ANSWER_NOTE = (
    "Answered 1 or 2, and it is not clear to which visit. Nothing else goes to them until it is read."
)
_ANSWERED = "the agreed answers"
_LONGEST = 2000
# An answer that could not leave within this time says nothing any more.
_ANSWER_HOLDS = timedelta(hours=1)
_MONDAY = date(2024, 1, 1)


def receive_text(
    *, clinic: Clinic, channel: str, address: str, text: str, provider_id: str, at: datetime
) -> InboundText:
    """A text that came in, whose signature the caller has checked. The same one (`provider_id`) comes in once.

    It becomes a call for each couple that it may have come from, due now, and pauses what goes to them by itself until
    somebody has read it. The first unread one is answered with the hours and the urgent number. STOP as the whole of it
    ends that channel for that address at once, and is neither answered nor a reason to pause; where the address is nobody's
    way on that channel there is nothing to end, and it is a call like any other. The answer to a reminder's question is
    likewise neither answered nor a reason to pause, where it fits one visit (`answering.py`).
    """
    actor = Actor.system("api")
    with acting(actor):
        row, is_new = InboundText.objects.get_or_create(
            clinic=clinic,
            channel=channel,
            provider_id=provider_id[:120],
            defaults={
                "address": address[:254],
                "text": text[:_LONGEST],
                "was_stop": is_stop(text),
                "received_at": at,
            },
        )
        if not is_new:
            return row
        people = people_at(clinic, channel, address)
        if row.was_stop and _end_channel(row, actor, at):
            _needs_no_reader(row, "STOP", at)
        elif take_answer(row, people, at):
            _needs_no_reader(row, _ANSWERED, at)
        else:
            earlier = InboundText.objects.filter(clinic=clinic, address=row.address, read_at=None)
            if not earlier.exclude(pk=row.pk).exists():
                _answer(row, people, actor, at)
        _tell_couples(row, people, actor, at)
    return row


def _needs_no_reader(row: InboundText, by: str, at: datetime) -> None:
    """It said one of the agreed words, and what it says is done."""
    row.read_at, row.read_by = at, by
    row.save(update_fields=["read_at", "read_by"])


def read_text(*, inbound: InboundText, actor: Actor, at: datetime) -> InboundText:
    """Somebody has read it: what waited for that goes out again. Harmless if repeated; the first name stays."""
    require_clinic(actor, inbound.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        fresh = (
            InboundText.objects.select_for_update().filter(pk=inbound.pk, clinic=inbound.clinic_id).first()
        )
        if fresh is None:
            raise NotFound("There is no such text.", field="inbound")
        if fresh.read_at is None:
            fresh.read_at, fresh.read_by = at, actor.name[:150]
            fresh.save(update_fields=["read_at", "read_by"])
            _tell(fresh, "inbound.read", None, actor, at)
    return fresh


def is_stop(text: str) -> bool:
    """Whether the whole message is the word for refusing."""
    return " ".join(text.split()).strip(" .!\"'").casefold() in _STOP


def hours_words(clinic: Clinic, language: str) -> str:
    """The clinic's weekly hours in one line: ``Mon - Sat 08:00-18:00``, weekdays in the language where we have it."""
    spans: dict[int, list[str]] = {}
    for span in clinic.hours.order_by("weekday", "opens_at"):
        spans.setdefault(span.weekday, []).append(f"{span.opens_at:%H:%M}-{span.closes_at:%H:%M}")
    said = []
    with translation.override(language if language in SPOKEN else "en"):
        # Neighbouring days with the same hours are one run: the day less its place in the list stays the same.
        runs = groupby(enumerate(sorted(spans)), key=lambda one: (", ".join(spans[one[1]]), one[1] - one[0]))
        for (times, _run), days in runs:
            names = [date_format(_MONDAY + timedelta(days=day), "D") for _place, day in days]
            said.append(f"{names[0] if len(names) == 1 else f'{names[0]} - {names[-1]}'} {times}")
    return "; ".join(said)


def _end_channel(row: InboundText, actor: Actor, at: datetime) -> bool:
    """The carrier ends it for the number, and so do we: for everybody who shares it. False where we know it under no such
    number: then a person looks."""
    theirs = ContactRoute.objects.filter(
        clinic=row.clinic_id, channel=row.channel, address=row.address, ended_at=None
    )
    found = list(theirs.select_related("person").order_by("person_id", "pk"))
    for route in found:
        opt_out(route=route, actor=actor, at=at)
    return bool(found)


def _answer(row: InboundText, people: list[Person], actor: Actor, at: datetime) -> None:
    """One answer to the address, however many share it: to the first whose way it is."""
    routes = ContactRoute.objects.filter(
        person__in=[person.pk for person in people], channel=row.channel, address=row.address
    )
    route = next((one for one in routes.order_by("person_id", "pk") if one.is_usable), None)
    if route is None or row.channel not in carried_by(row.clinic_id):
        return
    person = next(one for one in people if one.pk == route.person_id)
    say(
        person=person,
        kind=AUTO_REPLY,
        key=str(row.pk),
        blanks={"hours": hours_words(row.clinic, person.language)},
        actor=actor,
        at=at,
        not_after=at + _ANSWER_HOLDS,
        route=route,
    )


def _tell_couples(row: InboundText, people: list[Person], actor: Actor, at: datetime) -> None:
    theirs = Q(recipient__in=people) | Q(partner__in=people)
    couples = list(Couple.objects.filter(theirs, clinic=row.clinic_id, merged_into=None).order_by("pk"))
    InboundAbout.objects.bulk_create(
        InboundAbout(clinic_id=row.clinic_id, inbound=row, couple=couple) for couple in couples
    )
    for couple in couples:
        if row.read_at is None:
            # A refusal that ended nothing says so on the list: whoever rings asks what it was meant for.
            note = _STOP_NOTE if row.was_stop else _ANSWER_NOTE if answer_in(row.text) else ""
            ask_for_call(couple=couple, why=CallWhy.WROTE, due_at=at, note=note, actor=actor, at=at)
        _tell(row, "inbound.received", couple, actor, at)
    if not couples:
        _tell(row, "inbound.received", None, actor, at)


def _tell(row: InboundText, kind: str, couple: Couple | None, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=row.clinic_id,
        kind=kind,
        subject_type="inboundtext",
        subject_id=row.pk,
        couple_id=couple.pk if couple else None,
        actor=actor,
        at=at,
    )
