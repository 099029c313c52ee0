"""How the demo's people are reached: by SMS and WhatsApp through a provider that sends nothing, by call, by card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.couples.models import Couple, Person, RouteChannel, RouteOwner
from apps.couples.routes import RouteInput, add_route
from apps.reminders.services import set_channel

# By the place in the list; whoever is not named here is written to by e-mail.
_SMS, _WHATSAPP, _CALL, _CARD, _SHARED = 0, (1, 2), 8, 14, 3


def connect(clinic: Clinic, manager: Actor, at: datetime) -> None:
    """The demo's own provider for both channels."""
    for channel in (RouteChannel.SMS, RouteChannel.WHATSAPP):
        set_channel(clinic=clinic, channel=channel.value, provider="demo", actor=manager, at=at)


def reach(couple: Couple, n: int, actor: Actor, at: datetime) -> None:
    """The ways of both people of the couple at place `n` of the list."""
    for person, given in _wishes(couple, n, at):
        add_route(person=person, given=given, actor=actor, at=at)


def _wishes(couple: Couple, n: int, at: datetime) -> Iterator[tuple[Person, RouteInput]]:
    her, him = couple.recipient, couple.partner
    if n == _CALL:
        yield her, RouteInput(RouteChannel.CALL, her.phone, consented_at=at)
    elif n == _CARD:
        yield her, RouteInput(RouteChannel.CARD, consented_at=at)
    elif n % 4 == _SMS:
        yield her, RouteInput(RouteChannel.SMS, her.phone, consented_at=at)
    elif n % 4 in _WHATSAPP:
        yield her, RouteInput(RouteChannel.WHATSAPP, her.phone, consented_at=at)
        yield him, RouteInput(RouteChannel.SMS, him.phone, consented_at=at)
    elif n % 12 == _SHARED:
        read_by = f"{him.given_name}, whose number it is"
        given = RouteInput(RouteChannel.SMS, him.phone, RouteOwner.PARTNER, read_by, consented_at=at)
        yield her, given
        yield him, RouteInput(RouteChannel.SMS, him.phone, consented_at=at)
