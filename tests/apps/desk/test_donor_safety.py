"""Infection results are kept apart: the donor's are the donor-safety role's, everybody else reads one word."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden
from apps.treatments.files import attach_file, fetch_file
from apps.treatments.models import Record, Treatment
from apps.treatments.queries import records_of
from apps.treatments.sensitivity import donor_infections, screens_of, without_donor_infections
from apps.treatments.services import correct
from protocols import Facts
from protocols.records import Record as CoreRecord
from tests import rows
from tests.apps.api.calls import EVERY_SCOPE, a_program
from tests.apps.desk.conftest import Seat
from tests.builders import LIT, record, screens
from tests.rows import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def treatment() -> Treatment:
    return rows.a_treatment(rows.a_clinic())


def screening(
    treatment: Treatment, actor: Actor, person: str, test: str, outcome: str = "reactive"
) -> Record:
    return rows.said(
        treatment, actor, AT, "screening", person=person, test=test, outcome=outcome, sampled_on=AT.date()
    )


def test_what_a_donors_infection_result_is_follows_from_person_and_test(treatment: Treatment) -> None:
    lab = rows.staff(treatment.clinic, "lab")
    hidden = screening(treatment, lab, "partner", "hbv")
    screening(treatment, lab, "recipient", "hiv")
    screening(treatment, lab, "recipient", "pregnancy-test")
    assert donor_infections(records_of(treatment)) == {hidden.pk}


def test_every_correction_of_one_is_hidden_with_it(treatment: Treatment) -> None:
    doctor = rows.staff(treatment.clinic, "doctor")
    first = screening(treatment, doctor, "partner", "hbv")
    taken_out = correct(record=first, reason="of another donor", replacement=None, actor=doctor, at=AT)
    again = correct(record=taken_out, reason="it was his after all", replacement=None, actor=doctor, at=AT)
    assert donor_infections(records_of(treatment)) == {first.pk, taken_out.pk, again.pk}
    left = without_donor_infections(records_of(treatment))
    assert {row.kind for row in left} == {"milestone"}


def words_of(*more: CoreRecord, later: int = 0) -> dict[str, str]:
    today = AT.date() + timedelta(days=later)
    return {one.person: one.standing for one in screens_of(Facts.of(more), LIT, "partner", today)}


TODAY = AT.date().isoformat()


def test_a_donor_is_due_clear_or_not_clear() -> None:
    assert words_of()["partner"] == "due"
    assert words_of(*screens(TODAY))["partner"] == "clear"
    one = record("screening", person="partner", test="hbv", sampled_on=TODAY, outcome="reactive")
    assert words_of(*screens(TODAY)[:1], one)["partner"] == "not clear"
    pending = record("screening", person="partner", test="hbv", sampled_on=TODAY, outcome="pending")
    assert words_of(*screens(TODAY)[:1], pending)["partner"] == "due"


def test_a_screen_that_is_too_old_for_a_draw_of_today_is_due_again() -> None:
    assert words_of(*screens(TODAY), later=7)["partner"] == "clear"
    assert words_of(*screens(TODAY), later=8)["partner"] == "due"


@pytest.mark.parametrize(
    ("role", "sees"), [("nurse", False), ("manager", False), ("doctor", True), ("lab", True)]
)
def test_the_desk_shows_the_donors_results_to_two_roles_and_a_word_to_the_others(
    treatment: Treatment, seat: Seat, role: str, sees: bool
) -> None:
    lab = rows.staff(treatment.clinic, "lab", "who-measured")
    screening(treatment, lab, "partner", "hbv")
    screening(treatment, lab, "recipient", "hiv", "clear")
    client = seat(rows.staff(treatment.clinic, role), AT)
    page = client.get(reverse("admin:treatments_treatment_change", args=[treatment.pk])).content.decode()
    assert ("Hepatitis B of the partner: reactive" in page) is sees
    assert ("Hepatitis B: reactive" in page) is sees
    assert "not clear" in page
    assert "HIV of the recipient: clear" in page
    couple = client.get(reverse("admin:couples_couple_change", args=[treatment.couple_id])).content.decode()
    assert ("Hepatitis B of the partner: reactive" in couple) is sees


def test_a_nurse_opens_neither_the_record_nor_its_file(treatment: Treatment, seat: Seat) -> None:
    nurse, lab = rows.staff(treatment.clinic, "nurse"), rows.staff(treatment.clinic, "lab")
    hidden = screening(treatment, lab, "partner", "hbv")
    client = seat(nurse, AT)
    assert client.get(reverse("admin:record_correct", args=[hidden.pk])).status_code == 403
    attachment = attach_file(record=hidden, name="report.txt", content=b"reactive", actor=lab, at=AT)
    with pytest.raises(Forbidden):
        fetch_file(attachment=attachment, actor=nurse, at=AT)
    assert fetch_file(attachment=attachment, actor=lab, at=AT) == b"reactive"


def test_a_program_needs_the_scope_and_cannot_count_what_is_left_out(treatment: Treatment) -> None:
    lab = rows.staff(treatment.clinic, "lab")
    for test in ("hiv", "hbv", "hcv"):
        screening(treatment, lab, "partner", test)
    address = f"treatments/{treatment.pk}/records/"
    every = a_program(treatment.clinic).get(address).json()["results"]
    assert len(every) == 4
    fewer = tuple(scope for scope in EVERY_SCOPE if scope != "donor-safety:read")
    without = a_program(treatment.clinic, *fewer, name="another")
    shown = without.get(f"{address}?page_size=1").json()
    assert [one["kind"] for one in shown["results"]] == ["milestone"]
    assert shown["next"] is None


def test_no_form_beside_a_donors_result_says_it_without_the_right(treatment: Treatment, seat: Seat) -> None:
    nurse, doctor = (rows.staff(treatment.clinic, role) for role in ("nurse", "doctor"))
    hidden = screening(treatment, doctor, "partner", "hbv")
    attach, move = (reverse(f"admin:{name}", args=[hidden.pk]) for name in ("record_attach", "record_move"))
    assert "reactive" in seat(doctor, AT).get(move).content.decode()
    client = seat(nurse, AT)
    assert client.get(move).status_code == 403
    body = client.get(attach).content.decode()
    assert "reactive" not in body
    assert "hepatitis" not in body.lower()
