"""A past from elsewhere is entered in one sitting; every fault stands beside its line."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.treatments import services
from apps.treatments.models import Flag, Record, Treatment
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
HEAD = {"on": "2026-01-05", "place": "Pune", "evidence": "document"}


def line(kind: str, number: int, **values: str) -> dict[str, str]:
    return {f"{kind}-{number}-{name}": value for name, value in values.items()}


PAST = {
    **HEAD,
    # Out of order, as papers come.
    **line("dose", 0, on="2025-11-03", step="sensitisation", cells_million="7.5"),
    **line("dose", 1, on="2025-10-06", step="sensitisation", elsewhere="reported"),
    **line("result", 0, sampled_on="2025-10-01", test="apca", value="2", laboratory="Pune lab"),
    "note": "One loss in 2023",
}


def a_treatment() -> Treatment:
    clinic = rows.a_clinic()
    return services.start_treatment(
        couple=rows.a_couple(clinic), protocol_version=rows.a_protocol(clinic), actor=rows.SYSTEM, at=AT
    )


def address(treatment: Treatment) -> str:
    return reverse("admin:treatment_join", args=[treatment.pk])


def test_a_past_is_recorded_in_order_of_its_days(seat: Seat) -> None:
    treatment = a_treatment()
    client = seat(rows.staff(treatment.clinic, "nurse"), AT)
    plan = client.get(reverse("admin:treatments_treatment_change", args=[treatment.pk])).content.decode()
    assert address(treatment) in plan
    answer = client.post(address(treatment), PAST)
    assert answer.status_code == 302, answer.content.decode()
    doses = [row.data for row in Record.objects.filter(kind="fulfilled").order_by("on")]
    assert [(one["occurrence"], one["on"], one["elsewhere"]) for one in doses] == [
        (1, "2025-10-06", "reported"),
        (2, "2025-11-03", "document"),
    ]
    assert doses[1]["given"] == {"cells_million": 7.5}
    assert Record.objects.get(kind="result").data["laboratory"] == "Pune lab"
    assert Record.objects.get(kind="note").data["text"] == "One loss in 2023"
    assert Flag.objects.filter(code="outside_dose", state="open").count() == 2
    page = client.get(reverse("admin:treatments_treatment_change", args=[treatment.pk])).content.decode()
    assert "Told, without a document" in page


def test_other_cells_and_the_start_of_the_course_are_said_once(seat: Seat) -> None:
    treatment = a_treatment()
    client = seat(rows.staff(treatment.clinic, "doctor"), AT)
    given = {**PAST, "donor": "unrelated", "course_start": "2025-09-29"}
    assert client.post(address(treatment), given).status_code == 302
    assert {row.data["donor"] for row in Record.objects.filter(kind="fulfilled")} == {"unrelated"}
    assert Record.objects.get(kind="donor").data == {
        "kind": "donor",
        "donor": "unrelated",
        "on": "2025-10-06",
    }
    assert Record.objects.get(kind="milestone").data["on"] == "2025-09-29"
    assert "course_start" not in client.get(address(treatment)).content.decode()


def test_faults_stand_beside_their_lines_and_nothing_is_recorded(seat: Seat) -> None:
    treatment = a_treatment()
    client = seat(rows.staff(treatment.clinic, "nurse"), AT)
    wrong = {
        **PAST,
        **line("dose", 1, on="2026-01-05", step="sensitisation"),
        **line("result", 0, sampled_on="2025-10-01", test="apca", value="400"),
        **line("result", 3, sampled_on="2025-10-01", test="apca", value="-3"),
    }
    answer = client.post(address(treatment), wrong)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert set(form.errors) == {"dose-1-on", "result-0-value", "result-3-value"}
    assert "open" in answer.content.decode().split("<summary>More results", 1)[0].rsplit("<details", 1)[1]
    assert not Record.objects.exists()


def test_a_line_without_a_day_is_a_slip_and_an_empty_one_is_nothing(seat: Seat) -> None:
    treatment = a_treatment()
    client = seat(rows.staff(treatment.clinic, "nurse"), AT)
    answer = client.post(
        address(treatment), {**HEAD, **line("dose", 2, cells_million="8", step="sensitisation")}
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"dose-2-on"}
    assert (
        client.post(address(treatment), {**HEAD, **line("dose", 2, step="sensitisation")}).status_code == 302
    )
    assert [row.kind for row in Record.objects.all()] == ["joined"]


@pytest.mark.parametrize(
    ("role", "status"), [("nurse", 200), ("doctor", 200), ("lab", 403), ("manager", 403)]
)
def test_a_nurse_or_a_doctor_enters_it(seat: Seat, role: str, status: int) -> None:
    treatment = a_treatment()
    client = seat(rows.staff(treatment.clinic, role), AT)
    assert client.get(address(treatment)).status_code == status
    assert (client.post(address(treatment), PAST).status_code == 302) == (status == 200)
    assert Record.objects.exists() == (status == 200)


def test_what_closes_is_listed_by_the_last_day_that_leaves_room(seat: Seat) -> None:
    treatment = rows.a_treatment(rows.a_clinic())
    client = seat(rows.staff(treatment.clinic, "nurse"), AT)
    visit = treatment.appointments.filter(step="baseline-antibody-test")
    visit.update(latest_on="2026-03-02", bookable_to=None)
    assert "Window closes" not in client.get(reverse("admin:index")).content.decode()
    visit.update(bookable_to="2026-01-08")
    assert "Window closes Thu 8 Jan" in client.get(reverse("admin:index")).content.decode()


def test_another_clinics_past_does_not_exist(seat: Seat) -> None:
    treatment = a_treatment()
    client = seat(rows.staff(rows.a_clinic(rows.LONDON), "doctor"), AT)
    assert client.post(address(treatment), PAST).status_code == 404
    assert not Record.objects.exists()
