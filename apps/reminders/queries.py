"""The read path of messages: one function per question, each inside one clinic."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.booking.call_models import CallState, CallTask, CallWhy
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import WRITTEN, Couple, Person, RouteChannel
from apps.couples.queries import silent_elsewhere
from apps.couples.route_queries import ways_of
from apps.reminders.models import (
    ChannelSetting,
    Delivery,
    DeliveryState,
    InboundText,
    RegisteredText,
    Trial,
)
from apps.reminders.present import AWAITED, UNBOOKED
from apps.reminders.texts import BOOK, UNTIMED
from apps.treatments.models import Appointment
from apps.treatments.overlap import STATUSES_IN_FORCE
from protocols.reminders import CANCELLED

UNDELIVERED = (DeliveryState.DEAD, DeliveryState.UNKNOWN, DeliveryState.EXPIRED)


def deliveries_of(clinic: Clinic) -> QuerySet[Delivery]:
    """Every message of the clinic, newest due first."""
    return Delivery.objects.filter(clinic=clinic).select_related("person").order_by("-due_at", "id")


def undelivered(clinic: Clinic, *, since: datetime | None = None) -> QuerySet[Delivery]:
    """What was given up, came too late, or of which nobody knows whether it arrived; due from `since` on, or ever."""
    found = deliveries_of(clinic).filter(state__in=UNDELIVERED)
    return found.filter(due_at__gte=since) if since else found


def deliveries_of_couple(couple: Couple) -> QuerySet[Delivery]:
    """Every message to either of the two about any of the couple's treatments, or about no visit, newest due first."""
    noticed = Q(treatment=None, person__in=(couple.recipient_id, couple.partner_id))
    return deliveries_of(couple.clinic).filter(Q(treatment__couple=couple) | noticed)


def cards_of(clinic: Clinic, at: datetime) -> QuerySet[Delivery]:
    """Cards to print and hand over that are still true, in the order of their visits: the visit stands as the card says,
    or is off as it says, and nothing silences the couple. What a hand-over would refuse is not listed.
    """
    cards = deliveries_of(clinic).filter(
        channel=RouteChannel.CARD, state=DeliveryState.HANDED, receipt="", not_after__gt=at
    )
    visits = Appointment.objects.filter(pk=OuterRef("appointment_id"), starts_at=OuterRef("starts_at"))
    stands = Exists(visits.filter(status__in=STATUSES_IN_FORCE))
    off = Q(kind=CANCELLED) | Q(kind__startswith=f"{CANCELLED}-")
    as_said = Q(appointment_id=None) | Q(stands, ~off) | Q(~stands, off) | _asks_still()
    silent = Couple.objects.filter(
        Q(recipient=OuterRef("person")) | Q(partner=OuterRef("person")), silent_since__isnull=False
    )
    spoken_to = Q(treatment=None) & ~Exists(silent) | Q(treatment__couple__silent_since=None)
    return cards.filter(as_said, spoken_to).order_by("starts_at", "due_at", "id")


def _asks_still() -> Q:
    """A card that asks for an appointment: nobody has booked the visit since, and no later card names other days."""
    asks = Q(kind__in=UNTIMED) | Q(kind__startswith=f"{BOOK}-")
    unbooked = Appointment.objects.filter(
        pk=OuterRef("appointment_id"), status__in=UNBOOKED, state__in=AWAITED, held=False
    )
    later = Delivery.objects.filter(
        asks,
        appointment_id=OuterRef("appointment_id"),
        state=DeliveryState.HANDED,
        created_at__gt=OuterRef("created_at"),
    )
    return asks & Q(Exists(unbooked), ~Exists(later))


def delivery_by_id(clinic: Clinic, delivery_id: UUID) -> Delivery:
    """NotFound for another clinic's message, as for one that does not exist."""
    found = deliveries_of(clinic).filter(pk=delivery_id).select_related("clinic", "person").first()
    if found is None:
        raise NotFound("There is no such message.", field="delivery")
    return found


def sent_since(couple: Couple, since: datetime) -> QuerySet[Delivery]:
    """What left the house for either of the two from `since` on, or may have: in the order in which it left. A card that
    was handed over and words that were told by phone have left it too.
    """
    begun = Q(attempt_began_at__gte=since, state__in=(DeliveryState.UNKNOWN, DeliveryState.LEASED))
    told = CallTask.objects.filter(
        couple=couple, why=CallWhy.TELL, state=CallState.DONE, changed_at__gte=since
    ).filter(Q(appointment_id=OuterRef("appointment_id")) | Q(appointment_id=None))
    by_people = Q(receipt_at__gte=since) | ~Q(channel=RouteChannel.CARD) & Q(Exists(told))
    left = Q(state=DeliveryState.SENT, sent_at__gte=since) | begun | by_people & Q(state=DeliveryState.HANDED)
    return deliveries_of_couple(couple).filter(left).order_by("sent_at", "attempt_began_at", "id")


def withheld(couple: Couple, person: Person) -> str:
    """Why nothing at all goes to the person now: `silent`, `silent_elsewhere`, `test_clinic`, `not_agreed`,
    `not_wanted`, `no_address`; empty if messages go. What concerns one treatment or one visit is not asked here.
    """
    ways = ways_of(person)
    reasons = {
        "silent": couple.is_silent,
        "test_clinic": couple.clinic.is_test,
        "not_agreed": person.contact_consent_at is None,
        "not_wanted": not ways and not person.wants_email,
        "no_address": not ways,
    }
    found = next((reason for reason, holds in reasons.items() if holds), "")
    return found or ("silent_elsewhere" if silent_elsewhere(person, couple) else "")


def inbound_of(clinic: Clinic) -> QuerySet[InboundText]:
    """What people wrote to the clinic, what nobody has read first, then the newest."""
    found = InboundText.objects.filter(clinic=clinic).select_related("clinic")
    return found.prefetch_related("about__couple").order_by(
        F("read_at").asc(nulls_first=True), "-received_at"
    )


def unread_of(clinic: Clinic) -> QuerySet[InboundText]:
    """What somebody has to read: nothing goes by itself to these couples until then."""
    return inbound_of(clinic).filter(read_at=None)


def inbound_by_id(clinic: Clinic, inbound_id: UUID) -> InboundText:
    """NotFound for another clinic's text, as for one that does not exist."""
    found = inbound_of(clinic).filter(pk=inbound_id).first()
    if found is None:
        raise NotFound("There is no such text.", field="inbound")
    return found


def channels_of(clinic: Clinic) -> dict[str, ChannelSetting]:
    """The clinic's providers, those that are switched off too, by channel."""
    return {row.channel: row for row in ChannelSetting.objects.filter(clinic=clinic)}


def carried_by(clinic: Clinic) -> list[str]:
    """The channels that can be written by at present: e-mail, and those with a provider that is on."""
    on = {channel for channel, row in channels_of(clinic).items() if row.is_on}
    return [channel for channel in WRITTEN if channel == RouteChannel.EMAIL or channel in on]


def registered_of(clinic: Clinic) -> QuerySet[RegisteredText]:
    """Every wording that the clinic has registered."""
    return RegisteredText.objects.filter(clinic=clinic).select_related("clinic")


def registered_by_id(clinic: Clinic, registered_id: UUID) -> RegisteredText:
    """NotFound for another clinic's wording, as for one that does not exist."""
    found = registered_of(clinic).filter(pk=registered_id).first()
    if found is None:
        raise NotFound("There is no such wording.", field="registered")
    return found


def trials_of(clinic: Clinic) -> QuerySet[Trial]:
    """Trials of the clinic's channels, the newest first."""
    return Trial.objects.filter(clinic=clinic).select_related("clinic")


def trial_by_id(clinic: Clinic, trial_id: UUID) -> Trial:
    """NotFound for another clinic's trial, as for one that does not exist."""
    found = trials_of(clinic).filter(pk=trial_id).first()
    if found is None:
        raise NotFound("There is no such trial.", field="trial")
    return found
