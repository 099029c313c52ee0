"""One treatment: its plan with reasons, its flags, its records, and every act on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.desk.access import Desk, desk_of
from apps.desk.course import Course, course_of
from apps.desk.forms.records import FORMS, RIGHT_OF
from apps.desk.history import file_rows, record_rows, titles_of
from apps.desk.pages.base import page
from apps.desk.rows import Button, who
from apps.desk.screens import screen_rows
from apps.desk.words import KINDS, TIMINGS, clock_words, short, words
from apps.treatments.files import files_of
from apps.treatments.models import Treatment
from apps.treatments.queries import treatment_by_id, whole_of
from apps.treatments.sensitivity import donor_infections, screens_of
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
    course = course_of(whole_of(treatment, desk.at), desk)
    context = {
        "who": who(treatment.couple, desk),
        **of_course(course, desk),
        "verdicts": [_verdict(verdict) for verdict in course.plan.verdicts],
        "past_flags": course.past_flags,
        "version_changes": version_changes(treatment),
    }
    return page(request, "desk/treatment.html", f"{treatment.couple.code}: plan", context)


def of_course(course: Course, desk: Desk) -> dict[str, Any]:
    """What the page of a treatment and that of its couple both show of it."""
    treatment = course.whole.treatment
    role = desk.actor(desk.clinic(treatment.clinic_id)).role
    may_see = desk.may("see donor safety", treatment.clinic)
    hidden = set() if may_see else donor_infections(course.whole.records)
    records = record_rows(
        [row for row in course.whole.records if row.pk not in hidden],
        course.template,
        treatment.clinic.zone,
        may_correct=desk.may("record", treatment.clinic),
        role=role,
        files=file_rows(files_of(treatment).exclude(record__in=hidden).select_related("record"), role),
    )
    return {
        "treatment": treatment,
        "next": course.next,
        "clocks": clock_lines(course.plan, course.template, course.whole.today),
        "pictures": course.pictures(),
        "visits": course.visits,
        "open_flags": course.open_flags,
        "records": records[:_RECENT],
        "older_records": records[_RECENT:],
        "screens": screen_rows(
            screens_of(course.facts, course.template, course.plan.donor, course.whole.today),
            may_see=may_see,
        ),
        "actions": _actions(treatment, course.plan, desk),
        "loss_url": _address(treatment, "treatment_loss") if desk.may("loss", treatment.clinic) else "",
        "closed": course.plan.closed,
    }


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
