"""Whether somebody who is being enrolled is here already: by number, phone, name and year of birth. Read only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.clinic.models import Clinic
from apps.couples.inputs import Identifier, PersonInput
from apps.couples.models import Couple, NameKeys, Person, PersonIdentifier
from apps.couples.names import folded, is_similar, keys_of

MOST_SHOWN = 8
# A common name alone fills a page: those who share something else come first.
_MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Likely:
    """A person of the clinic who may be meant, why, and the codes of the couples that they are or were one of.

    `score` orders: a number weighs most, then a phone, then how close name and birth are.
    """

    person: Person
    why: tuple[str, ...]
    codes: tuple[str, ...]
    score: int


def likely_people(clinic: Clinic, given: PersonInput, *, most: int = MOST_SHOWN) -> list[Likely]:
    """People of the clinic who may be the one given, the likeliest first; merged ones stand under the one they became.

    The same hospital number or phone is enough. A name that sounds or looks alike is, unless both dates of birth are
    known and their years differ. Four looks into indexes, however many people there are.
    """
    sought = given.cleaned()
    numbers = _by_number(clinic, sought.identifiers)
    reached = Q(pk__in=numbers)
    if sought.phone:
        reached |= Q(phone=sought.phone) | Q(phone__endswith=_tail(sought.phone))
    people = {row.pk: row for row in _here(clinic).filter(reached)[:_MOST_READ]}
    people |= {row.pk: row for row in _sound_alikes(clinic, sought)}
    judged = [(person, *_judge(person, sought, person.pk in numbers)) for person in people.values()]
    likely = sorted(
        (one for one in judged if one[1]), key=lambda one: (-one[1], one[0].full_name, str(one[0].pk))
    )
    codes = _codes(clinic, [person for person, _, _ in likely[:most]])
    return [Likely(person, why, codes.get(person.pk, ()), score) for person, score, why in likely[:most]]


def _here(clinic: Clinic) -> QuerySet[Person]:
    return Person.objects.filter(clinic=clinic, merged_into=None)


def _by_number(clinic: Clinic, identifiers: Iterable[Identifier]) -> set[UUID]:
    wanted = [Q(value__iexact=one.value) for one in identifiers if one.value]
    if not wanted:
        return set()
    return set(
        PersonIdentifier.objects.filter(reduce(or_, wanted), clinic=clinic).values_list(
            "person_id", flat=True
        )
    )


def _sound_alikes(clinic: Clinic, given: PersonInput) -> list[Person]:
    name = f"{given.given_name} {given.family_name}".strip()
    keys = keys_of(name)
    if not keys:
        return []
    rows = NameKeys.objects.filter(clinic=clinic, keys__overlap=keys, person__merged_into=None)
    found = rows.select_related("person").order_by("person_id")[:_MOST_READ]
    return [row.person for row in found if is_similar(row.person.full_name, name)]


def _judge(person: Person, given: PersonInput, by_number: bool) -> tuple[int, tuple[str, ...]]:
    """How much speaks for it being the same human, and what; nothing speaks for it at 0."""
    name = f"{given.given_name} {given.family_name}".strip()
    score, why = 0, []
    if by_number:
        score, why = 100, [_("same hospital number")]
    same_phone = bool(given.phone) and _tail(person.phone) == _tail(given.phone) != ""
    if same_phone:
        score, why = score + 40, [*why, _("same phone")]
    alike = is_similar(person.full_name, name)
    if alike:
        same = folded(person.full_name) == folded(name)
        score, why = score + (30 if same else 20), [*why, _("same name") if same else _("sounds alike")]
    born = _born(person.birth_on, given.birth_on)
    if alike and not same_phone and not by_number and born == "other":
        return 0, ()
    if born in ("day", "year"):
        score += 20 if born == "day" else 10
        assert person.birth_on is not None
        why.append(
            _("same date of birth") if born == "day" else _("born %(year)d") % {"year": person.birth_on.year}
        )
    return (score, tuple(why)) if by_number or same_phone or alike else (0, ())


def _born(one: date | None, other: date | None) -> str:
    if one is None or other is None:
        return ""
    return "day" if one == other else "year" if one.year == other.year else "other"


def _tail(phone: str) -> str:
    """The last ten digits: +91 98480 22338, 098480 22338 and 98480 22338 are one number."""
    return phone[-10:] if len(phone) >= 10 else phone


def _codes(clinic: Clinic, people: Iterable[Person]) -> dict[UUID, tuple[str, ...]]:
    keys = [person.pk for person in people]
    theirs = Couple.objects.filter(clinic=clinic, merged_into=None).filter(
        Q(recipient__in=keys) | Q(partner__in=keys)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for code, *both in theirs.order_by("code").values_list("code", "recipient_id", "partner_id"):
        for pk in both:
            found[pk] = (*found.get(pk, ()), code)
    return found
