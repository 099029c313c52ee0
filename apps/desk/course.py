"""One treatment as the pages of a couple show it: what comes next, its picture, its visits, its flags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.desk import words
from apps.desk.access import Desk
from apps.desk.naming import in_titles
from apps.desk.rows import Button, FlagRow, VisitRow, buttons, flag_row, local, number, visit_row
from apps.treatments.gathered import Gathered
from apps.treatments.models import Flag
from protocols import Facts, Plan, PlannedVisit, Template
from protocols.drawing import draw_treatment
from protocols.drawing.visits import Away, Mark
from protocols.records import Absence

# A picture for a wide screen and one for a phone; a page shows whichever fits.
WIDTHS = {"wide": 760, "narrow": 350}


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next, in one line, and the button for it."""

    name: str
    when: str
    further: tuple[str, ...] = ()
    button: Button | None = None

    @property
    def text(self) -> str:
        return ", ".join(filter(None, (self.name, self.when, *self.further)))


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that was computed of one treatment for one page."""

    whole: Gathered
    facts: Facts
    plan: Plan
    next: Next | None
    visits: tuple[VisitRow, ...]
    open_flags: tuple[FlagRow, ...]
    past_flags: tuple[FlagRow, ...]

    @property
    def template(self) -> Template:
        return self.whole.template

    def pictures(self) -> list[tuple[str, SafeString]]:
        """The plan drawn for a wide screen and for a narrow one, by the name of the width."""
        return [(name, self._picture(name, width)) for name, width in WIDTHS.items()]

    def _picture(self, name: str, width: int) -> SafeString:
        treatment = self.whole.treatment
        drawn = draw_treatment(
            self.plan,
            title=_("Course of %(code)s, %(protocol)s")
            % {"code": treatment.couple.code, "protocol": treatment.protocol_version.title},
            milestones=list(self._marks()),
            absences=[
                Away(words.words(entry.record.person), entry.record.from_on, entry.record.to_on)
                for entry in self.facts.all_of(Absence)
            ],
            width=width,
            name=f"{name}-{treatment.pk}",
        )
        # The drawing escapes whatever it was given: it is written through an element tree.
        return mark_safe(drawn)

    def _marks(self) -> Iterator[Mark]:
        for name, facts in self.facts.milestones.items():
            for fact in facts:
                if fact.certainty != "cancelled":
                    yield Mark(self.template.milestones[name].title, fact.on, fact.certainty)


def course_of(whole: Gathered, desk: Desk) -> Course:
    """The plan is computed now: what the page says and what the rows say cannot differ."""
    facts = whole.facts()
    plan = whole.plan(facts)
    today = whole.today
    flags = sorted(whole.flags.values(), key=lambda flag: (flag.due_on, flag.raised_at, str(flag.pk)))
    return Course(
        whole=whole,
        facts=facts,
        plan=plan,
        next=None if plan.closed else next_of(whole, facts, plan, desk),
        visits=tuple(
            visit_row(visit, whole.visits.get(visit.key), desk, today, whole.template)
            for visit in plan.visits
        ),
        open_flags=_rows(flags, desk, is_open=True),
        past_flags=_rows(flags, desk, is_open=False),
    )


def _rows(flags: list[Flag], desk: Desk, *, is_open: bool) -> tuple[FlagRow, ...]:
    return tuple(flag_row(flag, desk) for flag in flags if flag.is_open is is_open)


def next_of(whole: Gathered, facts: Facts, plan: Plan, desk: Desk) -> Next | None:
    """The visit that comes next: booked, to be booked, or what is waited for; None if nothing is ahead."""
    ahead = [visit for visit in plan.visits if visit.state in ("proposed", "booked", "missed")]
    dated = sorted(
        ((on, n) for n, visit in enumerate(ahead) if (on := visit.on or visit.proposed_on)),
    )
    if dated:
        return _dated(ahead[dated[0][1]], whole, facts, desk)
    waiting = next((visit for visit in plan.visits if visit.state == "waiting" and visit.waiting_for), None)
    if waiting is None:
        return None
    what = ", ".join(in_titles(waiting.waiting_for, whole.template))
    return Next(name_of(waiting), _("waits for %(what)s") % {"what": what})


def _dated(visit: PlannedVisit, whole: Gathered, facts: Facts, desk: Desk) -> Next:
    today = whole.today
    row = whole.visits.get(visit.key)
    asked = visit.as_json()
    window, room = words.window_of(asked), words.room_of(asked)
    good = words.good_days(window, today, room)
    on = visit.on or visit.proposed_on or today
    if row is not None and row.in_force and row.starts_at is not None:
        said = _("pencilled for") if row.pencilled else _("booked for")
        when = f"{said} {words.day(on, today)}, {local(row):%H:%M}"
        first = last = on
    else:
        when = f"{_('good')} {good}" if good else f"{_('around')} {words.day(on, today)}"
        first, last = window.get("earliest") or on, window.get("latest") or on
    held = (_("on hold until it is decided"),) if visit.held_by else ()
    late = window.get("latest")
    passed = (_("the last good day has passed"),) if late and late < today and not visit.on else ()
    return Next(
        name=name_of(visit),
        when=when,
        further=(*_away(facts, max(first, today), max(last, today), today), *held, *passed),
        button=next(iter(buttons(row, desk)), None) if row else None,
    )


def _away(facts: Facts, first: date, last: date, today: date) -> Iterator[str]:
    """Who cannot come on some of these days."""
    for entry in facts.all_of(Absence):
        away = entry.record
        if away.to_on < first or away.from_on > last:
            continue
        who = words.words(away.person).lower()
        days = (
            _("to %(day)s") % {"day": words.short(away.to_on, today)}
            if away.from_on <= first
            else words.span(away.from_on, away.to_on, today)
        )
        yield _("%(who)s away %(days)s") % {"who": who, "days": days}


def name_of(visit: PlannedVisit) -> str:
    return " ".join(filter(None, (visit.title, number(visit.as_json()))))
