"""What "please call us", or the word after a loss, would be if it were asked for now: by which way, in which words, when,
or why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from apps.clinic.clock import local_date
from apps.clinic.queries import brake_of
from apps.couples.models import WRITTEN, Couple, Person
from apps.couples.route_queries import Way
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.notices import CALL_US_HOLDS, UPDATED_HOLDS
from apps.reminders.present import is_paused, why_no_notice
from apps.reminders.queries import withheld
from apps.reminders.registered import NotRegistered
from apps.reminders.texts import CALL_US, UPDATED
from apps.reminders.timing import Week, first_to_explain, moment_to_send
from apps.reminders.wording import letter_of, way_for
from apps.reminders.words import ClinicalWord

_OPEN = (DeliveryState.PENDING, DeliveryState.LEASED)


@dataclass(frozen=True, slots=True)
class CallUs:
    """One person. `why_not` is a code as in `queries.withheld` or `present.why_no_notice`, or `no_way`, `by_hand` (they
    wish to be told by staff), `not_registered`, `clinical_word`, `no_hour`: then nothing can be asked for. `waits_for`
    (`braked`, `unread text`) only holds it back; `asked_today` says that it went today already. `goes_at` is the first
    moment at which it may go, "please call us" only while somebody is there to explain, if nothing holds it back longer.
    """

    person: Person
    why_not: str = ""
    waits_for: tuple[str, ...] = ()
    channel: str = ""
    address: str = ""
    language: str = ""
    subject: str = ""
    body: str = ""
    goes_at: datetime | None = None
    standing: Delivery | None = None
    last: Delivery | None = None
    asked_today: bool = False


def foretell_call_us(*, couple: Couple, person: Person, at: datetime) -> CallUs:
    """What asking for it at the moment `at` would come to."""
    first = first_to_explain(Week.of(person.clinic), at)
    row = _as_if(person, CALL_US, at, max(first, at) + CALL_US_HOLDS)
    return _foretell(row, withheld(couple, person), at)


def foretell_after_loss(*, person: Person, at: datetime) -> CallUs:
    """What asking for the word after a loss would come to at the moment `at`."""
    return _foretell(_as_if(person, UPDATED, at, at + UPDATED_HOLDS), "", at)


def _foretell(row: Delivery, withheld_for: str, at: datetime) -> CallUs:
    person = row.person
    last = Delivery.objects.filter(person=person, kind=row.kind).order_by("-created_at").first()
    found = CallUs(
        person=person,
        standing=last if last is not None and last.state in _OPEN else None,
        last=last,
        asked_today=_was_asked_today(last, at),
    )
    why = withheld_for or why_no_notice(row)
    way = None if why else way_for(row)
    if not why and way is not None and way.channel not in WRITTEN:
        why = "by_hand"
    if why or way is None:
        return replace(found, why_not=why or "no_way")
    return _worded(found, row, way, at)


def _worded(found: CallUs, row: Delivery, way: Way, at: datetime) -> CallUs:
    person = found.person
    try:
        letter = letter_of(row, None, way, at)
    except (NotRegistered, ClinicalWord) as fault:
        code = "not_registered" if isinstance(fault, NotRegistered) else "clinical_word"
        return replace(found, why_not=code)
    goes_at = moment_to_send(
        kind=row.kind,
        channel=way.channel,
        now=at,
        not_after=row.not_after,
        starts_at=None,
        person=person,
        clinic=person.clinic,
    )
    return replace(
        found,
        why_not="" if goes_at < row.not_after else "no_hour",
        waits_for=_waits_for(person),
        channel=way.channel,
        address=way.address,
        language=letter.language,
        subject=letter.subject,
        body=letter.body,
        goes_at=goes_at,
    )


def _was_asked_today(last: Delivery | None, at: datetime) -> bool:
    """It was asked for on this very day of the clinic, and went or may have gone: once a day is enough."""
    if last is None or not last.may_have_arrived:
        return False
    zone = last.person.clinic.zone
    return local_date(zone, last.created_at) == local_date(zone, at)


def _as_if(person: Person, kind: str, at: datetime, not_after: datetime) -> Delivery:
    return Delivery(
        clinic=person.clinic,
        person=person,
        kind=kind,
        key="as if",
        due_at=at,
        next_try_at=at,
        created_at=at,
        not_after=not_after,
    )


def _waits_for(person: Person) -> tuple[str, ...]:
    found = {"braked": brake_of(person.clinic) is not None, "unread text": is_paused(person)}
    return tuple(reason for reason, holds in found.items() if holds)
