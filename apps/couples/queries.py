"""The couples' read path: one function per question, each inside one clinic."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.clinic.errors import NotFound
from apps.clinic.inputs import plain_phone
from apps.clinic.models import Clinic
from apps.couples.models import Couple, Person, PersonIdentifier


def couples_of(clinic: Clinic) -> QuerySet[Couple]:
    """Every couple of the clinic with both people, by code."""
    return Couple.objects.filter(clinic=clinic).select_related("recipient", "partner").order_by("code")


def couple_by_id(clinic: Clinic, couple_id: UUID) -> Couple:
    """NotFound for another clinic's couple, as for one that does not exist."""
    couple = couples_of(clinic).filter(pk=couple_id).first()
    if couple is None:
        raise NotFound("There is no such couple.", field="couple")
    return couple


def persons_of(clinic: Clinic) -> QuerySet[Person]:
    return Person.objects.filter(clinic=clinic).order_by("given_name", "family_name", "id")


def person_by_id(clinic: Clinic, person_id: UUID) -> Person:
    """NotFound for another clinic's person, as for one that does not exist."""
    person = Person.objects.filter(clinic=clinic, pk=person_id).first()
    if person is None:
        raise NotFound("There is no such person.", field="person")
    return person


def person_by_identifier(clinic: Clinic, system: str, value: str) -> Person | None:
    """Whoever carries this number here; None if nobody does."""
    found = PersonIdentifier.objects.filter(clinic=clinic, system=system, value=value).select_related(
        "person"
    )
    return next((row.person for row in found), None)


def couples_with(clinic: Clinic, person: Person) -> QuerySet[Couple]:
    """The couples that the person is or was one of."""
    return couples_of(clinic).filter(Q(recipient=person) | Q(partner=person))


def silent_elsewhere(person: Person, couple: Couple) -> bool:
    """Whether the person's other couple fell silent since this one was enrolled.

    A loss is hers, not a couple's. A couple that is enrolled after it is a beginning of her own will.
    """
    others = couples_with(couple.clinic, person).exclude(pk=couple.pk)
    return others.filter(silent_since__gte=couple.enrolled_at).exists()


def search(clinic: Clinic, text: str) -> QuerySet[Couple]:
    """Couples whose code, names, phone numbers or identifiers hold every word of `text`; none for empty text.

    Words are matched inside names and codes, digits inside phone numbers, and identifiers whole.
    """
    words = text.split()
    if not words:
        return Couple.objects.none()
    found = couples_of(clinic)
    digits = plain_phone(text)
    by_phone = Q(recipient__phone__contains=digits) | Q(partner__phone__contains=digits)
    if digits.lstrip("+").isdigit() and len(digits) >= 4:
        return found.filter(by_phone | _holds(clinic, digits) | _holds(clinic, text.strip()))
    for word in words:
        found = found.filter(_holds(clinic, word))
    return found


def _holds(clinic: Clinic, word: str) -> Q:
    numbered = PersonIdentifier.objects.filter(clinic=clinic, value__iexact=word).values("person_id")
    return (
        Q(code__icontains=word)
        | Q(recipient__given_name__icontains=word)
        | Q(recipient__family_name__icontains=word)
        | Q(partner__given_name__icontains=word)
        | Q(partner__family_name__icontains=word)
        | Q(recipient_id__in=numbered)
        | Q(partner_id__in=numbered)
    )
