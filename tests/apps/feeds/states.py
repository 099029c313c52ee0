"""Calendars in every state that a device can meet, each made once through the product, with what the rows say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.clinic import services as clinics
from apps.clinic.services import ClinicInput, Span
from apps.feeds import services
from apps.feeds.building import build
from apps.feeds.ical import Entry, Shape, calendar_bytes
from apps.feeds.models import FeedLink
from apps.treatments.models import Appointment
from tests import rows
from tests.apps.feeds.acts import a_link
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

NEW_YORK = replace(
    rows.LONDON, name="Hudson", slug="new-york", zone="America/New_York", country="US", subdivision="NY"
)
ALL_WEEK = [
    Span(weekday, datetime.min.time(), datetime.max.time().replace(microsecond=0)) for weekday in range(7)
]


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader makes of one event. Days are whole days, the end excluded; moments are UTC."""

    uid: str
    summary: str
    status: str
    starts: datetime | date
    ends: datetime | date
    location: str = ""

    @property
    def all_day(self) -> bool:
        return not isinstance(self.starts, datetime)


@dataclass(frozen=True, slots=True)
class State:
    name: str
    zone: str
    body: bytes
    says: tuple[Told, ...]


def every_state() -> list[State]:
    """All of them. Needs the database."""
    return [*of_one_life(), *in_other_zones(), *in_other_scripts(), at_the_cap()]


def of_one_life() -> list[State]:
    """One couple's calendar: booked, with windows and details and alarms, moved, cancelled, silent, ended."""
    scene = a_scene()
    empty, _ = a_link(scene)
    states = [_state("empty plan", scene, empty, BOOKED, neutral(empty))]
    scene.book()
    states.append(_state("booked", scene, empty, BOOKED, visit_of(scene)))
    full, _ = a_link(scene, shows_windows=True, has_alarms=True)
    windows = windows_of(scene)
    assert windows
    states.append(_state("with windows and alarms", scene, full, BOOKED, visit_of(scene), *windows))
    later = BOOKED + timedelta(hours=1)
    scene.move(OTHER, later)
    states.append(_state("moved", scene, empty, later, visit_of(scene)))
    scene.cancel(later)
    states.append(_state("cancelled", scene, empty, later, visit_of(scene, "CANCELLED")))
    new, _ = services.rotate(link=full, actor=scene.nurse, at=later)
    full.refresh_from_db()
    states.append(_state("rotated", scene, full, later, neutral(full)))
    services.revoke(link=new, actor=scene.nurse, at=later)
    new.refresh_from_db()
    states.append(_state("revoked", scene, new, later, neutral(new)))
    scene.lose(later + timedelta(hours=1))
    states.append(_state("silent", scene, empty, later + timedelta(hours=2), neutral(empty)))
    return states


def in_other_zones() -> list[State]:
    """Visits on both sides of a change of clocks and on the day itself, where New York and London have one."""
    return [
        _on_days("london", rows.LONDON, [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]),
        _on_days("new york", NEW_YORK, [date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)]),
        _twice("the hour that happens twice", "America/New_York"),
    ]


def in_other_scripts() -> list[State]:
    """Who reads Hindi, Telugu, Urdu, in clinics of several scripts; a name has 200 signs and stands nowhere."""
    titles = {
        "hi": ("झील रोड केंद्र; पहला, तल", "अपॉइंटमेंट, झील रोड केंद्र; पहला, तल"),
        "te": ("Lake Road", "అపాయింట్\u200cమెంట్, Lake Road"),
        "ur": ("Lake Road", "اپائنٹمنٹ، Lake Road"),
    }
    states = []
    for language, (name, title) in titles.items():
        place = "సరస్సు రోడ్డు, హైదరాబాద్ \\ రెండవ అంతస్తు, చార్మినార్ దగ్గర"
        given = replace(rows.HYDERABAD, slug=f"reads-{language}", discreet_name=name, discreet_place=place)
        scene = _elsewhere(given, given_name="व" * 100, family_name="శ్రీనివాస" * 11, language=language)
        scene.book()
        link, _ = a_link(scene)
        states.append(_state(f"who reads {language}", scene, link, BOOKED, visit_of(scene, title=title)))
    return states


def at_the_cap() -> State:
    """1,500 visits would be 500 KB: what is left is near, and every reader takes it."""
    entries = [
        Entry(
            uid=f"{n}@appointments.invalid",
            shape=Shape.BOOKED,
            starts=VISIT + timedelta(days=n),
            ends=VISIT + timedelta(days=n, hours=1),
            sequence=n,
            revised_at=BOOKED,
            summary="व" * 200,
        )
        for n in range(1500)
    ]
    body = calendar_bytes(name="Lake Road", zone="Asia/Kolkata", entries=entries, today=BOOKED.date())
    kept = body.count(b"BEGIN:VEVENT")
    says = (Told(entry.uid, entry.summary, "CONFIRMED", entry.starts, entry.ends) for entry in entries[:kept])
    return State("300 KB", "Asia/Kolkata", body, tuple(says))


def visit_of(scene: Scene, status: str = "CONFIRMED", title: str = "") -> Told:
    """The first dose as its row has it."""
    row = scene.visit
    assert row.starts_at is not None
    assert row.ends_at is not None
    title = title or f"Appointment, {scene.clinic.discreet_name}"
    said = title if status == "CONFIRMED" else f"CANCELLED - {title}"
    return Told(row.uid, said, status, row.starts_at, row.ends_at, scene.clinic.discreet_place)


def windows_of(scene: Scene) -> list[Told]:
    """What is not yet agreed and still ahead, of those to which the recipient comes."""
    title = f"Appointment, {scene.clinic.discreet_name}: window, the day is not yet agreed"
    waiting = Appointment.objects.filter(
        treatment=scene.treatment, state__in=("proposed", "waiting"), held=False, starts_at=None
    )
    return [
        Told(row.uid, title, "TENTATIVE", first, last + timedelta(days=1))
        for row in waiting
        if "recipient" in row.attends
        and (first := row.bookable_from or row.earliest_on)
        and (last := row.bookable_to or row.latest_on)
        and first <= last
    ]


def neutral(link: FeedLink) -> Told:
    """The one past day of a calendar that has nothing else."""
    first = link.created_at.astimezone(ZoneInfo(link.clinic.zone)).date() - timedelta(days=1)
    stored = build(link, link.ended_at or link.created_at).body.decode()
    uid = stored.partition("UID:")[2].partition("\r\n")[0]
    return Told(uid, link.clinic.discreet_name, "CONFIRMED", first, first + timedelta(days=1))


def _state(name: str, scene: Scene, link: FeedLink, at: datetime, *says: Told) -> State:
    return State(name, scene.clinic.zone, build(link, at).body, says)


def _elsewhere(given: ClinicInput, **recipient: str) -> Scene:
    """A couple of another clinic that is open at any hour."""
    clinic = rows.a_clinic(given)
    clinics.set_hours(clinic=clinic, spans=ALL_WEEK, actor=rows.SYSTEM, at=rows.AT)
    nurse, doctor = (
        rows.staff(clinic, "nurse", f"n-{given.slug}"),
        rows.staff(clinic, "doctor", f"d-{given.slug}"),
    )
    couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, **recipient))
    treatment = rows.a_treatment(clinic, couple=couple)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, rows.AT, 4)
    return Scene(clinic, nurse, doctor, couple, treatment)


def _on_days(name: str, given: ClinicInput, days: list[date]) -> State:
    """One visit at nine on each of the days, by the clinic's clock: what a nurse means by nine."""
    scene = _elsewhere(given)
    zone = ZoneInfo(given.zone)
    link, _ = a_link(scene)
    found = list(
        Appointment.objects.filter(treatment=scene.treatment, step="sensitisation").order_by("occurrence")
    )
    says = []
    for row, day in zip(found, days, strict=False):
        nine = datetime(day.year, day.month, day.day, 9, tzinfo=zone).astimezone(UTC)
        Appointment.objects.filter(pk=row.pk).update(
            status="booked",
            touched=True,
            starts_at=nine,
            ends_at=nine + timedelta(hours=1),
            recipient_id=scene.couple.recipient_id,
        )
        title = f"Appointment, {given.discreet_name}"
        says.append(Told(row.uid, title, "CONFIRMED", nine, nine + timedelta(hours=1), given.discreet_place))
    return _state(name, scene, link, BOOKED, *says)


def _twice(name: str, zone: str) -> State:
    """01:30 on the day on which it comes twice: both, each at its own moment."""
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    entries = [
        Entry(f"{n}@x", Shape.BOOKED, at, at + timedelta(minutes=30), 0, BOOKED, "Appointment")
        for n, at in enumerate((first, first + timedelta(hours=1), first + timedelta(days=1)))
    ]
    body = calendar_bytes(name="Hudson", zone=zone, entries=entries, today=BOOKED.date())
    says = tuple(Told(e.uid, e.summary, "CONFIRMED", e.starts, e.ends) for e in entries)
    return State(name, zone, body, says)
