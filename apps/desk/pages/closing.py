"""Closing a day, some hours or a resource: what it hits, what becomes of each session, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.booking.closing.queries import closing_by_id, closing_progress, closings_of, lines_of_closing
from apps.booking.closing.services import apply_closing, discard_closing, draft_closing
from apps.booking.models import Closing, ClosingLine, ClosingState, LineDecision, Stage
from apps.booking.tasks import apply_closing_soon
from apps.clinic.errors import LitError
from apps.clinic.models import Clinic, Resource
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.closing import ClosingForm, NowForm, decided_in
from apps.desk.lists.treatments import names_of
from apps.desk.pages.base import FormPage, page, press

RIGHT = "close days"
_RECENT = 20
_ON_SITE = (Stage.ARRIVED, Stage.DRAWN, Stage.PREPARED)


@dataclass(frozen=True, slots=True)
class LineRow:
    """One session of a closing as a nurse reads it."""

    line: ClosingLine
    names: str
    title: str
    url: str
    was: str
    proposed: str
    chosen: str
    input_at: str
    far: str
    stage: str
    on_site: bool
    phones: tuple[tuple[str, str], ...]
    next_draw: str
    can_move: bool


def choose(request: HttpRequest) -> HttpResponse:
    """Closings ahead and lately, by clinic; from here one begins."""
    desk = desk_of(request)
    clinics = [
        (clinic, list(closings_of(clinic)[:_RECENT]), desk.may(RIGHT, clinic)) for clinic in desk.clinics
    ]
    return page(request, "desk/closings.html", _("Close a day"), {"clinics": clinics})


def plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A day, half a day or a resource, ahead."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require(RIGHT, clinic)
    form = ClosingForm(request.POST or None, resources=_resources(clinic), today=desk.today(clinic))

    def act() -> str:
        starts_at, ends_at = form.span(clinic)
        closing = draft_closing(
            clinic=clinic,
            resource=form.resource(),
            starts_at=starts_at,
            ends_at=ends_at,
            reason=form.cleaned_data["reason"],
            actor=actor,
            at=desk.at,
        )
        return _address(closing)

    return FormPage(
        title=_("Close a day"),
        form=form,
        act=act,
        button=_("Show what it hits"),
        back=reverse("admin:closings"),
        intro=_(
            "Nothing is closed and nothing moves yet: the next page lists every session with a new slot."
        ),
    ).answer(request)


def fail_now(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Something has failed: closed from this moment on."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require(RIGHT, clinic)
    form = NowForm(request.POST or None, resources=_resources(clinic))

    def act() -> str:
        closing = draft_closing(
            clinic=clinic,
            resource=form.resource(),
            starts_at=desk.at,
            ends_at=form.until(clinic, desk.today(clinic)),
            reason=form.cleaned_data["reason"],
            from_now=True,
            actor=actor,
            at=desk.at,
        )
        return _address(closing)

    return FormPage(
        title=_("Close from now"),
        form=form,
        act=act,
        button=_("Show whom to call"),
        back=reverse("admin:closings"),
        intro=_("The next page lists the sessions in the order in which to call. Nothing is cancelled yet."),
    ).answer(request)


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The draft with what becomes of each session; once applied, how far it is. A POST applies it."""
    desk = desk_of(request)
    closing = desk.find(lambda clinic: closing_by_id(clinic, pk))
    problem = ""
    if request.method == "POST":
        actor = desk.require(RIGHT, closing.clinic)
        if "sure" not in request.POST:
            problem = _("Tick the box first: applying closes at once and tells the couples.")
        else:
            try:
                decided = decided_in(request.POST, lines_of_closing(closing), closing.clinic.zone)
                apply_closing(closing=closing, decided=decided, actor=actor, at=desk.at)
            except LitError as error:
                problem = in_one_line(error)
            else:
                apply_closing_soon(closing.pk)
                return HttpResponseRedirect(_address(closing))
    return _closing_page(request, desk, closing, problem)


def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    closing = desk.find(lambda clinic: closing_by_id(clinic, pk))
    actor = desk.require(RIGHT, closing.clinic)
    return press(
        request,
        lambda: discard_closing(closing=closing, actor=actor, at=desk.at),
        done=_("The draft is thrown away. Nothing was closed."),
        back=reverse("admin:closings"),
    )


def _closing_page(request: HttpRequest, desk: Desk, closing: Closing, problem: str) -> HttpResponse:
    counted = closing_progress(closing)
    rows = [_row(line, closing, desk, request if problem else None) for line in lines_of_closing(closing)]
    drafted = closing.state == ClosingState.DRAFTED
    context = {
        "closing": closing,
        "what": closing.resource.name if closing.resource else _("The whole clinic"),
        "span": span_words(closing, desk.today(closing.clinic)),
        "rows": rows,
        "drafted": drafted,
        "applying": closing.state == ClosingState.APPLYING,
        "progress": counted,
        "nowhere": sum(row.line.fits_nowhere for row in rows),
        "placed": sum(not row.line.fits_nowhere for row in rows),
        "problem": problem,
        "may_close": desk.may(RIGHT, closing.clinic),
        "decisions": LineDecision.choices,
    }
    title = _("Close from now") if closing.from_now else _("Close a day")
    return page(request, "desk/closing.html", title, context, status=422 if problem else 200)


def span_words(closing: Closing, today: date) -> str:
    """From when to when, in the clinic's own time."""
    zone = ZoneInfo(closing.clinic.zone)
    first, last = closing.starts_at.astimezone(zone), closing.ends_at.astimezone(zone)
    if closing.whole_days:
        end = date.fromordinal(last.date().toordinal() - 1)
        return words.span(first.date(), end, today)
    if last.time() == time.min and (last.date() - first.date()).days == 1:
        return f"{words.day(first.date(), today)}, {first:%H:%M}–24:00"
    if first.date() == last.date():
        return f"{words.day(first.date(), today)}, {first:%H:%M}–{last:%H:%M}"
    return f"{words.day(first.date(), today)} {first:%H:%M} – {words.day(last.date(), today)} {last:%H:%M}"


def _row(line: ClosingLine, closing: Closing, desk: Desk, sent: HttpRequest | None) -> LineRow:
    visit, couple = line.appointment, line.appointment.treatment.couple
    zone, today = ZoneInfo(closing.clinic.zone), desk.today(closing.clinic)

    def told(moment: datetime | None) -> str:
        local = moment.astimezone(zone) if moment else None
        return f"{words.day(local.date(), today)}, {local:%H:%M}" if local else ""

    at = line.chosen_at or line.proposed_at
    given = f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" if at else ""
    if sent is not None:
        given = sent.POST.get(f"at-{line.pk}", given)
        line.decision = sent.POST.get(f"decision-{line.pk}", line.decision)
    phones = (
        (couple.recipient.given_name, couple.recipient.phone),
        (couple.partner.given_name, couple.partner.phone),
    )
    on_site = line.stage in _ON_SITE
    return LineRow(
        line=line,
        names=names_of(couple),
        title=visit.title,
        url=reverse("admin:treatments_appointment_change", args=[visit.pk]),
        was=told(line.was_at),
        proposed=told(line.proposed_at),
        chosen=told(line.chosen_at),
        input_at=given,
        far=_far(line, zone),
        stage=line.get_stage_display(),
        on_site=on_site,
        phones=phones if desk.may("see contact data", closing.clinic) else (),
        next_draw=words.day(line.next_draw_on, today) if line.next_draw_on else "",
        can_move=not on_site,
    )


def _far(line: ClosingLine, zone: ZoneInfo) -> str:
    """How far the proposed day is from the old one."""
    if line.proposed_at is None:
        return ""
    days = (line.proposed_at.astimezone(zone).date() - line.was_at.astimezone(zone).date()).days
    if days == 0:
        return _("same day")
    if days > 0:
        return ngettext("%(n)d day later", "%(n)d days later", days) % {"n": days}
    return ngettext("%(n)d day earlier", "%(n)d days earlier", -days) % {"n": -days}


def _resources(clinic: Clinic) -> list[Resource]:
    return list(Resource.objects.filter(clinic=clinic, is_active=True))


def _address(closing: Closing) -> str:
    return reverse("admin:closing", args=[closing.pk])
