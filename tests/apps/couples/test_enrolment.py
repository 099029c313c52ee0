"""Enrolment: codes, every fault at once, people whom the clinic knows already, and its cost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden, Invalid
from apps.clinic.models import Change
from apps.couples.models import Couple, Person
from apps.couples.queries import couples_with, person_by_identifier
from apps.couples.services import Identifier, PersonInput, enrol_couple
from tests.rows import ARJUN, AT, LALITHA, LONDON, SYSTEM, a_clinic, a_couple, staff

pytestmark = pytest.mark.django_db

MRN = Identifier("mrn", "H-1001")


def test_codes_count_up_within_each_clinic() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    assert [a_couple(ours).code, a_couple(ours).code, a_couple(theirs).code] == [
        "HYD-0001",
        "HYD-0002",
        "LON-0001",
    ]


def test_enrolling_with_identifiers_takes_seven_statements_and_writes_the_audit(
    django_assert_num_queries: object,
) -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    recipient = replace(LALITHA, identifiers=(MRN,))
    partner = replace(ARJUN, identifiers=(Identifier("mrn", "H-1002"),))
    # Seven and a savepoint with its release, which the test's own transaction brings.
    with django_assert_num_queries(9):  # type: ignore[operator]
        couple = enrol_couple(clinic=clinic, recipient=recipient, partner=partner, actor=nurse, at=AT)
    assert person_by_identifier(clinic, "mrn", "H-1001") == couple.recipient
    assert person_by_identifier(clinic, "mrn", "H-1002") == couple.partner
    assert (couple.enrolled_at, couple.changed_at, couple.is_silent) == (AT, AT, False)


def test_enrolment_is_told_without_names() -> None:
    clinic = a_clinic()
    couple = a_couple(clinic)
    row = Change.objects.get(kind="couple.enrolled")
    assert (row.couple_id, row.subject_id, row.detail) == (couple.pk, couple.pk, {})
    for shown in (str(couple), str(couple.recipient), str(row), repr(couple.partner)):
        assert "Lalitha" not in shown
        assert "Rao" not in shown


def test_every_fault_of_both_people_is_said_at_once() -> None:
    clinic = a_clinic()
    a_couple(clinic, recipient=replace(LALITHA, identifiers=(MRN,)))
    wrong = PersonInput(
        given_name=" \u0007 ",
        birth_on=date(2026, 1, 6),
        email="nobody",
        phone="ring me",
        language="fr",
        blood_group="C+",
        contact_consent_at=datetime(2026, 1, 5, 9, 0, tzinfo=UTC).replace(tzinfo=None),
        hard_news_note="x" * 301,
        identifiers=(Identifier("", "1"),),
    )
    with pytest.raises(Invalid) as refused:
        enrol_couple(
            clinic=clinic,
            recipient=wrong,
            partner=replace(ARJUN, identifiers=(MRN, MRN)),
            actor=SYSTEM,
            at=AT,
        )
    assert {fault.field for fault in refused.value.faults} == {
        "recipient.given_name",
        "recipient.birth_on",
        "recipient.email",
        "recipient.phone",
        "recipient.language",
        "recipient.blood_group",
        "recipient.contact_consent_at",
        "recipient.hard_news_note",
        "recipient.identifiers.0.system",
        "partner.identifiers",
        "partner.identifiers.0",
        "partner.identifiers.1",
    }
    assert all(fault.remedy for fault in refused.value.faults)
    assert Couple.objects.count() == 1
    assert Person.objects.count() == 2


def test_the_same_identifier_for_both_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        enrol_couple(
            clinic=a_clinic(),
            recipient=replace(LALITHA, identifiers=(MRN,)),
            partner=replace(ARJUN, identifiers=(MRN,)),
            actor=SYSTEM,
            at=AT,
        )
    assert refused.value.field == "partner.identifiers"


def test_a_refused_enrolment_uses_up_no_code() -> None:
    clinic = a_clinic()
    with pytest.raises(Invalid):
        a_couple(clinic, recipient=replace(LALITHA, given_name=""))
    assert a_couple(clinic).code == "HYD-0001"


def test_the_same_woman_may_begin_again_with_another_partner() -> None:
    clinic = a_clinic()
    first = a_couple(clinic)
    second = enrol_couple(
        clinic=clinic,
        recipient=first.recipient_id,
        partner=replace(ARJUN, given_name="Vikram"),
        actor=SYSTEM,
        at=AT,
    )
    assert list(couples_with(clinic, first.recipient)) == [first, second]
    assert Person.objects.count() == 3


def test_nobody_is_a_couple_alone_and_unknown_people_are_named_as_such() -> None:
    clinic = a_clinic()
    person = a_couple(clinic).recipient_id
    with pytest.raises(Invalid) as alone:
        enrol_couple(clinic=clinic, recipient=person, partner=person, actor=SYSTEM, at=AT)
    assert alone.value.field == "partner"
    with pytest.raises(Invalid) as unknown:
        enrol_couple(clinic=clinic, recipient=uuid4(), partner=ARJUN, actor=SYSTEM, at=AT)
    assert unknown.value.field == "recipient"


def test_names_are_composed_and_numbers_are_plain() -> None:
    clinic = a_clinic()
    telugu = "లలిత"
    couple = a_couple(
        clinic,
        recipient=PersonInput(
            given_name=f" \ufeff{telugu} ", family_name="Ne\u0301e", phone="(040) 555-01.00"
        ),
    )
    stored = Person.objects.get(pk=couple.recipient_id)
    assert (stored.given_name, stored.family_name, stored.phone) == (telugu, "Née", "0405550100")


def test_enrolling_is_for_people_who_care_for_couples_and_their_systems() -> None:
    clinic = a_clinic()
    with pytest.raises(Forbidden):
        enrol_couple(clinic=clinic, recipient=LALITHA, partner=ARJUN, actor=staff(clinic, "lab"), at=AT)
    client = Actor.client(name="his", clinic_id=clinic.pk)
    assert enrol_couple(clinic=clinic, recipient=LALITHA, partner=ARJUN, actor=client, at=AT).code
