"""The couples' read path: one function per question, each inside one clinic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.clinic.errors import NotFound
from apps.clinic.inputs import plain_phone
from apps.clinic.models import Change, Clinic
from apps.couples.models import (
    OF_GRIEF,
    PINNED,
    Couple,
    NameKeys,
    Note,
    NoteKind,
    Person,
    PersonIdentifier,
    PersonMerge,
)
from apps.couples.names import is_similar, keys_of, word_keys_of

# More than this many are no warning any more but a common name.
_SIMILAR_SHOWN = 20


def couples_of(clinic: Clinic) -> QuerySet[Couple]:
    """Every couple of the clinic with both people, by code; one that was merged stands under the one it became."""
    found = Couple.objects.filter(clinic=clinic, merged_into=None)
    return found.select_related("recipient", "partner").order_by("code")


def couple_by_id(clinic: Clinic, couple_id: UUID) -> Couple:
    """NotFound for another clinic's couple, as for one that does not exist."""
    couple = couples_of(clinic).filter(pk=couple_id).first()
    if couple is None:
        raise NotFound("There is no such couple.", field="couple")
    return couple


def persons_of(clinic: Clinic) -> QuerySet[Person]:
    return Person.objects.filter(clinic=clinic, merged_into=None).order_by("given_name", "family_name", "id")


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


def unreleased_of(clinic: Clinic) -> QuerySet[Couple]:
    """Imported couples to whom nothing is sent because no nurse has released them, by code."""
    return couples_of(clinic).filter(unreleased_since__isnull=False)


def couples_with(clinic: Clinic, person: Person) -> QuerySet[Couple]:
    """The couples that the person is or was one of."""
    return couples_of(clinic).filter(Q(recipient=person) | Q(partner=person))


def silent_elsewhere(person: Person, couple: Couple) -> bool:
    """Whether a loss or a death has come to the person's other couple since this one was enrolled.

    A loss is hers, not a couple's. A couple that is enrolled after it is a beginning of her own will. What silences the
    other couple alone says nothing about this one: its end, a pause, a wish of whoever is or was the partner there, its
    import. Her own wish for no messages silences each of her couples by itself.
    """
    others = couples_with(couple.clinic, person).exclude(pk=couple.pk)
    grieving = others.filter(silent_reason__in=OF_GRIEF, silent_since__isnull=False)
    return grieving.filter(silent_reason_since__gte=couple.enrolled_at).exists()


def words_for(couples: Iterable[Couple]) -> QuerySet[Note]:
    """What doctors wrote for these couples themselves to read and stands, the newest first."""
    ids = [couple.pk for couple in couples]
    theirs = Q(couple__in=ids) | Q(couple__merged_into__in=ids)
    found = Note.objects.filter(theirs, kind=NoteKind.FOR_THEM, is_withdrawal=False, replaced_by=None)
    return found.order_by("-recorded_at", "id")


def notes_of(couple: Couple) -> QuerySet[Note]:
    """Everything ever written down about the couple, the newest day first, replaced notes and withdrawals included; and
    about the couples that were merged into it, whose notes stay where they were written.
    """
    theirs = Q(couple=couple) | Q(couple__merged_into=couple)
    return Note.objects.filter(theirs).select_related("replaced_by").order_by("-on", "-recorded_at", "id")


def note_by_id(clinic: Clinic, note_id: UUID) -> Note:
    """NotFound for another clinic's note, as for one that does not exist."""
    note = Note.objects.filter(clinic=clinic, pk=note_id).select_related("couple__clinic").first()
    if note is None:
        raise NotFound("There is no such note.", field="note")
    return note


def pinned_of(couples: Iterable[Couple]) -> dict[UUID, list[Note]]:
    """What to say and what not to say, by couple id, the oldest first; one query for all. Couples without are left
    out. Callers pass couples that they found inside one of their own clinics.
    """
    found: dict[UUID, list[Note]] = defaultdict(list)
    asked = {couple.pk for couple in couples}
    standing = Note.objects.filter(
        Q(couple__in=asked) | Q(couple__merged_into__in=asked),
        kind__in=PINNED,
        is_withdrawal=False,
        replaced_by__isnull=True,
    )
    for note in standing.select_related("couple").order_by("recorded_at", "id"):
        of = note.couple_id if note.couple_id in asked else note.couple.merged_into_id
        if of is not None:
            found[of].append(note)
    return dict(found)


def last_yes(couple: Couple) -> Change | None:
    """The last time that messages went again at the couple's word; its detail says whose, how and on which day."""
    return Change.objects.filter(
        couple_id=couple.pk, kind="couple.silence_ended", detail__has_key="yes_of"
    ).last()


def goes_on_elsewhere(person: Person, couple: Couple) -> bool:
    """Whether the person is in another couple of the clinic that neither of its two has ended."""
    others = couples_with(person.clinic, person).exclude(pk=couple.pk)
    return others.filter(parted_since=None).exists()


def similar_to(couple: Couple) -> list[Couple]:
    """Other couples of the clinic, by code, one of whose people bears a name that may be taken for that of one of
    these two. Two looks into indexes, however many couples there are.
    """
    own = (couple.recipient, couple.partner)
    sought = {key for person in own for key in keys_of(person.full_name)}
    likely = (
        NameKeys.objects.filter(
            clinic=couple.clinic_id, keys__overlap=sorted(sought), person__merged_into=None
        )
        .exclude(person__in=[person.pk for person in own])
        .select_related("person")
        .order_by("person_id")[: 10 * _SIMILAR_SHOWN]
    )
    people = [
        row.person_id
        for row in likely
        if any(is_similar(row.person.full_name, person.full_name) for person in own)
    ]
    if not people:
        return []
    others = couples_of(couple.clinic).filter(Q(recipient__in=people) | Q(partner__in=people))
    return list(others.exclude(pk=couple.pk)[:_SIMILAR_SHOWN])


def search(clinic: Clinic, text: str, *, by_contact: bool = True) -> QuerySet[Couple]:
    """Couples whose code, names, phone numbers or identifiers hold every word of `text`; none for empty text.

    Words are matched inside names and codes, digits inside phone numbers, and identifiers whole. If no couple is found
    so, those one of whose people bears a name that sounds or looks like the text. Indexes answer all but the codes.
    Without `by_contact` nobody is found by a phone number, for whoever may not see any.
    """
    words = text.split()
    if not words:
        return Couple.objects.none()
    exact = _holding(clinic, text, words, by_contact=by_contact)
    if any(sign.isdigit() for sign in text) or exact.exists():
        return exact
    return couples_of(clinic).filter(_of_people(_sounding_like(clinic, text)))


def merges_of(clinic: Clinic) -> QuerySet[PersonMerge]:
    """The clinic's merges of people, those that were undone included, the latest first."""
    found = PersonMerge.objects.filter(clinic=clinic).select_related("clinic", "kept", "other")
    return found.order_by("-merged_at", "id")


def merge_by_id(clinic: Clinic, merge_id: UUID) -> PersonMerge:
    """NotFound for another clinic's merge, as for one that does not exist."""
    found = merges_of(clinic).filter(pk=merge_id).first()
    if found is None:
        raise NotFound("There is no such merge.", field="merge")
    return found


def _holding(clinic: Clinic, text: str, words: list[str], *, by_contact: bool) -> QuerySet[Couple]:
    found = couples_of(clinic)
    digits = plain_phone(text)
    if digits.lstrip("+").isdigit() and len(digits) >= 4:
        numbered = _holds(clinic, digits) | _holds(clinic, text.strip())
        if by_contact:
            people = Person.objects.filter(clinic=clinic, phone__contains=digits)
            numbered |= _of_people(people.values("pk"))
        return found.filter(numbered)
    for word in words:
        found = found.filter(_holds(clinic, word))
    return found


def _holds(clinic: Clinic, word: str) -> Q:
    named = Person.objects.filter(clinic=clinic).filter(
        Q(given_name__icontains=word) | Q(family_name__icontains=word)
    )
    numbered = PersonIdentifier.objects.filter(clinic=clinic, value__iexact=word)
    merged = Couple.objects.filter(clinic=clinic, merged_into__isnull=False, code__icontains=word)
    return (
        Q(code__icontains=word)
        | Q(pk__in=merged.values("merged_into_id"))
        | _of_people(named.values("pk"))
        | _of_people(numbered.values("person_id"))
    )


def _sounding_like(clinic: Clinic, text: str) -> QuerySet[Any]:
    """People each word of the text sounds like a name of, or whose whole name the text may be taken for."""
    rows = NameKeys.objects.filter(clinic=clinic).filter(
        Q(keys__contains=word_keys_of(text)) | Q(keys__overlap=keys_of(text))
    )
    return rows.values("person_id")


def _of_people(people: QuerySet[Any]) -> Q:
    return Q(recipient_id__in=people) | Q(partner_id__in=people)
