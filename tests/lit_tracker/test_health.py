"""/healthz says that we are up, /readyz that we can work."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.clinic.models import Heartbeat
from lit_tracker import health


def test_healthz_answers_without_a_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_well_when_the_sweep_ran_lately(client: Client) -> None:
    Heartbeat.objects.create(name="sweep", beat_at=timezone.now() - timedelta(seconds=90))
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "broker": "ok", "last_sweep": "ok"}


@pytest.mark.django_db
def test_readyz_names_a_sweep_that_is_three_minutes_old(client: Client) -> None:
    Heartbeat.objects.create(name="sweep", beat_at=timezone.now() - timedelta(seconds=200))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["last_sweep"].endswith("seconds ago")
    assert response.json()["database"] == "ok"


@pytest.mark.django_db
def test_readyz_names_a_sweep_that_never_ran(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["last_sweep"]) == (503, "none yet")


def test_readyz_names_a_database_that_does_not_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("password of lit_tracker@10.0.0.1 refused")

    monkeypatch.setattr(health.connection, "cursor", refuse)
    monkeypatch.setattr(Heartbeat.objects, "order_by", refuse)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "does not answer"
    assert "password" not in response.content.decode()


@pytest.mark.django_db
def test_readyz_names_a_broker_that_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("redis://:secret@broker")

    monkeypatch.setattr(current_app._get_current_object(), "connection_for_write", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (503, "does not answer")
    assert "secret" not in response.content.decode()


def test_the_front_door_leads_to_the_desk(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("path", ["/oauth/applications/", "/oauth/authorized_tokens/", "/oauth/introspect/"])
def test_only_the_addresses_that_a_client_needs_are_open(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
