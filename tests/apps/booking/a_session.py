"""A dose of cells on its day: booked, its chain of activities in rows, and the staff who run it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.booking import services as booking
from apps.booking.models import DonorUnit, SessionActivity
from apps.booking.session.fitness import check_fitness
from apps.booking.session.running import finish_activity, pass_gate
from apps.booking.session.units import label_unit
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, User
from apps.treatments.models import Appointment, Treatment
from apps.treatments.queries import template
from tests import rows
from tests.rows import AT

STEP = "sensitisation"
# The Monday three weeks later, at 08:30 and 11:30 of Hyderabad.
STARTS = AT + timedelta(weeks=3) - timedelta(hours=3)
DAY = AT + timedelta(weeks=3)
FIT: dict[str, dict[str, Any]] = {
    "recipient": {
        "fever": "no",
        "pregnancy": "clear",
        "medicines": "no",
        "vaccine": "no",
        "reaction": "no",
    },
    "donor": {"fever": "no", "medicines": "no", "vaccine": "no", "donor_fit": "yes"},
}


@dataclass(frozen=True)
class Session:
    """One booked dose and whoever may be needed for it."""

    clinic: Clinic
    treatment: Treatment
    staff: dict[str, Actor]

    @property
    def row(self) -> Appointment:
        return rows.visit(self.treatment, STEP)

    def activity(self, kind: str) -> SessionActivity:
        return SessionActivity.objects.get(appointment=self.row, kind=kind)

    def by(self, role: str) -> Actor:
        return self.staff[role]

    def answered(self, at: datetime = DAY, **changed: dict[str, Any]) -> None:
        """Both are asked; `changed` says what one of them answers otherwise."""
        said = {who: {**FIT[who], **changed.get(who, {})} for who in FIT}
        check_fitness(appointment=self.row, answers=said, actor=self.by("nurse"), at=at)  # type: ignore[arg-type]

    def drawn(self, at: datetime = DAY) -> None:
        self.answered(at)
        finish_activity(activity=self.activity("draw"), actor=self.by("nurse"), at=at)

    def released(self, at: datetime = DAY) -> None:
        self.drawn(at)
        pass_gate(appointment=self.row, actor=self.by("doctor"), at=at + timedelta(hours=1))


def a_session(*, chain: bool = True, screened: bool = True) -> Session:
    """Dose 1 booked for the day; with `chain` its activities stand one after the other from its start."""
    clinic = rows.a_clinic()
    staff = {role: rows.staff(clinic, role) for role in ("nurse", "doctor", "lab", "manager")}
    treatment = rows.a_treatment(clinic)
    nurse = staff["nurse"]
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    booking.book(appointment=rows.visit(treatment, STEP), starts_at=STARTS, actor=nurse, at=AT)
    if screened:
        rows.screened(treatment, nurse, DAY)
    found = Session(clinic, treatment, staff)
    SessionActivity.objects.filter(appointment=found.row).delete()
    if chain:
        lay(found)
    return found


def lay(session: Session) -> None:
    """The chain of the protocol in rows, without anybody waiting."""
    recipe = template(session.treatment.protocol_version)
    begins = STARTS
    for position, one in enumerate(recipe.session_of(STEP).activities):
        ends = begins + timedelta(minutes=one.minutes)
        SessionActivity.objects.create(
            clinic=session.clinic,
            appointment=session.row,
            position=position,
            name=one.name,
            kind=one.kind,
            title=one.title,
            starts_at=begins,
            ends_at=ends,
            attends=list(one.attends),
        )
        begins = ends


SECRET = "a-long-enough-secret"


def with_password(actor: Actor) -> str:
    """Gives the member of staff a password to sign with; their sign-on name."""
    user = User.objects.get(pk=actor.user_id)
    user.set_password(SECRET)
    user.save(update_fields=["password"])
    return user.username


def a_released_unit(row: Appointment, nurse: Actor, doctor: Actor, at: datetime) -> DonorUnit:
    """Drawn three hours before `at`, released two hours later."""
    [unit] = label_unit(appointment=row, drawn_at=at - timedelta(hours=3), actor=nurse, at=at)
    pass_gate(appointment=row, actor=doctor, at=at, happened_at=at - timedelta(hours=1))
    unit.refresh_from_db()
    return unit


def dose_given(labelled: DonorUnit, second: Actor, /, **changed: str) -> dict[str, str]:
    """What the form of a dose sends, all of it right."""
    return {
        "asked": "on",
        "unit": labelled.check_code,
        "second_unit": labelled.check_code,
        "second_name": with_password(second),
        "second_password": SECRET,
        "cells_million": "8",
        "viability_percent": "95",
        "volume_ml": "1",
        "sites": "4",
        "route": "intradermal",
        "arm": "left",
        "on": labelled.drawn_on.isoformat(),
        **changed,
    }
