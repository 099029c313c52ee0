"""Calling the API as a program or as a member of staff: four lines per test, no server."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, set_token_value

from apps.api.services import create_client, create_staff_app
from apps.clinic.models import Clinic, User
from tests.rows import AT, SYSTEM

V1 = "/api/v1/"
EVERY_SCOPE = tuple(settings.OAUTH2_PROVIDER["SCOPES"])
BACK = "https://app.example.org/back"


class Api:
    """One token. `get` and `post` take a path below /api/v1/ and answer with Django's response."""

    def __init__(self, token: str = "", **headers: str) -> None:
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.http = Client()

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.http.get(V1 + path, query or {}, headers=self._all(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        text = json.dumps({} if body is None else body)
        return self.http.post(V1 + path, text, content_type="application/json", headers=self._all(headers))

    def delete(self, path: str, **headers: str) -> Any:
        return self.http.delete(V1 + path, headers=self._all(headers))

    def _all(self, more: dict[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in more.items()}


def a_token(application: Application, user: User | None, scopes: tuple[str, ...]) -> str:
    """A token as the token endpoint would store it, without the walk there."""
    raw = f"token-{AccessToken.objects.count()}-of-{application.pk}"
    token = AccessToken(
        application=application,
        user=user,
        scope=" ".join(scopes),
        expires=timezone.now() + timedelta(hours=1),
    )
    set_token_value(token, raw)
    token.save()
    return raw


def a_program(clinic: Clinic, *scopes: str, name: str = "lab system") -> Api:
    """A program of the clinic; with every scope unless some are named."""
    client_id, _ = create_client(clinic=clinic, name=name, actor=SYSTEM, at=AT)
    application = Application.objects.get(client_id=client_id)
    return Api(a_token(application, None, scopes or EVERY_SCOPE))


def signed_in(clinic: Clinic, user_id: int | None, *scopes: str) -> Api:
    """A member of staff in a program of the clinic; with every scope unless some are named."""
    client_id = create_staff_app(clinic=clinic, name="ward", redirect_uris=[BACK], actor=SYSTEM, at=AT)
    application = Application.objects.get(client_id=client_id)
    return Api(a_token(application, User.objects.get(pk=user_id), scopes or EVERY_SCOPE))


def problem_of(response: HttpResponse) -> dict[str, Any]:
    """The problem in an answer, after a look at its form."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    found: dict[str, Any] = json.loads(response.content)
    assert set(found) == {"type", "title", "status", "detail", "code", "errors"}
    assert found["status"] == response.status_code
    assert found["type"] == f"urn:lit-tracker:problem:{found['code']}"
    assert all(set(fault) == {"field", "message", "remedy"} for fault in found["errors"])
    assert all(fault["message"] for fault in found["errors"])
    return found


def fields_of(response: HttpResponse) -> set[str]:
    """The fields that an answer complains about."""
    return {fault["field"] for fault in problem_of(response)["errors"]}
