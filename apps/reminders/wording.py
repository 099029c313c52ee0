"""One delivery's words and its way: what is said, where to, and what of it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.clinic.actors import Actor
from apps.couples.models import RouteChannel
from apps.couples.route_queries import Way, is_shared, ways_of
from apps.couples.routes import mark_route
from apps.reminders.answering import may_be_asked
from apps.reminders.channels import Letter
from apps.reminders.messages import Text, family_of, plain, render, wording
from apps.reminders.models import REPLIES, ChannelSetting, Delivery, DeliveryState
from apps.reminders.present import Visit
from apps.reminders.registered import NotRegistered, filled
from apps.reminders.secret_blanks import blanks_of
from apps.reminders.texts import BOOK, CANCELLED_TODAY, MOVED, NEW_DAYS, SECRET, TEXTS
from protocols.reminders import CANCELLED

# An attempt, or what people tell, which has none.
_TOLD = Q(attempt_began_at__isnull=False) | Q(state=DeliveryState.HANDED)


def way_for(row: Delivery) -> Way | None:
    """The first way, in the order of the person's wish, that the clinic has a provider for; None if there is none.

    A delivery that names its route goes that way or not at all; a secret goes to nobody else's eyes.
    """
    ways = ways_of(row.person)
    if row.only_route:
        ways = [way for way in ways if way.route is not None and way.route.pk == row.route_id]
    if row.kind in SECRET:
        written = (RouteChannel.EMAIL, RouteChannel.SMS, RouteChannel.WHATSAPP)
        ways = [way for way in ways if way.channel in written and not is_shared(row.person, way)]
    if all(way.channel == RouteChannel.EMAIL for way in ways[:1]):
        return ways[0] if ways else None
    carried = carried_by(row.clinic_id)
    return next((way for way in ways if way.channel in carried), None)


def carried_by(clinic_id: UUID) -> frozenset[str]:
    """The channels that the clinic can use now: those that it has a provider for, and those that need none."""
    settings = ChannelSetting.objects.filter(clinic=clinic_id, is_on=True)
    free = (RouteChannel.EMAIL, RouteChannel.CALL, RouteChannel.CARD)
    return frozenset({*settings.values_list("channel", flat=True), *(one.value for one in free)})


def has_another_way(row: Delivery, now: datetime) -> bool:
    """Marks the route of a refused delivery as wrong; whether the person can be reached otherwise."""
    if row.route is None:
        return False
    mark_route(route=row.route, wrong=True, actor=Actor.system("task"), at=now)
    row.person.refresh_from_db()
    return way_for(row) is not None


def changes_plans(row: Delivery, now: datetime) -> bool:
    """Whether it tells people that what they know of a visit is no longer so: it is off, or at another time."""
    return row.appointment_id is not None and text_of(row, now) in (MOVED, CANCELLED, CANCELLED_TODAY)


def letter_of(row: Delivery, visit: Visit | None, way: Way, now: datetime) -> Letter:
    """The finished letter, in the person's language; where that wording had to be registered and was not, in English. A
    reminder to the person's own number asks whether they come, unless its wording had to be registered without.

    Raises NotRegistered, and what `messages.render` raises.
    """
    setting = ChannelSetting.objects.filter(clinic=row.clinic_id, channel=way.channel, is_on=True).first()
    name, blanks = text_of(row, now), _blanks(row, visit)
    last: NotRegistered | None = None
    for language in dict.fromkeys((row.person.language, "en")):
        text = render(
            name,
            clinic=row.clinic,
            starts_at=row.starts_at,
            language=language,
            blanks=blanks,
            can_reply=setting is not None and setting.provider in REPLIES,
        )
        asking = [replace(text, short=text.asking)] if text.asking and may_be_asked(row, way) else []
        for one in (*asking, text):
            letter = _letter(row, name, one, way, now)
            if setting is None:
                return letter
            row.provider = setting.provider
            try:
                return filled(letter, setting)
            except NotRegistered as fault:
                last = fault
    assert last is not None
    raise last


def _letter(row: Delivery, name: str, text: Text, way: Way, now: datetime) -> Letter:
    return Letter(
        delivery_id=row.pk,
        to=way.address,
        sender=plain(row.clinic.discreet_name),
        subject=text.subject,
        body=body_for(way.channel, text),
        channel=way.channel,
        clinic_id=row.clinic_id,
        text=name,
        language=text.language,
        began_at=now,
    )


def text_of(row: Delivery, now: datetime) -> str:
    """Which of our texts the delivery uses at the moment `now`."""
    if row.starts_at is None and family_of(row.kind) == BOOK:
        return BOOK if row.kind == BOOK else NEW_DAYS
    if row.kind in TEXTS and row.starts_at is None:
        return row.kind
    told_before = (
        Delivery.objects.filter(_TOLD, person=row.person_id, appointment_id=row.appointment_id)
        .exclude(starts_at=row.starts_at)
        .exclude(starts_at=None)
        .exclude(pk=row.pk)
        .exists()
    )
    return wording(row.kind, starts_at=row.time, at=now, zone=row.clinic.zone, told_before=told_before)


def body_for(channel: str, text: Text) -> str:
    return text.body if channel in (RouteChannel.EMAIL, RouteChannel.CARD) else text.short


def kept_body(row: Delivery, letter: Letter) -> str:
    """What the log keeps of it: the exact text, but no secret."""
    body = letter.body
    for secret in blanks_of(row).values() if row.kind in SECRET else ():
        body = body.replace(plain(secret), "*" * 6)
    return body


def _blanks(row: Delivery, visit: Visit | None) -> dict[str, str]:
    if family_of(row.kind) == BOOK and visit is not None:
        days = visit.good_days
        return {"first": days[0].isoformat(), "last": days[1].isoformat()} if days is not None else {}
    return blanks_of(row)
