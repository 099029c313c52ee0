"""The demo's outbox: what would have been sent, codes included, and every person's page; nowhere but in the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.http import Http404
from django.test import RequestFactory
from django.urls import include, path

from apps.portal import outbox
from apps.portal.models import PageLink
from apps.reminders.models import Delivery, Trial
from lit_tracker.local.demo_mail import DemoMail
from lit_tracker.urls import urlpatterns as real
from tests.apps.portal.people import Her

pytestmark = pytest.mark.django_db
urlpatterns = [*real, path("demo/outbox/", include("apps.portal.outbox"))]


def test_outside_the_demo_there_is_no_outbox(her: Her, rf: RequestFactory) -> None:
    assert her.client.get("/demo/outbox/").status_code == 404
    with pytest.raises(Http404):
        outbox.outbox(rf.get("/demo/outbox/"))
    with pytest.raises(Http404):
        outbox.visit(rf.post("/demo/outbox/"), her.person.pk)


@pytest.mark.urls(__name__)
def test_a_visitor_reads_what_would_be_sent_and_opens_a_page(her: Her, settings: Any, tmp_path: Path) -> None:
    settings.DEBUG, settings.DEMO_OUTBOX = True, str(tmp_path / "outbox")
    her.post("code/")
    page = her.client.get("/demo/outbox/").content.decode()
    assert f"Your code is {her.code()}" in page
    opened = her.client.post(f"/demo/outbox/{her.person.pk}/")
    assert her.client.get(opened["Location"]).status_code == 200
    her.client.post(f"/demo/outbox/{her.person.pk}/")
    assert PageLink.objects.filter(label="A visitor of the demo", ended_at=None).count() == 1


@pytest.mark.urls(__name__)
def test_a_trial_over_the_demos_own_channel_stands_there_too(her: Her, settings: Any) -> None:
    settings.DEBUG, settings.EMAIL_BACKEND = True, outbox.DEMO_MAIL
    trial = {
        "clinic": her.person.clinic,
        "language": "en",
        "asked_by": "M",
        "asked_at": her.now,
        "state": "sent",
    }
    Trial.objects.create(
        **trial, channel="sms", provider="demo", address="+447700900111", body="Over the demo."
    )
    Trial.objects.create(
        **trial, channel="sms", provider="twilio", address="+447700900112", body="Over a real one."
    )
    Trial.objects.create(
        **trial, channel="email", address="m@example.org", subject="Lake Road", body="By mail."
    )
    page = her.client.get("/demo/outbox/").content.decode()
    assert "Over the demo." in page
    assert "+447700900111" in page
    assert "By mail." in page
    assert "Over a real one." not in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "By mail." not in her.client.get("/demo/outbox/").content.decode()


@pytest.mark.urls(__name__)
def test_a_mail_of_the_demo_is_kept_whole_for_the_visitor_alone(
    her: Her, settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG, settings.DEMO_OUTBOX = True, str(tmp_path / "outbox")
    her.post("code/")
    row = Delivery.objects.get(kind="code")
    told = EmailMessage("Your code", "Your code is 123456.", headers={"Message-ID": f"<{row.pk}@x>"})
    assert DemoMail().send_messages([told]) == 1
    assert "123456" in capsys.readouterr().out
    (kept,) = Path(settings.DEMO_OUTBOX).iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    Delivery.objects.update(
        state="sent", sent_at=her.now, attempt_began_at=her.now, body="Your code is ******.", blanks={}
    )
    assert "Your code is 123456." in her.client.get("/demo/outbox/").content.decode()
