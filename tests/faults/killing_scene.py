"""What the killed sweeps have to tell: visits that are moved again and again, and messages that stay true."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connections

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.reminders.channels.office import PostOffice
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.queries import undelivered
from apps.reminders.services import say, sweep
from apps.reminders.texts import TRIAL
from apps.treatments.models import Appointment
from protocols.reminders import CONFIRMATION
from tests import rows

AT = rows.AT
# Three weeks ahead: whatever happens in the days of the kills, nothing here becomes too late.
FIRST = datetime(2026, 1, 27, 3, 30, tzinfo=UTC)
MOVED, PLACES = 5, 8
VISIBLE = (DeliveryState.UNKNOWN, DeliveryState.DEAD)
AFTERWARDS, PAUSE = 60, timedelta(minutes=12)


class KillingScene:
    """Visits that are moved in turn, and somebody who is sent one trial message after the other."""

    def __init__(self, mail_port: int) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_port
        self.clinic: Clinic = rows.a_clinic(replace(rows.HYDERABAD, slug="kills"))
        self.nurse: Actor = rows.staff(self.clinic, "nurse")
        self.hears = rows.a_couple(self.clinic).recipient
        self.visits = [rows.visit(rows.a_treatment(self.clinic), "sensitisation", 1) for _ in range(MOVED)]
        for number, visit in enumerate(self.visits):
            booking.book(
                appointment=visit, starts_at=start_of(number), actor=self.nurse, at=AT, reason="her wish"
            )
        self.rounds = 0
        for minute in range(1, 4):
            sweep(channel=PostOffice(), at=AT + timedelta(minutes=minute))
        connections.close_all()

    def more(self, at: datetime, count: int) -> None:
        """`count` further messages are due, and every third time a visit has moved, all at this moment."""
        self.rounds += 1
        if self.rounds % 3 == 0:
            self._move(self.visits[self.rounds // 3 % MOVED], at)
        for number in range(count):
            say(
                person=self.hears,
                kind=TRIAL,
                key=f"{self.rounds}-{number}",
                blanks={},
                actor=self.nurse,
                at=at,
                not_after=FIRST,
            )
        connections.close_all()

    def _move(self, visit: Appointment, at: datetime) -> None:
        visit.refresh_from_db()
        starts_at = start_of(self.rounds)
        booking.move(appointment=visit, starts_at=starts_at, actor=self.nurse, at=at, reason="her wish")

    def afterwards(self, at: datetime) -> None:
        """Sweeps that nobody kills, until nothing is due; more of them than any message may need are a fault."""
        for number in range(AFTERWARDS):
            done = sweep(channel=PostOffice(), at=at + number * PAUSE)
            due = Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=at)
            if not done.changes and not due.exists() and not Delivery.objects.filter(state="leased").exists():
                return

    def states(self) -> Counter[str]:
        return Counter(Delivery.objects.values_list("state", flat=True))

    def faults(self, taken: Counter[str], at: datetime) -> list[str]:
        """Everything that is not as it must be; `taken` is what the mail server's journal says."""
        found = []
        deliveries = {str(row.pk): row for row in Delivery.objects.all()}
        shown = {str(row.pk) for row in undelivered(self.clinic)}
        found += [f"{pk}: taken and not ours" for pk in taken.keys() - deliveries.keys()]
        for pk, row in deliveries.items():
            found += [f"{pk}: {fault}" for fault in faults_of(row, taken[pk], pk in shown, at)]
        return found + [fault for visit in self.visits for fault in self._not_told(visit)]

    def _not_told(self, visit: Appointment) -> list[str]:
        """Who comes knows the time of today, or it can be seen that nobody knows whether they do."""
        visit.refresh_from_db()
        told = Delivery.objects.filter(appointment_id=visit.pk, starts_at=visit.starts_at).filter(
            kind__startswith=CONFIRMATION, state__in=(DeliveryState.SENT, *VISIBLE)
        )
        return [] if told.exists() else [f"visit {visit.pk}: nobody was told of {visit.starts_at}"]


def faults_of(row: Delivery, taken: int, shown: bool, at: datetime) -> list[str]:
    """What the law says of one message that the provider took so many times."""
    most = 1 if row.state in (DeliveryState.SENT, DeliveryState.UNKNOWN) else 0
    checks = {
        f"taken {taken} times": taken > most,
        "sent and never taken": row.state == DeliveryState.SENT and taken == 0,
        "still leased": row.state == DeliveryState.LEASED,
        "still due": row.state == DeliveryState.PENDING and row.due_at <= at,
        f"{row.state} and not shown": row.state in VISIBLE and not shown,
        f"{row.state} ({row.last_error}) although it was true": row.kind == TRIAL
        and row.state not in (DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.LEASED, *VISIBLE),
    }
    return [fault for fault, is_so in checks.items() if is_so]


def start_of(number: int) -> datetime:
    """Another hour of another day each time."""
    return FIRST + timedelta(days=number // 3 % 3, hours=number % PLACES)
