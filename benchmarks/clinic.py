"""A clinic in the benchmarks' own database, made through the services. Imported once Django is set up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache

from apps.clinic import services as clinics
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.couples import services as couples
from apps.couples.models import Couple
from apps.treatments import services as treatments
from apps.treatments.models import ProtocolVersion, Treatment
from protocols import library_text

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
START = date(2026, 1, 5)
SYSTEM = Actor.system("shell")


@cache
def the_clinic() -> Clinic:
    return a_clinic("bench")


def a_clinic(slug: str) -> Clinic:
    """Open Monday to Saturday."""
    given = clinics.ClinicInput(
        name="Charminar Clinic",
        slug=slug,
        zone="Asia/Kolkata",
        country="IN",
        phone="+91 40 5550 0100",
        address="1 Lake Road, Hyderabad",
        discreet_name="Lake Road",
        discreet_place="1 Lake Road",
    )
    clinic = clinics.create_clinic(given=given, actor=SYSTEM, at=AT)
    spans = [clinics.Span(weekday, time(8), time(18)) for weekday in range(6)]
    clinics.set_hours(clinic=clinic, spans=spans, actor=SYSTEM, at=AT)
    return clinic


@cache
def the_protocol() -> ProtocolVersion:
    return treatments.publish_protocol(
        clinic=the_clinic(), document=library_text("lit-standard"), signed_by="Dr Devi", actor=SYSTEM, at=AT
    )


def enrol() -> Couple:
    """A couple of two new people who agree to be written to."""
    recipient = couples.PersonInput(
        given_name="Lalitha", family_name="Rao", email="l@example.org", contact_consent_at=AT
    )
    partner = couples.PersonInput(given_name="Arjun", family_name="Rao", phone="+91 98480 22338")
    return couples.enrol_couple(
        clinic=the_clinic(), recipient=recipient, partner=partner, actor=SYSTEM, at=AT
    )


def start(couple: Couple) -> Treatment:
    return treatments.start_treatment(
        couple=couple, protocol_version=the_protocol(), started_on=START, actor=SYSTEM, at=AT
    )
