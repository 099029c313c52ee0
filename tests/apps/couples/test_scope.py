"""Clinic A can neither see nor change the couples and people of clinic B."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.clinic.actors import Actor
from apps.clinic.errors import Invalid, NotFound
from apps.couples.models import Couple, PersonIdentifier
from apps.couples.queries import (
    couple_by_id,
    couples_of,
    couples_with,
    person_by_id,
    person_by_identifier,
    persons_of,
    search,
)
from apps.couples.services import (
    Identifier,
    PersonInput,
    add_identifier,
    end_silence,
    enrol_couple,
    silence_couple,
    update_person,
)
from tests.rows import ARJUN, AT, HYDERABAD, LALITHA, LONDON, SYSTEM, a_clinic, a_couple, a_yes, staff

pytestmark = pytest.mark.django_db

VERBS: list[Callable[[Couple, Actor], Any]] = [
    lambda couple, actor: enrol_couple(
        clinic=couple.clinic, recipient=LALITHA, partner=ARJUN, actor=actor, at=AT
    ),
    lambda couple, actor: update_person(
        person=couple.recipient, given=PersonInput.of(couple.recipient), actor=actor, at=AT
    ),
    lambda couple, actor: add_identifier(person=couple.partner, system="mrn", value="9", actor=actor, at=AT),
    lambda couple, actor: silence_couple(couple=couple, reason="own_wish", actor=actor, at=AT),
    lambda couple, actor: end_silence(couple=couple, actor=actor, at=AT, yes=a_yes(AT)),
]


@pytest.mark.parametrize("verb", VERBS)
def test_a_neighbour_cannot_change_a_couple(verb: Callable[[Couple, Actor], Any]) -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    couple = a_couple(theirs)
    with pytest.raises(NotFound):
        verb(couple, staff(ours, "doctor"))
    verb(couple, staff(theirs, "doctor"))


@pytest.mark.parametrize("verb", VERBS[1:])
def test_relabelling_a_row_in_hand_does_not_open_it(verb: Callable[[Couple, Actor], Any]) -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    couple = a_couple(theirs)
    couple.clinic = couple.recipient.clinic = couple.partner.clinic = ours
    with pytest.raises(NotFound):
        verb(couple, staff(ours, "doctor"))


def test_a_neighbour_cannot_see_a_couple() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    couple = a_couple(theirs, recipient=replace(LALITHA, identifiers=(Identifier("mrn", "1"),)))
    assert not couples_of(ours).exists()
    assert not persons_of(ours).exists()
    assert not couples_with(ours, couple.recipient).exists()
    assert person_by_identifier(ours, "mrn", "1") is None
    for text in ("Lalitha", couple.code, "9848022338", "1"):
        assert not search(ours, text).exists()
    with pytest.raises(NotFound):
        couple_by_id(ours, couple.pk)
    with pytest.raises(NotFound):
        person_by_id(ours, couple.recipient_id)
    assert couple_by_id(theirs, couple.pk) == couple
    assert person_by_id(theirs, couple.recipient_id) == couple.recipient


def test_the_same_identifier_may_exist_in_two_clinics() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    given = replace(LALITHA, identifiers=(Identifier("mrn", "1"),))
    assert a_couple(ours, recipient=given).recipient != a_couple(theirs, recipient=given).recipient


def test_a_neighbours_person_cannot_be_enrolled() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    foreign = a_couple(theirs).recipient_id
    with pytest.raises(Invalid) as refused:
        enrol_couple(clinic=ours, recipient=foreign, partner=ARJUN, actor=SYSTEM, at=AT)
    assert refused.value.field == "recipient"


@pytest.mark.parametrize("role", ["recipient", "partner"])
def test_the_database_itself_refuses_a_couple_across_clinics(role: str) -> None:
    ours, theirs = a_couple(a_clinic()), a_couple(a_clinic(LONDON))
    Couple.objects.filter(pk=ours.pk).update(**{role: getattr(theirs, role)})
    with pytest.raises(IntegrityError, match=f"couple_{role}_in_clinic"), transaction.atomic():
        connection.check_constraints()
    Couple.objects.filter(pk=ours.pk).update(**{role: getattr(ours, role)})


def test_the_database_itself_refuses_an_identifier_across_clinics() -> None:
    clinic, foreign = a_clinic(), a_couple(a_clinic(LONDON)).recipient
    row = PersonIdentifier.objects.create(clinic=clinic, person=foreign, system="mrn", value="1")
    with pytest.raises(IntegrityError, match="identifier_person_in_clinic"), transaction.atomic():
        connection.check_constraints()
    row.delete()


def test_forms_refuse_a_person_of_another_clinic_before_the_database_does() -> None:
    ours, theirs = a_couple(a_clinic()), a_couple(a_clinic(LONDON))
    ours.partner = theirs.partner
    with pytest.raises(ValidationError, match="another clinic"):
        ours.validate_constraints()


@pytest.mark.parametrize(
    "text", ["lali", "rao arjun", "HYD-0001", "hyd", "98480 22338", "8022", "H-77", "h-77"]
)
def test_a_couple_is_found_by_name_code_phone_or_identifier(text: str) -> None:
    clinic = a_clinic(HYDERABAD)
    couple = a_couple(clinic, recipient=replace(LALITHA, identifiers=(Identifier("mrn", "H-77"),)))
    a_couple(
        a_clinic(replace(LONDON, slug="leeds")),
    )
    assert list(search(clinic, text)) == [couple]


@pytest.mark.parametrize("text", ["", "   ", "nobody", "lalitha nobody", "%", "99999"])
def test_what_nobody_carries_finds_nobody(text: str) -> None:
    clinic = a_clinic()
    a_couple(clinic)
    assert not search(clinic, text).exists()
