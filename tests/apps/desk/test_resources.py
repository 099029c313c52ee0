"""The desk's pages of resources and holidays: what a manager sets up, and what who treats may close."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse

from apps.clinic import services
from apps.clinic.models import Batch, Clinic, Closure, Holiday, Resource, ResourceClosure, ResourceHours
from apps.treatments.models import Occupation
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
TODAY = AT.date()


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


def the(page: str, subject: Clinic | Resource | Holiday | ResourceClosure, *more: object) -> str:
    return reverse(f"admin:{page}", args=[subject.pk, *more])


def test_a_manager_lists_a_resource_and_it_stands_among_its_kind(seat: Seat, clinic: Clinic) -> None:
    client = seat(rows.staff(clinic, "manager"), AT)
    assert "Nothing is listed yet" in client.get(the("clinic_resources", clinic)).content.decode()
    given = {"kind": "chair", "name": "Chair 1", "places": 2}
    assert client.post(the("resource_add", clinic), given).status_code == 302
    text = client.get(the("clinic_resources", clinic)).content.decode()
    for words in (
        "Treatment chair",
        "Chair 1",
        "2 places",
        "There while the clinic is open",
        "Not listed, so not counted",
    ):
        assert words in text, words
    assert "Chair 1" in client.get(the("clinic_clinic_change", clinic)).content.decode()


def test_faults_come_back_beside_their_field_and_nothing_is_saved(seat: Seat, clinic: Clinic) -> None:
    client = seat(rows.staff(clinic, "manager"), AT)
    rows.equipped(clinic)
    answer = client.post(the("resource_add", clinic), {"kind": "chair", "name": "Chair 1", "places": 1})
    assert answer.status_code == 422
    assert "Another resource has this name" in answer.content.decode()
    assert Resource.objects.count() == 8


def test_hours_with_a_break_are_saved_shown_and_taken_back(seat: Seat, clinic: Clinic) -> None:
    client = seat(rows.staff(clinic, "manager"), AT)
    nurse = rows.equipped(clinic)["Nurse 1"]
    week = {
        f"{day}-{end}": value
        for day in range(5)
        for end, value in (
            ("opens", "08:00"), ("rest_from", "12:00"), ("rest_to", "13:00"), ("closes", "16:00"),
        )
    }  # fmt: skip
    assert client.post(the("resource_hours", nurse), week).status_code == 302
    assert ResourceHours.objects.filter(resource=nurse).count() == 10
    shown = client.get(the("clinic_resources", clinic)).content.decode()
    assert "Mon–Fri 08:00–12:00, 13:00–16:00" in shown
    form = client.get(the("resource_hours", nurse)).content.decode()
    assert form.count('value="12:00"') == 5
    assert client.post(the("resource_hours", nurse), {"as_clinic": "1"}).status_code == 302
    assert not ResourceHours.objects.filter(resource=nurse).exists()


@pytest.mark.parametrize(
    "given",
    [
        {"0-opens": "08:00"},
        {"0-opens": "08:00", "0-closes": "07:00"},
        {"0-opens": "08:00", "0-closes": "16:00", "0-rest_from": "12:00"},
        {"0-opens": "08:00", "0-closes": "16:00", "0-rest_from": "12:00", "0-rest_to": "17:00"},
        {"0-rest_from": "12:00", "0-rest_to": "13:00"},
        {"0-opens": "08:01", "0-closes": "16:00"},
    ],
)
def test_hours_that_cannot_be_are_refused_beside_the_day(
    seat: Seat, clinic: Clinic, given: dict[str, str]
) -> None:
    client = seat(rows.staff(clinic, "manager"), AT)
    chair = rows.equipped(clinic)["Chair 1"]
    answer = client.post(the("resource_hours", chair), given)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ResourceHours.objects.exists()


def test_batches_are_changed_as_a_whole(seat: Seat, clinic: Clinic) -> None:
    client = seat(rows.staff(clinic, "manager"), AT)
    bench = rows.equipped(clinic)["Bench"]
    assert "blood there by 10:00" in client.get(the("clinic_resources", clinic)).content.decode()
    one = {"0-name": "Early", "0-starts_at": "07:00", "0-cutoff_at": "08:30", "0-ends_at": "10:00"}
    assert client.post(the("resource_batches", bench), one).status_code == 302
    assert Batch.objects.get(resource=bench).cutoff_at == time(8, 30)
    wrong = {**one, "0-cutoff_at": ""}
    assert client.post(the("resource_batches", bench), wrong).status_code == 422
    assert Batch.objects.filter(resource=bench).count() == 1


def close(seat: Seat, clinic: Clinic, role: str = "nurse", **given: object) -> int:
    client = seat(rows.staff(clinic, role), AT)
    asked = {"resource": "", "on": TODAY, "part": "morning", "reason": "Centrifuge", **given}
    return client.post(the("resource_close", clinic), asked).status_code


def hyderabad(on: date, hours: int) -> datetime:
    return datetime.combine(on, time(0), AT.tzinfo) + timedelta(hours=hours - 5.5)


@pytest.mark.parametrize(
    ("given", "starts", "ends"),
    [
        ({"part": "afternoon"}, 13, 24),
        ({"part": "times", "from_time": "14:00", "to_time": "15:00"}, 14, 15),
    ],
)
def test_a_nurse_closes_part_of_a_day(
    seat: Seat, clinic: Clinic, given: dict[str, str], starts: int, ends: int
) -> None:
    assert close(seat, clinic, **given) == 302
    row = ResourceClosure.objects.get()
    assert row.resource is None
    assert (row.starts_at, row.ends_at) == (hyderabad(TODAY, starts), hyderabad(TODAY, ends))


def test_halves_of_a_day_meet_in_the_clinics_break(seat: Seat, clinic: Clinic) -> None:
    spans = [
        services.Span(day, *part) for day in range(5) for part in ((time(8), time(12)), (time(14), time(18)))
    ]
    services.set_hours(clinic=clinic, spans=spans, actor=rows.SYSTEM, at=AT)
    assert close(seat, clinic, part="morning", on=TODAY + timedelta(days=1)) == 302
    assert ResourceClosure.objects.get().ends_at == hyderabad(TODAY + timedelta(days=1), 12)


def test_a_whole_day_of_the_clinic_is_a_closure_that_plans_follow(seat: Seat, clinic: Clinic) -> None:
    assert close(seat, clinic, part="day", to_on=TODAY + timedelta(days=1)) == 302
    assert not ResourceClosure.objects.exists()
    row = Closure.objects.get()
    assert (row.from_on, row.to_on) == (TODAY, TODAY + timedelta(days=1))


def test_whoever_closes_is_told_how_many_visits_are_booked_there_and_can_open_again(
    seat: Seat, clinic: Clinic
) -> None:
    listed = rows.equipped(clinic)
    visit = rows.visit(rows.a_treatment(clinic), "baseline-antibody-test")
    Occupation.objects.create(
        clinic=clinic, appointment=visit, activity="sample", resource=listed["Phlebotomy"],
        starts_at=hyderabad(TODAY, 15), ends_at=hyderabad(TODAY, 16),
    )  # fmt: skip
    assert close(seat, clinic, part="afternoon", resource=str(listed["Phlebotomy"].pk)) == 302
    client = seat(rows.staff(clinic, "doctor"), AT)
    text = client.get(the("clinic_resources", clinic)).content.decode()
    assert "1 visit is booked there" in text
    assert client.post(the("resource_reopen", ResourceClosure.objects.get())).status_code == 302
    assert not ResourceClosure.objects.exists()


def test_a_resource_that_bookings_use_stays_and_the_form_says_why(seat: Seat, clinic: Clinic) -> None:
    chair = rows.equipped(clinic)["Chair 1"]
    visit = rows.visit(rows.a_treatment(clinic), "baseline-antibody-test")
    Occupation.objects.create(
        clinic=clinic, appointment=visit, activity="sample", resource=chair,
        starts_at=hyderabad(TODAY, 15), ends_at=hyderabad(TODAY, 16),
    )  # fmt: skip
    client = seat(rows.staff(clinic, "manager"), AT)
    answer = client.post(the("resource_edit", chair), {"name": "Chair 1", "places": 1})
    assert answer.status_code == 422
    assert "is still used by 1 booking ahead" in answer.content.decode()


def test_an_estimated_day_is_asked_about_and_moved_by_one_button(seat: Seat, clinic: Clinic) -> None:
    services.tick_holidays(clinic=clinic, year=2027, actor=rows.SYSTEM, at=AT)
    eid = Holiday.objects.get(clinic=clinic, name="Id-ul-Fitr")
    near = datetime.combine(eid.on, time(6), AT.tzinfo) - timedelta(days=10)
    asked = "Confirm: Id-ul-Fitr, estimated for"
    nurse = seat(rows.staff(clinic, "nurse"), near)
    text = nurse.get(the("clinic_clinic_change", clinic)).content.decode()
    assert asked in text
    assert "A manager confirms it" in text
    assert nurse.post(the("holiday_later", eid)).status_code == 403
    manager = seat(rows.staff(clinic, "manager"), near)
    assert manager.post(the("holiday_later", eid)).status_code == 302
    assert Holiday.objects.get(pk=eid.pk).on == eid.on + timedelta(days=1)
    assert asked not in manager.get(the("clinic_clinic_change", clinic)).content.decode()


def test_festivals_that_the_public_days_lack_are_ticked_from_a_list(seat: Seat, clinic: Clinic) -> None:
    services.tick_holidays(clinic=clinic, year=2026, actor=rows.SYSTEM, at=AT)
    client = seat(rows.staff(clinic, "manager"), AT)
    address = the("clinic_festivals", clinic, 2026)
    text = client.get(address).content.decode()
    assert "Ugadi" in text
    assert "Republic Day" not in text
    assert "New Year" not in text  # past
    assert client.post(address, {"days": ["2026-03-19"]}).status_code == 302
    assert Holiday.objects.get(clinic=clinic, on=date(2026, 3, 19)).closed
    assert "Ugadi" not in client.get(address).content.decode()
    assert client.post(address, {"csrfmiddlewaretoken": "x"}).status_code == 422


def test_where_nothing_further_is_known_the_page_says_so(seat: Seat) -> None:
    london = rows.a_clinic(rows.LONDON)
    client = seat(rows.staff(london, "manager"), AT)
    text = client.get(the("clinic_festivals", london, 2026)).content.decode()
    assert "Nothing more is known for this country" in text


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("nurse", {"resource_close"}),
        ("doctor", {"resource_close"}),
        ("lab", set()),
        ("manager", {"resource_close", "resource_add", "resource_edit", "resource_hours", "resource_batches", "festivals"}),
    ],
)  # fmt: skip
def test_each_role_reaches_its_own_pages_and_no_others(
    seat: Seat, clinic: Clinic, role: str, allowed: set[str]
) -> None:
    bench = rows.equipped(clinic)["Bench"]
    client = seat(rows.staff(clinic, role), AT)
    pages = {
        "resource_close": the("resource_close", clinic),
        "resource_add": the("resource_add", clinic),
        "resource_edit": the("resource_edit", bench),
        "resource_hours": the("resource_hours", bench),
        "resource_batches": the("resource_batches", bench),
        "festivals": the("clinic_festivals", clinic, 2026),
    }
    answers = {name: client.get(address).status_code for name, address in pages.items()}
    assert answers == {name: 200 if name in allowed else 403 for name in pages}
    assert client.get(the("clinic_resources", clinic)).status_code == 200


def test_another_clinics_resources_do_not_exist(seat: Seat, clinic: Clinic) -> None:
    bench = rows.equipped(clinic)["Bench"]
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "manager"), AT)
    for address in (
        the("clinic_resources", clinic),
        the("resource_hours", bench),
        the("resource_edit", bench),
    ):
        assert stranger.get(address).status_code == 404
