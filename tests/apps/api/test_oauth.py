"""Tokens: a program's by its credentials, a member of staff's by signing in (authorization code with PKCE)."""

import base64
import hashlib
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant

from apps.api.models import ApiClient
from apps.api.services import create_client, create_staff_app
from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic, User
from tests.apps.api.calls import BACK, Api, a_program, problem_of
from tests.apps.api.conftest import Clock
from tests.rows import AT, LONDON, SYSTEM, a_clinic, after_three_doses, flag, resulted, staff

pytestmark = pytest.mark.django_db

VERIFIER = "a-verifier-that-is-long-enough-for-the-standard-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PASSWORD = "-".join(["a", "word", "for", "tests", "only"])


def token_for(client_id: str, secret: str, **more: str) -> Any:
    return Client().post(
        "/oauth/token/",
        {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more},
    )


def test_a_program_gets_a_token_for_its_credentials_and_acts_in_its_clinic() -> None:
    clinic = a_clinic()
    client_id, secret = create_client(clinic=clinic, name="lab", actor=SYSTEM, at=AT)
    answer = token_for(client_id, secret)
    assert answer.status_code == 200, answer.content
    given = answer.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    assert "flags:decide" not in given["scope"].split()
    assert Api(given["access_token"]).get("treatments/").status_code == 200
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    header = {"Authorization": f"Basic {basic}"}
    by_header = Client().post(
        "/oauth/token/", {"grant_type": "client_credentials", "scope": "flags:read"}, headers=header
    )
    assert by_header.json()["scope"] == "flags:read"
    assert Api(by_header.json()["access_token"]).get("couples/").status_code == 403


def test_neither_secret_nor_token_is_stored_readably() -> None:
    client_id, secret = create_client(clinic=a_clinic(), name="lab", actor=SYSTEM, at=AT)
    token = token_for(client_id, secret).json()["access_token"]
    assert Application.objects.get(client_id=client_id).client_secret != secret
    stored = AccessToken.objects.get()
    assert token not in (stored.token, stored.token_checksum)


def test_wrong_credentials_and_unknown_scopes_get_no_token() -> None:
    client_id, secret = create_client(clinic=a_clinic(), name="lab", actor=SYSTEM, at=AT)
    assert token_for(client_id, "wrong").status_code == 401
    assert token_for("nobody", secret).status_code == 401
    assert token_for(client_id, secret, scope="everything").status_code == 400
    password = token_for(client_id, secret, grant_type="password", username="x", password="y")
    assert password.status_code in (400, 401)
    assert not AccessToken.objects.exists()


def test_a_token_that_has_run_out_is_none() -> None:
    api = a_program(a_clinic())
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    answer = api.get("couples/")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_in_the_address_or_the_body_is_none() -> None:
    api = a_program(a_clinic())
    assert Api().get("couples/", {"access_token": api.token}).status_code == 401
    assert Api().http.post("/api/v1/couples/", {"access_token": api.token}).status_code == 401


def authorize(browser: Client, client_id: str, **more: str) -> Any:
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": BACK,
        "scope": "flags:read flags:decide",
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return browser.get("/oauth/authorize/", {name: value for name, value in asked.items() if value})


def allow(browser: Client, page: Any) -> Any:
    form = page.context["form"]
    said = {name: value for name, value in form.initial.items() if value is not None}
    return browser.post("/oauth/authorize/", {**said, "allow": "Authorize"})


def exchange(client_id: str, code: str, verifier: str = VERIFIER) -> Any:
    return Client().post(
        "/oauth/token/",
        {
            "grant_type": "authorization_code",
            "client_id": client_id,
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": verifier,
        },
    )


def the_doctor(clinic: Clinic) -> tuple[Actor, Client]:
    actor = staff(clinic, "doctor")
    user = User.objects.get(pk=actor.user_id)
    user.set_password(PASSWORD)
    user.is_staff = True
    user.save()
    return actor, Client()


def test_a_doctor_signs_in_with_pkce_and_decides_a_flag(clock: Clock) -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    treatment, day = after_three_doses(clinic, nurse)
    resulted(treatment, nurse, day, 3)
    clock.at = day + timedelta(hours=1)
    actor, browser = the_doctor(clinic)
    client_id = create_staff_app(clinic=clinic, name="ward", redirect_uris=[BACK], actor=SYSTEM, at=AT)

    led = authorize(browser, client_id)
    assert led.status_code == 302
    assert led.headers["Location"].startswith("/admin/login/?next=/oauth/authorize/")
    login = browser.post(
        led.headers["Location"],
        {
            "username": f"doctor-{clinic.slug}",
            "password": PASSWORD,
            "next": led.headers["Location"].split("next=")[1],
        },
    )
    assert login.status_code == 302, login.content
    page = authorize(browser, client_id)
    assert page.status_code == 200
    assert "ward" in page.content.decode()
    assert "://" not in page.content.decode().replace(BACK, "").replace("http://www.w3.org", "")
    sent_back = allow(browser, page)
    assert sent_back.status_code == 302, sent_back.content
    assert sent_back.headers["Location"].startswith(BACK)
    answer = parse_qs(urlsplit(sent_back.headers["Location"]).query)
    assert answer["state"] == ["xyz"]

    assert exchange(client_id, answer["code"][0], verifier="x" * 50).status_code == 400
    answer = parse_qs(urlsplit(allow(browser, authorize(browser, client_id)).headers["Location"]).query)
    given = exchange(client_id, answer["code"][0])
    assert given.status_code == 200, given.content
    api = Api(given.json()["access_token"])
    raised = flag(treatment, "no_antibody_response")
    assert api.get("flags/").status_code == 200
    assert api.get("couples/").status_code == 403
    decided = api.post(f"flags/{raised.pk}/decide/", {"choice": "continue", "reason": "as discussed"})
    assert decided.status_code == 200, decided.content
    assert decided.json()["state"] == "decided"
    again = exchange(client_id, answer["code"][0])
    assert again.status_code == 400

    renewed = Client().post(
        "/oauth/token/",
        {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "refresh_token": given.json()["refresh_token"],
        },
    )
    assert renewed.status_code == 200
    assert Api(renewed.json()["access_token"]).get("flags/").status_code == 200
    User.objects.filter(pk=actor.user_id).update(is_active=False)
    assert Api(renewed.json()["access_token"]).get("flags/").status_code in (401, 403)


def test_without_pkce_or_to_another_address_nobody_signs_in() -> None:
    clinic = a_clinic()
    actor, browser = the_doctor(clinic)
    browser.force_login(User.objects.get(pk=actor.user_id))
    client_id = create_staff_app(clinic=clinic, name="ward", redirect_uris=[BACK], actor=SYSTEM, at=AT)
    bare = authorize(browser, client_id, code_challenge="")
    assert "error=invalid_request" in bare.headers["Location"]
    plain = allow(browser, authorize(browser, client_id, code_challenge_method="plain"))
    assert "code=" not in plain.headers.get("Location", "")
    assert not Grant.objects.exists()
    assert authorize(browser, client_id, redirect_uri="https://evil.example.org/").status_code == 400
    assert authorize(browser, client_id, response_type="token").status_code in (302, 400)


def test_only_a_manager_of_the_clinic_registers_programs() -> None:
    ours, theirs = a_clinic(), a_clinic(LONDON)
    manager = staff(ours, "manager")
    client_id, _ = create_client(clinic=ours, name=" lab ", actor=manager, at=AT)
    client = ApiClient.objects.get(application__client_id=client_id)
    assert (client.clinic, client.application.name, client.created_at) == (ours, "lab", AT)
    assert Change.objects.get(kind="api.client_created").subject_id == client.pk
    with pytest.raises(Forbidden):
        create_client(clinic=ours, name="lab", actor=staff(ours, "nurse"), at=AT)
    with pytest.raises(NotFound):
        create_client(clinic=theirs, name="lab", actor=manager, at=AT)
    with pytest.raises(Invalid):
        create_client(clinic=ours, name=" ", actor=manager, at=AT)
    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example.org/",
        "https://x/#a",
        "javascript:alert(1)",
        "https:///",
        "https://x/ https://y/",
        "x",
    ],
)
def test_an_address_that_is_not_safe_to_return_to_is_refused(uri: str) -> None:
    with pytest.raises(Invalid):
        create_staff_app(clinic=a_clinic(), name="ward", redirect_uris=[BACK, uri], actor=SYSTEM, at=AT)


def test_the_command_prints_credentials_that_work() -> None:
    a_clinic()
    said = StringIO()
    call_command("create_api_client", clinic="hyderabad", name="lab", stdout=said)
    pairs = dict(line.split("=", 1) for line in said.getvalue().split())
    assert token_for(pairs["client_id"], pairs["client_secret"]).status_code == 200
    said = StringIO()
    call_command(
        "create_api_client", clinic="hyderabad", name="ward", staff=True, redirect_uri=[BACK], stdout=said
    )
    assert said.getvalue().startswith("client_id=")
    with pytest.raises(CommandError):
        call_command("create_api_client", clinic="nowhere", name="lab")
    with pytest.raises(CommandError):
        call_command("create_api_client", clinic="hyderabad", name="ward", staff=True)


def test_a_program_that_is_taken_away_opens_nothing_from_then_on() -> None:
    clinic = a_clinic()
    api = a_program(clinic)
    Application.objects.all().delete()
    assert not ApiClient.objects.exists()
    answer = api.get("couples/")
    assert (answer.status_code, problem_of(answer)["code"]) == (401, "not_authenticated")
