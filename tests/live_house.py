"""A clinic reached by HTTP alone, while web, worker, beat and a mail server run by the real clock.

The clinic is open every day and lies where it is morning now, so that "today" is a day on which people come. What
happened before today is entered as clinics do that begin with the product: with its own past dates.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
    urlopen,
)
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from apps.api.services import create_client, create_staff_app
from apps.clinic import services as clinics
from apps.clinic.models import User
from apps.clinic.queries import actor_for, last_beat
from apps.clinic.services import Span
from apps.couples.models import Person
from apps.couples.services import PersonInput
from apps.feeds import services as feeds
from apps.treatments import queries, services
from tests import rows
from tests.clinic_day import Course, Mail, Refused
from tests.live import LiveStack

BACK = "https://app.example.org/back"
ZONES = ("Pacific/Honolulu", "America/Bogota", "Africa/Accra", "Asia/Kolkata", "Asia/Tokyo")


def where_it_is_morning(at: datetime) -> str:
    """A zone in which at least six hours of the day are left and nobody changes the clocks."""
    return next(zone for zone in ZONES if 6 <= at.astimezone(ZoneInfo(zone)).hour < 18)


class LiveHouse:
    """Set up through the services, as an operator would; everything after that goes over HTTP."""

    def __init__(self, stack: LiveStack) -> None:
        self.stack = stack
        slug = f"live-{uuid4().hex[:8]}"
        self.clinic = rows.a_clinic(replace(rows.HYDERABAD, slug=slug, zone=where_it_is_morning(self.now())))
        every_day = [Span(weekday, time(0), time(23, 59)) for weekday in range(7)]
        clinics.set_hours(clinic=self.clinic, spans=every_day, actor=rows.SYSTEM, at=self.now())
        self.protocol = rows.a_protocol(self.clinic)
        given = {"clinic": self.clinic, "actor": rows.SYSTEM, "at": self.now()}
        self.tokens = {"client": self._token_of_program(*create_client(name="laboratory", **given))}
        self.staff_app = create_staff_app(name="ward", redirect_uris=[BACK], **given)
        for role in ("nurse", "doctor"):
            password = secrets.token_urlsafe(16)
            rows.staff(self.clinic, role, f"{role}-{slug}")
            user = User.objects.get(username=f"{role}-{slug}")
            user.is_staff = True
            user.set_password(password)
            user.save()
            self.tokens[role] = self._token_of_person(user.username, password)
        self.feeds: dict[tuple[UUID, str], str] = {}

    def now(self) -> datetime:
        return timezone.now()

    @property
    def today(self) -> date:
        return self.now().astimezone(ZoneInfo(self.clinic.zone)).date()

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def moment(self, days: int) -> datetime:
        """In an hour on that day, by the wall clock of the clinic."""
        soon = self.now().astimezone(ZoneInfo(self.clinic.zone)) + timedelta(hours=1)
        return (soon + timedelta(days=days)).replace(second=0, microsecond=0)

    def subject(self, moment: datetime, words: str = "Appointment") -> str:
        return f"{words} {moment:%a} {moment.day} {moment:%b %H:%M}"

    # The house, as `tests.clinic_day` knows it.

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("client", path + (f"?{urlencode(query)}" if query else ""), None)

    def ask(self, by: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask(by, path, body)

    def start(self, recipient: PersonInput, partner: PersonInput, started_on: date) -> UUID:
        names = ("given_name", "family_name", "birth_on", "email", "phone", "contact_consent_at")
        two = {
            role: {name: getattr(person, name) for name in names}
            for role, person in (("recipient", recipient), ("partner", partner))
        }
        couple = self.ask("client", "couples/", two)
        (protocol,) = self.get("protocols/")["results"]
        asked = {"couple": couple["id"], "protocol": protocol["id"], "started_on": started_on}
        treatment = UUID(self.ask("client", "treatments/", asked)["id"])
        nurse = actor_for(User.objects.get(username=f"nurse-{self.clinic.slug}"), self.clinic, "admin")
        for role in two:
            person = Person.objects.get(pk=couple[role]["id"])
            _, token = feeds.issue_link(person=person, label="Phone", actor=nurse, at=self.now())
            self.feeds[treatment, role] = feeds.address_of(token).removeprefix(settings.BASE_URL)
        return treatment

    def record(self, by: str, treatment: UUID, data: Mapping[str, Any]) -> None:
        self.ask(by, f"treatments/{treatment}/records/", data)

    def act(self, by: str, verb: str, appointment: UUID, given: Mapping[str, Any]) -> None:
        self.ask(by, f"appointments/{appointment}/{verb}/", given)

    def decide(self, by: str, flag: UUID, given: Mapping[str, Any]) -> None:
        self.ask(by, f"flags/{flag}/decide/", given)

    def poll(self, treatment: UUID, role: str) -> bytes:
        with urlopen(self.stack.base_url + self.feeds[treatment, role], timeout=20) as answer:
            body: bytes = answer.read()
            return body

    def mails(self, at_least: int, to: Sequence[str]) -> list[Mail]:
        """Waits until the worker has sent so many."""
        self.stack.until(lambda: len(self._arrived(to)) >= at_least, what=f"mail number {at_least}")
        return self._arrived(to)

    def settled(self, treatment: UUID) -> bool:
        found = queries.treatment_by_id(self.clinic, treatment)
        return not services.preview(treatment=found, records=[], at=self.now())[1]

    def two_sweeps_later(self) -> None:
        """Whatever was due has been sent by then."""
        for _ in range(2):
            self.stack.until(self._swept_since(self.now()), what="a sweep")

    def _swept_since(self, moment: datetime) -> Callable[[], bool]:
        return lambda: (last_beat("sweep") or moment) > moment

    def _arrived(self, to: Sequence[str]) -> list[Mail]:
        return [
            Mail(one["X-Envelope-To"], one["Subject"], one.get_content())
            for one in list(self.stack.mails)
            if one["X-Envelope-To"] in to
        ]

    def _ask(self, by: str, path: str, body: Mapping[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body, default=in_json).encode()
        headers = {"Authorization": f"Bearer {self.tokens[by]}", "Content-Type": "application/json"}
        request = Request(f"{self.stack.base_url}/api/v1/{path}", data, headers)
        try:
            with urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except HTTPError as problem:
            said = json.loads(problem.read())
            raise Refused(said["code"], problem.code) from None

    def _token_of_program(self, client_id: str, secret: str) -> str:
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return self._token({"grant_type": "client_credentials"}, Authorization=f"Basic {basic}")

    def _token_of_person(self, username: str, password: str) -> str:
        """By the log-in form and the page that asks for leave, as a browser walks them (PKCE, S256)."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.staff_app,
            "redirect_uri": BACK,
            "scope": " ".join(settings.OAUTH2_PROVIDER["SCOPES"]),
            "state": secrets.token_urlsafe(8),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        browser = Browser(self.stack.base_url)
        browser.open(f"{self.stack.base_url}/oauth/authorize/?{urlencode(asked)}")
        assert "/admin/login/" in browser.address
        browser.send(username=username, password=password)
        assert "/oauth/authorize/" in browser.address, browser.page
        browser.send(allow="Authorize")
        answer = parse_qs(urlsplit(browser.address).query)
        assert browser.address.startswith(BACK)
        assert answer["state"] == [asked["state"]]
        code = {"code": answer["code"][0], "redirect_uri": BACK, "code_verifier": verifier}
        return self._token({"grant_type": "authorization_code", "client_id": self.staff_app, **code})

    def _token(self, form: Mapping[str, str], **headers: str) -> str:
        address = f"{self.stack.base_url}/oauth/token/"
        request = Request(address, urlencode(form).encode(), headers)
        with urlopen(request, timeout=20) as answer:
            token: str = json.load(answer)["access_token"]
            return token


def enter_past(house: LiveHouse, first_test: int, doses: Sequence[int]) -> Course:
    """A couple whose baseline test and doses lie so many days back, entered with their own dates."""
    course = Course.begin(house, house.day(first_test), name=house.clinic.slug)
    course.consent(house.day(first_test))
    course.done("baseline-antibody-test#1", house.day(first_test))
    course.result(4, house.day(first_test), house.day(first_test + 3))
    for number, days in enumerate(doses, start=1):
        course.screen(house.day(days))
        course.done(f"sensitisation#{number}", house.day(days))
    return course


class Browser(HTTPRedirectHandler):
    """Keeps cookies, follows redirects inside the product, and stops where one leads out of it."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.opener: OpenerDirector = build_opener(self, HTTPCookieProcessor(CookieJar()))
        self.address, self.page = "", ""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        self.address = newurl
        inside = newurl.startswith(self.base_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl) if inside else None

    def open(self, address: str, form: Mapping[str, str] | None = None) -> None:
        self.address = address
        data = urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(address, data, timeout=20) as answer:
                self.address, self.page = answer.url, answer.read().decode()
        except HTTPError as stopped:
            if stopped.code != 302:
                raise

    def send(self, **fields: str) -> None:
        """Fills in the form that has these fields and sends it."""
        forms = Forms()
        forms.feed(self.page)
        form = next(form for form in forms.found if fields.keys() <= form.keys())
        self.open(self.address, {**form, **fields})


class Forms(HTMLParser):
    """The forms of a page with what their fields hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append({})
        elif tag == "input" and given.get("name") and self.found:
            self.found[-1][str(given["name"])] = given.get("value") or ""


def in_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
