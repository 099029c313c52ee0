"""The named cast in rows, made through the services. Four-line makers; every test says what it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from apps.clinic import resources as clinic_resources
from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, Resource, User
from apps.clinic.queries import actor_for
from apps.clinic.resources import BatchInput
from apps.clinic.services import ClinicInput, Span
from apps.couples import services as couple_services
from apps.couples.models import Couple
from apps.couples.services import PersonInput, SaidYes
from apps.treatments import services as treatment_services
from apps.treatments.models import Appointment, Flag, ProtocolVersion, Record, Treatment
from protocols import library_text

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


def equipped(clinic: Clinic) -> dict[str, Resource]:
    """By name: two chairs, phlebotomy for two, a bench of three with a morning and an afternoon batch, two nurses, a
    doctor and an ultrasound; all there while the clinic is open.
    """
    listed = [
        ("chair", "Chair 1", 1),
        ("chair", "Chair 2", 1),
        ("phlebotomy", "Phlebotomy", 2),
        ("bench", "Bench", 3),
        ("nurse", "Nurse 1", 1),
        ("nurse", "Nurse 2", 1),
        ("doctor", "Doctor", 1),
        ("ultrasound", "Ultrasound", 1),
    ]
    made = {
        name: clinic_resources.add_resource(
            clinic=clinic, kind=kind, name=name, places=places, actor=SYSTEM, at=AT
        )
        for kind, name, places in listed
    }
    batches = (
        BatchInput("Morning", time(9), time(10), time(12)),
        BatchInput("Afternoon", time(13), time(14), time(16)),
    )
    clinic_resources.set_batches(resource=made["Bench"], batches=batches, actor=SYSTEM, at=AT)
    return made


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


def a_protocol(clinic: Clinic, name: str = "lit-standard") -> ProtocolVersion:
    """A protocol that ships, published by the clinic's doctor."""
    return treatment_services.publish_protocol(
        clinic=clinic, document=library_text(name), signed_by="Dr Sen", actor=SYSTEM, at=AT
    )


def a_treatment(
    clinic: Clinic,
    *,
    couple: Couple | None = None,
    protocol: ProtocolVersion | None = None,
    at: datetime = AT,
) -> Treatment:
    """A couple on the standard course that starts on the day of `at`."""
    return treatment_services.start_treatment(
        couple=couple or a_couple(clinic),
        protocol_version=protocol
        or ProtocolVersion.objects.filter(clinic=clinic).first()
        or a_protocol(clinic),
        started_on=at.date(),
        actor=SYSTEM,
        at=at,
    )


def another(clinic: Clinic, number: int = 2) -> Treatment:
    """The course of a further couple, of other people for each number."""
    her, him = PersonInput(given_name=f"Meena{number}"), PersonInput(given_name=f"Kiran{number}")
    return a_treatment(clinic, couple=a_couple(clinic, recipient=her, partner=him))


def a_yes(at: datetime) -> SaidYes:
    """Her word, on the phone on that day, that messages may go again."""
    return SaidYes(of="recipient", how="phone", on=at.date())


def said(treatment: Treatment, actor: Actor, at: datetime, kind: str, **fields: Any) -> Record:
    """A record, by whom and when."""
    return treatment_services.record(treatment=treatment, data={"kind": kind, **fields}, actor=actor, at=at)


def consented(treatment: Treatment, nurse: Actor, at: datetime = AT) -> None:
    """Both have signed."""
    for person in ("recipient", "partner"):
        said(treatment, nurse, at, "consent", person=person, on=at.date())


def screened(treatment: Treatment, nurse: Actor, at: datetime) -> None:
    """The partner's infection screen and the recipient's pregnancy test of that day are clear."""
    asked = [("partner", test) for test in ("hiv", "hbv", "hcv", "syphilis")]
    for person, test in [*asked, ("recipient", "pregnancy-test")]:
        said(
            treatment,
            nurse,
            at,
            "screening",
            person=person,
            test=test,
            outcome="clear",
            sampled_on=at.date(),
        )


def dosed(
    treatment: Treatment, nurse: Actor, at: datetime, occurrence: int, step: str = "sensitisation"
) -> Record:
    """A dose given at `at`, the partner screened that day."""
    screened(treatment, nurse, at)
    return said(treatment, nurse, at, "fulfilled", step=step, occurrence=occurrence, on=at.date())


def resulted(treatment: Treatment, nurse: Actor, at: datetime, value: float) -> Record:
    """An antibody result, sampled and reported on the day of `at`."""
    day = at.date()
    return said(treatment, nurse, at, "result", test="apca", sampled_on=day, resulted_on=day, value=value)


def after_three_doses(clinic: Clinic, nurse: Actor) -> tuple[Treatment, datetime]:
    """A couple whose baseline was negative and whose three doses are given; and the day of the antibody test."""
    treatment = a_treatment(clinic)
    consented(treatment, nurse)
    resulted(treatment, nurse, AT, 4)
    for number in (1, 2, 3):
        dosed(treatment, nurse, AT + timedelta(weeks=4 * number - 3), number)
    return treatment, AT + timedelta(weeks=13)


def visit(treatment: Treatment, step: str, occurrence: int = 1) -> Appointment:
    """The stored visit as it is now."""
    return Appointment.objects.get(treatment=treatment, step=step, occurrence=occurrence)


def flag(treatment: Treatment, code: str) -> Flag:
    """The one flag of that code as it is now."""
    return Flag.objects.get(treatment=treatment, code=code)
