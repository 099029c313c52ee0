"""The live stack of the tests is the real thing: it starts, ticks, sends, and survives a killed worker."""

import smtplib
import urllib.request
from email.message import EmailMessage

import psutil

from apps.clinic.models import Heartbeat
from tests.live import LiveStack


def test_the_web_process_serves_the_desk_with_its_styles(live_stack: LiveStack) -> None:
    with urllib.request.urlopen(f"{live_stack.base_url}/admin/login/", timeout=10) as page:
        assert b"/static/unfold/" in page.read()
    with urllib.request.urlopen(f"{live_stack.base_url}/static/unfold/css/styles.css", timeout=10) as styles:
        assert styles.headers["Content-Type"].startswith("text/css")


def test_the_beat_goes_on_after_the_worker_was_killed(live_stack: LiveStack) -> None:
    live_stack.until(Heartbeat.objects.exists, what="the first sweep")
    before = live_stack.pid("worker")
    live_stack.kill_worker()
    Heartbeat.objects.all().delete()
    live_stack.restart_worker()
    assert live_stack.pid("worker") != before
    live_stack.until(Heartbeat.objects.exists, what="a sweep after the kill")


def test_the_mailbox_keeps_what_is_sent(live_stack: LiveStack) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "clinic@example.org", "a@example.org", "नमस्ते"
    mail.set_content("text")
    with smtplib.SMTP("127.0.0.1", int(live_stack.environment["EMAIL_URL"].rsplit(":", 1)[1])) as client:
        client.send_message(mail)
    assert [kept["Subject"] for kept in live_stack.mails] == ["नमस्ते"]
    assert live_stack.mails[0]["X-Envelope-To"] == "a@example.org"


def test_a_killed_worker_leaves_no_child_behind(live_stack: LiveStack) -> None:
    children = psutil.Process(live_stack.pid("worker")).children(recursive=True)
    live_stack.kill_worker()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
