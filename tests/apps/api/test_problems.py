"""Whatever goes wrong has one form, says all faults at once and what mends them."""

import json
import logging
from typing import Any

import pytest
from redis.exceptions import ConnectionError as CacheAway

from apps.api.throttles import ClientThrottle
from apps.clinic.models import Clinic
from tests.apps.api.calls import Api, a_program, problem_of
from tests.rows import a_clinic, a_couple, a_treatment

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return a_program(a_clinic())


def sent(api: Api, content: bytes, content_type: str = "application/json", path: str = "couples/") -> Any:
    return api.http.post("/api/v1/" + path, content, content_type=content_type, headers=api.headers)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": 99999999999999999999999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": ["\\ud800"]}',
        b'{"a": ' + b"[" * 50 + b"]" * 50 + b"}",
        b"[" * 100_000,
    ],
)
def test_what_is_not_plain_json_is_refused(api: Api, content: bytes) -> None:
    answer = sent(api, content)
    expected = {"invalid", "parse_error"} if content == b"" else {"parse_error"}
    assert answer.status_code == 400
    assert problem_of(answer)["code"] in expected


def test_a_body_without_end_is_refused(api: Api) -> None:
    answer = sent(api, b'{"a": "' + b"x" * 1_000_000 + b'"}')
    assert (answer.status_code, problem_of(answer)["code"]) == (413, "too_large")


def test_another_media_type_is_refused(api: Api) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = sent(api, b"a=1", media)
        assert (answer.status_code, problem_of(answer)["code"]) == (415, "unsupported_media_type")
    assert sent(api, b"{}", "application/json; charset=utf-8").status_code == 400


def test_an_answer_that_we_do_not_have_is_refused(api: Api) -> None:
    answer = api.get("couples/", Accept="text/html")
    assert (answer.status_code, problem_of(answer)["code"]) == (406, "not_acceptable")


def test_a_method_that_an_address_does_not_have_is_refused(api: Api) -> None:
    for verb in ("put", "patch", "delete", "options"):
        answer = getattr(api.http, verb)("/api/v1/couples/", headers=api.headers)
        assert (answer.status_code, problem_of(answer)["code"]) == (405, "method_not_allowed"), verb
        assert answer.headers["Allow"]
    assert api.http.head("/api/v1/couples/", headers=api.headers).status_code == 200


def test_an_address_that_is_not_there_is_a_problem_too(api: Api) -> None:
    for path in ("nothing/", "couples/7/", "treatments/x/plan/"):
        answer = api.get(path)
        assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_a_forgotten_slash_leads_a_read_home_and_refuses_a_write(api: Api) -> None:
    led = api.get("couples", {"search": "x"})
    assert (led.status_code, led.headers["Location"]) == (301, "/api/v1/couples/?search=x")
    assert api.get("nothing").status_code == 404
    refused = api.post("couples", {})
    assert refused.status_code == 404
    assert "slash" in problem_of(refused)["errors"][0]["remedy"]


def test_too_many_calls_are_told_when_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientThrottle, "THROTTLE_RATES", {"client": "2/min"})
    assert [api.get("couples/").status_code for _ in range(3)] == [200, 200, 429]
    answer = api.get("couples/")
    assert problem_of(answer)["code"] == "throttled"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert a_program(Clinic.objects.get()).get("couples/").status_code == 200


def test_with_the_cache_away_everything_goes_on(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise CacheAway("gone")

    monkeypatch.setattr(ClientThrottle, "cache", type("Away", (), {"get": away, "set": away})())
    assert api.get("couples/").status_code == 200


def test_no_log_line_holds_a_name_or_a_clinical_word(caplog: pytest.LogCaptureFixture) -> None:
    clinic = a_clinic()
    api = a_program(clinic)
    couple = a_couple(clinic)
    treatment = a_treatment(clinic, couple=couple)
    with caplog.at_level(logging.DEBUG):
        api.get("couples/", {"search": "Lalitha"})
        api.get("couples/", {"search": "Lalitha", "serch": "Lalitha"})
        api.post("couples/", {"recipient": {"given_name": "Lalitha", "email": "x"}, "partner": {}})
        api.post(f"treatments/{treatment.pk}/records/", {"kind": "milestone", "name": "pregnancy"})
        api.get(f"treatments/{treatment.pk}/plan/")
    said = "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    ).lower()
    for word in ("lalitha", "pregnan", "antibod", "sensitis", "dose"):
        assert word not in said


def test_a_query_that_is_not_well_encoded_is_refused(api: Api) -> None:
    for query in ("search=%zz", "search=%ff", "search=%00", "access_token=x"):
        answer = api.http.get(f"/api/v1/couples/?{query}", headers=api.headers)
        assert answer.status_code in (400, 401, 200), query
        assert answer.headers["Content-Type"].startswith("application/")


def test_the_body_of_an_error_is_json_even_for_a_strange_accept(api: Api) -> None:
    answer = Api().http.get("/api/v1/couples/", headers={"Accept": "image/png"})
    assert answer.status_code in (401, 406)
    assert json.loads(answer.content)["status"] == answer.status_code
