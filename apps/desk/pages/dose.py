"""Recording a dose: the unit against the couple, what was given, and whether it counts, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.models import DonorUnit, UnitCheck
from apps.booking.session.dosing import check_units, match, record_dose, units_on
from apps.booking.session.running import pass_gate
from apps.booking.session.units import label_unit
from apps.booking.session.witness import second_person
from apps.clinic.clock import local_moment
from apps.clinic.errors import Invalid, LitError
from apps.desk.access import Desk
from apps.desk.forms.base import in_one_line
from apps.desk.forms.dose_record import DoseRecordForm
from apps.desk.forms.fitness import LabelForm
from apps.desk.pages.base import FormPage, press
from apps.desk.pages.dose_verdict import Verdict, verdict_on
from apps.desk.pages.visits import found, frame, perform
from apps.desk.rows import PREGNANCY_TEST, asks_on_arrival, local
from apps.treatments.models import Appointment
from apps.treatments.queries import template
from apps.treatments.services import record


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as the page shows it: its label, who gave it, and its three times in the clinic's wall time."""

    code: str
    donor: str
    drawn: str
    ready: str
    released: str
    released_by: str


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form; POST records the dose, or with `preview` only says what it would come to."""
    desk, visit = found(request, pk)
    desk.require("perform", visit.clinic)
    on = day_of(desk, visit)
    form = dose_form(request, desk, visit, on)
    units = units_on(visit, _typed_day(form, on))

    def act() -> str | None:
        if "preview" in request.POST:
            return None
        _record(request, desk, visit, form)
        return reverse("admin:treatments_treatment_change", args=[visit.treatment_id])

    return FormPage(
        title=_("Record the dose: %(visit)s") % {"visit": visit.title},
        form=form,
        act=act,
        button=_("Record the dose"),
        back=reverse("admin:treatments_appointment_change", args=[visit.pk]),
        template="desk/dose.html",
        context={
            **frame(visit, desk),
            **_units(desk, visit, units, on),
            "verdict": _seen(desk, visit, form, units),
        },
    ).answer(request)


def attend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A visit is recorded on its own form; a dose of a donor's cells on this one."""
    desk, visit = found(request, pk)
    desk.require("perform", visit.clinic)
    return HttpResponseRedirect(address(visit)) if "donor" in visit.attends else perform(request, pk)


def verdict(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the form comes to as it stands, without a word saved: MATCH or MISMATCH, and whether the dose counts."""
    desk, visit = found(request, pk)
    desk.require("perform", visit.clinic)
    on = day_of(desk, visit)
    form = dose_form(request, desk, visit, on)
    form.full_clean()
    seen = _seen(desk, visit, form, units_on(visit, _typed_day(form, on)))
    return TemplateResponse(request, "desk/_dose_verdict.html", {"verdict": seen})


def label(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The donor was drawn: the unit gets its label. For clinics that tick off no draw on the board."""
    desk, visit = found(request, pk)
    actor = desk.require("perform", visit.clinic)
    form = LabelForm(request.POST or None, at=desk.at, zone=visit.clinic.zone)

    def act() -> None:
        if not form.is_valid():
            raise Invalid(_("This is no time."), field="drawn_time", remedy=_("Write it like 08:30."))
        wall = datetime.combine(day_of(desk, visit), form.cleaned_data["drawn_time"])
        drawn_at = local_moment(visit.clinic.zone, wall)
        label_unit(appointment=visit, drawn_at=drawn_at, actor=actor, at=desk.at)

    return press(request, act, done=_("The unit has its label."), back=address(visit))


def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed-in person releases the unit."""
    desk, visit = found(request, pk)
    actor = desk.require("release units", visit.clinic)
    return press(
        request,
        lambda: pass_gate(appointment=visit, actor=actor, at=desk.at),
        done=_("The unit is released."),
        back=address(visit),
    )


def dose_form(request: HttpRequest, desk: Desk, visit: Appointment, on: date) -> DoseRecordForm:
    units = units_on(visit, on)
    recipient = visit.treatment.couple.recipient
    born = f", {recipient.birth_on.day} {recipient.birth_on:%b %Y}" if recipient.birth_on else ""
    return DoseRecordForm(
        request.POST or None,
        zone=visit.clinic.zone,
        at=desk.at,
        today=on,
        step=template(visit.treatment.protocol_version).step_named[visit.step],
        who=f"{recipient.full_name}{born}",
        asks_pregnancy=asks_on_arrival(visit),
        ready_known=bool(units) and all(unit.ready_at for unit in units),
    )


def day_of(desk: Desk, visit: Appointment) -> date:
    """The day that the form begins with: of the booking, but never ahead."""
    today = desk.today(visit.clinic)
    return min(local(visit).date(), today) if visit.in_force and visit.starts_at else today


def address(visit: Appointment) -> str:
    return reverse("admin:visit_dose", args=[visit.pk])


def _typed_day(form: DoseRecordForm, on: date) -> date:
    typed = form.cleaned_data.get("on") if form.is_bound and hasattr(form, "cleaned_data") else None
    if typed is None and form.is_bound:
        form.full_clean()
        typed = form.cleaned_data.get("on")
    return typed or on


def _seen(
    desk: Desk, visit: Appointment, form: DoseRecordForm, units: tuple[DonorUnit, ...]
) -> Verdict | None:
    if not form.is_bound:
        return None
    read = str(form.data.get("unit") or "")
    found_match = match(units, read).verdict if read else ""
    second = str(form.data.get("second_unit") or "")
    if found_match == "match" and second and not match(units, second).is_match:
        found_match = "mismatch"
    try:
        return verdict_on(desk, visit, form, units, found_match)
    except LitError as error:
        return Verdict(
            match=found_match, units=len(units), counts=None, text=in_one_line(error), refused=True
        )


def _record(request: HttpRequest, desk: Desk, visit: Appointment, form: DoseRecordForm) -> None:
    """The identity check is kept whatever follows; the test of the day and the dose are both written or neither."""
    actor = desk.require("perform", visit.clinic)
    given, tested = form.cleaned_data, form.cleaned_data.get("pregnancy_test")
    if tested == "reactive":
        _tested(desk, visit, given["on"], tested)
        messages.warning(
            request, _("The positive test is recorded and no dose was. Record the pregnancy next.")
        )
        return
    injected_at = form.injected_at()
    if injected_at is None:
        raise Invalid(_("This is no time."), field="injected_at", remedy=_("Write it like 12:30."))
    check = _checked(desk, visit, form)
    with transaction.atomic():
        if tested:
            _tested(desk, visit, given["on"], tested)
        record_dose(
            appointment=visit,
            check=check,
            given=form.content(),
            injected_at=injected_at,
            actor=actor,
            at=desk.at,
        )
    messages.success(request, _("The dose is recorded and the plan made anew."))


def _checked(desk: Desk, visit: Appointment, form: DoseRecordForm) -> UnitCheck:
    """The second person's credentials, then both readings of the label."""
    actor, given = desk.actor(visit.clinic), form.cleaned_data
    second = second_person(
        clinic=visit.clinic,
        username=given["second_name"],
        password=given["second_password"],
        first=actor,
        at=desk.at,
    )
    return check_units(
        appointment=visit,
        on=given["on"],
        read=given["unit"],
        second_read=given["second_unit"],
        first=actor,
        second=second,
        at=desk.at,
    )


def _tested(desk: Desk, visit: Appointment, on: date, outcome: str) -> None:
    test = {
        "kind": "screening",
        "person": "recipient",
        "test": PREGNANCY_TEST,
        "sampled_on": on,
        "outcome": outcome,
    }
    record(treatment=visit.treatment, data=test, actor=desk.actor(visit.clinic), at=desk.at)


def _units(desk: Desk, visit: Appointment, units: tuple[DonorUnit, ...], on: date) -> dict[str, object]:
    """What the page says of the units, and what may be done with them."""
    zone = local_moment(visit.clinic.zone, desk.at).tzinfo
    couple = visit.treatment.couple

    def wall(moment: datetime | None) -> str:
        # As text: a template would turn a moment into the time of the server.
        return f"{moment.astimezone(zone):%H:%M}" if moment is not None else ""

    rows = [
        UnitRow(
            code=unit.code,
            donor=f"{couple.partner.full_name} ({unit.donor})" if unit.donor == "partner" else unit.donor,
            drawn=wall(unit.drawn_at),
            ready=wall(unit.ready_at),
            released=wall(unit.released_at),
            released_by=unit.released_by,
        )
        for unit in units
    ]
    return {
        "units": rows,
        "unreleased": any(not row.released for row in rows),
        "may_release": desk.may("release units", visit.clinic),
        "label_form": None if rows else LabelForm(at=desk.at, zone=visit.clinic.zone),
        "label_url": reverse("admin:visit_label", args=[visit.pk]),
        "release_url": reverse("admin:visit_release", args=[visit.pk]),
        "refuse_url": reverse("admin:visit_refuse", args=[visit.pk]),
        "verdict_url": reverse("admin:visit_dose_verdict", args=[visit.pk]),
        "dose_on": on,
    }
