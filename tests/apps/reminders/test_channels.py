"""E-mail against a real server on this machine: what is surely not taken, and what nobody can say."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email.message import Message
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from apps.reminders.channels import EmailChannel, Letter, Outcome, Verdict

LETTER = Letter(
    UUID("0190a0a0-0000-7000-8000-000000000001"), "l@example.org", "Lake Road", "Appointment", "Body.\n"
)


class Server:
    """Answers as told, and keeps what it took."""

    answer = "250 OK"
    recipient = "250 OK"
    drop = False

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        if self.drop:
            transport = server.transport
            assert transport is not None
            transport.abort()
        return self.answer


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    handler = Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield handler
    controller.stop()


def test_an_accepted_letter_carries_its_delivery_id_and_no_more_than_it_says(server: Server) -> None:
    assert EmailChannel().send(LETTER) == Outcome(Verdict.ACCEPTED)
    message = server.taken[0].decode()
    assert f"Message-ID: <{LETTER.delivery_id}@" in message
    assert "From: Lake Road <" in message
    assert "Auto-Submitted: auto-generated" in message


@pytest.mark.parametrize(
    ("part", "code", "verdict"),
    [
        ("answer", "451 later", Verdict.LATER),
        ("answer", "554 never", Verdict.REFUSED),
        ("recipient", "450 later", Verdict.LATER),
        ("recipient", "550 nobody", Verdict.REFUSED),
    ],
)
def test_a_refusal_with_a_code_was_not_taken(server: Server, part: str, code: str, verdict: Verdict) -> None:
    setattr(server, part, code)
    assert EmailChannel().send(LETTER).verdict is verdict


def test_a_line_that_breaks_after_the_text_leaves_nobody_the_wiser(server: Server) -> None:
    server.drop = True
    assert EmailChannel().send(LETTER).verdict is Verdict.UNKNOWN
    assert server.taken


def test_a_server_that_is_down_has_taken_nothing(server: Server, settings: Settings) -> None:
    settings.EMAIL_PORT = 1
    outcome = EmailChannel().send(LETTER)
    assert outcome == Outcome(Verdict.LATER, "ConnectionRefusedError", silent=True)


def test_a_header_that_cannot_be_sent_is_found_before_anything_leaves(server: Server) -> None:
    broken = Letter(LETTER.delivery_id, LETTER.to, LETTER.sender, "Two\nlines", LETTER.body)
    assert EmailChannel().send(broken).verdict is Verdict.LATER
    assert server.taken == []


def test_the_message_is_one_that_mail_readers_can_show() -> None:
    message: Message = EmailChannel.message(LETTER).message()
    assert message["To"] == "l@example.org"
    assert message.get_content_type() == "text/plain"
