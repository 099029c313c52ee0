"""Makers of the page's tests: a couple with visits, her page, and a browser at it without JavaScript."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.booking import services as booking
from apps.booking.queries import best_slots
from apps.couples.models import Person
from apps.portal import frame
from apps.portal.services import issue_page
from apps.reminders.models import Delivery
from apps.reminders.secret_blanks import blanks_of
from apps.treatments.models import Appointment, Treatment
from tests import rows

AT = rows.AT


def a_visit(treatment: Treatment, step: str = "baseline-antibody-test", at: datetime = AT) -> Appointment:
    """A visit of the plan, booked at the time that fits best."""
    visit = rows.visit(treatment, step)
    slot = best_slots(visit, at=at)[0]
    return booking.book(appointment=visit, starts_at=slot.starts_at, actor=rows.SYSTEM, at=at)


def a_couple_at_its_beginning() -> Treatment:
    """Both may be written to by e-mail, and have signed."""
    clinic = rows.a_clinic()
    him = replace(rows.ARJUN, email="a@example.org")
    made = rows.a_treatment(clinic, couple=rows.a_couple(clinic, partner=him))
    rows.consented(made, rows.staff(clinic, "nurse"))
    return made


@dataclass
class Her:
    """Somebody at the page of `person`, in a browser that keeps cookies. `now` is what the page takes for now."""

    person: Person
    monkeypatch: pytest.MonkeyPatch
    now: datetime = AT
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.link, self.token = issue_page(person=self.person, label="Phone", actor=rows.SYSTEM, at=self.now)
        self.go_to(self.now)

    def go_to(self, moment: datetime) -> None:
        self.now = moment
        self.monkeypatch.setattr(frame, "clock", lambda: moment)

    def wait(self, **delta: int) -> None:
        self.go_to(self.now + timedelta(**delta))

    def get(self, where: str = "", **given: Any) -> HttpResponse:
        answer: HttpResponse = self.client.get(f"/p/{self.token}/{where}", **given)  # type: ignore[assignment]
        return answer

    def post(self, where: str, data: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        """A press of a button on the page, with the key that its forms carry."""
        key = re.search(r'name="key" value="(\w+)"', self.text())
        assert key is not None
        filled = {"key": key[1], **(data or {})}
        answer: HttpResponse = self.client.post(f"/p/{self.token}/{where}", filled, headers=headers)  # type: ignore[assignment]
        return answer

    def text(self, where: str = "") -> str:
        return self.get(where).content.decode()

    def code(self) -> str:
        """The code that was sent last."""
        sent = Delivery.objects.filter(person=self.person, kind="code").order_by("-created_at", "-pk").first()
        assert sent is not None
        return blanks_of(sent)["code"]

    def open(self) -> None:
        """Asks for a code, waits a moment and enters it."""
        self.wait(seconds=1)
        assert self.post("code/").status_code == 302
        assert self.post("code/enter/", {"code": self.code()}).status_code == 302
