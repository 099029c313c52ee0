"""One couple, both of whom come to the first dose: booked, moved and cancelled through the services."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic, sleep

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.models import Change, ChangeReader, Clinic
from apps.couples.models import Couple, Person
from apps.reminders import services
from apps.reminders.channels import MemoryChannel
from apps.reminders.derivation import READER
from apps.reminders.models import Delivery
from apps.treatments.models import Appointment, Treatment
from tests import rows

# The day of the first dose, Thursday 15 January, 08:30 in Hyderabad, and the Wednesday a week before it.
VISIT = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
OTHER = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)
BOOKED = datetime(2026, 1, 7, 6, 0, tzinfo=UTC)
THREE_DAYS_BEFORE = datetime(2026, 1, 12, 3, 30, tzinfo=UTC)  # 09:00 in Hyderabad
DAY_BEFORE = datetime(2026, 1, 14, 3, 30, tzinfo=UTC)


@dataclass
class Scene:
    """The cast of a test, and its acts."""

    clinic: Clinic
    nurse: Actor
    doctor: Actor
    couple: Couple
    treatment: Treatment
    channel: MemoryChannel = field(default_factory=MemoryChannel)

    @property
    def visit(self) -> Appointment:
        return rows.visit(self.treatment, "sensitisation", 1)

    @property
    def recipient(self) -> Person:
        return Person.objects.get(pk=self.couple.recipient_id)

    @property
    def partner(self) -> Person:
        return Person.objects.get(pk=self.couple.partner_id)

    def book(self, starts_at: datetime = VISIT, at: datetime = BOOKED) -> None:
        booking.book(appointment=self.visit, starts_at=starts_at, actor=self.nurse, at=at, reason="her wish")

    def move(self, starts_at: datetime, at: datetime) -> None:
        booking.move(appointment=self.visit, starts_at=starts_at, actor=self.nurse, at=at, reason="her wish")

    def cancel(self, at: datetime) -> None:
        booking.cancel(appointment=self.visit, reason="closed", actor=self.nurse, at=at)

    def lose(self, at: datetime) -> None:
        rows.said(self.treatment, self.nurse, at, "milestone", name="loss", on=at.date())

    def derive(self, at: datetime) -> None:
        """What the changes of this very transaction ask for; a sweep would see them after the commit."""
        services.derive_treatments([self.treatment.pk], at)

    def send_due(self, at: datetime) -> list[str]:
        """Derives, claims and sends; the states that the claimed rows are left in."""
        self.derive(at)
        services.recover_leases(at=at)
        services.expire(at=at)
        return [services.deliver(claim, self.channel, at=at) for claim in services.claim_due(limit=50, at=at)]

    def kinds(self, **filters: object) -> list[tuple[str, str, str]]:
        found = Delivery.objects.filter(**filters).order_by("due_at", "role", "created_at")
        return [(row.kind, row.role, row.state) for row in found]


def a_scene() -> Scene:
    clinic = rows.a_clinic()
    nurse, doctor = rows.staff(clinic, "nurse"), rows.staff(clinic, "doctor")
    couple = rows.a_couple(clinic, partner=replace(rows.ARJUN, email="a@example.org"))
    treatment = rows.a_treatment(clinic, couple=couple)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, rows.AT, 4)
    return Scene(clinic, nurse, doctor, couple, treatment)


def caught_up(scene: Scene, at: datetime) -> services.Swept:
    """Sweeps until every change has been read: other transactions of the server may hold the watermark back."""
    until = monotonic() + 20
    total = services.sweep(channel=scene.channel, at=at)
    while monotonic() < until and not _all_read():
        sleep(0.05)
        again = services.sweep(channel=scene.channel, at=at)
        for name, number in again.counts().items():
            setattr(total, name, getattr(total, name) + number)
    return total


def _all_read() -> bool:
    mark = ChangeReader.objects.get(pk=READER)
    return not Change.objects.filter(xid__gte=mark.xid, pk__gt=mark.last_id).exists()
