"""Many rows in one statement: what is stored is what the rows say, and nothing else of them or of others."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.treatments.applying import PEOPLE_COLUMNS, PLANNER_COLUMNS
from apps.treatments.models import Appointment, Flag
from apps.treatments.storing import store
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db
# Quotes, braces, backslashes, another script, and what an array of PostgreSQL could take for its own.
ODD = ["", 'a "quoted", {braced} and \\ word', "NULL", "అపాయింట్‌మెంట్", "line\nbreak"]


@pytest.fixture
def visits() -> list[Appointment]:
    rows.a_treatment(rows.a_clinic())
    return list(Appointment.objects.order_by("step", "occurrence"))


def kept(names: tuple[str, ...]) -> list[dict[str, Any]]:
    return list(Appointment.objects.order_by("step", "occurrence").values(*names))


def test_every_column_of_planner_and_people_is_stored_as_it_was_set(visits: list[Appointment]) -> None:
    for number, visit in enumerate(visits):
        text = ODD[number % len(ODD)]
        visit.title, visit.plan = text, {"text": text, "none": None, "list": [1, {"deep": text}]}
        visit.proposed_on = date(2026, 2, 1) if number % 2 else None
        visit.attends, visit.held = ["recipient", text][: number % 3], bool(number % 2)
        visit.deviation_reason, visit.touched = text, True
        visit.changed_at = AT + timedelta(microseconds=number)
    names = tuple(dict.fromkeys((*PLANNER_COLUMNS, *PEOPLE_COLUMNS)))
    store(visits, names)
    assert kept(names) == [{name: getattr(visit, name) for name in names} for visit in visits]


def test_other_columns_and_other_rows_stay_in_one_statement(
    visits: list[Appointment], django_assert_num_queries: Any
) -> None:
    before = kept(("title", "plan", "cancel_reason"))
    first = visits[0]
    first.title, first.cancel_reason = "New", "not to be stored"
    with django_assert_num_queries(1):
        store([first], ["title"])
    with django_assert_num_queries(0):
        store([], ["title"])
    assert kept(("title", "plan", "cancel_reason")) == [{**before[0], "title": "New"}, *before[1:]]


def test_a_reference_is_stored_and_taken_away() -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    said = rows.resulted(treatment, nurse, at, 2)
    flag = rows.flag(treatment, "no_antibody_response")
    for decision in (said, None):
        flag.decision = decision
        store([flag], ["decision", "cause", "holds"])
        assert Flag.objects.values("decision", "cause", "holds").get(pk=flag.pk) == {
            "decision": decision and decision.pk,
            "cause": flag.cause,
            "holds": flag.holds,
        }
