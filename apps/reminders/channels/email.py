"""E-mail: Django's mail back end, which is the server's own SMTP or, through django-anymail, a provider."""

from __future__ import annotations

from contextlib import suppress
from email.utils import formataddr, parseaddr
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException

import requests
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from apps.reminders.channels.contract import CANNOT_SAY, Letter, Outcome, Verdict
from apps.reminders.channels.http import of_fault, of_refusal


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
            return Outcome(Verdict.LATER, type(fault).__name__, silent=_is_silence(fault))
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
        except AnymailRecipientsRefused as fault:
            return Outcome(Verdict.REFUSED, type(fault).__name__, bad_address=True)
        except AnymailRequestsAPIError as fault:
            return _provider_refusal(fault)
        except Exception as fault:
            # The line broke somewhere between the first byte and the answer.
            return Outcome(Verdict.UNKNOWN, type(fault).__name__, silent=_is_silence(fault))
        finally:
            with suppress(Exception):
                line.close()
        return (
            Outcome(Verdict.ACCEPTED, provider_id=_provider_id(message))
            if taken
            else Outcome(Verdict.LATER, "NothingTaken")
        )

    def ask(self, letter: Letter) -> Outcome:
        return CANNOT_SAY

    @staticmethod
    def message(letter: Letter) -> EmailMessage:
        address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        message = EmailMessage(
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
        # Providers bring this back with their reports; plain SMTP does not look at it.
        vars(message)["metadata"] = {"delivery": str(letter.delivery_id)}
        return message


def _is_silence(fault: Exception) -> bool:
    """A line that broke, or never was; a server that answers with a code has spoken."""
    return isinstance(fault, OSError) and not isinstance(fault, SMTPResponseException)


def _refusal(code: int, fault: Exception) -> Outcome:
    """5xx is for good, 4xx is for now (RFC 5321, 4.2.1)."""
    return Outcome(Verdict.REFUSED if code >= 500 else Verdict.LATER, f"{type(fault).__name__} {code}")


def _provider_refusal(fault: AnymailRequestsAPIError) -> Outcome:
    """A provider's HTTP interface said no, or nothing."""
    if fault.status_code is not None:
        headers = getattr(fault.response, "headers", {})
        return of_refusal(fault.status_code, headers)
    cause = fault.__cause__
    if isinstance(cause, requests.RequestException):
        return of_fault(cause)
    return Outcome(Verdict.UNKNOWN, type(fault).__name__)


def _provider_id(message: EmailMessage) -> str:
    """What a provider calls it; nothing for plain SMTP."""
    status = getattr(message, "anymail_status", None)
    found = getattr(status, "message_id", None)
    return found[:120] if isinstance(found, str) else ""
