"""What an answer over HTTP, or none, says of a message that was handed over.

Surely not taken: no connection was made, or the provider said no itself. A line that broke later, and a 500, leave
nobody the wiser: some providers answer 500 after they have accepted.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import timedelta

import requests
from django.conf import settings
from urllib3.exceptions import NameResolutionError, NewConnectionError

from apps.reminders.channels.contract import Outcome, Verdict

_LONGEST_WAIT = timedelta(hours=6)


def timeouts() -> tuple[float, float]:
    """Seconds to connect and to wait for an answer; far below the lease."""
    connect, answer = settings.MESSAGE_TIMEOUTS
    return float(connect), float(answer)


def of_fault(fault: requests.RequestException) -> Outcome:
    """No answer came."""
    reason = getattr(fault.args[0], "reason", None) if fault.args else None
    # A line that fails while it is written to or read from raises the same SSLError as a certificate that is wrong.
    causes = getattr(reason, "args", ())
    refused = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
    never_began = (
        isinstance(fault, requests.ConnectTimeout)
        or refused
        or isinstance(reason, NewConnectionError | NameResolutionError)
    )
    verdict = Verdict.LATER if never_began else Verdict.UNKNOWN
    return Outcome(verdict, type(fault).__name__, silent=True)


def of_refusal(
    status: int, headers: Mapping[str, str], *, code: str = "", bad_address: bool = False
) -> Outcome:
    """An answer that is not yes. `code` is the provider's own."""
    error = f"http {status} {code}".strip()
    wait = retry_after(headers)
    if status == 429 or (status == 503 and wait is not None):
        return Outcome(Verdict.LATER, error, retry_after=wait)
    if status >= 500 or status < 300:
        return Outcome(Verdict.UNKNOWN, error)  # a yes in words that we do not know is no no
    if status in (401, 403, 408) or status < 400:
        return Outcome(Verdict.LATER, error)  # our account or our address is wrong: the message is not
    return Outcome(Verdict.REFUSED, error, bad_address=bad_address)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The provider's own wish in seconds, six hours at most; a date is not understood."""
    wished = headers.get("Retry-After", "")
    return (
        min(timedelta(seconds=int(wished)), _LONGEST_WAIT) if wished.isdecimal() and len(wished) < 9 else None
    )
