"""Cards that are printed and handed over: for people who wish to hear of their appointments on paper."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.desk import languages
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page, press
from apps.desk.pages.couple_messages import is_card
from apps.desk.post import kind_words, moment_words
from apps.reminders.models import Delivery
from apps.reminders.queries import cards_of, delivery_by_id
from apps.reminders.services import hand_over

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Card:
    """One card: whose, about what, and the words on it. The name stays on the screen."""

    delivery: Delivery
    name: str
    kind: str
    about: str
    clinic: str
    phone: str
    lines: tuple[str, ...]
    language: str
    language_name: str
    direction: str
    is_unread: bool
    handed: str


def show(request: HttpRequest) -> HttpResponse:
    """Every card of the user's clinics that waits to be handed over, the next visit first."""
    desk = desk_of(request)
    clinics = desk.where("see contact data")
    unread = {clinic.pk: languages.unread([clinic]) for clinic in clinics}
    cards = [
        _card(row, desk, row.language in unread[clinic.pk])
        for clinic in clinics
        for row in cards_of(clinic, desk.at)[:_SHOWN]
    ]
    return page(request, "desk/cards.html", _("Cards to hand over"), {"cards": cards, "many": True})


def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One card to print, also one that was handed over already."""
    desk = desk_of(request)
    row = desk.find(lambda clinic: delivery_by_id(clinic, pk))
    desk.require("see contact data", row.clinic)
    if not is_card(row):
        raise Http404("There is no such page.")
    card = _card(row, desk, row.language in languages.unread([row.clinic]))
    return page(request, "desk/cards.html", _("Appointment card"), {"cards": [card], "many": False})


def handed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It is in their hands."""
    desk = desk_of(request)
    row = desk.find(lambda clinic: delivery_by_id(clinic, pk))
    actor = desk.require("see contact data", row.clinic)
    return press(
        request,
        lambda: hand_over(delivery=row, actor=actor, at=desk.at),
        done=_("Handed over."),
        back=reverse("admin:cards"),
    )


def _card(row: Delivery, desk: Desk, is_unread: bool) -> Card:
    clinic = desk.clinic(row.clinic_id)
    return Card(
        delivery=row,
        name=row.person.full_name,
        kind=kind_words(row.kind),
        about=moment_words(row.starts_at, clinic, desk) if row.starts_at else "",
        clinic=clinic.discreet_name,
        phone=clinic.phone,
        lines=tuple(line for line in row.body.split("\n") if line.strip()),
        language=row.language or "en",
        language_name=languages.name_of(row.language or "en"),
        direction=languages.direction(row.language),
        is_unread=is_unread,
        handed=moment_words(row.receipt_at, clinic, desk) if row.receipt_at else "",
    )
