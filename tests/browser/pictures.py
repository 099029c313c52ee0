"""Pictures of the desk on the demo's data, for the documents and for looking at: `make pictures`.

Not one of the tests: no run collects it unless it is named, and it writes only into the folder that PICTURES names.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from apps.booking.closing.services import draft_closing
from apps.booking.models import SessionActivity
from apps.booking.queries import best_slots
from apps.booking.services import arrive, cancel, hold
from apps.booking.session.fitness import check_fitness
from apps.booking.session.running import finish_activity, pass_gate, start_activity
from apps.booking.waiting import want_earlier
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date, local_moment
from apps.clinic.models import Clinic, User
from apps.clinic.queries import actor_for
from apps.couples.models import Couple
from apps.desk.demo.clinics import make
from apps.treatments.intake.cells import Reading
from apps.treatments.intake.services import upload_import, work_lines
from apps.treatments.models import Appointment, Flag, Record
from tests.apps.booking.a_session import FIT
from tests.browser.seats import NIGHT, WIDTHS, signed_in

# As the screen shows them: a list is long, and the verdict of a dose stays in sight while the page moves under it.
ONE_SCREEN = ("dose",)
# A Tuesday, 16:35 in Hyderabad, whenever it is made: doses are ready, and the last one waits for its release.
AT = datetime(2026, 11, 17, 11, 5, tzinfo=UTC)
ANSWERS = {**FIT, "donor": {**FIT["donor"], "days_since_draw": "yes"}}
LIST = "\n".join(
    (
        "recipient_mrn,recipient_given_name,recipient_family_name,recipient_birth_on,recipient_phone,"
        "partner_given_name,partner_family_name,partner_birth_on",
        "IN20001,Anjali,Verma,1991-02-14,+91 98480 11111,Rohit,Verma,1988-09-30",
        "IN20002,Lakshmi,Reddy,1993-06-02,+91 98480 22222,Suresh,Reddy,1990-01-17",
        "IN20003,Meera,Iyer,03/04/1992,9.84802E+09,Dev,Iyer,1989-05-21",
    )
)


@pytest.fixture
def folder() -> Path:
    named = os.environ.get("PICTURES")
    if not named:
        pytest.skip("PICTURES names no folder; see make pictures")
    Path(named).mkdir(parents=True, exist_ok=True)
    return Path(named)


@pytest.fixture
def clinic(transactional_db: None, stand_at: Any, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """The demo's larger clinic, its day run as far as it would have come by then."""
    monkeypatch.setattr("apps.desk.pages.importing.work_import_soon", lambda pk: None)
    stand_at(AT)
    make(at=AT, password=lambda: "a-long-enough-secret", say=lambda text: None)
    return Clinic.objects.get(slug="hyderabad")


def by(clinic: Clinic, role: str) -> Actor:
    return actor_for(User.objects.get(username=role), clinic, "admin", signed_in=True)


def wall(clinic: Clinic, days: int, hour: int = 0) -> datetime:
    """That hour of the clinic's clock, so many days from today."""
    return local_moment(
        clinic.zone, datetime.combine(local_date(clinic.zone, AT) + timedelta(days=days), time(hour))
    )


def days_ahead(clinic: Clinic, visit: Appointment) -> int:
    assert visit.starts_at is not None
    return (local_date(clinic.zone, visit.starts_at) - local_date(clinic.zone, AT)).days


def doses(clinic: Clinic, from_days: int, to_days: int) -> list[Appointment]:
    """By time; those that are booked or arrived."""
    found = Appointment.objects.filter(clinic=clinic, status__in=("booked", "arrived"), pencilled=False)
    span = (wall(clinic, from_days), wall(clinic, to_days))
    return list(found.filter(starts_at__range=span, step="sensitisation").order_by("starts_at"))


def come_so_far(visit: Appointment, nurse: Actor, doctor: Actor, *, released: bool) -> None:
    """What of the session lies before AT by its plan is done at its time; what goes on at AT has begun."""
    if visit.starts_at is None or visit.starts_at > AT:
        return
    if visit.status == "booked":
        arrive(appointment=visit, actor=nurse, at=AT, happened_at=visit.starts_at)
    for one in SessionActivity.objects.filter(appointment=visit, state="planned").order_by("position"):
        if (
            one.starts_at > AT
            or one.kind == "injection"
            or (one.kind in ("fitness", "gate") and one.ends_at > AT)
        ):
            return
        if one.kind == "fitness":
            check_fitness(appointment=visit, answers=ANSWERS, actor=nurse, at=AT, happened_at=one.ends_at)  # type: ignore[arg-type]
        elif one.ends_at > AT:
            start_activity(activity=one, actor=nurse, at=AT, happened_at=one.starts_at)
            return
        elif one.kind == "gate":
            if not released:
                return
            pass_gate(appointment=visit, actor=doctor, at=AT, happened_at=one.ends_at)
        else:
            finish_activity(activity=one, actor=nurse, at=AT, happened_at=one.ends_at)


def stage(clinic: Clinic) -> dict[str, list[tuple[str, str]]]:
    """The day so far, closings that are drafted, a wish and a place that came free, a list that was tried: by who looks
    at it, the name and the address of each page.
    """
    nurse, doctor = by(clinic, "nurse"), by(clinic, "doctor")
    today = doses(clinic, 0, 1)
    for visit in today:
        come_so_far(visit, nurse, doctor, released=visit != today[-1])
    pages = {
        "nurse": [("home", "/admin/"), *of_the_plan(clinic, nurse), *of_the_day(clinic)],
        "doctor": [("decision", of_flag(clinic, "doctor"))],
        "manager": of_the_manager(clinic),
    }
    # What stays as it is for the pictures above comes first.
    pages["nurse"] += of_closing_and_waiting(clinic, nurse)
    return pages


def of_the_day(clinic: Clinic) -> list[tuple[str, str]]:
    """The sheet, the board and the load; the forms of the visits of the day."""
    here = Appointment.objects.filter(pk__in=[one.pk for one in doses(clinic, 0, 1)])
    given = here.filter(status="arrived").earliest("starts_at")
    coming = Appointment.objects.filter(clinic=clinic, status="booked", pencilled=False, held=False)
    next_one = coming.filter(starts_at__gt=AT).earliest("starts_at")
    day = [clinic.pk, local_date(clinic.zone, AT).isoformat()]
    return [
        ("day", reverse("admin:day_sheet", args=day)),
        ("board", reverse("admin:day_board", args=day)),
        ("load", reverse("admin:load_week", args=day)),
        ("load-month", reverse("admin:load_month", args=day)),
        ("papers", reverse("admin:day_papers", args=[clinic.pk])),
        ("dose", reverse("admin:visit_dose", args=[given.pk])),
        ("visit", reverse("admin:treatments_appointment_change", args=[given.pk])),
        ("messages", reverse("admin:visit_messages", args=[given.pk])),
        ("fitness", reverse("admin:visit_fitness", args=[here.latest("starts_at").pk])),
        ("stop-session", reverse("admin:visit_stop", args=[given.pk])),
        ("arrival", reverse("admin:visit_arrive", args=[next_one.pk])),
        ("miss", reverse("admin:visit_miss", args=[next_one.pk])),
        ("cancel", reverse("admin:visit_cancel", args=[next_one.pk])),
    ]


def of_the_plan(clinic: Clinic, nurse: Actor) -> list[tuple[str, str]]:
    """A couple with its notes and files, its plan, booking and moving with what would change, a call, a flag, a loss."""
    noted = Couple.objects.filter(clinic=clinic, notes__isnull=False, treatments__closed_reason="")
    filed = Record.objects.filter(clinic=clinic, attachments__isnull=False).earliest("recorded_at")
    couple, treatment = noted.order_by("code").distinct()[0], filed.treatment
    booking, moved = to_book(clinic), doses(clinic, 1, 40)[4]
    fallen = Appointment.objects.filter(clinic=clinic, status__in=("noshow", "cancelled"), state="missed")
    rung = fallen.order_by("pk").first() or booking
    return [
        ("couples", reverse("admin:couples_couple_changelist")),
        ("couple", reverse("admin:couples_couple_change", args=[couple.pk])),
        ("couple-files", reverse("admin:couples_couple_change", args=[treatment.couple_id])),
        ("note", reverse("admin:couple_note", args=[couple.pk])),
        ("file", reverse("admin:record_attach", args=[filed.pk])),
        ("plan", reverse("admin:treatments_treatment_change", args=[moved.treatment_id])),
        ("result", reverse("admin:treatment_record", args=[moved.treatment_id, "result"])),
        ("loss", reverse("admin:treatment_loss", args=[moved.treatment_id])),
        ("stop", reverse("admin:couple_stop", args=[moved.treatment.couple_id])),
        ("enrol", reverse("admin:couples_couple_add")),
        ("booking", reverse("admin:visit_book", args=[booking.pk])),
        ("booking-preview", with_preview("admin:visit_book", booking, nurse)),
        ("move-preview", with_preview("admin:visit_move", moved, nurse)),
        ("call", reverse("admin:call_visit", args=[rung.pk])),
        ("flag", of_flag(clinic, "nurse")),
        ("covers", reverse("admin:covers", args=[clinic.pk])),
        ("calls", reverse("admin:worklist_kind", args=["calls"])),
        ("brake", reverse("admin:clinic_brake", args=[clinic.pk])),
    ]


def of_closing_and_waiting(clinic: Clinic, nurse: Actor) -> list[tuple[str, str]]:
    """A day that is to close, a machine that failed now, a place that came free and who wants it, a list that was tried."""
    ahead = doses(clinic, 1, 40)
    for visit in ahead[1:4]:
        want_earlier(appointment=visit, note="Two hours' notice is enough", actor=nurse, at=AT)
    cancel(appointment=ahead[0], reason="Fever", actor=nurse, at=AT)
    on = days_ahead(clinic, ahead[1])
    closing, failed = (
        draft_closing(
            clinic=clinic, resource=None, starts_at=starts_at, ends_at=ends_at, reason=reason,
            from_now=from_now, actor=nurse, at=AT,
        )
        for starts_at, ends_at, reason, from_now in (
            (wall(clinic, on), wall(clinic, on + 1), "The centrifuge is serviced", False),
            (AT, wall(clinic, 1), "The centrifuge has failed", True),
        )
    )  # fmt: skip
    listed = upload_import(clinic=clinic, content=LIST.encode(), reading=Reading(), actor=nurse, at=AT)
    work_lines(at=AT)
    one, other = Couple.objects.filter(clinic=clinic).order_by("code")[:2]
    return [
        ("closings", reverse("admin:closings")),
        ("closing", reverse("admin:closing", args=[closing.pk])),
        ("closing-from-now", reverse("admin:closing", args=[failed.pk])),
        ("waiting", reverse("admin:waiting")),
        ("import-upload", reverse("admin:couple_import")),
        ("import", reverse("admin:couple_import_show", args=[listed.pk])),
        ("merge", reverse("admin:person_merge", args=[one.recipient_id, other.recipient_id])),
    ]


def of_the_manager(clinic: Clinic) -> list[tuple[str, str]]:
    """The clinic's own pages: hours and days off, resources, festivals."""
    return [
        ("clinic", reverse("admin:clinic_clinic_change", args=[clinic.pk])),
        ("resources", reverse("admin:clinic_resources", args=[clinic.pk])),
        (
            "holidays",
            reverse("admin:clinic_festivals", args=[clinic.pk, local_date(clinic.zone, AT).year + 1]),
        ),
    ]


def of_flag(clinic: Clinic, owner: str) -> str:
    """The page of the oldest open flag of that role that offers choices."""
    flags = Flag.objects.filter(clinic=clinic, state="open", owner=owner).exclude(decisions=[])
    return reverse("admin:treatments_flag_change", args=[flags.order_by("raised_at", "pk")[0].pk])


def with_preview(page: str, visit: Appointment, nurse: Actor) -> str:
    """The page of a booking or a move with the best other time held for the nurse, and what would change beside it."""
    slot = next(one for one in best_slots(visit, at=AT) if one.starts_at != visit.starts_at)
    starts = slot.starts_at.astimezone(ZoneInfo(visit.clinic.zone)).replace(tzinfo=None)
    hold(appointment=visit, starts_at=starts, actor=nurse, at=AT)
    chosen = urlencode({"day": starts.date().isoformat(), "slot": f"{starts:%Y-%m-%dT%H:%M}"})
    return f"{reverse(page, args=[visit.pk])}?{chosen}"


def to_book(clinic: Clinic) -> Appointment:
    """A proposed dose whose page has days to choose from."""
    found = Appointment.objects.filter(clinic=clinic, state="proposed", held=False, step="sensitisation")
    return found.filter(proposed_on__gt=local_date(clinic.zone, AT)).order_by("proposed_on")[0]


def take(page: Page, name: str, folder: Path) -> None:
    """The page at three widths by day, and by night."""
    whole = name not in ONE_SCREEN
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=whole)
    page.evaluate(NIGHT, True)
    page.screenshot(path=folder / f"{name}-dark.png", full_page=whole)


def test_pictures(browser: Browser, live_server: LiveServer, clinic: Clinic, folder: Path) -> None:
    for role, pages in stage(clinic).items():
        with signed_in(browser, live_server, User.objects.get(username=role)) as context:
            page = context.new_page()
            for name, address in pages:
                answer = page.goto(address)
                assert answer is not None
                assert answer.status == 200, (name, address)
                take(page, name, folder)
