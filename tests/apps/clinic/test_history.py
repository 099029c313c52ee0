"""Every audited row of the clinic has a history that nobody can rewrite."""

from datetime import date

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection

from apps.clinic import services
from apps.clinic.audit import acting
from apps.clinic.models import Clinic, Membership
from tests.rows import AT, SYSTEM, a_clinic, a_user, staff

pytestmark = pytest.mark.django_db


def history(model: str) -> list[str]:
    events = apps.get_model("clinic", f"{model}Event")
    return list(events.objects.order_by("pgh_id").values_list("pgh_label", flat=True))


def test_an_update_behind_the_services_leaves_history_too() -> None:
    clinic = a_clinic()
    Clinic.objects.filter(pk=clinic.pk).update(phone="+91 1")
    assert history("Clinic") == ["insert", "update"]


def test_the_history_knows_who_and_from_where() -> None:
    clinic = a_clinic()
    manager = staff(clinic, "manager")
    services.set_holiday(clinic=clinic, on=date(2026, 8, 7), closed=True, name="Bonalu", actor=manager, at=AT)
    event = apps.get_model("clinic", "HolidayEvent").objects.select_related("pgh_context").get()
    assert event.name == "Bonalu"
    assert event.pgh_context.metadata == {"actor": manager.name, "user": manager.user_id, "route": "admin"}


def test_what_a_verb_does_through_another_is_the_doing_of_the_outer_actor() -> None:
    clinic = a_clinic()
    manager = staff(clinic, "manager")
    days = [date(2026, 8, 7), date(2026, 8, 8)]
    with acting(manager):
        for on in days:
            services.set_holiday(clinic=clinic, on=on, closed=True, name="Bonalu", actor=SYSTEM, at=AT)
    services.set_holiday(clinic=clinic, on=days[0], closed=False, actor=SYSTEM, at=AT)
    events = apps.get_model("clinic", "HolidayEvent").objects.select_related("pgh_context").order_by("pgh_id")
    assert [event.pgh_context.metadata["actor"] for event in events] == [manager.name, manager.name, "system"]


def test_deleting_leaves_a_last_row() -> None:
    clinic = a_clinic()
    services.set_hours(clinic=clinic, spans=[], actor=SYSTEM, at=AT)
    assert history("OpeningHours") == ["insert"] * 6 + ["delete"] * 6
    services.close_days(
        clinic=clinic, from_on=date(2026, 2, 2), to_on=date(2026, 2, 2), reason="", actor=SYSTEM, at=AT
    )
    services.reopen_days(clinic=clinic, from_on=date(2026, 2, 2), to_on=date(2026, 2, 2), actor=SYSTEM, at=AT)
    assert history("Closure") == ["insert", "delete"]


def test_a_role_that_changed_is_still_known() -> None:
    clinic = a_clinic()
    user = a_user()
    for role in ("nurse", "doctor"):
        services.add_member(clinic=clinic, user=user, role=role, actor=SYSTEM, at=AT)
    roles = (
        apps.get_model("clinic", "MembershipEvent").objects.order_by("pgh_id").values_list("role", flat=True)
    )
    assert list(roles) == ["nurse", "doctor"]
    assert Membership.objects.get().role == "doctor"


@pytest.mark.parametrize(
    "sql", ["UPDATE clinic_clinicevent SET name = 'x'", "DELETE FROM clinic_clinicevent"]
)
def test_history_can_be_neither_altered_nor_deleted(sql: str) -> None:
    a_clinic()
    with pytest.raises(ProgrammingError, match="Cannot"), connection.cursor() as cursor:
        cursor.execute(sql)
