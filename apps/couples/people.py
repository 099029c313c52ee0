"""Enrolment, and what is known of a person. Part of the couples' write path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import Q

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Fault, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.couples.changes import tell_of_couple, tell_of_person
from apps.couples.inputs import PERSON_FIELDS, Identifier, PersonInput
from apps.couples.models import Couple, NameKeys, Person, PersonIdentifier
from apps.couples.names import keys_of, word_keys_of


def enrol_couple(
    *,
    clinic: Clinic,
    recipient: PersonInput | UUID,
    partner: PersonInput | UUID,
    actor: Actor,
    at: datetime,
) -> Couple:
    """A new couple with its code. Each of the two is a new person or, by id, one whom the clinic knows
    already.

    Raises Invalid with every fault of both (fields begin with `recipient.` and `partner.`), among them
    identifiers that somebody here already carries. The same person may be in several couples over time.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager", "client")
    given = {"recipient": _cleaned(recipient), "partner": _cleaned(partner)}
    with acting(actor), _losing_a_race():
        known = _known(clinic, given)
        faults = list(_enrolment_faults(clinic, given, known, local_date(clinic.zone, at)))
        if faults:
            raise Invalid(faults=faults)
        new = {role: _person(clinic, one, at) for role, one in given.items() if isinstance(one, PersonInput)}
        Person.objects.bulk_create(new.values())
        store_name_keys(new.values())
        _store([(new[role], one.identifiers) for role, one in given.items() if isinstance(one, PersonInput)])
        both = known | new
        couple = Couple.objects.create(
            clinic=clinic,
            code=_next_code(clinic),
            recipient=both["recipient"],
            partner=both["partner"],
            enrolled_at=at,
            changed_at=at,
        )
        tell_of_couple(couple, "couple.enrolled", actor=actor, at=at)
    return couple


def update_person(*, person: Person, given: PersonInput, actor: Actor, at: datetime) -> Person:
    """Replaces what is known of the person. Identifiers in `given` are added to those stored; none is taken
    away.

    Start from `dataclasses.replace(PersonInput.of(person), ...)` to change one thing. Nothing is written,
    and nobody is told, if nothing differs.
    """
    require_role(actor, "nurse", "doctor", "manager", "client")
    wanted = given.cleaned()
    with acting(actor), _losing_a_race():
        fresh = _locked(person, actor)
        added = _not_held(fresh, wanted.identifiers)
        faults = list(wanted.faults(prefix="", today=local_date(fresh.clinic.zone, at)))
        faults += _taken_faults(fresh.clinic, {"": added})
        if faults:
            raise Invalid(faults=faults)
        changed = [field for field in PERSON_FIELDS if getattr(fresh, field) != getattr(wanted, field)]
        if changed or added:
            for field in changed:
                setattr(fresh, field, getattr(wanted, field))
            fresh.changed_at = at
            if "phone" in changed:
                fresh.phone_wrong_since = None  # that was said of the number before
            fresh.save(update_fields=[*changed, "phone_wrong_since", "changed_at"])
            if {"given_name", "family_name"} & set(changed):
                store_name_keys([fresh])
            _store([(fresh, added)])
            tell_of_person(fresh, "person.changed", actor=actor, at=at)
    return fresh


def add_identifier(
    *, person: Person, system: str, value: str, actor: Actor, at: datetime
) -> PersonIdentifier:
    """Another system's number for the person. Invalid if somebody else here carries it; harmless if
    repeated.
    """
    with acting(actor):
        fresh = _locked(person, actor)
        wanted = replace(PersonInput.of(fresh), identifiers=(Identifier(system, value),)).cleaned()
        update_person(person=fresh, given=wanted, actor=actor, at=at)
        number = wanted.identifiers[0]
        return PersonIdentifier.objects.get(person=fresh, system=number.system, value=number.value)


def _cleaned(given: PersonInput | UUID) -> PersonInput | UUID:
    return given.cleaned() if isinstance(given, PersonInput) else given


def _known(clinic: Clinic, given: Mapping[str, PersonInput | UUID]) -> dict[str, Person]:
    """Those given by id, by the role they take; whoever is not of this clinic is not found."""
    wanted = {role: one for role, one in given.items() if isinstance(one, UUID)}
    if not wanted:
        return {}
    found = Person.objects.filter(clinic=clinic, merged_into=None).in_bulk(list(wanted.values()))
    return {role: found[key] for role, key in wanted.items() if key in found}


def _enrolment_faults(
    clinic: Clinic,
    given: Mapping[str, PersonInput | UUID],
    known: Mapping[str, Person],
    today: date,
) -> Iterator[Fault]:
    numbers: dict[str, Sequence[Identifier]] = {}
    for role, one in given.items():
        if isinstance(one, PersonInput):
            yield from one.faults(prefix=f"{role}.", today=today)
            numbers[f"{role}."] = one.identifiers
        elif role not in known:
            yield Fault(
                role, "There is no such person in this clinic.", "Search again, or enter a new person."
            )
    if given["recipient"] == given["partner"] and isinstance(given["partner"], UUID):
        yield Fault("partner", "Both are the same person.", "Choose somebody else.")
    if set(numbers.get("recipient.", ())) & set(numbers.get("partner.", ())):
        yield Fault("partner.identifiers", "Both have the same identifier.", "Correct one of them.")
    yield from _taken_faults(clinic, numbers)


def _taken_faults(clinic: Clinic, numbers: Mapping[str, Sequence[Identifier]]) -> list[Fault]:
    """Identifiers that somebody of the clinic already carries. `numbers` maps the prefix of the field to
    them.
    """
    sought = [identifier for each in numbers.values() for identifier in each]
    if not sought:
        return []
    any_of = reduce(or_, (Q(system=identifier.system, value=identifier.value) for identifier in sought))
    taken = set(PersonIdentifier.objects.filter(any_of, clinic=clinic).values_list("system", "value"))
    return [
        Fault(
            f"{prefix}identifiers.{n}",
            "Somebody in this clinic already has this identifier.",
            "Search for it and take that person, or correct the number.",
        )
        for prefix, each in numbers.items()
        for n, identifier in enumerate(each)
        if (identifier.system, identifier.value) in taken
    ]


def _person(clinic: Clinic, given: PersonInput, at: datetime) -> Person:
    return Person(clinic=clinic, changed_at=at, **{field: getattr(given, field) for field in PERSON_FIELDS})


def store_name_keys(people: Iterable[Person]) -> None:
    """By what their names are found when somebody misreads them; in place of what was stored."""
    NameKeys.objects.bulk_create(
        [
            NameKeys(
                person=one,
                clinic_id=one.clinic_id,
                keys=[*keys_of(one.full_name), *word_keys_of(one.full_name)],
            )
            for one in people
        ],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["keys"],
    )


def _store(numbers: Iterable[tuple[Person, Sequence[Identifier]]]) -> None:
    rows = [
        PersonIdentifier(
            clinic_id=person.clinic_id, person=person, system=identifier.system, value=identifier.value
        )
        for person, identifiers in numbers
        for identifier in identifiers
    ]
    if rows:
        PersonIdentifier.objects.bulk_create(rows)


def _locked(person: Person, actor: Actor) -> Person:
    require_clinic(actor, person.clinic_id)
    people = Person.objects.select_related("clinic").select_for_update(of=("self",), no_key=True)
    found = people.filter(pk=person.pk, clinic_id=person.clinic_id).first()
    if found is None:
        raise NotFound("There is no such person.", field="person")
    return found


def _not_held(person: Person, wanted: Sequence[Identifier]) -> tuple[Identifier, ...]:
    held = {Identifier(row.system, row.value) for row in person.identifiers.all()} if wanted else set()
    return tuple(identifier for identifier in wanted if identifier not in held)


def _next_code(clinic: Clinic) -> str:
    """Such as HYD-0042. One statement counts on and locks the counter, so two enrolments never get one
    number.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO couples_couplecounter (clinic_id, last) VALUES (%s, 1) "
            "ON CONFLICT (clinic_id) DO UPDATE SET last = couples_couplecounter.last + 1 RETURNING last",
            [clinic.pk],
        )
        (number,) = cursor.fetchone()
    prefix = clinic.slug.replace("-", "")[:3].upper()
    return f"{prefix}-{number:04d}"


@contextmanager
def _losing_a_race() -> Iterator[None]:
    """Between our look and our write somebody else may have stored the same identifier."""
    try:
        yield
    except IntegrityError as error:
        if "identifier_once" not in str(error):
            raise
        raise Conflict(
            "Somebody in this clinic was just given this identifier.",
            field="identifiers",
            remedy="Search for it and take that person.",
        ) from error
