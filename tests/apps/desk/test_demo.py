"""The demo: two clinics at work, every flag rule on some couple. It is made once for all tests of this file."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils.timezone import now
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from apps.clinic.clock import local_date
from apps.clinic.models import Change, Clinic, ResourceKind, User
from apps.couples.models import Couple
from apps.desk.demo.stories import STORIES
from apps.reminders.channels import DemoChannel
from apps.reminders.models import Delivery, MessageHours
from apps.reminders.services import claim_due, deliver, derive, derive_treatments
from apps.treatments.models import Appointment, Flag, FlagState, Treatment
from protocols import FLAG_RULES
from tests.demo_house import DemoHouse

# Rules that need propagation come with it; the demo shows all others.
CODES = sorted(rule.code for rule in FLAG_RULES)


# Each test takes back what it writes.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(demo_house: DemoHouse, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """The file of log-ins; the rows are there while the file's tests run, and gone after."""
    shown = override_settings(DEBUG=True)
    with django_db_blocker.unblock(), shown, demo_house.entered() as card:
        yield card


@pytest.mark.parametrize("code", CODES)
def test_every_flag_rule_is_open_on_some_couple(demo: Path, code: str) -> None:
    assert Flag.objects.filter(code=code, state=FlagState.OPEN).exists()


def test_no_response_is_seen_with_doses_left_and_at_the_cap(demo: Path) -> None:
    texts = list(
        Flag.objects.filter(code="no_antibody_response", state=FlagState.OPEN).values_list("text", flat=True)
    )
    assert any("more doses are possible" in text for text in texts)
    assert any("cap of 6 doses is reached" in text for text in texts)


def test_two_clinics_and_sixty_couples(demo: Path) -> None:
    assert list(Clinic.objects.order_by("name").values_list("zone", "country", "subdivision")) == [
        ("Asia/Kolkata", "IN", "TS"),
        ("Europe/London", "GB", "ENG"),
    ]
    assert Couple.objects.count() == len(STORIES) == 60
    states = set(Appointment.objects.values_list("state", flat=True))
    assert states >= {"waiting", "proposed", "booked", "fulfilled", "missed", "expired"}
    assert Treatment.objects.exclude(closed_reason="").exists()
    assert Couple.objects.exclude(silent_since=None).count() == 2


def test_every_story_shows_what_it_says(demo: Path) -> None:
    shown = set(Flag.objects.filter(state=FlagState.OPEN).values_list("code", flat=True))
    assert {code for story in STORIES for code in story.shows} <= shown


def test_there_are_visits_today_or_the_clinics_are_closed(demo: Path) -> None:
    ahead = Appointment.objects.filter(status__in=("booked", "arrived"), starts_at__gte=now())
    assert ahead.count() >= 10


def test_both_clinics_have_resources_and_each_booking_ahead_takes_what_it_needs(demo: Path) -> None:
    for clinic in Clinic.objects.all():
        assert set(clinic.resources.values_list("kind", flat=True)) == set(ResourceKind.values)
    ahead = Appointment.objects.filter(status__in=("booked", "arrived"), starts_at__gte=now())
    doses = [visit for visit in ahead if "donor" in visit.attends]
    assert doses
    for visit in doses:
        kinds = set(visit.occupations.exclude(resource=None).values_list("resource__kind", flat=True))
        assert kinds == {"nurse", "phlebotomy", "bench", "chair"}, visit.title


def test_the_next_two_open_days_have_sessions_that_begin_with_the_day(demo: Path) -> None:
    for clinic in Clinic.objects.all():
        days: dict[date, list[datetime]] = {}
        booked = Appointment.objects.filter(clinic=clinic, status__in=("booked", "arrived"))
        for starts_at in booked.values_list("starts_at", flat=True):
            local = starts_at.astimezone(ZoneInfo(clinic.zone))
            days.setdefault(local.date(), []).append(local)
        ahead = sorted(on for on in days if on >= local_date(clinic.zone, now()))
        assert sum(len(days[on]) for on in ahead[:2]) >= 4
        assert min(min(days[on]) for on in ahead[:2]).hour <= 9


def test_everything_was_done_by_somebody_through_the_verbs(demo: Path) -> None:
    assert set(Change.objects.values_list("route", flat=True).distinct()) <= {"demo", "task"}
    assert not Change.objects.filter(at__gt=now()).exists()


def test_nothing_is_sent_for_visits_that_are_over(demo: Path) -> None:
    while derive(at=now(), limit=500):
        pass
    waiting = Delivery.objects.filter(state="pending")
    assert not waiting.filter(starts_at__lt=now()).exists()
    assert not Delivery.objects.filter(state="sent").exists()


def test_the_demo_talks_by_every_way_and_in_all_four_languages(demo: Path) -> None:
    at = now()
    derive_treatments(list(Treatment.objects.values_list("pk", flat=True)), at)
    # Whatever the hour at which somebody looks: at night only the messages of the day itself go.
    MessageHours.objects.bulk_create(
        [
            MessageHours(clinic=clinic, quiet_from=time(0), quiet_to=time(0), changed_at=at)
            for clinic in Clinic.objects.all()
        ]
    )
    for claim in claim_due(limit=500, at=at):
        deliver(claim, DemoChannel(), at=at)
    out = Delivery.objects.filter(state__in=("sent", "handed"))
    written = {(row.channel, row.language) for row in out}
    assert {language for channel, language in written if channel in ("sms", "whatsapp")} == {
        "en",
        "hi",
        "te",
        "ur",
    }
    assert {channel for channel, _ in written} >= {"email", "sms", "whatsapp"}


def test_log_ins_work_and_stand_in_a_file_for_its_owner_alone(demo: Path) -> None:
    made = json.loads(demo.read_text())
    assert stat.S_IMODE(demo.stat().st_mode) == 0o600
    assert {"nurse", "doctor", "lab", "manager", "admin"} <= set(made["logins"])
    for login in made["logins"].values():
        client = Client()
        answer = client.post("/admin/login/?next=/admin/", login)
        assert answer.status_code == 302, login["username"]
        assert client.get("/admin/").status_code == 200
    assert Client().get(made["feed_path"]).status_code == 200
    assert "Your next appointment" in Client().get(made["page_path"] + "?l=en").content.decode()
    assert made["api"]["client_id"]
    assert made["api"]["client_secret"]


def test_passwords_are_new_each_time_and_stored_as_hashes(demo: Path) -> None:
    made = json.loads(demo.read_text())
    passwords = [login["password"] for login in made["logins"].values()]
    assert len(set(passwords)) == len(passwords)
    assert not set(passwords) & set(User.objects.values_list("password", flat=True))


def test_every_page_of_the_demo_opens_for_its_staff(demo: Path) -> None:
    made = json.loads(demo.read_text())
    client = Client()
    client.post("/admin/login/", made["logins"]["doctor"])
    clinic = Clinic.objects.get(slug="hyderabad")
    for model, rows in (
        ("treatments/treatment", Treatment.objects.filter(clinic=clinic)),
        ("treatments/flag", Flag.objects.filter(clinic=clinic)),
        ("couples/couple", Couple.objects.filter(clinic=clinic)),
    ):
        for pk in rows.values_list("pk", flat=True):
            assert client.get(f"/admin/{model}/{pk}/change/").status_code == 200, (model, pk)


def test_a_second_run_leaves_everything_as_it_is(demo: Path) -> None:
    before, written = Change.objects.count(), demo.read_text()
    call_command("demo", "--if-empty", "--write", str(demo), stdout=StringIO())
    assert Change.objects.count() == before
    assert demo.read_text() == written
    with pytest.raises(CommandError, match="empty"):
        call_command("demo", "--write", str(demo))


def test_without_debug_there_is_no_demo(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("demo", "--if-empty", "--write", str(tmp_path / "demo.json"))
    assert not Clinic.objects.exists() or not (tmp_path / "demo.json").exists()
