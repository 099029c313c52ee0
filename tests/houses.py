"""A clinic reached through its services, with the time passed in and one clock for API, calendars and desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from oauth2_provider.models import AccessToken

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import LitError
from apps.clinic.models import User
from apps.couples import services as couples
from apps.couples.services import PersonInput
from apps.feeds import services as feeds
from apps.reminders import services as reminders
from apps.reminders.channels import EmailChannel
from apps.treatments import queries, services
from apps.treatments.models import Appointment, Flag, Treatment
from apps.treatments.sweeping import sweep_due
from tests import rows
from tests.apps.api.calls import Api, a_program, signed_in
from tests.clinic_day import Mail, Refused


class ServicesHouse:
    """The clinic in Hyderabad at the moment `at`, which is what every edge takes for now.

    `until` lets time pass and runs the sweeps, as the worker would.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cache.clear()
        self.at = rows.AT
        monkeypatch.setattr("apps.api.views.base.ApiView.clock", lambda view: self.now())
        monkeypatch.setattr("apps.feeds.views.clock", self.now)
        monkeypatch.setattr("apps.desk.access.now", self.now)
        self.clinic = rows.a_clinic()
        self.protocol = rows.a_protocol(self.clinic)
        self.staff: dict[str, Actor] = {role: rows.staff(self.clinic, role) for role in ("nurse", "doctor")}
        self.staff["client"] = Actor.client(name="laboratory", clinic_id=self.clinic.pk)
        self.api: dict[str, Api] = {"client": a_program(self.clinic)}
        for role in ("nurse", "doctor"):
            self.api[role] = signed_in(self.clinic, self.staff[role].user_id)
        # Tokens live by the machine's clock, which this clinic does not share.
        AccessToken.objects.update(expires=datetime(2100, 1, 1, tzinfo=UTC))
        self.tokens: dict[tuple[UUID, str], str] = {}

    def now(self) -> datetime:
        return self.at

    def until(self, on: str, at: str = "11:30") -> date:
        """Lets the time come, in the clinic's own zone, and the hourly and the minute sweep with it."""
        day = date.fromisoformat(on)
        moment = self.moment(on, at)
        assert moment >= self.at
        self.at = moment
        assert sweep_due(at=self.now()).failed == 0
        self.sweep()
        return day

    def sweep(self) -> reminders.Swept:
        return reminders.sweep(channel=EmailChannel(), at=self.now())

    def moment(self, on: str, at: str = "09:30") -> datetime:
        """A moment of the clinic's own wall clock."""
        wall = datetime.combine(date.fromisoformat(on), time.fromisoformat(at), ZoneInfo(self.clinic.zone))
        return wall.astimezone(UTC)

    # The house, as `tests.clinic_day` knows it.

    def get(self, path: str, **query: Any) -> Any:
        cache.clear()  # the throttle counts by the clock of the machine
        answer = self.api["client"].get(path, query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def ask(self, by: str, path: str, body: Mapping[str, Any]) -> Any:
        """A POST as that caller; Refused with the problem's code."""
        cache.clear()
        answer = self.api[by].post(path, dict(body))
        if answer.status_code >= 400:
            raise Refused(answer.json()["code"], answer.status_code)
        return answer.json()

    def start(self, recipient: PersonInput, partner: PersonInput, started_on: date) -> UUID:
        nurse = self.staff["nurse"]
        couple = couples.enrol_couple(
            clinic=self.clinic, recipient=recipient, partner=partner, actor=nurse, at=self.now()
        )
        treatment = services.start_treatment(
            couple=couple, protocol_version=self.protocol, started_on=started_on, actor=nurse, at=self.now()
        )
        for role, person in (("recipient", couple.recipient), ("partner", couple.partner)):
            _, token = feeds.issue_link(person=person, label="Phone", actor=nurse, at=self.now())
            self.tokens[treatment.pk, role] = token
        return treatment.pk

    def pass_a_minute(self) -> None:
        """Before each act: two messages about one visit never begin at one moment, as they never do in a real day."""
        self.at += timedelta(minutes=1)

    def record(self, by: str, treatment: UUID, data: Mapping[str, Any]) -> None:
        self.pass_a_minute()
        with refusals():
            services.record(
                treatment=self.treatment(treatment), data=data, actor=self.staff[by], at=self.now()
            )

    def act(self, by: str, verb: str, appointment: UUID, given: Mapping[str, Any]) -> None:
        row = Appointment.objects.get(pk=appointment)
        self.pass_a_minute()
        with refusals():
            getattr(booking, verb)(appointment=row, actor=self.staff[by], at=self.now(), **given)

    def decide(self, by: str, flag: UUID, given: Mapping[str, Any]) -> None:
        self.pass_a_minute()
        with refusals():
            services.decide(flag=Flag.objects.get(pk=flag), actor=self.staff[by], at=self.now(), **given)

    def poll(self, treatment: UUID, role: str) -> bytes:
        answer = Client().get(f"/feeds/{self.tokens[treatment, role]}.ics")
        assert answer.status_code == 200
        return answer.content

    def mails(self, at_least: int, to: Sequence[str]) -> list[Mail]:
        """Two sweeps: what one sends, the next does not send again."""
        self.sweep()
        assert self.sweep().sent == 0
        found = [Mail(one.to[0], str(one.subject), str(one.body)) for one in mail.outbox if one.to[0] in to]
        assert all(len(one.recipients()) == 1 for one in mail.outbox)
        return found

    def settled(self, treatment: UUID) -> bool:
        return not services.reconcile(treatment=self.treatment(treatment), at=self.now())

    def treatment(self, treatment: UUID) -> Treatment:
        return queries.treatment_by_id(self.clinic, treatment)

    def desk(self, role: str) -> Client:
        """A browser in which that member of staff is signed in to the desk."""
        user = User.objects.get(pk=self.staff[role].user_id)
        User.objects.filter(pk=user.pk).update(is_staff=True)
        browser = Client()
        browser.force_login(user)
        return browser


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except LitError as error:
        raise Refused(error.code, error.status) from error
