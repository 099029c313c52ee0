"""A couple that was treated elsewhere: its past in one sitting."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.desk.access import desk_of
from apps.desk.forms.joining import JoinForm
from apps.desk.pages.base import FormPage
from apps.desk.pages.records import setting_of
from apps.desk.rows import who
from apps.treatments.queries import plan_of, records_of, treatment_by_id
from apps.treatments.services import join_in_midcourse
from protocols.plan import State

COURSE_START = "course-start"


def join(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A nurse or doctor enters it, a doctor says afterwards what counts. Nothing is sent because of it."""
    desk = desk_of(request)
    treatment = desk.find(lambda clinic: treatment_by_id(clinic, pk))
    actor = desk.require("record", treatment.clinic)
    setting = setting_of(treatment, desk)
    started = records_of(treatment).filter(kind="milestone", data__name=COURSE_START).exists()
    acts = [v for v in plan_of(treatment, desk.at).visits if v.state in (State.FULFILLED, State.SKIPPED)]
    form = JoinForm(
        request.POST or None,
        setting=setting,
        done={visit.step: visit.occurrence for visit in sorted(acts, key=lambda one: one.occurrence)},
        course_starts=COURSE_START in setting.template.milestones and not started,
    )
    back = reverse("admin:treatments_treatment_change", args=[treatment.pk])

    def act() -> str:
        given = form.cleaned_data
        join_in_midcourse(
            treatment=treatment,
            on=given["on"],
            evidence=given["evidence"],
            place=given["place"],
            items=form.items(),
            actor=actor,
            at=desk.at,
        )
        return back

    return FormPage(
        title="Joined in mid-course",
        form=form,
        act=act,
        done="The past is recorded. A doctor now says which doses and results count.",
        button="Record the past",
        back=back,
        template="desk/join.html",
        intro="What was done before, at another clinic. Nothing is sent because of it, and nothing becomes overdue.",
        context={"who": who(treatment.couple, desk)},
    ).answer(request)
