"""The log of a couple's messages: each with who, when, language, channel, the exact text, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.couples.models import Person, RouteChannel
from apps.couples.queries import couple_by_id
from apps.couples.route_queries import ways_of
from apps.desk import languages
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page
from apps.desk.post import MessageRow, message_row, moment_words
from apps.desk.rows import who
from apps.desk.worklist_rows import visit_title
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.queries import carried_by, deliveries_of_couple
from apps.treatments.queries import appointments_of

_PAGE = 40


@dataclass(frozen=True, slots=True)
class Logged:
    """One message."""

    row: MessageRow
    who: str
    due: str
    language: str
    code: str
    direction: str
    is_unread: bool
    subject: str
    body: str
    visit_url: str
    card_url: str


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Newest first, to either of the two, about any visit and about none."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    desk.require("see contact data", couple.clinic)
    pages = Paginator(deliveries_of_couple(couple), _PAGE)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "couple": couple,
        "who": who(couple, desk),
        "reached": [_reached(person) for person in (couple.recipient, couple.partner)],
        "logged": logged(shown.object_list, desk),
        "shown": shown,
    }
    return page(request, "desk/couple_messages.html", _("All messages"), context)


def _reached(person: Person) -> str:
    """By which way and in which language what is still due goes out, as things stand."""
    able = (*carried_by(person.clinic), RouteChannel.CALL, RouteChannel.CARD)
    way = next((way for way in ways_of(person) if way.channel in able), None)
    told = {"name": person.full_name, "language": languages.name_of(person.language)}
    if way is None:
        return _("%(name)s: nothing can be sent, there is no way that can be used") % told
    told["way"] = f"{RouteChannel(way.channel).label} {way.address}".strip()
    return _("%(name)s: what is due goes by %(way)s, in %(language)s") % told


def logged(rows: Iterable[Delivery], desk: Desk) -> list[Logged]:
    """Messages of one clinic, in their order."""
    found = list(rows)
    clinic = desk.clinic(found[0].clinic_id) if found else None
    if clinic is None:
        return []
    wanted = {row.appointment_id for row in found if row.appointment_id}
    titles = {one.pk: visit_title(one) for one in appointments_of(clinic).filter(pk__in=wanted)}
    unread = languages.unread([clinic])
    return [
        Logged(
            row=message_row(
                row, titles.get(row.appointment_id, "") if row.appointment_id else "", False, desk
            ),
            who=row.person.full_name,
            due=moment_words(row.due_at, clinic, desk),
            language=languages.name_of(row.language) if row.language else "",
            code=row.language,
            direction=languages.direction(row.language),
            is_unread=row.language in unread,
            subject=row.subject,
            body=row.body,
            visit_url=reverse("admin:visit_messages", args=[row.appointment_id])
            if row.appointment_id in titles
            else "",
            card_url=reverse("admin:card", args=[row.pk]) if is_card(row) else "",
        )
        for row in found
    ]


def is_card(row: Delivery) -> bool:
    """Printed and handed over, not written."""
    return row.state == DeliveryState.HANDED and row.channel == RouteChannel.CARD
