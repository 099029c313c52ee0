"""Back-entry: the true times of a session from the paper sheet, typed in when the power is back.

Each time goes through the verb that would have been pressed then, in the order of the chain, with the moment at which it
truly happened; all of them or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.booking.day.queries import DaySession, session_by_id
from apps.booking.models import ActivityState, SessionActivity
from apps.booking.session.running import finish_activity, start_activity
from apps.clinic.actors import Actor
from apps.clinic.clock import local_moment
from apps.clinic.errors import Fault, Invalid, LitError
from apps.desk.access import Desk, desk_of
from apps.desk.day_lanes import span_words
from apps.desk.forms.base import DeskForm, TimeField
from apps.desk.pages.base import FormPage
from apps.desk.pages.day_acts import address_of_day
from apps.desk.pages.visits import frame


class TimesForm(DeskForm):
    """Two wall times for each link that is not over: when it began and when it ended, both as on paper."""

    def __init__(self, *args: object, links: list[SessionActivity], zone: ZoneInfo, **kwargs: object) -> None:
        asks: dict[str, forms.Field] = {}
        for link in links:
            planned = _("Planned %(span)s.") % {"span": span_words(link.starts_at, link.ends_at, zone)}
            label = _("%(what)s passed") if link.kind == "gate" else _("%(what)s ended")
            if link.state == ActivityState.PLANNED and link.kind != "gate":
                asks[began(link)] = TimeField(
                    label=_("%(what)s began") % {"what": link.title}, required=False
                )
            asks[ended(link)] = TimeField(
                label=label % {"what": link.title}, required=False, help_text=planned
            )
        super().__init__(*args, asks=asks, **kwargs)


def began(link: SessionActivity) -> str:
    return f"began-{link.position}"


def ended(link: SessionActivity) -> str:
    return f"ended-{link.position}"


def enter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The links of the chain that are still open, with their true times; empty ones are left as they are."""
    desk = desk_of(request)
    session = desk.find(lambda clinic: session_by_id(clinic, pk))
    visit = session.appointment
    actor = desk.require("tick off", visit.clinic)
    zone = ZoneInfo(visit.zone or visit.clinic.zone)
    links = [one for one in session.activities if _is_open(one) and _may(one, desk)]
    form = TimesForm(request.POST or None, links=links, zone=zone)

    def act() -> str:
        with transaction.atomic():
            for name, link, verb, moment in _said(form, links, session):
                _run(name, link, verb, moment, actor=actor, at=desk.at)
        return address_of_day(visit, "board")

    return FormPage(
        title=_("True times: %(what)s") % {"what": visit.title},
        form=form,
        act=act,
        done=_("The times are recorded."),
        button=_("Record the times"),
        back=address_of_day(visit, "board"),
        intro=_(
            "As they stand on paper, by the clinic's clock. Leave empty what did not happen or is not known."
        ),
        template="desk/visit_form.html",
        context=frame(visit, desk),
    ).answer(request)


def _is_open(link: SessionActivity) -> bool:
    return link.state in (ActivityState.PLANNED, ActivityState.STARTED)


def _may(link: SessionActivity, desk: Desk) -> bool:
    """A gate is passed only by who may release; its line is not there for anybody else."""
    return link.kind != "gate" or desk.may("release units", desk.clinic(link.clinic_id))


def _said(
    form: TimesForm, links: list[SessionActivity], session: DaySession
) -> Iterator[tuple[str, SessionActivity, str, datetime]]:
    """What was filled in, in the order of the chain, as moments of the session's own day."""
    zone = session.appointment.zone or session.appointment.clinic.zone
    on = session.starts_at.astimezone(ZoneInfo(zone)).date()
    for link in links:
        for name, verb in ((began(link), "start"), (ended(link), "finish")):
            said: time | None = form.cleaned_data.get(name)
            if said is not None:
                yield name, link, verb, local_moment(zone, datetime.combine(on, said))


def _run(
    name: str, link: SessionActivity, verb: str, moment: datetime, *, actor: Actor, at: datetime
) -> None:
    """One verb; what it refuses stands beside the field that asked for it."""
    act = start_activity if verb == "start" else finish_activity
    try:
        act(activity=link, actor=actor, at=at, happened_at=moment)
    except LitError as error:
        faults = [Fault(name, fault.message, fault.remedy) for fault in error.faults]
        raise Invalid(faults=faults) from error
