"""The named cast in rows, made through the services. Four-line makers; every test says what it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, User
from apps.clinic.queries import actor_for
from apps.clinic.services import ClinicInput, Span
from apps.couples import services as couple_services
from apps.couples.models import Couple
from apps.couples.services import PersonInput

# A Monday morning in Hyderabad (11:30) and in London (06:00).
AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
SYSTEM = Actor.system("shell")

HYDERABAD = ClinicInput(
    name="Charminar Clinic",
    slug="hyderabad",
    zone="Asia/Kolkata",
    country="IN",
    subdivision="TS",
    phone="+91 40 5550 0100",
    address="1 Lake Road, Hyderabad",
    discreet_name="Lake Road",
    discreet_place="1 Lake Road",
)
LONDON = ClinicInput(
    name="Thames Clinic",
    slug="london",
    zone="Europe/London",
    country="GB",
    subdivision="ENG",
    phone="+44 20 7946 0100",
    address="2 River Street, London",
    discreet_name="River Street",
    discreet_place="2 River Street",
)
LALITHA = PersonInput(
    given_name="Lalitha", family_name="Rao", birth_on=date(1992, 3, 1), email="l@example.org"
)
ARJUN = PersonInput(given_name="Arjun", family_name="Rao", birth_on=date(1990, 7, 9), phone="+91 98480 22338")


def a_clinic(given: ClinicInput = HYDERABAD) -> Clinic:
    """Open Monday to Saturday, 08:00 to 18:00."""
    clinic = clinic_services.create_clinic(given=given, actor=SYSTEM, at=AT)
    spans = [Span(weekday, time(8), time(18)) for weekday in range(6)]
    clinic_services.set_hours(clinic=clinic, spans=spans, actor=SYSTEM, at=AT)
    return clinic


def a_user(name: str = "nisha") -> User:
    return User.objects.create_user(username=name, password=None)


def staff(clinic: Clinic, role: str, name: str = "") -> Actor:
    """A member of staff of the clinic who signed in, as an actor."""
    user = a_user(name or f"{role}-{clinic.slug}")
    clinic_services.add_member(clinic=clinic, user=user, role=role, actor=SYSTEM, at=AT)
    return actor_for(user, clinic, "admin")


def a_couple(clinic: Clinic, *, recipient: PersonInput = LALITHA, partner: PersonInput = ARJUN) -> Couple:
    """Both have agreed to be written to."""
    return couple_services.enrol_couple(
        clinic=clinic,
        recipient=replace(recipient, contact_consent_at=AT),
        partner=replace(partner, contact_consent_at=AT),
        actor=SYSTEM,
        at=AT,
    )
