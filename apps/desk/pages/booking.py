"""Booking and moving a visit: a month with what is free, the times of a day, what follows, and then one button.

Nothing is saved before that button but a hold of five minutes. A clinic without resources picks a day and a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.capacity import held_until
from apps.booking.queries import best_slots, slots_of
from apps.booking.services import book, drop_hold, hold, move
from apps.clinic.actors import Actor
from apps.clinic.clock import local_moment
from apps.clinic.errors import Invalid, LitError
from apps.clinic.resource_queries import counts_capacity
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.consequences import Consequences, consequences_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.booking import ConfirmForm, OtherTimeForm
from apps.desk.month import chosen_day, first_of, month_of, next_month, time_of, weekday_names
from apps.desk.pages import plain_booking
from apps.desk.pages.base import page
from apps.desk.pages.visits import address, found, frame
from apps.treatments.models import Appointment
from apps.treatments.queries import flags_of, whole_of
from protocols.records import Absence

_DAY, _YEAR = timedelta(days=1), timedelta(days=366)
# How many times are offered before somebody looks for a day.
_OFFERED = 3
# What somebody else did meanwhile: the page is shown as it is now, and nothing that was typed still fits.
_SHOWN_ANEW = frozenset({"plan_changed", "slot_taken"})


def reserve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Book, or pencil in what is held."""
    return _answer(request, pk, moving=False)


def shift(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move a booking."""
    return _answer(request, pk, moving=True)


def _answer(request: HttpRequest, pk: UUID, *, moving: bool) -> HttpResponse:
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    if not counts_capacity(visit.clinic):
        return plain_booking.answer(request, desk, visit, actor, moving=moving)
    booking = _Booking(request, desk, visit, actor, moving)
    acts: dict[str, Callable[[], HttpResponse]] = {
        "hold": booking.hold_listed,
        "other": booking.hold_other,
        "drop": booking.drop,
        "confirm": booking.confirm,
    }
    if request.method == "POST":
        for name, act in acts.items():
            if name in request.POST:
                return act()
    return booking.show()


@dataclass(slots=True)
class _Booking:
    request: HttpRequest
    desk: Desk
    visit: Appointment
    actor: Actor
    moving: bool

    @property
    def zone(self) -> str:
        return self.visit.clinic.zone

    @property
    def today(self) -> date:
        return self.desk.today(self.visit.clinic)

    @property
    def pencils(self) -> bool:
        """A held visit is pencilled; a pencil that moves stays one."""
        return self.visit.held and (not self.moving or self.visit.pencilled)

    def hold_listed(self) -> HttpResponse:
        try:
            wall = datetime.fromisoformat(self.request.POST["hold"])
        except ValueError:
            return HttpResponseRedirect(self.address())
        return self._hold(wall)

    def hold_other(self) -> HttpResponse:
        form = self.other_time_form()
        return self._hold(form.wall()) if form.is_valid() else self.show(other=form)

    def _hold(self, wall: datetime) -> HttpResponse:
        """Five minutes to look at what follows. A slot that went meanwhile is said, with the next ones."""
        try:
            held = hold(appointment=self.visit, starts_at=wall, actor=self.actor, at=self.desk.at)
        except LitError as error:
            messages.error(self.request, in_one_line(error))
            return HttpResponseRedirect(self.address(day=wall.date().isoformat()))
        begins = held.slot.starts_at.astimezone(ZoneInfo(self.zone))
        return HttpResponseRedirect(
            self.address(day=wall.date().isoformat(), slot=f"{begins:%Y-%m-%dT%H:%M}") + "#booking-preview"
        )

    def drop(self) -> HttpResponse:
        drop_hold(appointment=self.visit, actor=self.actor, at=self.desk.at)
        return HttpResponseRedirect(self.address())

    def confirm(self) -> HttpResponse:
        """Saves what was previewed, or shows what is different by now."""
        form = ConfirmForm(self.request.POST, zone=self.zone, with_reason=True)
        if not form.is_valid():
            return self.show()
        try:
            self._save(form)
        except LitError as error:
            if error.code in _SHOWN_ANEW:
                messages.error(self.request, in_one_line(error))
                wall = form.cleaned_data["starts_at"]
                again = {} if error.code == "slot_taken" else {"slot": f"{wall:%Y-%m-%dT%H:%M}"}
                return HttpResponseRedirect(self.address(day=wall.date().isoformat(), **again))
            form.take(error)
            return self.show(confirm=form, starts_at=form.starts_at())
        messages.success(self.request, _("Saved. The plan has been made anew."))
        return HttpResponseRedirect(address(self.visit))

    def _save(self, form: ConfirmForm) -> None:
        given = {
            "appointment": self.visit,
            "starts_at": form.starts_at(),
            "actor": self.actor,
            "at": self.desk.at,
            "reason": form.reason_text(),
            "expected": form.cleaned_data["expected"],
        }
        if self.moving:
            move(**given)
        else:
            book(**given, pencil=self.pencils)

    def show(
        self,
        *,
        other: OtherTimeForm | None = None,
        confirm: ConfirmForm | None = None,
        starts_at: datetime | None = None,
    ) -> HttpResponse:
        chosen = self._chosen()
        if self.request.headers.get("HX-Request") and chosen:
            return page(self.request, "desk/_booking_day.html", "", self._day(chosen))
        starts_at = starts_at or self._asked_slot()
        title = (
            _("Move") if self.moving else _("Pencil in") if self.pencils else _("Book")
        ) + f": {self.visit.title}"
        context = {
            **frame(self.visit, self.desk),
            **self._month(chosen),
            **(self._day(chosen) if chosen else {}),
            **(self._preview(starts_at, confirm) if starts_at else {}),
            "other": other or self.other_time_form(unsent=True),
            "absences": self._absences(),
            "pencils": self.pencils,
            "pencil_until": self._decided_by() if self.pencils else "",
            "back": address(self.visit),
            "here": self.address(),
        }
        wrong = bool((other and other.errors) or (confirm and confirm.errors))
        return page(self.request, "desk/booking.html", title, context, status=422 if wrong else 200)

    def _month(self, chosen: date | None) -> dict[str, object]:
        usual = chosen or self.visit.proposed_on or self.visit.earliest_on or self.today
        first = max(first_of(self._asked("month") or usual), first_of(self.today))
        try:
            days = slots_of(
                self.visit,
                at=self.desk.at,
                from_on=max(first, self.today),
                to_on=next_month(first) - _DAY,
            )
        except LitError as error:
            return {"refused": in_one_line(error)}
        window = words.window_of(self.visit.plan)
        last = window.get("maximum") or window.get("latest") or self.today + _YEAR
        month = month_of(
            days, first, today=self.today, last=last, chosen=chosen, target=self.visit.proposed_on
        )
        best = best_slots(self.visit, at=self.desk.at, limit=_OFFERED)
        offered = [time_of(slot, self.zone) for slot in best]
        return {"month": month, "weekdays": weekday_names(), "offered": offered}

    def _day(self, on: date) -> dict[str, object]:
        try:
            days = slots_of(self.visit, at=self.desk.at, from_on=on, to_on=on)
        except LitError as error:
            return {"refused": in_one_line(error)}
        return {
            "day": chosen_day(days[0], self.zone) if days else None,
            "here": self.address(),
            "visit": self.visit,
        }

    def _preview(self, starts_at: datetime, confirm: ConfirmForm | None) -> dict[str, object]:
        told = consequences_of(self.visit, starts_at, self.desk, pencil=self.pencils)
        wall = starts_at.astimezone(ZoneInfo(self.zone))
        held = held_until(self.visit, at=self.desk.at)
        until = (
            held[1].astimezone(ZoneInfo(self.zone)) if held and held[0] == told.preview.starts_at else None
        )
        return {
            "told": told,
            "held_until": f"{until:%H:%M}" if until else "",
            "chosen_time": f"{words.day(wall.date(), self.today)}, {wall:%H:%M}",
            "confirm": confirm or self._confirm_form(told, wall),
            "confirm_words": self._button(),
        }

    def _confirm_form(self, told: Consequences, wall: datetime) -> ConfirmForm:
        refusal = told.preview.refusal
        return ConfirmForm(
            zone=self.zone,
            with_reason=refusal is not None and refusal.needs_reason,
            initial={"starts_at": f"{wall:%Y-%m-%dT%H:%M}", "expected": told.preview.fingerprint},
        )

    def _button(self) -> str:
        """The one button says what it does, and for whom."""
        both = len(self.visit.attends) > 1
        if self.moving:
            return _("Move both") if both else _("Move")
        if self.pencils:
            return _("Pencil in both") if both else _("Pencil in")
        return _("Book both") if both else _("Book")

    def other_time_form(self, *, unsent: bool = False) -> OtherTimeForm:
        on = self._chosen() or self.visit.proposed_on or self.visit.earliest_on
        return OtherTimeForm(None if unsent else self.request.POST, zone=self.zone, on=on)

    def _absences(self) -> list[str]:
        """When somebody of the couple is away, from today on."""
        couple = self.visit.treatment.couple
        names = {"recipient": couple.recipient.given_name, "partner": couple.partner.given_name}
        return [
            _("%(name)s is away %(span)s")
            % {
                "name": names.get(fact.record.person, words.words(fact.record.person)),
                "span": words.span(fact.record.from_on, fact.record.to_on, self.today),
            }
            for fact in whole_of(self.visit.treatment, self.desk.at).facts().all_of(Absence)
            if isinstance(fact.record, Absence) and fact.record.to_on >= self.today
        ]

    def _decided_by(self) -> str:
        """By when what holds the visit is to be decided: until then a pencil keeps its place."""
        keys = set(self.visit.plan.get("held_by") or [])
        flags = flags_of(self.visit.clinic, treatment=self.visit.treatment, state="open")
        due = [flag.due_on for flag in flags if flag.key in keys]
        return words.day(max(due), self.today) if due else ""

    def _asked(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.request.GET[name])
        except (KeyError, ValueError):
            return None

    def _chosen(self) -> date | None:
        return self._asked("day")

    def _asked_slot(self) -> datetime | None:
        try:
            return local_moment(self.zone, datetime.fromisoformat(self.request.GET["slot"]))
        except (KeyError, ValueError, Invalid):
            return None

    def address(self, **query: str) -> str:
        path = reverse(f"admin:visit_{'move' if self.moving else 'book'}", args=[self.visit.pk])
        return f"{path}?{urlencode(query)}" if query else path
