"""Donors from outside a couple as the desk shows them: what each has to be told, what he knows, how he is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.call_models import CallState, CallWhy
from apps.booking.calls.donors import DonorDue, DonorWord, donors_from_outside, to_be_told, told_to_donor
from apps.booking.donor_contacts import donor_contacts
from apps.booking.preview_values import BookingPreview
from apps.clinic.clock import local_moment
from apps.clinic.models import Clinic
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.rows import Button, who
from apps.desk.worklist_rows import TODAY, WEEK, Frame, WorkRow, local_day, visit_title
from apps.treatments.models import Appointment, Treatment


@dataclass(frozen=True, slots=True)
class DonorCard:
    """One donor of a treatment: name or code and number for whoever may see them, and what he has yet to be told."""

    role: str
    name: str
    phone: str
    edit_url: str
    due: tuple[tuple[str, str], ...]


def donor_words(donor: str) -> str:
    """``unrelated+brother`` as people say it."""
    return ", ".join(words.words(one) for one in donor.split("+") if one)


def when_words(moment: datetime, clinic: Clinic, desk: Desk) -> str:
    """Day and time in the clinic's own zone."""
    wall = local_moment(clinic.zone, moment)
    return f"{words.day(wall.date(), desk.today(clinic))}, {wall:%H:%M}"


def word_text(word: DonorWord, clinic: Clinic, desk: Desk) -> str:
    """What he is to be told, in one line."""
    said = _("no longer needed: %(when)s") if word.why == CallWhy.DONOR_OFF else _("to come: %(when)s")
    return said % {"when": when_words(word.about_at, clinic, desk)}


def donor_foretold(preview: BookingPreview, visit: Appointment) -> tuple[str, str] | None:
    """What a donor from outside hears of this booking and how, as title and text; None where there is nothing for him."""
    row = next((one for one in preview.rows if one.pk == visit.pk), None)
    if row is None or row.pencilled or not preview.can_book:
        return None
    stands = visit.in_force and not visit.pencilled and visit.starts_at == preview.starts_at
    if stands or not donors_from_outside(row.attends, row.plan.get("donor") or ""):
        return None
    return _("The donor from outside is told by phone"), _("a call is made")


def cancelling_words(visit: Appointment) -> str:
    """What cancelling the visit asks of somebody, where a donor from outside was told of it; else empty."""
    told = told_to_donor(visit)
    if told is None or told.why != CallWhy.DONOR:
        return ""
    return _(
        "The donor from outside was told of this visit. A call is made: he is to be told by phone that it is off."
    )


def donor_row(due: Mapping[UUID, DonorDue], visit: Any, frame: Frame) -> WorkRow:
    """A donor from outside who has yet to be told of a visit, or that it is off."""
    desk, clinic, word, call = frame.desk, visit.clinic, due[visit.pk].word, due[visit.pk].call
    why = f"{CallWhy(word.why).label}: {donor_words(word.donor)}"
    group, kind, tone = TODAY, _("Call"), "bad" if word.why == CallWhy.DONOR_OFF else "warn"
    text, address = _("Call"), reverse("admin:call_donor", args=[visit.pk])
    button = Button(text, address, primary=True) if desk.may("call", clinic) else None
    if (
        call is not None
        and call.state == CallState.OPEN
        and local_day(call.due_at, clinic.zone) > frame.today
    ):
        group, kind, tone = WEEK, _("Call later"), "quiet"
    elif call is not None and call.state == CallState.DECLINED:
        kind, tone = _("Declined"), "bad"
        why = f"{why}: {_('Declined, waits for a doctor')}"
        if desk.actor(clinic).role == "doctor":
            noting = reverse("admin:call_note", args=[call.pk])
            button = Button(_("Take note"), noting, post=True, primary=True)
    return WorkRow(
        group=group,
        kind=kind,
        tone=tone,
        who=who(visit.treatment.couple, desk),
        couple=visit.treatment.couple,
        when="",
        what=visit_title(visit),
        why=why,
        detail=word_text(word, clinic, desk),
        button=button,
    )


def donor_cards(
    treatments: Iterable[Treatment], visits: Iterable[Appointment], desk: Desk
) -> list[DonorCard]:
    """The donors from outside of these treatments, by what their visits ask for and by what was said of them."""
    rows = [row for row in visits if row.in_force or row.state == "proposed"]
    found: list[DonorCard] = []
    for treatment in treatments:
        clinic = desk.clinic(treatment.clinic_id)
        contacts = donor_contacts(treatment) if desk.may("see contact data", clinic) else {}
        mine = [row for row in rows if row.treatment_id == treatment.pk]
        asked = [donors_from_outside(row.attends, row.plan.get("donor") or "") for row in mine]
        told = to_be_told(Appointment.objects.filter(treatment=treatment), desk.at)
        donors = [one for donor in asked for one in donor.split("+")]
        donors += [one for word in told.values() for one in word.donor.split("+")]
        for donor in dict.fromkeys(filter(None, (*donors, *contacts))):
            contact = contacts.get(donor)
            due = (
                (word_text(word, clinic, desk), reverse("admin:call_donor", args=[pk]))
                for pk, word in told.items()
                if donor in word.donor.split("+")
            )
            found.append(
                DonorCard(
                    role=donor_words(donor),
                    name=contact.name if contact else "",
                    phone=contact.phone if contact else "",
                    edit_url=reverse("admin:donor_contact", args=[treatment.pk, donor]),
                    due=tuple(due),
                )
            )
    return found
