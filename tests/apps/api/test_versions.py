"""Versions and moves over the API: read only, inside the clinic."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.clinic.models import Clinic
from apps.treatments.models import ProtocolVersion
from apps.treatments.moving import apply_lines
from apps.treatments.services import publish_protocol
from protocols import library_text
from tests.apps.api.calls import Api, a_program, fields_of
from tests.apps.api.test_matrix import begun
from tests.rows import AT, LONDON, SYSTEM, a_clinic, a_protocol, a_treatment

pytestmark = pytest.mark.django_db
GAP = "target: {at: P4W, source: S02, grade: A}"


def published(clinic: Clinic, was: str, becomes: str) -> ProtocolVersion:
    text = library_text("lit-standard").replace('version: "1"', 'version: "2"').replace(was, becomes, 1)
    return publish_protocol(clinic=clinic, document=text, signed_by="Dr Sen", actor=SYSTEM, at=AT)


def test_two_versions_are_told_apart_in_words() -> None:
    clinic = a_clinic()
    old, new = a_protocol(clinic), published(clinic, GAP, GAP.replace("P4W", "P3W"))
    answer = a_program(clinic).get(f"protocols/{new.pk}/differences/", {"other": str(old.pk)})
    assert answer.json() == {
        "other": {"id": str(old.pk), "name": "lit-standard", "version": "1"},
        "protocol": {"id": str(new.pk), "name": "lit-standard", "version": "2"},
        "same_schedule": False,
        "differences": ["Sensitisation dose, next doses: target 4 weeks -> 3 weeks (S02 (A))"],
    }


def test_words_alone_change_no_day() -> None:
    clinic = a_clinic()
    old, new = a_protocol(clinic), published(clinic, "title: LIT, standard course", "title: LIT, ours")
    told = a_program(clinic).get(f"protocols/{new.pk}/differences/", {"other": str(old.pk)}).json()
    assert (told["same_schedule"], len(told["differences"])) == (True, 1)


def test_the_other_version_must_be_named_and_be_of_the_clinic() -> None:
    clinic = a_clinic()
    api, version = a_program(clinic), a_protocol(clinic)
    assert fields_of(api.get(f"protocols/{version.pk}/differences/")) == {"other"}
    for other in (uuid4(), a_protocol(a_clinic(LONDON)).pk):
        assert api.get(f"protocols/{version.pk}/differences/", {"other": str(other)}).status_code == 404


def test_a_move_tells_how_far_it_is_and_what_became_of_each_treatment() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    move = begun(treatment)
    api = a_program(clinic)
    [listed] = api.get("moves/").json()["results"]
    assert listed == api.get(f"moves/{move.pk}/").json()
    assert (listed["progress"]["total"], listed["progress"]["waiting"]) == (1, 1)
    assert (listed["started_by"], listed["started_at"]) == ("mover-hyderabad", "2026-01-05T11:30:00+05:30")
    apply_lines(at=AT)
    told = api.get(f"moves/{move.pk}/").json()["progress"]
    [line] = api.get(f"moves/{move.pk}/treatments/").json()["results"]
    assert told["waiting"] == 0
    assert (line["treatment"], line["state"]) == (str(treatment.pk), "skipped")
    assert line["reason"]


@pytest.mark.parametrize("path", ["moves/", "moves/{}/", "moves/{}/treatments/", "protocols/{}/differences/"])
def test_nothing_is_begun_or_undone_over_the_api(path: str) -> None:
    clinic = a_clinic()
    api: Api = a_program(clinic)
    assert api.post(path.format(uuid4()), {}).status_code in (403, 405)
