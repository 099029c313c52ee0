"""Who a row is about: a couple that is here already, or two people who are enrolled by it and kept silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from apps.clinic.actors import Actor
from apps.clinic.clock import day_bounds
from apps.clinic.errors import Fault, Invalid
from apps.clinic.models import Clinic
from apps.couples.inputs import Identifier, PersonInput
from apps.couples.likeness import likely_people
from apps.couples.models import Couple, Person, SilenceReason
from apps.couples.names import is_similar
from apps.couples.queries import couples_of, person_by_identifier
from apps.couples.services import enrol_couple, silence_couple

SYSTEMS = ("mrn", "abha")
_ROLES = ("recipient", "partner")
# Columns of a person that `PersonInput` knows by the same name.
_SAME = ("given_name", "family_name", "birth_on", "phone", "email", "language", "blood_group")


@dataclass(frozen=True, slots=True)
class Row:
    """The cleaned values of one row by column, empty ones left out, and who carries it out when."""

    clinic: Clinic
    values: dict[str, Any]
    actor: Actor
    at: datetime

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))


@dataclass(frozen=True, slots=True)
class Found:
    """The couple of a row, whether the row has enrolled it, and what a nurse should know about that."""

    couple: Couple
    is_new: bool
    told: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def find_or_enrol(row: Row) -> Found:
    """The couple by its code or by hospital numbers, or a new one that is silent until somebody releases it.

    Invalid, by column, for a row that a second upload would double, and for a number that somebody else has.
    """
    if row.text("code"):
        return _by_code(row)
    known = _known(row)
    if not any(row.text(f"{role}_{system}") for role in _ROLES for system in SYSTEMS):
        raise Invalid(
            "Without a number a second upload would enrol this couple twice.",
            field="recipient_mrn",
            remedy="Fill in the hospital number of one of the two, or the code of a couple that is here.",
        )
    couple = _standing_couple(row, known)
    if couple is not None:
        return Found(couple, is_new=False, told=(f"{couple.code} is here already and stays as it is.",))
    return _enrol(row, known)


def _by_code(row: Row) -> Found:
    couple = couples_of(row.clinic).filter(code__iexact=row.text("code")).first()
    if couple is None:
        raise Invalid(
            "No couple here has this code.", field="code", remedy="Leave it empty for a new couple."
        )
    for role, person in zip(_ROLES, (couple.recipient, couple.partner), strict=True):
        _same_name(row, role, person)
    return Found(couple, is_new=False, told=(f"{couple.code} is here already and stays as it is.",))


def _known(row: Row) -> dict[str, Person]:
    """Who of the two carries a number that the row gives. Invalid if the name is another, or two people carry them."""
    known: dict[str, Person] = {}
    for role in _ROLES:
        for system in SYSTEMS:
            value = row.text(f"{role}_{system}")
            person = person_by_identifier(row.clinic, system, value) if value else None
            if person is None:
                continue
            if known.setdefault(role, person) != person:
                raise Invalid(
                    "These two numbers belong to two different people here.",
                    field=f"{role}_{system}",
                    remedy="Correct one, or merge the two people first.",
                )
            _same_name(row, role, person)
    return known


def _same_name(row: Row, role: str, person: Person) -> None:
    name = " ".join(filter(None, (row.text(f"{role}_given_name"), row.text(f"{role}_family_name"))))
    if is_similar(name, person.full_name) or name.casefold() == person.given_name.casefold():
        return
    raise Invalid(
        "Somebody with another name has this number or code here.",
        field=f"{role}_given_name",
        remedy="Check number and name against the paper.",
    )


def _standing_couple(row: Row, known: dict[str, Person]) -> Couple | None:
    """The couple of these two: both known by number, or one by number and the other by name."""
    if not known:
        return None
    candidates = couples_of(row.clinic).filter(**known).order_by("-enrolled_at")
    missing = [role for role in _ROLES if role not in known]
    for couple in candidates:
        if all(_is_named(row, role, getattr(couple, role)) for role in missing):
            return couple
    return None


def _is_named(row: Row, role: str, person: Person) -> bool:
    name = " ".join(filter(None, (row.text(f"{role}_given_name"), row.text(f"{role}_family_name"))))
    return is_similar(name, person.full_name)


def _enrol(row: Row, known: dict[str, Person]) -> Found:
    given: dict[str, PersonInput | UUID] = {}
    told, warnings = [], []
    for role in _ROLES:
        if role in known:
            given[role] = known[role].pk
            told.append(f"The {role} is known here: a new couple of the same person.")
            continue
        given[role] = _person_input(row, role)
        warnings += _looks_like(row, role, given[role])
    try:
        couple = enrol_couple(
            clinic=row.clinic,
            recipient=given["recipient"],
            partner=given["partner"],
            actor=row.actor,
            at=row.at,
        )
    except Invalid as error:
        raise Invalid(faults=[_column_of(fault, given) for fault in error.faults]) from error
    couple = silence_couple(couple=couple, reason=SilenceReason.IMPORTED, actor=row.actor, at=row.at)
    told.insert(0, f"Enrols {_name(row, 'recipient')} and {_name(row, 'partner')}, silent until released.")
    return Found(couple, True, tuple(told), tuple(warnings))


def _person_input(row: Row, role: str) -> PersonInput:
    said = {name: row.values[f"{role}_{name}"] for name in _SAME if f"{role}_{name}" in row.values}
    numbers = ((system, row.text(f"{role}_{system}")) for system in SYSTEMS)
    agreed: date | None = row.values.get(f"{role}_agreed_on")
    consent = day_bounds(row.clinic.zone, agreed)[0] if agreed else None
    if consent is not None and consent > row.at:
        raise Invalid(
            "This day lies ahead.", field=f"{role}_agreed_on", remedy="Give the day on which they agreed."
        )
    return PersonInput(
        **{"given_name": "", **said},
        contact_consent_at=consent,
        identifiers=tuple(Identifier(system, value) for system, value in numbers if value),
    )


def _looks_like(row: Row, role: str, given: PersonInput | UUID) -> list[str]:
    if isinstance(given, UUID):
        return []
    return [
        f"The {role} looks like somebody in {', '.join(likely.codes) or 'no couple'}: {', '.join(likely.why)}."
        for likely in likely_people(row.clinic, given, most=2)
    ]


def _column_of(fault: Fault, given: dict[str, PersonInput | UUID]) -> Fault:
    """`recipient.identifiers.0` of the verb is the column `recipient_mrn`."""
    role, _, name = fault.field.partition(".")
    one = given.get(role)
    if name.startswith("identifiers.") and isinstance(one, PersonInput):
        name = one.identifiers[int(name.split(".")[1])].system
    elif name == "identifiers":
        name = SYSTEMS[0]
    return Fault(f"{role}_{name}" if name else role, fault.message, fault.remedy)


def _name(row: Row, role: str) -> str:
    return " ".join(filter(None, (row.text(f"{role}_given_name"), row.text(f"{role}_family_name"))))
