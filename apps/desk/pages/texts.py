"""What people wrote to the clinic: read here, and what waited for that goes out again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.couples.models import Couple, RouteChannel
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page, press
from apps.desk.post import moment_words
from apps.reminders.models import InboundText
from apps.reminders.queries import cards_of, inbound_by_id, inbound_of
from apps.reminders.services import read_text

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text: when, by which way, from whom it may be, and who has read it."""

    inbound: InboundText
    when: str
    channel: str
    couples: tuple[Couple, ...]


def show(request: HttpRequest) -> HttpResponse:
    """All clinics of the user in which they may see contact data; what nobody has read stands first."""
    desk = desk_of(request)
    clinics = desk.where("see contact data")
    rows = [_row(one, desk) for clinic in clinics for one in inbound_of(clinic)[:_SHOWN]]
    context = {
        "unread": [row for row in rows if row.inbound.read_at is None],
        "cards": sum(cards_of(clinic, desk.at).count() for clinic in clinics),
        "clinics": desk.where("review texts"),
        "read": [row for row in rows if row.inbound.read_at is not None],
    }
    return page(request, "desk/texts.html", _("Texts that came in"), context)


def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody has read it."""
    desk = desk_of(request)
    inbound = desk.find(lambda clinic: inbound_by_id(clinic, pk))
    actor = desk.require("see contact data", inbound.clinic)
    return press(
        request,
        lambda: read_text(inbound=inbound, actor=actor, at=desk.at),
        done=_("Read. Messages to these couples go on."),
        back=reverse("admin:texts"),
    )


def _row(inbound: InboundText, desk: Desk) -> TextRow:
    couples = tuple(about.couple for about in inbound.about.all())
    when = moment_words(inbound.received_at, inbound.clinic, desk)
    return TextRow(inbound, when, str(RouteChannel(inbound.channel).label), couples)
