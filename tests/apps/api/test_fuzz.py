"""Whatever JSON is sent, the answer is a plain refusal or an effect, never a breakdown."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.apps.api.calls import Api, a_program
from tests.rows import AT, a_clinic, a_treatment

TODAY = AT.date().isoformat()
TEXTS = st.sampled_from(
    ["", "x", "\u202e", "7", TODAY, "0001-01-01", "9999-12-31", "2026-01-06T09:00:00+05:30", "a" * 400]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
KINDS = ["milestone", "dating", "fulfilled", "missed", "skipped", "result", "opt_in", "screening", "donor"]
KINDS += [
    "stopped",
    "absence",
    "joined",
    "pause",
    "resume",
    "close",
    "note",
    "correction",
    "decision",
    "consent",
    "booked",
]
FIELDS = [
    "on",
    "name",
    "step",
    "occurrence",
    "test",
    "sampled_on",
    "resulted_on",
    "value",
    "reason",
    "certainty",
]
FIELDS += [
    "person",
    "from_on",
    "to_on",
    "text",
    "of",
    "replacement",
    "donor",
    "outcome",
    "basis",
    "ga",
    "given",
    "elsewhere",
    "evidence",
    "assay",
    "cutoff_version",
]
PLAUSIBLE: dict[str, Any] = {
    "on": st.sampled_from([TODAY, "2020-02-29", "0001-01-01", "1000-01-01", "9999-12-31"]),
    "name": st.sampled_from(["conception-attempt", "pregnancy", "loss", "course-start", "x"]),
    "step": st.sampled_from(["sensitisation", "antibody-test", "baseline-antibody-test", "x"]),
    "occurrence": st.sampled_from([1, 2, 7, 10**9]),
    "certainty": st.sampled_from(["planned", "happened", "cancelled"]),
    "sampled_on": st.just(TODAY),
    "resulted_on": st.just(TODAY),
    "test": st.just("apca"),
    "given": st.dictionaries(st.sampled_from(["arm", "route_ml", "irradiation_gy", "medium_lot"]), VALUES),
    "elsewhere": st.sampled_from(["document", "reported", "x"]),
    "evidence": st.sampled_from(["document", "reported", "x"]),
    "value": st.sampled_from([0, 100, 101, -1, 3.5]),
}
RECORDS = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS)},
    optional={name: PLAUSIBLE.get(name, VALUES) | VALUES for name in FIELDS},
)
COUPLES = st.fixed_dictionaries(
    {},
    optional={
        role: st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("id", "given_name", "birth_on", "phone", "identifiers", "language"), VALUES
            ),
        )
        | VALUES
        for role in ("recipient", "partner")
    },
)
BOOKINGS = st.dictionaries(
    st.sampled_from(["starts_at", "minutes", "reason", "pencil", "x"]), VALUES, max_size=4
)


@pytest.mark.django_db
@given(record=RECORDS | VALUES, couple=COUPLES, booking=BOOKINGS)
@settings(
    max_examples=25,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_body_breaks_anything(place: tuple[Api, str, str], record: Any, couple: Any, booking: Any) -> None:
    api, treatment, appointment = place
    for path, body in (
        (f"treatments/{treatment}/records/", record),
        (f"treatments/{treatment}/preview/", {"records": [record]}),
        ("couples/", couple),
        ("treatments/", couple),
        (f"appointments/{appointment}/book/", booking),
        (f"appointments/{appointment}/attend/", booking),
    ):
        answer = api.post(path, body)
        assert answer.status_code in (200, 201, 400, 403, 404, 409), (path, body, answer.content)


@pytest.fixture
def place(db: None) -> tuple[Api, str, str]:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    api = a_program(clinic)
    visit = treatment.appointments.order_by("step").first()
    assert visit is not None
    return api, str(treatment.pk), str(visit.pk)
