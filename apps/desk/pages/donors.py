"""Donors from outside a couple: ringing one about a visit, and how each is reached."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.call_models import CallWhy
from apps.booking.calls.donors import DonorWord, told_to_donor, word_for_donor
from apps.booking.calls.outcomes import FOR_A_DONOR, record_call_to_donor
from apps.booking.donor_contacts import donor_contacts, set_donor_contact
from apps.couples.queries import pinned_of
from apps.desk.access import Desk, desk_of
from apps.desk.donor_rows import DonorCard, donor_words, when_words, word_text
from apps.desk.forms.calls import DonorContactForm, DonorOutcomeForm
from apps.desk.pages.base import FormPage
from apps.desk.rows import who
from apps.desk.worklist_rows import pinned, visit_title
from apps.treatments.models import Appointment
from apps.treatments.queries import appointment_by_id, treatment_by_id


def ring(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a donor from outside has to be told of a visit now; the word goes with the form, so that it is that one."""
    desk = desk_of(request)
    visit = desk.find(lambda clinic: appointment_by_id(clinic, pk))
    actor = desk.require("call", visit.clinic)
    due = word_for_donor(visit, at=desk.at)
    if due is None:
        messages.info(request, _("The donor has to be told nothing more of this visit."))
        return HttpResponseRedirect(reverse("admin:index"))
    if request.method == "POST" and request.POST.get("word") != due.token:
        messages.error(request, _("The visit was moved or called off meanwhile: this is what holds now."))
        return HttpResponseRedirect(reverse("admin:call_donor", args=[visit.pk]))
    form = DonorOutcomeForm(request.POST or None, outcomes=FOR_A_DONOR, initial={"word": due.token})

    def act() -> str:
        said = record_call_to_donor(
            appointment=visit,
            word=form.cleaned_data["word"],
            outcome=form.cleaned_data["outcome"],
            again_on=form.cleaned_data["again_on"],
            note=form.cleaned_data["note"],
            actor=actor,
            at=desk.at,
        )
        return f"{reverse('admin:index')}?said={said.pk}"

    return FormPage(
        title=_("Call"),
        form=form,
        act=act,
        button=_("Save the call"),
        back=reverse("admin:index"),
        template="desk/donor_call.html",
        context=_frame(visit, due, desk),
    ).answer(request)


def _frame(visit: Appointment, due: DonorWord, desk: Desk) -> dict[str, object]:
    couple, clinic = visit.treatment.couple, desk.clinic(visit.clinic_id)
    known = told_to_donor(visit)
    told = known is not None and known.why == CallWhy.DONOR
    return {
        "who": who(couple, desk),
        "couple": couple,
        "why": CallWhy(due.why).label,
        "word": word_text(due, clinic, desk),
        "known": when_words(known.about_at, clinic, desk) if known is not None and told else "",
        "visit_title": visit_title(visit),
        "visit_url": reverse("admin:treatments_appointment_change", args=[visit.pk]),
        "donors": _cards(visit, due, desk),
        "pinned": pinned(pinned_of([couple]).get(couple.pk, ())),
    }


def _cards(visit: Appointment, due: DonorWord, desk: Desk) -> list[DonorCard]:
    contacts = donor_contacts(visit.treatment)
    return [
        DonorCard(
            role=donor_words(donor),
            name=contacts[donor].name if donor in contacts else "",
            phone=contacts[donor].phone if donor in contacts else "",
            edit_url=reverse("admin:donor_contact", args=[visit.treatment_id, donor]),
            due=(),
        )
        for donor in due.donor.split("+")
    ]


def contact(request: HttpRequest, pk: UUID, donor: str) -> HttpResponse:
    """Name or code and number of a donor from outside."""
    desk = desk_of(request)
    treatment = desk.find(lambda clinic: treatment_by_id(clinic, pk))
    actor = desk.require("see contact data", desk.clinic(treatment.clinic_id))
    known = donor_contacts(treatment).get(donor)
    initial = {"name": known.name, "phone": known.phone} if known else {}
    form = DonorContactForm(request.POST or None, initial=initial)
    back = reverse("admin:couples_couple_change", args=[treatment.couple_id])

    def act() -> str:
        given = form.cleaned_data
        set_donor_contact(
            treatment=treatment,
            donor=donor,
            name=given["name"],
            phone=given["phone"],
            actor=actor,
            at=desk.at,
        )
        return back

    return FormPage(
        title=_("Donor from outside: %(donor)s") % {"donor": donor_words(donor)},
        form=form,
        act=act,
        done=_("Saved: how the donor is reached."),
        back=back,
        intro=_("The product never writes to him: somebody rings. The laboratory does not see this."),
        context={"who": who(treatment.couple, desk)},
    ).answer(request)
