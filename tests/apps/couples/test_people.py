"""What is known of a person: changed as a whole, audited, and told only if something differs."""

from dataclasses import replace

import pytest
from django.apps import apps
from django.db import connection

from apps.clinic.errors import Invalid
from apps.clinic.models import Change
from apps.couples.models import Couple, Person, PersonIdentifier
from apps.couples.services import Identifier, PersonInput, add_identifier, update_person
from tests.rows import AT, SYSTEM, a_clinic, a_couple, staff

pytestmark = pytest.mark.django_db
LATER = AT.replace(hour=9)


def test_one_thing_is_changed_and_told_without_saying_what() -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    person = a_couple(clinic).recipient
    given = replace(PersonInput.of(person), language="te")
    fresh = update_person(person=person, given=given, actor=nurse, at=LATER)
    assert (fresh.language, fresh.given_name, fresh.changed_at) == ("te", "Lalitha", LATER)
    row = Change.objects.latest("id")
    assert (row.kind, row.subject_id, row.user_id, row.detail) == (
        "person.changed",
        person.pk,
        nurse.user_id,
        {},
    )


def test_the_same_again_writes_and_tells_nothing() -> None:
    person = a_couple(a_clinic()).recipient
    before = Change.objects.count()
    fresh = update_person(person=person, given=PersonInput.of(person), actor=SYSTEM, at=LATER)
    assert fresh.changed_at == AT
    assert Change.objects.count() == before


def test_faults_of_a_change_leave_the_person_as_she_was() -> None:
    person = a_couple(a_clinic()).recipient
    with pytest.raises(Invalid) as refused:
        update_person(
            person=person,
            given=replace(PersonInput.of(person), given_name="", email="x"),
            actor=SYSTEM,
            at=LATER,
        )
    assert {fault.field for fault in refused.value.faults} == {"given_name", "email"}
    assert Person.objects.get(pk=person.pk).given_name == "Lalitha"


def test_an_identifier_is_added_once_and_belongs_to_one_person() -> None:
    couple = a_couple(a_clinic())
    person = couple.recipient
    for _ in range(2):
        row = add_identifier(person=person, system=" abha ", value="91-1234", actor=SYSTEM, at=LATER)
    assert (row.system, row.value) == ("abha", "91-1234")
    assert PersonIdentifier.objects.count() == 1
    with pytest.raises(Invalid) as refused:
        add_identifier(person=couple.partner, system="abha", value="91-1234", actor=SYSTEM, at=LATER)
    assert refused.value.field == "identifiers.0"


def test_adding_an_identifier_does_not_bring_back_what_the_caller_last_saw() -> None:
    stale = a_couple(a_clinic()).recipient
    Person.objects.filter(pk=stale.pk).update(phone="+911234567")
    add_identifier(person=stale, system="mrn", value="1", actor=SYSTEM, at=LATER)
    assert Person.objects.get(pk=stale.pk).phone == "+911234567"


def test_two_numbers_of_one_system_are_kept_and_updates_take_none_away() -> None:
    person = a_couple(a_clinic()).recipient
    both = (Identifier("mrn", "1"), Identifier("mrn", "2"))
    update_person(
        person=person, given=replace(PersonInput.of(person), identifiers=both), actor=SYSTEM, at=LATER
    )
    update_person(person=person, given=PersonInput.of(person), actor=SYSTEM, at=LATER)
    assert person.identifiers.count() == 2


def test_every_row_of_a_couple_has_history() -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    person = a_couple(clinic).recipient
    update_person(
        person=person, given=replace(PersonInput.of(person), phone="+911234567"), actor=nurse, at=LATER
    )
    add_identifier(person=person, system="mrn", value="1", actor=nurse, at=LATER)
    Couple.objects.update(changed_at=LATER)

    events = apps.get_model("couples", "PersonEvent").objects.filter(pgh_obj=person).order_by("pgh_id")
    assert [event.phone for event in events] == ["", "+911234567"]
    last = events.select_related("pgh_context").last()
    assert last.pgh_context.metadata == {"actor": nurse.name, "user": nurse.user_id, "route": "admin"}
    assert apps.get_model("couples", "CoupleEvent").objects.count() == 2
    assert apps.get_model("couples", "PersonIdentifierEvent").objects.count() == 1


def test_no_column_of_the_history_is_left_out() -> None:
    for model in (Person, PersonIdentifier, Couple):
        table = model._meta.db_table
        assert set(_columns(table)) <= set(_columns(f"{table}event"))


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]
