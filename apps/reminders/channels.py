"""Ways out of the house. A channel takes one finished letter and says what became of it; it raises nothing
expected.

Adding a channel: a class with `name` and `send`, and its name in `Delivery.channel`. What it cannot be sure
of it must call UNKNOWN: that is shown to staff, while a wrong LATER is a message sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from enum import Enum
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection


class Verdict(Enum):
    """What became of a letter."""

    ACCEPTED = "accepted"
    LATER = "later"  # surely not taken; may be tried again
    REFUSED = "refused"  # surely not taken, and never will be
    UNKNOWN = "unknown"  # taken or not: nobody can say


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    error: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished message. `delivery_id` is also its Message-ID, which helps receivers to drop a double."""

    delivery_id: UUID
    to: str
    sender: str
    subject: str
    body: str


class Channel(Protocol):
    name: str

    def send(self, letter: Letter) -> Outcome: ...


class EmailChannel:
    """Django's mail back end. One connection for each letter: one broken line spoils one letter."""

    name = "email"

    def send(self, letter: Letter) -> Outcome:
        try:
            message = self.message(letter)
            message.message()  # a fault of the headers shows before anything leaves
            line = get_connection()
            line.open()
        except Exception as fault:
            return Outcome(Verdict.LATER, type(fault).__name__)
        try:
            taken = line.send_messages([message])
        except SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            return _refusal(max(codes, default=550), fault)
        except SMTPResponseException as fault:
            # The server answered with a code of its own: it has not taken the message.
            return _refusal(fault.smtp_code, fault)
        except SMTPNotSupportedError as fault:
            return Outcome(Verdict.REFUSED, type(fault).__name__)
        except Exception as fault:
            # The line broke somewhere between the first byte and the answer.
            return Outcome(Verdict.UNKNOWN, type(fault).__name__)
        finally:
            with suppress(Exception):
                line.close()
        return Outcome(Verdict.ACCEPTED) if taken else Outcome(Verdict.LATER, "NothingTaken")

    @staticmethod
    def message(letter: Letter) -> EmailMessage:
        address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        return EmailMessage(
            subject=letter.subject,
            body=letter.body,
            from_email=formataddr((letter.sender, address)),
            to=[letter.to],
            headers={
                "Message-ID": f"<{letter.delivery_id}@{settings.FEED_UID_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
            },
        )


def _refusal(code: int, fault: Exception) -> Outcome:
    """5xx is for good, 4xx is for now (RFC 5321, 4.2.1)."""
    return Outcome(Verdict.REFUSED if code >= 500 else Verdict.LATER, f"{type(fault).__name__} {code}")


@dataclass
class MemoryChannel:
    """Keeps what it is given: for tests and trials. `answer` decides what it says of each letter, or
    raises."""

    name: str = "email"
    letters: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], Outcome] = lambda letter: Outcome(Verdict.ACCEPTED)

    def send(self, letter: Letter) -> Outcome:
        outcome = self.answer(letter)
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN):
            self.letters.append(letter)
        return outcome
