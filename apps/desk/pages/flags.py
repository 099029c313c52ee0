"""Deciding a flag: what was found, what each choice does to the dates, and the reason that is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.clinic.errors import LitError
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.evidence import facts_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.decisions import DecideForm
from apps.desk.forms.setting import Setting
from apps.desk.pages.base import FormPage
from apps.desk.pages.phone import of_flag
from apps.desk.pages.records import setting_of
from apps.desk.rows import changes_in_words, may_decide, who
from apps.desk.worklist import owner_now
from apps.treatments.models import Flag
from apps.treatments.queries import flag_by_id, plan_of
from apps.treatments.sensitivity import flag_without_donor_tests
from apps.treatments.services import decide, preview
from protocols import Plan, Template
from protocols.plan import DoseVerdict, ResponseVerdict


@dataclass(frozen=True, slots=True)
class Effect:
    """What one choice would do to the plan."""

    choice: str
    lines: tuple[str, ...]
    refused: str = ""


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Anybody of the clinic may read it; only the owner's role gets the form."""
    desk = desk_of(request)
    flag = desk.find(lambda clinic: flag_by_id(clinic, pk))
    treatment = flag.treatment
    plan = plan_of(treatment, desk.at)
    setting = setting_of(treatment, desk)
    able = flag.is_open and bool(flag.decisions) and may_decide(flag, desk)
    form = _form(request, flag, setting, plan)

    def act() -> str:
        if not able:
            raise PermissionDenied(f"This is for the {flag.owner} of the clinic to decide.")
        decide(
            flag=flag,
            choice=form.cleaned_data["choice"],
            reason=form.cleaned_data["reason"],
            parameters=form.parameters(),
            actor=desk.actor(flag.clinic),
            at=desk.at,
        )
        return reverse("admin:treatments_treatment_change", args=[treatment.pk])

    context = {
        **_frame(flag, plan, setting.template, desk),
        **of_flag(flag, desk),
        "able": able,
        "effects": _effects(flag, plan, desk) if able else [],
    }
    return FormPage(
        title=words.flag_words(flag.code),
        form=form,
        act=act,
        done="Decided and signed. The plan has been made anew.",
        button="Sign the decision",
        back=reverse("admin:treatments_flag_changelist"),
        template="desk/flag.html",
        context=context,
    ).answer(request)


def _form(request: HttpRequest, flag: Flag, setting: Setting, plan: Plan) -> DecideForm:
    return DecideForm(
        request.POST or None,
        code=flag.code,
        choices=flag.decisions,
        donors=setting.donors()[1:],
        doses_left=_doses_left(setting.template, plan),
    )


def _frame(flag: Flag, plan: Plan, template: Template, desk: Desk) -> dict[str, Any]:
    today = desk.today(flag.clinic)
    visit = None
    if flag.step and flag.occurrence:
        rows = flag.treatment.appointments.filter(step=flag.step, occurrence=flag.occurrence)
        visit = rows.first()
    held = [template.step_named[name].title for name in flag.holds if name in template.step_named]
    return {
        "flag": flag,
        "who": who(flag.treatment.couple, desk),
        "said": words.points_of(flag.code, flag_without_donor_tests(flag.text)),
        "due": words.day(flag.due_on, today),
        "owner": owner_now(flag, desk) if flag.is_open else "",
        "late": flag.is_open and flag.due_on < today,
        "holds": held,
        "facts": [*facts_of(flag, plan, template, today), _progress(template, plan)],
        "decided": words.choice_words(flag.decision.data["choice"], flag.code) if flag.decision else "",
        "decided_before": words.choice_words(flag.previous_decision["choice"], flag.code)
        if flag.previous_decision
        else "",
        "results": [verdict.text for verdict in plan.verdicts if isinstance(verdict, ResponseVerdict)],
        "visit_url": reverse("admin:treatments_appointment_change", args=[visit.pk]) if visit else "",
        "treatment_url": reverse("admin:treatments_treatment_change", args=[flag.treatment_id]),
        "proposed": words.day(flag.proposed_on, today) if flag.proposed_on else "",
    }


def _progress(template: Template, plan: Plan) -> tuple[str, str]:
    given, cap = _doses(template, plan)
    return ("Doses that count", f"{given} of at most {cap}" if cap else str(given))


def _doses(template: Template, plan: Plan) -> tuple[int, int | None]:
    rounds = {step.name: step.rounds.at_most for step in template.dose_steps if step.rounds}
    given = [v for v in plan.verdicts if isinstance(v, DoseVerdict) and v.counts and v.step in rounds]
    return len(given), max(rounds.values(), default=None)


def _doses_left(template: Template, plan: Plan) -> int | None:
    given, cap = _doses(template, plan)
    return None if cap is None else max(cap - given, 0)


def _effects(flag: Flag, before: Plan, desk: Desk) -> list[Effect]:
    """Every choice tried on the plan; nothing is stored."""
    today = desk.today(flag.clinic)
    actor = desk.actor(flag.clinic)
    found = []
    for choice in flag.decisions:
        parameters = {"extra_doses": {"doses": 1}, "change_donor": {"donor": "unrelated"}}.get(choice, {})
        data = {
            "kind": "decision",
            "flag": flag.key,
            "choice": choice,
            "on": today.isoformat(),
            "reason": "preview",
            "cause": flag.cause,
            "parameters": parameters,
        }
        try:
            after, _ = preview(treatment=flag.treatment, records=[data], at=desk.at, actor=actor)
        except LitError as error:
            found.append(Effect(words.choice_words(choice, flag.code), (), in_one_line(error)))
            continue
        lines = [f"The treatment ends: {after.closed}"] if after.closed and not before.closed else []
        lines += changes_in_words(before, after, today)
        found.append(Effect(words.choice_words(choice, flag.code), tuple(lines)))
    return found
