"""What was given and what a laboratory said is asked lightly, kept whole, and shown to whoever decides on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from apps.booking.models import DonorUnit
from apps.desk.forms.done import FulfilledForm
from apps.desk.forms.results import ResultForm
from apps.desk.forms.setting import Setting
from apps.treatments.models import Record, Treatment
from protocols import Template, library_text, load
from protocols.laboratory import LabTest
from tests import rows
from tests.apps.booking.a_session import a_released_unit, dose_given
from tests.apps.desk.conftest import Seat

AT = rows.AT
CONTENT = {
    "pregnancy_test": "clear",
    "cells_million": "8",
    "viability_percent": "95",
    "volume_ml": "2",
    "hours_to_injection": "3",
    "arm": "both",
    "route_intradermal": "1.5",
    "route_subcutaneous": "0.5",
    "irradiation_gy": "0",
    "medium_lot": "RPMI 7",
}


def ready_for_a_dose(seat: Seat) -> tuple[Treatment, Any, datetime]:
    clinic = rows.a_clinic()
    treatment, nurse = rows.a_treatment(clinic), rows.staff(clinic, "nurse")
    at = AT + timedelta(weeks=1)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, at, 4)
    at += timedelta(days=1)
    rows.screened(treatment, nurse, at)
    return treatment, seat(nurse, at), at


def sent(treatment: Treatment, at: datetime) -> tuple[str, dict[str, str]]:
    """The address of the form of dose 1 and what it sends: drawn three hours before, read by two people."""
    clinic, visit = treatment.clinic, rows.visit(treatment, "sensitisation")
    doctor = rows.staff(clinic, "doctor", "second-person")
    unit = a_released_unit(visit, rows.staff(clinic, "nurse", "who-drew"), doctor, at)
    given = dose_given(unit, doctor, **CONTENT, injected_time="11:30")
    return reverse("admin:visit_dose", args=[visit.pk]), {**given, "route": "", "sites": ""}


def test_a_dose_is_written_down_with_how_it_was_given(seat: Seat) -> None:
    treatment, client, at = ready_for_a_dose(seat)
    address, given = sent(treatment, at)
    page = client.get(address).content.decode()
    assert "At least 5 asked." in page
    assert page.index("Volume injected") < page.index("<summary>More") < page.index("Irradiation (Gy)")
    wrong = client.post(address, {**given, "irradiation_gy": "-1"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"irradiation_gy"}
    assert '<details class="desk-more" open' in wrong.content.decode()
    assert client.post(address, given).status_code == 302
    unit = DonorUnit.objects.get()
    assert Record.objects.get(kind="fulfilled").data["given"] == {
        "cells_million": 8.0,
        "viability_percent": 95.0,
        "volume_ml": 2.0,
        "hours_to_injection": 3.0,
        "arm": "both",
        "route_ml": {"intradermal": 1.5, "subcutaneous": 0.5},
        "irradiation_gy": 0.0,
        "medium_lot": "RPMI 7",
        "unit": unit.code,
        "drawn_at": "2026-01-13T03:00:00Z",
        "released_at": "2026-01-13T05:00:00Z",
        "injected_at": "2026-01-13T11:30:00+05:30",
    }


def test_a_correction_of_a_dose_keeps_what_it_does_not_change(seat: Seat) -> None:
    treatment, client, at = ready_for_a_dose(seat)
    address, given = sent(treatment, at)
    client.post(address, {**given, "sites": "4", "reaction_mm": "6", "reaction": "redness"})
    wrong = Record.objects.get(kind="fulfilled")
    page = client.get(reverse("admin:record_correct", args=[wrong.pk]))
    form = page.context["new"]
    assert isinstance(form, FulfilledForm)
    again = {field.name: field.value() for field in form if field.value() is not None}
    typed = {**again, "how": "replace", "correction_reason": "Slip of the pen", "cells_million": "9"}
    assert client.post(reverse("admin:record_correct", args=[wrong.pk]), typed).status_code == 302
    new = Record.objects.get(kind="correction").data["replacement"]
    new.pop("by")
    assert new == {**wrong.data, "given": {**wrong.data["given"], "cells_million": 9.0}}


def with_two_assays() -> Template:
    text = library_text("lit-standard")
    template: Template = load(text)
    test = template.tests["apca"]
    flow = test.assays[test.only or ""]
    ratio = flow.model_copy(update={"unit": "ratio", "minimum": -5.0, "maximum": 5.0})
    several = LabTest(title=test.title, assays={"flow": flow, "mlr": ratio})
    return template.model_copy(update={"tests": {"apca": several}})


@pytest.fixture
def setting() -> Setting:
    return Setting(template=with_two_assays(), today=AT.date())


def result_form(setting: Setting, **values: str) -> ResultForm:
    given = {"sampled_on": "2026-01-05", "resulted_on": "2026-01-05", "outcome": "final", **values}
    return ResultForm(given, setting=setting)


def test_a_test_of_several_assays_is_picked_by_assay_with_its_unit_and_values(setting: Setting) -> None:
    offered = setting.tests()
    assert [value for value, _ in offered] == ["apca|flow", "apca|mlr"]
    assert "-5 to 5 ratio" in offered[1][1]


def test_a_negative_value_is_taken_and_belongs_to_its_assay(setting: Setting) -> None:
    form = result_form(setting, test="apca|mlr", value="-1.5", cutoff_version="2024", donor="unrelated")
    assert form.is_valid(), form.errors
    body = form.record()
    assert (body["test"], body["assay"], body["value"]) == ("apca", "mlr", -1.5)
    assert (body["cutoff_version"], body["donor"]) == ("2024", "unrelated")


def test_a_correction_shows_the_assay_that_was_recorded(setting: Setting) -> None:
    known = ResultForm(setting=setting, initial={"test": "apca", "assay": "mlr", "value": -1})
    assert known["test"].value() == "apca|mlr"
    other = ResultForm(setting=setting, initial={"test": "apca", "assay": "elisa", "value": 1})
    assert other["assay"].value() == "elisa"
    assert other.is_unfolded()


def test_whoever_decides_sees_all_that_the_laboratory_said(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse, doctor = rows.staff(clinic, "nurse"), rows.staff(clinic, "doctor")
    treatment, at = rows.after_three_doses(clinic, nurse)
    day = at.date().isoformat()
    given = {"test": "apca", "sampled_on": day, "resulted_on": day, "value": "2", "outcome": "final"}
    more = {"laboratory": "Central", "donor": "partner", "cutoff_version": ""}
    sent = seat(nurse, at).post(
        reverse("admin:treatment_record", args=[treatment.pk, "result"]), {**given, **more}
    )
    assert sent.status_code == 302
    flag = rows.flag(treatment, "no_antibody_response")
    page = seat(doctor, at + timedelta(days=3)).get(reverse("admin:treatments_flag_change", args=[flag.pk]))
    facts = dict(page.context["facts"])
    assert facts["Laboratory"] == "Central"
    assert facts["Tested against"] == "Partner"
    assert facts["Sample after dose"] == "3"
    assert facts["Doses that count"] == "3 of at most 6"
    assert facts["Sample taken"].endswith("3 days ago")
    assert facts["Assay"] != "not told"


def test_an_outside_dose_shows_what_was_given_and_how_one_knows(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse, doctor = rows.staff(clinic, "nurse"), rows.staff(clinic, "doctor")
    treatment = rows.a_treatment(clinic, at=AT)
    rows.said(treatment, nurse, AT, "joined", on="2026-01-05", evidence="reported")
    rows.said(
        treatment, nurse, AT, "fulfilled", step="sensitisation", on="2025-12-01", elsewhere="reported",
        given={"cells_million": 6, "arm": "left"},
    )  # fmt: skip
    flag = rows.flag(treatment, "outside_dose")
    page = seat(doctor, AT).get(reverse("admin:treatments_flag_change", args=[flag.pk]))
    facts = dict(page.context["facts"])
    assert facts["Content"] == "6 million cells, left arm"
    assert facts["Evidence"] == "Told, without a document"
    assert "It does not count" in page.content.decode()


def test_the_clocks_stand_on_the_plan_and_pregnancy_pauses_them(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 80)
    address = reverse("admin:treatments_treatment_change", args=[treatment.pk])
    page = seat(nurse, at).get(address).content.decode()
    assert "Try until" in page
    assert "Re-dose from" in page
    couple = reverse("admin:couples_couple_change", args=[treatment.couple_id])
    assert "Try until" in seat(nurse, at).get(couple).content.decode()
    rows.said(treatment, nurse, at, "milestone", name="pregnancy", on=at.date())
    assert "paused by pregnancy" in seat(nurse, at).get(address).content.decode()
