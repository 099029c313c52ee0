"""What a booking would change, in words: visits, messages, calendar entries and what somebody would have to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.booking.preview_values import BookingPreview, EntryChange, FlagChange, Standing, VisitChange
from apps.booking.previewing import preview_booking
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.donor_rows import donor_foretold
from apps.desk.rows import number
from apps.reminders.foretelling import MessageChange, foretell
from apps.treatments.models import Appointment
from apps.treatments.queries import template
from apps.treatments.sensitivity import flag_without_donor_tests
from protocols import RULES


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changes: what, from what to what, and why the new day is that day."""

    title: str
    text: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Consequences:
    """The preview as a page shows it. `summary` counts what changes in one line."""

    preview: BookingPreview
    verdict: str
    summary: str
    visits: tuple[Line, ...]
    messages: tuple[Line, ...]
    entries: tuple[Line, ...]
    decisions: tuple[Line, ...]
    cleared: tuple[Line, ...]
    unfit: tuple[Line, ...]


def consequences_of(
    visit: Appointment, starts_at: datetime, desk: Desk, *, pencil: bool, minutes: int | None = None
) -> Consequences:
    """Reads everything that booking the visit then would change; writes nothing."""
    preview = preview_booking(
        appointment=visit, starts_at=starts_at, at=desk.at, pencil=pencil, minutes=minutes
    )
    told = foretell(treatment=visit.treatment, rows=preview.rows, at=desk.at) if preview.can_book else ()
    sayer = _Sayer(visit, desk, {row.pk: row for row in preview.rows})
    changes = (sayer.visit(change) for change in preview.visits if change.appointment_id != visit.pk)
    others = tuple(line for line in changes if line is not None)
    donor = donor_foretold(preview, visit)
    on = preview.starts_at.astimezone(ZoneInfo(visit.clinic.zone)).date()
    return Consequences(
        preview=preview,
        verdict=words.timing(words.window_of(visit.plan), on, words.room_of(visit.plan)),
        summary=_summary(
            len(others), len(told), len(preview.entries), map(sayer.owner, preview.flags_raised)
        ),
        visits=others,
        messages=(*sayer.messages(told), *([Line(*donor)] if donor else [])),
        entries=tuple(sayer.entry(entry) for entry in preview.entries),
        decisions=tuple(sayer.flag(flag) for flag in preview.flags_raised),
        cleared=tuple(sayer.flag(flag) for flag in preview.flags_cleared),
        unfit=tuple(sayer.named(change) for change in preview.no_longer_fits),
    )


def _summary(others: int, told: int, entries: int, owners: Iterable[str]) -> str:
    """What changes, counted: ``3 other visits, 2 messages, 1 doctor's decision``."""
    counts = [
        (others, ngettext("%(n)d other visit", "%(n)d other visits", others)),
        (told, ngettext("%(n)d message", "%(n)d messages", told)),
        (entries, ngettext("%(n)d calendar entry", "%(n)d calendar entries", entries)),
    ]
    lines = [text % {"n": n} for n, text in counts if n]
    for owner, n in sorted(Counter(owners).items()):
        text = ngettext("%(n)d %(owner)s's decision", "%(n)d %(owner)s's decisions", n)
        lines.append(text % {"n": n, "owner": owner})
    return ", ".join(lines)


@dataclass(frozen=True, slots=True)
class _Sayer:
    subject: Appointment
    desk: Desk
    rows: dict[Any, Appointment]

    @property
    def today(self) -> date:
        return self.desk.today(self.subject.clinic)

    def visit(self, change: VisitChange) -> Line | None:
        """What becomes of another visit; None where only a computation behind it is another."""
        was, becomes = self._stands(change.was), self._stands(change.becomes)
        if was == becomes:
            was, becomes = self._good(change.was), self._good(change.becomes)
        if was == becomes:
            return None
        line = self.named(change)
        return Line(line.title, f"{was} → {becomes}", line.because)

    def named(self, change: VisitChange) -> Line:
        """The visit as it would stand, and why it is then."""
        row = self.rows.get(change.appointment_id)
        because = row.plan.get("because_text", "") if row is not None else ""
        return Line(_named(change.title, row), self._stands(change.becomes), because)

    def _good(self, standing: Standing | None) -> str:
        """The days that need no reason, as far as they are known."""
        if standing is None or not (standing.first_good and standing.last_good):
            return _("good days not known")
        if standing.last_good < standing.first_good:
            return _("no good days")
        return _("good days %(span)s") % {
            "span": words.span(standing.first_good, standing.last_good, self.today)
        }

    def _stands(self, standing: Standing | None) -> str:
        if standing is None:
            return _("not in the plan")
        state = words.STATES[standing.state]
        if standing.on:
            state += f" {words.day(standing.on, self.today)}"
        return state + (f", {_('on hold')}" if standing.held else "")

    def messages(self, told: Iterable[MessageChange]) -> Iterable[Line]:
        """One line for what goes to several people at once: ``Confirmation to recipient and partner: now``."""
        roles: dict[tuple[str, str, datetime], list[str]] = {}
        for one in told:
            roles.setdefault((one.text, one.change, one.due_at), []).append(one.role)
        return (self._message(*what, sorted(to, reverse=True)) for what, to in roles.items())

    def _message(self, kind: str, change: str, due_at: datetime, roles: Sequence[str]) -> Line:
        when = _("now") if due_at <= self.desk.at else self._moment(due_at)
        text = _("not sent any more (was due %(when)s)") if change == "withdrawn" else "%(when)s"
        to = _(" and ").join(roles)
        title = _("%(text)s to %(role)s") % {"text": words.words(kind), "role": to}
        return Line(title=title, text=text % {"when": when})

    def entry(self, entry: EntryChange) -> Line:
        return Line(
            title=_named(entry.title, self.rows.get(entry.appointment_id)),
            text=f"{self._shown(entry.was_at, entry.was_days)} → {self._shown(entry.becomes_at, entry.becomes_days)}",
        )

    def _shown(self, at: datetime | None, days: tuple[date, date] | None) -> str:
        if at is not None:
            return self._moment(at)
        return words.span(*days, self.today) if days else _("nothing")

    def flag(self, flag: FlagChange) -> Line:
        text, points = words.points_of(flag.code, flag_without_donor_tests(flag.text))
        return Line(
            title=f"{words.flag_words(flag.code)} ({self.owner(flag)})",
            text="; ".join(filter(None, (text, *points))),
        )

    def owner(self, flag: FlagChange) -> str:
        """Whose flag it would be: as the protocol says, else as the rule does."""
        settings = template(self.subject.treatment.protocol_version).flags.get(flag.code)
        return (settings.owner if settings else None) or RULES[flag.code].owner

    def _moment(self, moment: datetime) -> str:
        return date_format(moment.astimezone(ZoneInfo(self.subject.clinic.zone)), "D j M, H:i")


def _named(title: str, row: Appointment | None) -> str:
    return " ".join(filter(None, (title, number(row.plan) if row is not None else "")))
