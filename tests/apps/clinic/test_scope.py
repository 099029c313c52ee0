"""Who reaches what: a clinic's staff see and change their own clinic and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.clinic import services
from apps.clinic.access import require_verified
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic, Membership
from apps.clinic.queries import actor_for, clinic_by_id, clinic_by_slug, clinics_for, members
from tests.rows import AT, HYDERABAD, LONDON, SYSTEM, a_clinic, a_user, staff

pytestmark = pytest.mark.django_db

DAY = date(2026, 2, 2)
VERBS: list[Callable[[Clinic, Actor], Any]] = [
    lambda clinic, actor: services.update_clinic(clinic=clinic, given=LONDON, actor=actor, at=AT),
    lambda clinic, actor: services.add_member(
        clinic=clinic, user=a_user(str(actor.user_id)), role="nurse", actor=actor, at=AT
    ),
    lambda clinic, actor: services.set_hours(clinic=clinic, spans=[], actor=actor, at=AT),
    lambda clinic, actor: services.tick_holidays(clinic=clinic, year=2026, actor=actor, at=AT),
    lambda clinic, actor: services.set_holiday(
        clinic=clinic, on=DAY, closed=True, name="x", actor=actor, at=AT
    ),
    lambda clinic, actor: services.close_days(
        clinic=clinic, from_on=DAY, to_on=DAY, reason="", actor=actor, at=AT
    ),
    lambda clinic, actor: services.reopen_days(clinic=clinic, from_on=DAY, to_on=DAY, actor=actor, at=AT),
]


@pytest.mark.parametrize("verb", VERBS)
def test_another_clinic_does_not_exist_for_its_neighbours(verb: Callable[[Clinic, Actor], Any]) -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    with pytest.raises(NotFound):
        verb(theirs, staff(ours, "manager"))
    verb(theirs, staff(theirs, "manager"))


def test_a_member_of_one_clinic_sees_one_clinic() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    user = a_user()
    services.add_member(clinic=ours, user=user, role="nurse", actor=SYSTEM, at=AT)
    assert list(clinics_for(user)) == [ours]
    assert [row.user for row in members(ours)] == [user]
    assert list(members(theirs)) == []
    with pytest.raises(NotFound):
        actor_for(user, theirs, "admin")


def test_a_superuser_without_membership_reaches_no_clinic() -> None:
    clinic = a_clinic()
    user = a_user()
    user.is_superuser = True
    user.save()
    assert not clinics_for(user).exists()
    with pytest.raises(NotFound):
        actor_for(user, clinic, "admin")


def test_an_ended_membership_and_a_disabled_user_end_the_reach() -> None:
    clinic = a_clinic()
    user = a_user()
    membership = services.add_member(clinic=clinic, user=user, role="nurse", actor=SYSTEM, at=AT)
    services.end_membership(membership=membership, actor=SYSTEM, at=AT)
    assert not clinics_for(user).exists()
    with pytest.raises(NotFound):
        actor_for(user, clinic, "admin")

    services.add_member(clinic=clinic, user=user, role="doctor", actor=SYSTEM, at=AT)
    assert actor_for(user, clinic, "admin").role == "doctor"
    assert Membership.objects.count() == 1
    user.is_active = False
    user.save()
    assert not clinics_for(user).exists()
    with pytest.raises(NotFound):
        actor_for(user, clinic, "admin")


def test_only_somebody_who_signed_in_is_verified() -> None:
    clinic = a_clinic()
    user = a_user()
    services.add_member(clinic=clinic, user=user, role="doctor", actor=SYSTEM, at=AT)
    assert actor_for(user, clinic, "api").verified
    assert not actor_for(user, clinic, "task").verified
    assert not actor_for(user, clinic, "admin", signed_in=False).verified
    require_verified(actor_for(user, clinic, "admin"), "doctor")
    for other in (
        SYSTEM,
        Actor.client(name="his", clinic_id=clinic.pk),
        actor_for(user, clinic, "shell"),
        replace(actor_for(user, clinic, "admin"), role="nurse"),
    ):
        with pytest.raises(Forbidden):
            require_verified(other, "doctor")


def test_clinics_are_made_by_the_system_and_slugs_are_taken_once() -> None:
    clinic = a_clinic()
    with pytest.raises(Forbidden):
        services.create_clinic(given=LONDON, actor=staff(clinic, "manager"), at=AT)
    with pytest.raises(Conflict):
        services.create_clinic(given=HYDERABAD, actor=SYSTEM, at=AT)
    assert clinic_by_slug("hyderabad") == clinic_by_id(clinic.pk) == clinic


def test_every_fault_of_a_new_clinic_is_said_at_once() -> None:
    wrong = replace(
        HYDERABAD, name=" ", slug="A B", zone="IST", phone="call us", subdivision="XX", discreet_place=""
    )
    with pytest.raises(Invalid) as refused:
        services.create_clinic(given=wrong, actor=SYSTEM, at=AT)
    assert {fault.field for fault in refused.value.faults} == {
        "name",
        "slug",
        "zone",
        "phone",
        "subdivision",
        "discreet_place",
    }
    assert all(fault.remedy for fault in refused.value.faults)


def test_the_zone_of_a_clinic_is_checked_by_the_model_too() -> None:
    with pytest.raises(ValidationError) as refused:
        Clinic(slug="x", zone="IST").full_clean()
    assert "zone" in refused.value.message_dict


def test_slug_and_zone_never_change_and_the_rest_marks_the_moment() -> None:
    clinic = a_clinic()
    later = AT.replace(hour=9)
    with pytest.raises(Conflict):
        services.update_clinic(
            clinic=clinic, given=replace(HYDERABAD, zone="Europe/London"), actor=SYSTEM, at=later
        )
    renamed = services.update_clinic(
        clinic=clinic, given=replace(HYDERABAD, discreet_name="The Lake"), actor=SYSTEM, at=later
    )
    assert (renamed.discreet_name, renamed.changed_at) == ("The Lake", later)


def test_a_role_must_be_one_of_ours() -> None:
    with pytest.raises(Invalid):
        services.add_member(clinic=a_clinic(), user=a_user(), role="owner", actor=SYSTEM, at=AT)
