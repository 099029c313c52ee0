"""E-mail: Django's mail back end, which is the server's own SMTP or, through django-anymail, a provider."""

from __future__ import annotations

from contextlib import suppress
from email.utils import formataddr, parseaddr
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from apps.reminders.channels.contract import CANNOT_SAY, Letter, Outcome, Verdict


class EmailChannel:
    """Django's mail back end. One connection for each letter: one broken line spoils one letter."""

    name = "email"
    idempotent = False  # SMTP has no such thing; a stable Message-ID only helps receivers

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

    def ask(self, letter: Letter) -> Outcome:
        return CANNOT_SAY

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
