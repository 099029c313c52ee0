"""The two clinics, their staff, and the whole demo."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.models import User
from apps.clinic.queries import actor_for
from apps.clinic.services import (
    ClinicInput,
    Span,
    add_member,
    close_days,
    create_clinic,
    set_hours,
    tick_holidays,
)
from apps.desk.demo.builder import Place, enrol, live
from apps.desk.demo.equipment import equip
from apps.desk.demo.papers import leave_papers
from apps.desk.demo.people import HYDERABAD, LONDON, Two
from apps.desk.demo.reaching import reach
from apps.desk.demo.stories import STORIES, Story
from apps.desk.pages.links import feed_path
from apps.desk.ports import clients, links, pages
from apps.treatments.queries import appointments_of
from apps.treatments.services import publish_protocol, reconcile
from protocols import library_text

PROTOCOL = "lit-standard"
# The clinics are older than the longest story.
_AGE = timedelta(days=420)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a clinic of the demo is made from. `suffix` ends its staff's user names."""

    given: ClinicInput
    people: tuple[Two, ...]
    hours: tuple[tuple[range, time, time], ...]
    staff: tuple[tuple[str, str, str], ...]
    suffix: str = ""
    # First and last day of a closure, counted from today.
    closed: tuple[int, int] | None = None


SETUPS = (
    Setup(
        ClinicInput(
            name="Banjara Hills Fertility Clinic",
            slug="hyderabad",
            zone="Asia/Kolkata",
            country="IN",
            subdivision="TS",
            phone="+914055550100",
            discreet_name="Banjara Clinic",
            discreet_place="Banjara Clinic, Road 12",
        ),
        HYDERABAD,
        ((range(6), time(8), time(18)), (range(6, 7), time(8), time(14))),
        (("nurse", "Sunitha", "Rani"), ("doctor", "Farah", "Ansari"), ("lab", "Kishore", "Kumar"),
         ("manager", "Padma", "Rao")),
    ),
    Setup(
        ClinicInput(
            name="Fitzrovia Women's Clinic",
            slug="london",
            zone="Europe/London",
            country="GB",
            subdivision="ENG",
            phone="+442079460100",
            discreet_name="Fitzrovia Clinic",
            discreet_place="Fitzrovia Clinic, 2nd floor",
        ),
        LONDON,
        ((range(5), time(8), time(18)), (range(5, 6), time(8), time(14))),
        (("nurse", "Bridget", "Nolan"), ("doctor", "Helen", "Marsh"), ("lab", "Peter", "Osei"),
         ("manager", "Ruth", "Ellis")),
        ".london",
        (20, 30),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """What a newcomer needs to look around; the only place where the passwords stand in the clear."""

    logins: dict[str, dict[str, str]]
    feed_path: str
    page_path: str
    client_id: str
    client_secret: str

    def as_json(self) -> dict[str, Any]:
        api = {"client_id": self.client_id, "client_secret": self.client_secret}
        return {"logins": self.logins, "feed_path": self.feed_path, "page_path": self.page_path, "api": api}


def make(*, at: datetime, password: Callable[[], str], say: Callable[[str], object]) -> Made:
    """Both clinics, all couples. Passwords come from `password` and the rest follows from `at`."""
    system = Actor.system("demo")
    logins: dict[str, dict[str, str]] = {}
    boss = _user("admin", "Site", "Admin", password(), logins, superuser=True)
    places = []
    for setup in SETUPS:
        say(f"{setup.given.name}: {len(setup.people)} couples ...")
        place = _place(setup, boss, system, at, password, logins)
        _fill(place, setup.people, _stories(setup))
        places.append(place)
    client_id, client_secret = clients().create_client(
        clinic=places[0].clinic, name="Demo system", actor=system, at=at
    )
    feed, own_page = _addresses(places[0], at)
    return Made(logins, feed, own_page, client_id, client_secret)


def _stories(setup: Setup) -> list[Story]:
    """Three of five stories to the larger clinic, so that both have every kind of day."""
    first = setup is SETUPS[0]
    return [story for n, story in enumerate(STORIES) if (n % 5 in (0, 2, 4)) is first]


def _place(
    setup: Setup,
    boss: User,
    system: Actor,
    at: datetime,
    password: Callable[[], str],
    logins: dict[str, dict[str, str]],
) -> Place:
    born = at - _AGE
    clinic = create_clinic(given=setup.given, actor=system, at=born)
    add_member(clinic=clinic, user=boss, role="manager", actor=system, at=born)
    staff = {}
    for role, first, last in setup.staff:
        user = _user(f"{role}{setup.suffix}", first, last, password(), logins)
        add_member(clinic=clinic, user=user, role=role, actor=system, at=born)
        staff[role] = actor_for(user, clinic, "demo", signed_in=True)
    spans = [Span(day, opens, closes) for days, opens, closes in setup.hours for day in days]
    set_hours(clinic=clinic, spans=spans, actor=staff["manager"], at=born)
    equip(clinic, staff["manager"], born)
    for year in range(born.year, at.year + 2):
        tick_holidays(clinic=clinic, year=year, actor=staff["manager"], at=born)
    if setup.closed is not None:
        from_on, to_on = (local_date(clinic.zone, at) + timedelta(days=day) for day in setup.closed)
        close_days(
            clinic=clinic,
            from_on=from_on,
            to_on=to_on,
            reason="The laboratory is rebuilt",
            actor=staff["manager"],
            at=born,
        )
    protocol = publish_protocol(
        clinic=clinic,
        document=library_text(PROTOCOL),
        signed_by=staff["doctor"].name,
        actor=staff["doctor"],
        at=born,
    )
    return Place(clinic=clinic, staff=staff, protocol=protocol, now=at)


def _user(
    name: str,
    first: str,
    last: str,
    secret: str,
    logins: dict[str, dict[str, str]],
    *,
    superuser: bool = False,
) -> User:
    make_user = User.objects.create_superuser if superuser else User.objects.create_user
    logins[name] = {"username": name, "password": secret}
    return make_user(username=name, password=secret, first_name=first, last_name=last)


def _fill(place: Place, people: tuple[Two, ...], stories: list[Story]) -> None:
    for n, (two, story) in enumerate(zip(people, stories, strict=True)):
        couple = enrol(place, n, two, story)
        reach(couple, n, place.staff["nurse"], couple.enrolled_at)
        treatment = live(place, n, couple, story)
        leave_papers(place, n, couple, treatment)
        if treatment is not None:
            # What time alone has brought since the last act: the sweep's work, done once.
            reconcile(treatment=treatment, at=place.now)


def _addresses(place: Place, at: datetime) -> tuple[str, str]:
    """The calendar and the own page of a recipient with a booked visit ahead."""
    ahead = appointments_of(place.clinic, status=("booked",)).filter(starts_at__gt=at, pencilled=False)
    visit = ahead.filter(treatment__couple__silent_since=None).latest("starts_at")
    person = visit.treatment.couple.recipient
    _, token = links().issue_link(person=person, label="Phone", actor=place.staff["nurse"], at=at)
    _, key = pages().issue_page(person=person, label="Phone", actor=place.staff["nurse"], at=at)
    return feed_path(token), urlsplit(pages().address_of(key)).path


def random_password() -> str:
    return secrets.token_urlsafe(12)
