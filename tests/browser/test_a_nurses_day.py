"""A nurse's whole day in a real browser, with web, worker, beat, mail and database running by the real clock.

The clinic lies where it is between six and seven in the morning now, and is open every day: whatever the hour and the day
of the machine, what is booked "today" lies ahead. All dates below are the clinic's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.request import urlopen
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from apps.booking import services as booking
from apps.booking.call_models import CallOutcome
from apps.booking.models import DayEnd, DonorUnit, FitnessCheck, SessionActivity, UnitCheck
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.models import Clinic
from apps.clinic.services import Span, set_hours
from apps.feeds.services import address_of, issue_link
from apps.treatments.models import Appointment, Record, Treatment
from tests import rows
from tests.apps.booking.a_session import SECRET, with_password
from tests.browser.seats import pictured, quiet
from tests.live import LiveStack
from tests.seen import entries_of, neutral

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Morning:
    """The clinic at six: who comes today, who missed yesterday, whose visit at half past midnight nobody recorded."""

    stack: LiveStack
    clinic: Clinic
    staff: dict[str, Actor]
    couple: Treatment
    missed: Treatment
    forgotten: Treatment
    calendar: str

    @property
    def today_on(self) -> date:
        return local_date(self.clinic.zone, timezone.now())

    @property
    def dose(self) -> Appointment:
        return rows.visit(self.couple, "sensitisation")

    @property
    def sheet(self) -> str:
        return reverse("admin:day_sheet", args=[self.clinic.pk, self.today_on.isoformat()])

    @property
    def board(self) -> str:
        return reverse("admin:day_board", args=[self.clinic.pk, self.today_on.isoformat()])

    def told(self) -> set[tuple[str, str]]:
        """To whom which subject went, of today's couple alone."""
        two = {person.email for person in (self.couple.couple.recipient, self.couple.couple.partner)}
        sent = {(mail["X-Envelope-To"], mail["Subject"]) for mail in list(self.stack.mails)}
        return {(to, subject) for to, subject in sent if to in two}


def where_it_is_six(at: datetime) -> str:
    """A zone of whole hours in which the clock now shows six; its names count the other way round."""
    east = (6 - at.hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def a_course(clinic: Clinic, nurse: Actor, name: str, started: datetime) -> Treatment:
    """A couple of that name whose course began then and whose first dose can be booked three weeks later."""
    her = replace(rows.LALITHA, given_name=name, email=f"{name.lower()}@{clinic.slug}.example.org")
    him = replace(rows.ARJUN, email=f"him.{name.lower()}@{clinic.slug}.example.org")
    couple = rows.a_couple(clinic, recipient=her, partner=him)
    treatment = rows.a_treatment(clinic, couple=couple, at=started)
    rows.consented(treatment, nurse, started)
    return treatment


@pytest.fixture
def morning(live_stack: LiveStack) -> Morning:
    """Three couples: one to be booked, one that missed its visit yesterday, one whose visit nobody said anything of."""
    slug, now = f"day-{uuid4().hex[:8]}", timezone.now()
    clinic = rows.a_clinic(replace(rows.HYDERABAD, slug=slug, zone=where_it_is_six(now)))
    spans = [Span(weekday, time(0), time(23, 59)) for weekday in range(7)]
    set_hours(clinic=clinic, spans=spans, actor=rows.SYSTEM, at=rows.AT)
    rows.equipped(clinic)
    staff = {role: rows.staff(clinic, role) for role in ("nurse", "doctor", "lab")}
    # On the clinic's clock, so that every `.date()` of what follows is the clinic's day.
    here = now.astimezone(ZoneInfo(clinic.zone))
    midnight, nurse, started = here.replace(hour=0, minute=0, second=0), staff["nurse"], here - 21 * DAY
    couple, missed, forgotten = (
        a_course(clinic, nurse, name, started) for name in ("Meera", "Asha", "Kavya")
    )
    for treatment in (couple, missed):
        rows.resulted(treatment, nurse, started, 4)
    gone, test = rows.visit(missed, "sensitisation"), rows.visit(forgotten, "baseline-antibody-test")
    booked, eight = here - 3 * DAY, (midnight - timedelta(hours=16)).replace(microsecond=0)
    booking.book(appointment=gone, starts_at=eight, actor=nurse, at=booked)
    gone = rows.visit(missed, "sensitisation")
    booking.miss(appointment=gone, reason="", actor=nurse, at=eight + timedelta(hours=12))
    half_past = (midnight + timedelta(minutes=30)).replace(microsecond=0)
    booking.book(appointment=test, starts_at=half_past, minutes=15, actor=nurse, at=booked, reason="Work")
    link = issue_link(person=couple.couple.recipient, label="Phone", actor=nurse, at=now)[1]
    calendar = address_of(link).removeprefix(settings.BASE_URL)
    return Morning(live_stack, clinic, staff, couple, missed, forgotten, calendar)


@contextmanager
def logged_in(browser: Browser, morning: Morning, role: str) -> Iterator[Page]:
    """Somebody of that role in a window of their own, after the log-in by hand."""
    name = with_password(morning.staff[role])
    size: Any = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=size, base_url=morning.stack.base_url, locale="en-GB")
    page = context.new_page()
    with quiet(page):
        page.goto("/admin/login/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password", exact=False).first.fill(SECRET)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        yield page
    context.close()


def test_a_nurses_day_from_the_first_page_to_closing_it(browser: Browser, morning: Morning) -> None:
    with logged_in(browser, morning, "nurse") as nurse:
        calls_who_missed(nurse, morning)
        books_a_dose(nurse, morning)
        receives_both(nurse, morning)
        draws(nurse, morning)
        with logged_in(browser, morning, "lab") as laboratory:
            enters_the_serology(laboratory, morning)
        with logged_in(browser, morning, "doctor") as doctor:
            releases(doctor, morning)
        prepares(nurse, morning)
        gives_the_dose(nurse, morning)
        closes_the_day(nurse, morning)


def calls_who_missed(page: Page, morning: Morning) -> None:
    pictured(page, "nurse-1-morning")
    page.get_by_role("link", name=f"Call: {morning.missed.couple.code}").click()
    page.get_by_label("Call again on").first.check()
    page.get_by_role("textbox", name="Call again on").fill((morning.today_on + 2 * DAY).isoformat())
    pictured(page, "nurse-2-call")
    page.get_by_role("button", name="Save the call").click()
    page.get_by_role("button", name="Undo").wait_for()
    assert CallOutcome.objects.get(clinic=morning.clinic).outcome == "call_again"


def books_a_dose(page: Page, morning: Morning) -> None:
    """Of today's times the fourth: it is still ahead when the last button is pressed."""
    page.goto(reverse("admin:couples_couple_change", args=[morning.couple.couple_id]))
    following = page.get_by_role("region", name="Next")
    expect(following).to_contain_text("Sensitisation dose 1")
    pictured(page, "nurse-3-couple")
    following.get_by_role("link", name="Book").click()
    page.locator(f'[data-month] a[href*="day={morning.today_on}"]').click()
    page.locator("#booking-day button").nth(3).click()
    expect(page.get_by_text("held for you")).to_be_visible()
    pictured(page, "nurse-4-booking")
    assert morning.dose.status == "proposed"
    page.get_by_role("button", name="Book both").click()
    page.get_by_text("Saved.").first.wait_for()
    dose = morning.dose
    assert dose.status == "booked"
    assert dose.starts_at is not None
    assert local_date(morning.clinic.zone, dose.starts_at) == morning.today_on
    morning.stack.until(lambda: len(morning.told()) == 2, what="a mail to each of the two")
    for _, subject in morning.told():
        neutral(subject)
        assert f"{dose.starts_at.astimezone(ZoneInfo(morning.clinic.zone)):%H:%M}" in subject
    with urlopen(morning.stack.base_url + morning.calendar, timeout=20) as answer:
        [(_, event)] = entries_of(answer.read()).values()
    assert (event.starts, event.status) == (dose.starts_at, "CONFIRMED")


def ticks(page: Page, what: str, morning: Morning) -> None:
    """Presses that button of the couple and waits until its row came back without it."""
    button = page.get_by_role("button", name=f"{what}: {morning.couple.couple.code}")
    button.click()
    expect(button).to_have_count(0)


def receives_both(page: Page, morning: Morning) -> None:
    code = morning.couple.couple.code
    page.goto(morning.sheet)
    expect(page.get_by_text("Meera Rao").first).to_be_visible()
    pictured(page, "nurse-5-day")
    page.get_by_role("link", name=f"Arrived: {code}").click()
    page.get_by_label("Negative").check()
    page.get_by_role("button", name="Mark as arrived").click()
    page.get_by_role("link", name=f"Fitness questions: {code}").first.click()
    assert morning.dose.status == "arrived"
    for name in ("Recipient", "Donor"):
        person = page.get_by_role("group", name=name, exact=True)
        for question in person.get_by_role("group").all():
            question.get_by_role("radio").first.check()
    pictured(page, "nurse-6-fitness")
    page.get_by_role("button", name="Both were asked").click()
    page.get_by_text("Both are fit. The donor may be drawn.").wait_for()
    asked = FitnessCheck.objects.filter(appointment=morning.dose)
    assert {(one.who, one.fit) for one in asked} == {("recipient", True), ("donor", True)}


def draws(page: Page, morning: Morning) -> None:
    page.goto(morning.board)
    ticks(page, "Donor draw: done", morning)
    unit = DonorUnit.objects.get(appointment=morning.dose)
    assert (unit.drawn_at <= timezone.now(), unit.released_at) == (True, None)


def enters_the_serology(page: Page, morning: Morning) -> None:
    """Four tests of one sample on one form; the laboratory ticks off the link and sees no telephone number."""
    page.goto(reverse("admin:treatment_record", args=[morning.couple.pk, "screening"]))
    for test in ("HIV", "Hepatitis B", "Hepatitis C", "Syphilis"):
        expect(page.get_by_label(test, exact=True)).to_be_checked()
    page.get_by_label("Sample taken").fill(morning.today_on.isoformat())
    page.get_by_label("Outcome of all of them").select_option("clear")
    page.locator("#content").get_by_role("button").last.click()
    page.get_by_text("Screening: recorded.").wait_for()
    page.goto(morning.board)
    ticks(page, "Infection serology: done", morning)
    expect(page.get_by_text(rows.ARJUN.phone)).to_have_count(0)


def releases(page: Page, morning: Morning) -> None:
    page.goto(morning.board)
    pictured(page, "nurse-7-board")
    ticks(page, "Release: pass", morning)
    unit = DonorUnit.objects.get(appointment=morning.dose)
    assert (unit.released_at is not None, unit.released_by) == (True, morning.staff["doctor"].name)


def prepares(page: Page, morning: Morning) -> None:
    """The nurse has no button to release, before and after."""
    page.goto(morning.board)
    expect(page.get_by_role("button", name="Release: pass")).to_have_count(0)
    ticks(page, "Cell preparation: done", morning)


def gives_the_dose(page: Page, morning: Morning) -> None:
    unit = DonorUnit.objects.get(appointment=morning.dose)
    page.goto(reverse("admin:visit_dose", args=[morning.dose.pk]))
    verdict = page.get_by_role("region", name="Verdict")
    page.get_by_role("textbox", name="Label of the unit", exact=True).fill(unit.check_code)
    expect(verdict).to_contain_text("MATCH: this is the unit of this couple")
    page.get_by_label("She said herself").check()
    page.get_by_label("Label of the unit, read by the second person").fill(unit.check_code)
    page.get_by_label("Second person: sign-on name").fill(with_password(morning.staff["lab"]))
    page.get_by_label("Second person: password").fill(SECRET)
    page.get_by_label("Cells (million)").fill("9")
    page.get_by_label("Volume injected (ml)").fill("1")
    page.get_by_label("Sites").fill("4")
    page.get_by_role("combobox", name="Route", exact=True).select_option("intradermal")
    page.get_by_label("Arm").select_option("left")
    expect(verdict).to_contain_text("Counts")
    pictured(page, "nurse-8-dose")
    page.get_by_role("button", name="Record the dose").click()
    expect(page.get_by_text("The dose is recorded")).to_be_visible()
    assert morning.dose.status == "fulfilled"
    check = UnitCheck.objects.get(appointment=morning.dose, matches=True)
    two = [morning.staff[role].user_id for role in ("nurse", "lab")]
    assert [check.first_user_id, check.second_user_id] == two
    given = Record.objects.get(treatment=morning.couple, kind="fulfilled").data["given"]
    assert (given["unit"], given["cells_million"]) == (unit.code, 9)
    page.goto(morning.board)
    ticks(page, "Observation: done", morning)
    states = set(SessionActivity.objects.filter(appointment=morning.dose).values_list("state", flat=True))
    assert states == {"done"}


def closes_the_day(page: Page, morning: Morning) -> None:
    page.goto(morning.sheet)
    outcomes = page.get_by_role("region", name="Visits without outcome: 1")
    expect(outcomes.get_by_role("button", name="Close the day")).to_have_count(0)
    outcomes.get_by_role("button", name=f"Missed: {morning.forgotten.couple.code}").click()
    none = page.get_by_role("region", name="Visits without outcome: 0")
    none.get_by_role("button", name="Close the day").click()
    expect(page.get_by_text("The day was closed by")).to_be_visible()
    pictured(page, "nurse-9-evening")
    assert rows.visit(morning.forgotten, "baseline-antibody-test").status == "noshow"
    assert DayEnd.objects.get(clinic=morning.clinic).on == morning.today_on
