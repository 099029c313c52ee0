"""Pictures of the desk on the demo's data, for the documents and for looking at: `make pictures`.

Not one of the tests: no run collects it unless it is named, and it writes only into the folder that PICTURES names.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer

from apps.booking.closing import draft_closing
from apps.booking.fitness import check_fitness
from apps.booking.models import SessionActivity
from apps.booking.running import finish_activity, pass_gate, start_activity
from apps.booking.services import arrive, cancel
from apps.booking.waiting import want_earlier
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date, local_moment
from apps.clinic.models import Clinic, User
from apps.clinic.queries import actor_for
from apps.desk.demo.clinics import make
from apps.treatments.intake.cells import Reading
from apps.treatments.intake.services import upload_import, work_lines
from apps.treatments.models import Appointment
from tests.apps.booking.a_session import FIT
from tests.browser.seats import WIDTHS, signed_in

DARK = ("home", "board")
# As the screen shows them: a list is long, and the verdict of a dose stays in sight while the page moves under it.
ONE_SCREEN = ("dose",)
# A Tuesday of the demo, 16:35 in Hyderabad: doses are ready, and the last one waits for its release.
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
def clinic(transactional_db: None, settings: Any, stand_at: Any, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """The demo's larger clinic, its day run as far as it would have come by then."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
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


def stage(clinic: Clinic) -> dict[str, str]:
    """The day so far, a closing that is drafted, a wish and a place that came free, a list that was tried; their pages."""
    nurse, doctor = by(clinic, "nurse"), by(clinic, "doctor")
    today = doses(clinic, 0, 1)
    for visit in today:
        come_so_far(visit, nurse, doctor, released=visit != today[-1])
    ahead = doses(clinic, 1, 40)
    for visit in ahead[1:4]:
        want_earlier(appointment=visit, note="Two hours' notice is enough", actor=nurse, at=AT)
    cancel(appointment=ahead[0], reason="Fever", actor=nurse, at=AT)
    closed_on = days_ahead(clinic, ahead[1])
    closing = draft_closing(
        clinic=clinic, resource=None, starts_at=wall(clinic, closed_on), ends_at=wall(clinic, closed_on + 1),
        reason="The centrifuge is serviced", actor=nurse, at=AT,
    )  # fmt: skip
    listed = upload_import(clinic=clinic, content=LIST.encode(), reading=Reading(), actor=nurse, at=AT)
    work_lines(at=AT)
    given = Appointment.objects.filter(pk__in=[one.pk for one in today], status="arrived").earliest(
        "starts_at"
    )
    day = [clinic.pk, local_date(clinic.zone, AT).isoformat()]
    return {
        "home": "/admin/",
        "couple": reverse("admin:couples_couple_change", args=[given.treatment.couple_id]),
        "plan": reverse("admin:treatments_treatment_change", args=[given.treatment_id]),
        "booking": reverse("admin:visit_book", args=[to_book(clinic).pk]),
        "day": reverse("admin:day_sheet", args=day),
        "board": reverse("admin:day_board", args=day),
        "load": reverse("admin:load_week", args=day),
        "dose": reverse("admin:visit_dose", args=[given.pk]),
        "closing": reverse("admin:closing", args=[closing.pk]),
        "waiting": reverse("admin:waiting"),
        "import": reverse("admin:couple_import_show", args=[listed.pk]),
    }


def to_book(clinic: Clinic) -> Appointment:
    """A proposed dose whose page has days to choose from."""
    found = Appointment.objects.filter(clinic=clinic, state="proposed", held=False, step="sensitisation")
    return found.filter(proposed_on__gt=local_date(clinic.zone, AT)).order_by("proposed_on")[0]


def take(context: BrowserContext, pages: dict[str, str], folder: Path) -> None:
    """Each page at three widths by day, and some of them by night."""
    page = context.new_page()
    for name, address in pages.items():
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=name not in ONE_SCREEN)
        if name in DARK:
            page.emulate_media(color_scheme="dark")
            page.screenshot(path=folder / f"{name}-dark.png", full_page=True)
            page.emulate_media(color_scheme="light")
    page.close()


def test_pictures(browser: Browser, live_server: LiveServer, clinic: Clinic, folder: Path) -> None:
    pages = stage(clinic)
    with signed_in(browser, live_server, User.objects.get(username="nurse")) as context:
        take(context, pages, folder)
