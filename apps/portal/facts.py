"""What a page shows without a code: when, where, who comes. Nothing of what for, and after a silence nothing at all.

It shows what the person's calendar shows (`apps.feeds`), of today and later.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from apps.booking.coming_queries import with_coming
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Couple, Person
from apps.couples.queries import couples_with
from apps.couples.wishes import has_stopped, wished_by
from apps.portal.more import heard_couples
from apps.reminders.words import discreet
from apps.treatments.models import Appointment
from apps.treatments.overlap import STATUSES_IN_FORCE
from protocols.status import Status


@dataclass(frozen=True, slots=True)
class Ahead:
    """One appointment to come, in the clinic's wall time. `coming`: who of those who come has said so."""

    row: Appointment
    starts: datetime
    both: bool
    coming: Collection[UUID]
    person: UUID

    @property
    def id(self) -> UUID:
        return self.row.pk

    @property
    def said(self) -> bool:
        """The person whose page it is has said that they come."""
        return self.person in self.coming

    @property
    def can_say(self) -> bool:
        """Arrived, there is nothing to say any more."""
        return self.row.status == Status.BOOKED.value


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of one person at one moment that stands on a page without a code.

    `quiet`: there is a couple of theirs, and nothing is said to any. `own_wish`: couples that are quiet by this person's
    own wish, which they may take back. `stopped`: this person wished it, whatever else keeps them quiet besides.
    """

    ahead: tuple[Ahead, ...]
    quiet: bool
    own_wish: tuple[Couple, ...]
    stopped: bool

    @property
    def next(self) -> Ahead | None:
        return self.ahead[0] if self.ahead else None

    @property
    def later(self) -> tuple[Ahead, ...]:
        return self.ahead[1:]


@dataclass(frozen=True, slots=True)
class Outside:
    """The clinic in the words that it uses to the outside, or none of them where a clinical word got in."""

    name: str
    place: str
    number: str

    @classmethod
    def of(cls, clinic: Clinic) -> Outside:
        return cls(discreet(clinic.discreet_name), discreet(clinic.discreet_place), clinic.phone)

    @property
    def dial(self) -> str:
        """The number as a phone takes it."""
        return "".join(sign for sign in self.number if sign.isdigit() or sign == "+")


def facts_of(person: Person, at: datetime) -> Facts:
    """What the person's page shows at the moment `at`. Four queries, and a few more for each couple."""
    couples = list(couples_with(person.clinic, person))
    heard = heard_couples(person)
    mine = with_coming(_visits_of(person).filter(treatment__couple__in=heard, ends_at__gt=at))
    return Facts(
        ahead=tuple(_ahead(visit, person) for visit in mine.order_by("starts_at", "pk")),
        quiet=bool(couples) and not heard,
        own_wish=tuple(one for one in couples if wished_by(person, one)),
        stopped=any(has_stopped(person, one) for one in couples),
    )


def still_stand(person: Person, couples: Collection[Couple], at: datetime) -> bool:
    """Whether the person is expected at an appointment of these couples, shown to them or not."""
    return _visits_of(person).filter(treatment__couple__in=couples, ends_at__gt=at, held=False).exists()


def ahead_by_id(person: Person, visit_id: UUID, at: datetime) -> Ahead:
    """One of the appointments that the page shows; NotFound for any other."""
    found = next((one for one in facts_of(person, at).ahead if one.id == visit_id), None)
    if found is None:
        raise NotFound("There is no such appointment.", field="appointment")
    return found


def _visits_of(person: Person) -> QuerySet[Appointment]:
    comes = Q(recipient=person) | Q(partner=person)
    return Appointment.objects.filter(
        comes, clinic=person.clinic_id, status__in=STATUSES_IN_FORCE, pencilled=False
    ).select_related("clinic", "treatment__couple", "treatment__clinic", "treatment__protocol_version")


def _ahead(visit: Appointment, person: Person) -> Ahead:
    assert visit.starts_at is not None
    zone = ZoneInfo(visit.zone or visit.clinic.zone)
    return Ahead(
        row=visit,
        starts=visit.starts_at.astimezone(zone).replace(tzinfo=None),
        both=visit.recipient_id is not None and visit.partner_id is not None,
        coming=visit.coming,  # type: ignore[attr-defined]  # set by with_coming
        person=person.pk,
    )
