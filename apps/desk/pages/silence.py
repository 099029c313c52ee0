"""When nothing is sent to a couple: their wish, everything stopped at once, and how messages go again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.session.witness import second_person
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.couples.models import Couple, Person, SilenceReason
from apps.couples.queries import couple_by_id, goes_on_elsewhere
from apps.couples.services import SaidYes, end_silence, release_couple, silence_couple
from apps.desk.access import Desk, desk_of
from apps.desk.forms.silence import StopForm, YesForm
from apps.desk.pages.base import FormPage, press
from apps.desk.ports import links, pages
from apps.desk.rows import who
from apps.reminders.models import DeliveryState
from apps.reminders.queries import deliveries_of_couple, sent_since
from apps.treatments.queries import appointments_of
from apps.treatments.standstill import end_by_one, pause_couple


def silence(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop all messages at the couple's wish."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("record", couple.clinic)
    return press(
        request,
        lambda: silence_couple(couple=couple, reason=SilenceReason.OWN_WISH, actor=actor, at=desk.at),
        done=_("Nothing is sent to this couple any more."),
        back=_address(couple),
    )


def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of the couple stands still at once: first the stop, the details later."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("record", couple.clinic)
    people = (couple.recipient, couple.partner)
    form = StopForm(request.POST or None, people=people, may_end=desk.may("loss", couple.clinic))

    def act() -> str:
        reason = form.cleaned_data["reason"]
        if reason == SilenceReason.SEPARATED:
            person = next(one for one in people if str(one.pk) == form.cleaned_data["person"])
            _end_for(couple, person, actor, desk.at)
        else:
            pause_couple(couple=couple, reason=reason, actor=actor, at=desk.at)
        return _address(couple)

    return FormPage(
        title=_("Stop everything"),
        form=form,
        act=act,
        done=_("Everything has stopped for both. The call to them is on the worklist."),
        button=_("Stop everything now"),
        back=_address(couple),
        template="desk/couple_stop.html",
        danger=True,
        context={"who": who(couple, desk), "stops": _stops(couple, desk), "people": people},
    ).answer(request)


def _end_for(couple: Couple, person: Person, actor: Actor, at: datetime) -> None:
    """One of the two ends it: with the care, in the same commit, page and calendar of both. Whoever has begun again in
    another couple keeps theirs, which show nothing of this one.
    """
    with acting(actor):
        end_by_one(couple=couple, person=person, actor=actor, at=at)
        for one in (couple.recipient, couple.partner):
            if not goes_on_elsewhere(one, couple):
                links().revoke_all(person=one, actor=actor, at=at)
                pages().end_pages(person=one, actor=actor, at=at)


def _stops(couple: Couple, desk: Desk) -> dict[str, int]:
    """What a stop meets: booked visits ahead, and messages that wait."""
    ahead = appointments_of(couple.clinic).filter(
        treatment__couple=couple, status="booked", starts_at__gte=desk.at
    )
    waiting = deliveries_of_couple(couple).filter(state__in=(DeliveryState.PENDING, DeliveryState.LEASED))
    return {"visits": ahead.count(), "messages": waiting.count()}


def speak(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Messages again, at the couple's yes; after a confirmed loss a second person signs."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("record", couple.clinic)
    back, two = _address(couple), couple.silent_reason == SilenceReason.CONFIRMED_LOSS
    people = (couple.recipient, couple.partner)
    form = YesForm(request.POST or None, today=desk.today(couple.clinic), people=people, two=two)

    def act() -> str:
        said = form.cleaned_data
        second = (
            second_person(
                clinic=couple.clinic,
                username=said["second_name"],
                password=said["second_password"],
                first=actor,
                at=desk.at,
            )
            if two
            else None
        )
        yes = SaidYes(of=said["yes_of"], how=said["yes_how"], on=said["yes_on"])
        end_silence(couple=couple, actor=actor, yes=yes, second_actor=second, at=desk.at)
        return back

    return FormPage(
        title=_("Send messages again"),
        form=form,
        act=act,
        done=_("Messages are sent again."),
        button=_("Both agree: send messages again") if two else _("Send messages again"),
        back=back,
        intro=_("After a confirmed loss two people agree, and the couple has said yes.")
        if two
        else _("Nothing goes again without their yes."),
        context={"who": who(couple, desk)},
    ).answer(request)


def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A loss recorded by mistake, taken back by its recorder within a quarter of an hour if nothing was sent."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("record", couple.clinic)
    since = couple.silent_reason_since or desk.at
    return press(
        request,
        lambda: end_silence(
            couple=couple,
            actor=actor,
            at=desk.at,
            nothing_sent=not sent_since(couple, since).exists(),
        ),
        done=_("Taken back: messages are sent again. Correct the record of the loss as well."),
        back=_address(couple),
    )


def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Messages for a couple that came in by file."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("release", couple.clinic)
    return press(
        request,
        lambda: release_couple(couple=couple, actor=actor, at=desk.at),
        done=_("Released: messages go out from now on."),
        back=_address(couple),
    )


def _address(couple: Couple) -> str:
    return reverse("admin:couples_couple_change", args=[couple.pk])
