"""One treatment: its plan with reasons, its flags, its records, and every act on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.desk.access import Desk, desk_of
from apps.desk.forms.records import FORMS, RIGHT_OF
from apps.desk.history import record_rows, titles_of
from apps.desk.pages.base import page
from apps.desk.rows import Button, flag_row, visit_row, who
from apps.desk.words import KINDS, TIMINGS, clock_words, short, words
from apps.treatments.models import Treatment
from apps.treatments.queries import appointments_of, flags_of, plan_of, records_of, template, treatment_by_id
from apps.treatments.version_queries import version_changes
from protocols import Plan, Template
from protocols.plan import DoseVerdict, Verdict

# In the order in which a nurse needs them; pause, resume and close stand apart.
_RECORDS = (
    "result",
    "milestone",
    "screening",
    "consent",
    "opt_in",
    "absence",
    "skipped",
    "dating",
    "donor",
    "note",
)

# Longer histories fold away what is older.
_RECENT = 8


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The plan is computed now: what the page says and what the rows say cannot differ."""
    desk = desk_of(request)
    treatment = desk.find(lambda clinic: treatment_by_id(clinic, pk))
    today = desk.today(treatment.clinic)
    plan = plan_of(treatment, desk.at)
    rows = appointments_of(treatment.clinic, treatment=treatment)
    appointments = {(row.step, row.occurrence): row for row in rows}
    flags = list(flags_of(treatment.clinic, state=None, treatment=treatment))
    may_correct = desk.may("record", treatment.clinic)
    visits = [visit_row(visit, appointments.get(visit.key), desk, today) for visit in plan.visits]
    setting = template(treatment.protocol_version)
    records = record_rows(
        records_of(treatment),
        setting,
        treatment.clinic.zone,
        may_correct=may_correct,
    )
    context = {
        "treatment": treatment,
        "who": who(treatment.couple, desk),
        "next": _next(plan),
        "clocks": clock_lines(plan, setting, today),
        "visits": visits,
        "verdicts": [_verdict(verdict) for verdict in plan.verdicts],
        "open_flags": [flag_row(flag, desk) for flag in flags if flag.is_open],
        "past_flags": [flag_row(flag, desk) for flag in flags if not flag.is_open],
        "records": records[:_RECENT],
        "older_records": records[_RECENT:],
        "actions": _actions(treatment, plan, desk),
        "loss_url": _address(treatment, "treatment_loss") if desk.may("loss", treatment.clinic) else "",
        "closed": plan.closed,
        "version_changes": version_changes(treatment),
    }
    return page(request, "desk/treatment.html", f"{treatment.couple.code}: plan", context)


def _next(plan: Plan) -> str:
    """The visit that comes next, in one line."""
    ahead = [visit for visit in plan.visits if visit.state in ("proposed", "booked", "missed")]
    dated = sorted((day, visit.title) for visit in ahead if (day := visit.on or visit.proposed_on))
    return f"{dated[0][1]}, {dated[0][0]:%a} {dated[0][0].day} {dated[0][0]:%b %Y}" if dated else ""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """How long something counts, in one line, and from which day."""

    text: str
    why: str


def clock_lines(plan: Plan, protocol: Template, today: date) -> list[ClockLine]:
    """The clocks that have started, the earliest end first."""
    titles = titles_of(protocol)
    return [
        ClockLine(
            clock_words(clock.name, clock.until_on, clock.state, today),
            f"{titles.get(clock.of, clock.of)}, counted from {short(clock.starts_on, today)}"
            if clock.name == "try_by"
            else f"counted from {short(clock.starts_on, today)}",
        )
        for clock in sorted(plan.clocks, key=lambda clock: (clock.until_on, clock.name))
    ]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a line: of a dose whether it counts, of a result what it says."""
    if isinstance(verdict, DoseVerdict):
        good = verdict.counts and verdict.timing != "late"
        return {"on": verdict.on, "text": verdict.text, "short": TIMINGS[verdict.timing.value], "good": good}
    good = verdict.response in ("responded", "baseline_negative")
    return {
        "on": verdict.resulted_on,
        "text": verdict.text,
        "short": words(verdict.response.value),
        "good": good,
    }


def _actions(treatment: Treatment, plan: Plan, desk: Desk) -> list[Button]:
    kinds = _RECORDS + (("resume",) if plan.closed or _paused(plan) else ("pause", "close"))
    has_optional = any(row.state != "fulfilled" for row in plan.visits)
    found = [
        Button(FORMS[kind].title, reverse("admin:treatment_record", args=[treatment.pk, kind]))
        for kind in kinds
        if desk.may(RIGHT_OF.get(kind, "record"), treatment.clinic) and (kind != "skipped" or has_optional)
    ]
    if desk.may("record", treatment.clinic) and not plan.closed:
        found.append(Button(KINDS["joined"], _address(treatment, "treatment_join")))
    return found


def _paused(plan: Plan) -> bool:
    return any("pause" in text.lower() for visit in plan.visits for text in visit.waiting_for)


def _address(treatment: Treatment, name: str = "treatments_treatment_change") -> str:
    return reverse(f"admin:{name}", args=[treatment.pk])
