"""A POST with an Idempotency-Key has one effect, however often it is sent, and in parallel too."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone
from oauth2_provider.models import AccessToken

from apps.api.idempotency import forget_replies
from apps.api.models import StoredReply
from apps.api.tasks import forget
from apps.couples.models import Couple
from tests.apps.api.calls import Api, a_program, problem_of
from tests.apps.api.conftest import Clock
from tests.rows import AT, LONDON, a_clinic

BODY: dict[str, Any] = {"recipient": {"given_name": "Lalitha"}, "partner": {"given_name": "Arjun"}}
OTHER: dict[str, Any] = {"recipient": {"given_name": "Meena"}, "partner": {"given_name": "Arjun"}}
KEY = {"Idempotency_Key": "5f0c"}


@pytest.mark.django_db
def test_a_retry_gets_the_first_answer_and_does_nothing() -> None:
    api = a_program(a_clinic())
    first = api.post("couples/", BODY, **KEY)
    again = api.post("couples/", dict(reversed(BODY.items())), **KEY)
    quoted = api.post("couples/", BODY, Idempotency_Key='"5f0c"')
    assert first.status_code == again.status_code == quoted.status_code == 201
    assert first.content == again.content == quoted.content
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Couple.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_each_post_counts() -> None:
    api = a_program(a_clinic())
    assert [api.post("couples/", BODY).status_code for _ in range(2)] == [201, 201]
    assert Couple.objects.count() == 2
    assert not StoredReply.objects.exists()


@pytest.mark.django_db
def test_a_key_belongs_to_one_request_of_one_client() -> None:
    clinic = a_clinic()
    api, other, theirs = a_program(clinic), a_program(clinic), a_program(a_clinic(LONDON))
    assert api.post("couples/", BODY, **KEY).status_code == 201
    for answer in (api.post("couples/", OTHER, **KEY), api.post("treatments/", BODY, **KEY)):
        assert (answer.status_code, problem_of(answer)["code"]) == (422, "idempotency_key_reused")
    assert other.post("couples/", BODY, **KEY).status_code == 201
    assert theirs.post("couples/", BODY, **KEY).status_code == 201
    assert Couple.objects.count() == 3


@pytest.mark.django_db
def test_a_refused_request_keeps_no_key() -> None:
    api = a_program(a_clinic())
    assert api.post("couples/", {}, **KEY).status_code == 400
    assert api.post("couples/", BODY, **KEY).status_code == 201


@pytest.mark.django_db
def test_a_key_that_cannot_be_one_is_refused() -> None:
    api = a_program(a_clinic())
    for key in ("", "a b", "x" * 256, "naïve".encode().decode("latin-1")):
        answer = api.post("couples/", BODY, Idempotency_Key=key)
        assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (400, "Idempotency-Key"), key
    assert not Couple.objects.exists()


@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day(clock: Clock) -> None:
    api = a_program(a_clinic())
    api.post("couples/", BODY, **KEY)
    clock.at = AT + timedelta(hours=23)
    assert api.post("couples/", BODY, **KEY).headers["Idempotency-Replayed"] == "true"
    clock.at = AT + timedelta(hours=25)
    assert api.post("couples/", OTHER, **KEY).status_code == 201
    assert Couple.objects.count() == 2


@pytest.mark.django_db
def test_old_answers_and_tokens_are_deleted_by_the_beat() -> None:
    clinic = a_clinic()
    api, gone = a_program(clinic), a_program(clinic)
    api.post("couples/", BODY, **KEY)
    newest = AccessToken.objects.latest("pk").pk
    AccessToken.objects.filter(pk=newest).update(expires=timezone.now() - timedelta(minutes=1))
    assert forget_replies(at=AT + timedelta(hours=23)) == 0
    assert forget() == 1
    assert not StoredReply.objects.exists()
    assert AccessToken.objects.count() == 1
    assert (api.get("couples/").status_code, gone.get("couples/").status_code) == (200, 401)


def test_the_beat_knows_the_task() -> None:
    assert forget.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert forget.name in current_app.tasks


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_have_one_effect_and_one_answer() -> None:
    api = a_program(a_clinic())
    answers = together(8, lambda: Api(api.token).post("couples/", BODY, **KEY))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Couple.objects.count() == 1


def together(times: int, call: Callable[[], Any]) -> list[Any]:
    """The answers to calls that begin at one moment, each on its own connection."""
    start = Barrier(times)

    def one(_: int) -> Any:
        start.wait(timeout=20)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
