"""What a person's calendar shows: from rows to entries. The same rows give the same entries, whoever asks and
when.

Shown: what was agreed (booked and not pencilled), for thirty days also that something was called off, and to
those who asked for it the days between which something not yet agreed will fall. A silent couple's future is
not shown and not struck through either: it is simply gone. Of a couple that parted nothing is shown. There is always at
least one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import Q

from apps.clinic.clock import local_date
from apps.clinic.models import Change, Clinic
from apps.couples.queries import silent_elsewhere
from apps.feeds.ical import Entry, Shape
from apps.feeds.models import FeedLink
from apps.feeds.revisions import Around, around
from apps.feeds.words import Wording
from apps.treatments.loading import persons_coming
from apps.treatments.models import Appointment, CalendarEntry
from protocols.plan import State
from protocols.status import Status

PAST = timedelta(days=30)
AHEAD = timedelta(days=548)
CANCELLED_FOR = timedelta(days=30)
# After these nothing that the two had planned together is anybody's calendar's business, not even what is past.
_SHOWN = (Status.BOOKED.value, Status.ARRIVED.value, Status.FULFILLED.value, Status.NOSHOW.value)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that the entries of one link are made of."""

    link: FeedLink
    visits: list[Appointment]
    entries: dict[UUID, CalendarEntry]
    called_off: dict[UUID, datetime]
    silenced: dict[UUID, datetime]
    silent: frozenset[UUID]
    wording: Wording
    around: Around
    at: datetime

    @property
    def clinic(self) -> Clinic:
        return self.link.clinic

    @property
    def today(self) -> date:
        return local_date(self.clinic.zone, self.at)


def gather(link: FeedLink, at: datetime) -> Gathered:
    """The rows: visits, revisions, cancellations, silences; the words for them, and how often those have changed."""
    person = link.person
    wording = Wording.of(link.clinic, person.language)
    theirs = Q(treatment__couple__recipient=person) | Q(treatment__couple__partner=person)
    visits = list(
        Appointment.objects.filter(theirs, clinic=link.clinic_id)
        .select_related("treatment__couple", "treatment__protocol_version", "treatment__clinic")
        .order_by("id")
    )
    treatments = {visit.treatment_id for visit in visits}
    couples = {visit.treatment.couple_id: visit.treatment.couple for visit in visits}
    entries = CalendarEntry.objects.filter(treatment__in=treatments)
    # A pencil mark was never shown, so it is not struck through either.
    called_off = Change.objects.filter(
        treatment_id__in=treatments, kind="appointment.cancelled", detail__pencilled__isnull=True
    )
    silenced = Change.objects.filter(couple_id__in=couples, kind="couple.silenced")
    return Gathered(
        link=link,
        visits=visits,
        entries={entry.appointment_id: entry for entry in entries},
        called_off=dict(called_off.order_by("id").values_list("subject_id", "at")),
        silenced={
            couple: at for couple, at in silenced.order_by("id").values_list("couple_id", "at") if couple
        },
        silent=frozenset(
            pk for pk, couple in couples.items() if couple.is_silent or silent_elsewhere(person, couple)
        ),
        wording=wording,
        around=around(link, wording),
        at=at,
    )


def entries_of(gathered: Gathered) -> list[Entry]:
    """The calendar's entries, at least one."""
    found = [entry for visit in gathered.visits if (entry := _entry(gathered, visit)) is not None]
    if gathered.link.shows_windows:
        found.extend(_windows(gathered, {entry.uid for entry in found}))
    return found or [neutral_entry(gathered.link)]


def neutral_entry(link: FeedLink) -> Entry:
    """One past day that says nothing: what stands in a calendar that would be empty, and in one that has
    ended.

    An empty calendar empties some programs, is refused by others and ignored by the rest; this one is taken
    by all.
    """
    wording = Wording.of(link.clinic, link.person.language)
    beside = around(link, wording)
    on = local_date(link.clinic.zone, link.created_at) - timedelta(days=1)
    return Entry(
        uid=f"{uuid5(link.pk, 'neutral')}@{settings.FEED_UID_DOMAIN}",
        shape=Shape.NEUTRAL,
        starts=on,
        ends=on,
        sequence=beside.number + (not link.is_live),
        revised_at=max(link.changed_at, beside.changed_at),
        summary=wording.name,
    )


def _entry(gathered: Gathered, visit: Appointment) -> Entry | None:
    """A visit with a time, if it is shown to this person."""
    if visit.starts_at is None or visit.ends_at is None or visit.pencilled:
        return None
    if gathered.link.person_id not in (visit.recipient_id, visit.partner_id):
        return None
    if not -PAST <= visit.starts_at - gathered.at <= AHEAD:
        return None
    if visit.treatment.couple.parted_since is not None:
        return None
    if visit.treatment.couple_id in gathered.silent and visit.starts_at > gathered.at:
        return None
    if visit.status in _SHOWN:
        return _timed(gathered, visit, Shape.BOOKED, gathered.wording.title)
    if visit.status == Status.CANCELLED and _shows_cancelled(gathered, visit):
        return _timed(gathered, visit, Shape.CANCELLED, gathered.wording.cancelled)
    return None


def _shows_cancelled(gathered: Gathered, visit: Appointment) -> bool:
    """For thirty days, and never what was called off before or with a silence."""
    called_off = gathered.called_off.get(visit.pk)
    if called_off is None or gathered.at - called_off > CANCELLED_FOR:
        return False
    silenced = gathered.silenced.get(visit.treatment.couple_id)
    return visit.treatment.couple_id not in gathered.silent and (silenced is None or silenced < called_off)


def _timed(gathered: Gathered, visit: Appointment, shape: Shape, summary: str) -> Entry:
    assert visit.starts_at is not None
    assert visit.ends_at is not None
    sequence, revised_at = _revision(gathered, visit)
    link, wording = gathered.link, gathered.wording
    return Entry(
        uid=visit.uid,
        shape=shape,
        starts=visit.starts_at,
        ends=visit.ends_at,
        sequence=sequence,
        revised_at=revised_at,
        summary=summary,
        location=wording.address if link.shows_details else wording.place,
        details=_details(visit, wording) if link.shows_details else "",
        has_alarm=link.has_alarms and shape is Shape.BOOKED,
    )


def _details(visit: Appointment, wording: Wording) -> str:
    """What the person asked to read as well: still neither a name nor what the appointment is for."""
    return wording.details_of_both if visit.recipient_id and visit.partner_id else wording.details


def _windows(gathered: Gathered, shown: set[str]) -> Iterator[Entry]:
    """Days between which a visit that nobody has booked will fall, as far as the rest of the plan leaves
    them. Never for silent couples or held visits.
    """
    for visit in gathered.visits:
        span = _span(visit)
        wanted = visit.state in (State.PROPOSED, State.WAITING) and not visit.held
        if span is None or not wanted or visit.in_force or visit.uid in shown:
            continue
        first, last = span
        ahead = gathered.today <= last and first - gathered.today <= AHEAD
        if visit.treatment.couple_id in gathered.silent or visit.treatment.is_closed or not ahead:
            continue
        if gathered.link.person_id not in _who_would_come(visit, gathered.at):
            continue
        sequence, revised_at = _revision(gathered, visit)
        yield Entry(
            uid=visit.uid,
            shape=Shape.WINDOW,
            starts=first,
            ends=last,
            sequence=sequence,
            revised_at=revised_at,
            summary=gathered.wording.window,
        )


def _span(visit: Appointment) -> tuple[date, date] | None:
    """First and last day that a visit can be agreed for; None while either is open, or nothing is left."""
    first, last = visit.bookable_from or visit.earliest_on, visit.bookable_to or visit.latest_on
    return (first, last) if first and last and first <= last else None


def _who_would_come(visit: Appointment, at: datetime) -> Iterable[UUID | None]:
    return persons_coming(visit.treatment, visit.attends, visit.plan.get("donor") or "")


def _revision(gathered: Gathered, visit: Appointment) -> tuple[int, datetime]:
    """SEQUENCE, and the newest change of everything that the entry shows: the visit, and what stands around it."""
    entry, beside = gathered.entries.get(visit.pk), gathered.around
    own, changed_at = (entry.sequence, entry.changed_at) if entry else (0, visit.changed_at)
    return beside.number + own, max(changed_at, beside.changed_at)
