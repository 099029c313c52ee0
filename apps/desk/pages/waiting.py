"""The waiting list: places that came free, and the couples who would come earlier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.models import WaitingWish
from apps.booking.undoing import undo
from apps.booking.waiting import (
    Offer,
    freed_times,
    no_longer,
    offers_for,
    want_earlier,
    wish_by_id,
    wishes_of,
)
from apps.clinic.models import Clinic
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.forms.closing import EarlierForm
from apps.desk.lists.treatments import names_of
from apps.desk.pages.base import FormPage, page, press
from apps.desk.pages.visits import address, found, frame
from apps.desk.rows import local
from apps.treatments.models import Appointment

RIGHT = "book"
# So many days with something free are looked through at once; the rest come once these are filled.
_MOST_DAYS = 14


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One couple who could come on a day: from when, and where to book it."""

    names: str
    title: str
    booked: str
    slot: str
    closes: str
    note: str
    phones: tuple[tuple[str, str], ...]
    url: str
    move_url: str


@dataclass(frozen=True, slots=True)
class FreedDay:
    """A day ahead on which something came free."""

    day: str
    times: tuple[str, ...]
    kept: str
    offers: tuple[OfferRow, ...]


@dataclass(frozen=True, slots=True)
class WishRow:
    wish: WaitingWish
    names: str
    title: str
    booked: str
    closes: str
    url: str


@dataclass(frozen=True, slots=True)
class ClinicList:
    """What one clinic's list shows."""

    name: str
    days: tuple[FreedDay, ...]
    wishes: tuple[WishRow, ...]


def show(request: HttpRequest) -> HttpResponse:
    """What came free ahead, day by day, with whom to call; and everybody who waits."""
    desk = desk_of(request)
    lists = [_list(clinic, desk) for clinic in desk.where(RIGHT)]
    return page(request, "desk/waiting.html", _("Waiting list"), {"lists": lists, "one": len(lists) == 1})


def wish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The couple would come earlier to this visit."""
    desk, visit = found(request, pk)
    actor = desk.require(RIGHT, visit.clinic)
    form = EarlierForm(request.POST or None, today=desk.today(visit.clinic))

    def act() -> str:
        want_earlier(
            appointment=visit,
            from_on=form.cleaned_data["from_on"],
            note=form.cleaned_data["note"],
            actor=actor,
            at=desk.at,
        )
        return reverse("admin:waiting")

    return FormPage(
        title=_("Would come earlier: %(title)s") % {"title": visit.title},
        form=form,
        act=act,
        done=_("On the waiting list."),
        button=_("Put on the waiting list"),
        back=address(visit),
        template="desk/visit_form.html",
        context=frame(visit, desk),
    ).answer(request)


def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    wished = desk.find(lambda clinic: wish_by_id(clinic, pk))
    actor = desk.require(RIGHT, wished.appointment.clinic)
    return press(
        request,
        lambda: no_longer(wish=wished, actor=actor, at=desk.at),
        done=_("Taken off the waiting list."),
        back=reverse("admin:waiting"),
    )


def put_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Undo of the last booking, move or cancellation of a visit."""
    desk, visit = found(request, pk)
    actor = desk.require(RIGHT, visit.clinic)
    return press(
        request,
        lambda: undo(appointment=visit, actor=actor, at=desk.at),
        done=_("Undone: the visit stands as it did before."),
        back=address(visit),
    )


def _list(clinic: Clinic, desk: Desk) -> ClinicList:
    today = desk.today(clinic)
    freed = groupby(freed_times(clinic, at=desk.at), key=lambda one: one.on)
    days = []
    for on, of_day in [(on, list(ones)) for on, ones in freed][:_MOST_DAYS]:
        times = [one.starts_at for one in of_day]
        kept = max((one.kept_until for one in of_day if one.kept_until), default=None)
        days.append(
            FreedDay(
                words.day(on, today),
                tuple(_clock(time, clinic) for time in times),
                f"{words.day(_local(kept, clinic).date(), today)}, {_local(kept, clinic):%H:%M}"
                if kept
                else "",
                tuple(_offer(offer, desk, today) for offer in offers_for(clinic, on, at=desk.at, near=times)),
            )
        )
    wishes = tuple(_wish(one, today) for one in wishes_of(clinic, at=desk.at))
    return ClinicList(clinic.name, tuple(days), wishes)


def _offer(offer: Offer, desk: Desk, today: date) -> OfferRow:
    visit, couple = offer.appointment, offer.appointment.treatment.couple
    begins = _local(offer.slot.starts_at, visit.clinic)
    phones = tuple((one.given_name, one.phone) for one in (couple.recipient, couple.partner))
    asked = urlencode({"day": f"{begins:%Y-%m-%d}", "slot": f"{begins:%Y-%m-%dT%H:%M}"})
    return OfferRow(
        names=names_of(couple),
        title=visit.title,
        booked=_booked(visit, today),
        slot=f"{begins:%H:%M}",
        closes=words.day(offer.closes_on, today) if offer.closes_on else "",
        note=offer.wish.note,
        phones=phones if desk.may("see contact data", visit.clinic) else (),
        url=address(visit),
        move_url=f"{reverse('admin:visit_move', args=[visit.pk])}?{asked}",
    )


def _wish(one: WaitingWish, today: date) -> WishRow:
    visit = one.appointment
    ends = [day for day in (visit.latest_on, visit.bookable_to) if day]
    closes = min(ends, default=None)
    return WishRow(
        one,
        names_of(visit.treatment.couple),
        visit.title,
        _booked(visit, today),
        words.day(closes, today) if closes else "",
        address(visit),
    )


def _booked(visit: Appointment, today: date) -> str:
    begins = local(visit)
    return f"{words.day(begins.date(), today)}, {begins:%H:%M}"


def _local(moment: datetime, clinic: Clinic) -> datetime:
    return moment.astimezone(ZoneInfo(clinic.zone))


def _clock(moment: datetime, clinic: Clinic) -> str:
    return f"{_local(moment, clinic):%H:%M}"
