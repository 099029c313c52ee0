"""Two entries of one human become one, with a preview, and can be taken apart again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from apps.booking.services import book
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change
from apps.couples.likeness import likely_people
from apps.couples.merging import preview_merge
from apps.couples.models import Couple, Person, PersonIdentifier, PersonMerge
from apps.couples.queries import couples_of, search
from apps.couples.services import (
    Identifier,
    PersonInput,
    enrol_couple,
    merge_people,
    silence_couple,
    unmerge_people,
)
from apps.feeds.models import FeedLink
from apps.feeds.services import issue_link
from apps.treatments.models import Appointment
from tests import rows
from tests.rows import ARJUN, AT, LALITHA, LONDON

pytestmark = pytest.mark.django_db
SURESH = PersonInput(given_name="Suresh", family_name="Babu")


@pytest.fixture
def clinic() -> Any:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Any) -> rows.Actor:
    return rows.staff(clinic, "nurse")


def twice(clinic: Any) -> tuple[Couple, Couple]:
    """The same woman enrolled twice: with her first partner, and with another."""
    first = rows.a_couple(clinic, recipient=replace(LALITHA, identifiers=(Identifier("mrn", "1"),)))
    second = replace(
        LALITHA, given_name="Lalita", phone="+91 98480 00002", identifiers=(Identifier("mrn", "2"),)
    )
    return first, rows.a_couple(clinic, recipient=second, partner=SURESH)


def merged(first: Couple, second: Couple, actor: rows.Actor) -> PersonMerge:
    return merge_people(kept=first.recipient, other=second.recipient, same_human=True, actor=actor, at=AT)


def state() -> list[Any]:
    """Everything that a merge may touch, as it stands."""
    couples = Couple.objects.order_by("code").values_list(
        "code",
        "recipient",
        "partner",
        "merged_into",
        "silent_reason",
        "own_wish_since",
        "parted_since",
        "unreleased_since",
    )
    people = Person.objects.order_by("pk").values_list("pk", "phone", "email", "wants_email", "merged_into")
    numbers = PersonIdentifier.objects.order_by("pk").values_list("pk", "person")
    links = FeedLink.objects.order_by("pk").values_list("pk", "person")
    visits = Appointment.objects.order_by("pk").values_list("pk", "recipient", "treatment__couple")
    return [list(rows) for rows in (couples, people, numbers, links, visits)]


def test_a_preview_tells_what_would_move_and_changes_nothing(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    before = state()
    told = preview_merge(kept=first.recipient, other=second.recipient, actor=nurse)
    assert dict(told.moves) == {"couples": 1, "person identifiers": 1}
    assert told.filled == ("phone",)
    assert [name for name, _, _ in told.conflicts] == ["given_name"]
    assert state() == before


def test_everything_of_the_duplicate_stands_under_the_survivor(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    link, _ = issue_link(person=second.recipient, label="Phone", actor=nurse, at=AT)
    treatment = rows.a_treatment(clinic, couple=second)
    visit = rows.visit(treatment, "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=4), actor=nurse, at=AT)
    merged(first, second, nurse)
    second.refresh_from_db()
    link.refresh_from_db()
    visit.refresh_from_db()
    assert {second.recipient_id, link.person_id, visit.recipient_id} == {first.recipient_id}
    assert first.recipient.identifiers.count() == 2
    assert Person.objects.get(pk=first.recipient_id).phone == "+919848000002"
    assert first.recipient not in [one.person for one in likely_people(clinic, SURESH)]
    assert Change.objects.filter(kind="person.merged").count() == 2


def test_a_merge_can_be_taken_back_whole(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    issue_link(person=second.recipient, label="Phone", actor=nurse, at=AT)
    treatment = rows.a_treatment(clinic, couple=second)
    visit = rows.visit(treatment, "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=4), actor=nurse, at=AT)
    before = state()
    merge = merged(first, second, nurse)
    assert state() != before
    unmerge_people(merge=merge, actor=nurse, at=AT)
    assert state() == before
    with pytest.raises(Conflict):
        unmerge_people(merge=merge, actor=nurse, at=AT)


def test_the_same_two_people_enrolled_twice_become_one_couple_and_can_be_two_again(
    clinic: Any, nurse: rows.Actor
) -> None:
    first = rows.a_couple(clinic)
    second = enrol_couple(clinic=clinic, recipient=LALITHA, partner=first.partner_id, actor=nurse, at=AT)
    silence_couple(couple=second, reason="own_wish", actor=nurse, at=AT)
    treatment = rows.a_treatment(clinic, couple=second)
    before = state()
    merge = merged(first, second, nurse)
    treatment.refresh_from_db()
    assert treatment.couple_id == first.pk
    assert list(couples_of(clinic)) == [first]
    assert list(search(clinic, second.code)) == [first]
    first.refresh_from_db()
    assert first.silent_reason == "own_wish"
    unmerge_people(merge=merge, actor=nurse, at=AT)
    assert state() == before


def test_taking_a_merge_back_ends_no_silence_after_a_loss(clinic: Any, nurse: rows.Actor) -> None:
    first = rows.a_couple(clinic)
    second = enrol_couple(clinic=clinic, recipient=LALITHA, partner=first.partner_id, actor=nurse, at=AT)
    silence_couple(couple=second, reason="confirmed_loss", actor=nurse, at=AT)
    merge = merged(first, second, nurse)
    silence_couple(couple=first, reason="confirmed_loss", actor=nurse, at=AT)  # a loss of her own meanwhile
    unmerge_people(merge=merge, actor=nurse, at=AT)
    for couple in (first, second):
        couple.refresh_from_db()
        assert couple.silent_reason == "confirmed_loss"


def test_what_was_added_since_stays_with_the_survivor(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    merge = merged(first, second, nurse)
    link, _ = issue_link(person=first.recipient, label="New", actor=nurse, at=AT)
    unmerge_people(merge=merge, actor=nurse, at=AT)
    link.refresh_from_db()
    assert link.person_id == first.recipient_id


def test_whoever_opted_out_under_either_entry_has_opted_out(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    Person.objects.filter(pk=second.recipient_id).update(wants_email=False)
    merged(first, Couple.objects.get(pk=second.pk), nurse)
    assert not Person.objects.get(pk=first.recipient_id).wants_email


def test_the_two_of_one_couple_are_two_human_beings(clinic: Any, nurse: rows.Actor) -> None:
    couple = rows.a_couple(clinic)
    with pytest.raises(Conflict):
        merge_people(kept=couple.recipient, other=couple.partner, same_human=True, actor=nurse, at=AT)


def test_nobody_is_merged_without_the_word_that_it_is_one_human(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    with pytest.raises(Invalid):
        merge_people(kept=first.recipient, other=second.recipient, same_human=False, actor=nurse, at=AT)


def test_two_visits_at_one_time_are_told_and_nothing_moves(clinic: Any, nurse: rows.Actor) -> None:
    first, second = twice(clinic)
    for couple in (first, second):
        visit = rows.visit(rows.a_treatment(clinic, couple=couple), "baseline-antibody-test")
        book(appointment=visit, starts_at=AT + timedelta(days=4), actor=nurse, at=AT)
    before = state()
    with pytest.raises(Conflict) as raised:
        merged(first, second, nurse)
    assert raised.value.code == "two_places"
    assert state() == before


def test_people_of_two_clinics_are_never_merged(clinic: Any, nurse: rows.Actor) -> None:
    first, other = rows.a_couple(clinic), rows.a_couple(rows.a_clinic(LONDON))
    with pytest.raises(NotFound):
        merged(first, other, nurse)
    with pytest.raises(NotFound):
        preview_merge(kept=first.recipient, other=other.recipient, actor=nurse)
    system = rows.SYSTEM
    with pytest.raises((NotFound, Forbidden)):
        merged(first, other, system)


@pytest.mark.parametrize("role", ["lab"])
def test_a_laboratory_and_a_program_merge_nobody(clinic: Any, role: str) -> None:
    first, second = twice(clinic)
    for actor in (rows.staff(clinic, role), rows.Actor.client(name="x", clinic_id=clinic.pk)):
        with pytest.raises(Forbidden):
            merged(first, second, actor)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (PersonInput("Someone", phone="098480 22338"), "same phone"),
        (PersonInput("Aarjun", "Rao"), "sounds alike"),
        (PersonInput("Arjun", "Rao", birth_on=date(1990, 1, 1)), "born 1990"),
        (PersonInput("Arjun", "Rao", birth_on=date(1990, 7, 9)), "same date of birth"),
        (PersonInput("X", identifiers=(Identifier("mrn", "a-7"),)), "same hospital number"),
    ],
)
def test_enrolment_finds_who_is_here_already(clinic: Any, given: PersonInput, why: str) -> None:
    couple = rows.a_couple(clinic, partner=replace(ARJUN, identifiers=(Identifier("mrn", "A-7"),)))
    (found,) = likely_people(clinic, given)
    assert (found.person, found.codes) == (couple.partner, (couple.code,))
    assert why in found.why
    assert likely_people(rows.a_clinic(LONDON), given) == []


def test_a_like_name_of_another_year_and_phone_is_nobody_we_know(clinic: Any) -> None:
    rows.a_couple(clinic)
    assert likely_people(clinic, PersonInput("Arjun", "Rao", birth_on=date(1975, 1, 1))) == []


def test_a_name_in_another_script_is_found_by_its_letters(clinic: Any) -> None:
    couple = rows.a_couple(clinic, recipient=replace(LALITHA, given_name="లక్ష్మి", family_name="రెడ్డి"))
    (found,) = likely_people(clinic, PersonInput("లక్ష్మీ", "రెడ్డి"))
    assert found.person == couple.recipient


@pytest.mark.parametrize("text", ["Lalita", "lalita raou", "Arjoon", "Laalitha Rao", "ajun rao"])
def test_a_search_that_finds_nobody_by_letters_finds_by_sound(clinic: Any, text: str) -> None:
    couple = rows.a_couple(clinic)
    rows.a_couple(
        clinic, recipient=replace(LALITHA, given_name="Fatima", family_name="Begum"), partner=SURESH
    )
    assert list(search(clinic, text)) == [couple]


def test_a_search_reads_indexes_and_not_every_person(clinic: Any) -> None:
    people = Person.objects.filter(clinic=clinic, given_name__icontains="lalith")
    assert "UPPER" in str(people.query)
