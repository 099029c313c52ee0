"""SMS over Twilio, by its own library. Twilio drops no second hand-over, but it can be asked what it has."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from apps.reminders.channels.contract import CANNOT_SAY, Letter, Outcome, Verdict
from apps.reminders.channels.http import of_fault, of_refusal, timeouts
from apps.reminders.channels.secrets import NoSecret, secret_of
from apps.reminders.models import ChannelSetting

# Nobody is there, it is no mobile, or its owner refused (Twilio's dictionary of errors).
_BAD_NUMBERS = frozenset({21211, 21214, 21217, 21610, 21614, 30004, 30005, 30006})
_GAVE_UP = ("failed", "undelivered", "canceled")
# The library writes numbers and texts into its log; ours holds neither.
_silent = logging.getLogger("apps.reminders.channels.twilio.silent")
_silent.disabled = True


class TwilioChannel:
    """One clinic's account."""

    name = "sms"
    idempotent = False

    def __init__(self, setting: ChannelSetting) -> None:
        self.setting = setting

    def send(self, letter: Letter) -> Outcome:
        try:
            client, line = self._client()
        except NoSecret:
            return Outcome(Verdict.LATER, "no secret")
        back = f"{settings.BASE_URL}/hooks/{self.setting.pk}/?delivery={letter.delivery_id}"
        try:
            message = client.messages.create(
                to=letter.to, body=letter.body, status_callback=back, **self._sender()
            )
        except TwilioRestException as fault:
            bad = fault.code in _BAD_NUMBERS
            return of_refusal(fault.status, line.headers, code=str(fault.code or ""), bad_address=bad)
        except requests.RequestException as fault:
            return of_fault(fault)
        except TwilioException as fault:
            return Outcome(Verdict.UNKNOWN, type(fault).__name__)
        return Outcome(Verdict.ACCEPTED, provider_id=str(message.sid))

    def ask(self, letter: Letter) -> Outcome:
        """Twilio lists what it has for a number: the same words since the attempt began are this message."""
        if letter.began_at is None:
            return CANNOT_SAY
        since = letter.began_at - timedelta(minutes=1)
        try:
            client, _ = self._client()
            found = [
                one
                for one in client.messages.list(to=letter.to, limit=50)
                if one.body == letter.body and one.date_created is not None and one.date_created >= since
            ]
        except (NoSecret, TwilioException, requests.RequestException) as fault:
            silent = isinstance(fault, requests.RequestException)
            return Outcome(Verdict.UNKNOWN, type(fault).__name__, silent=silent)
        if not found:
            return Outcome(Verdict.LATER, "not there")
        one = found[0]
        if str(one.status) in _GAVE_UP:
            return Outcome(
                Verdict.REFUSED, f"undelivered {one.error_code or ''}".strip(), provider_id=str(one.sid)
            )
        return Outcome(Verdict.ACCEPTED, provider_id=str(one.sid))

    def _client(self) -> tuple[Client, _Line]:
        line = _Line(settings.MESSAGE_PROVIDERS["twilio"])
        return Client(self.setting.account, secret_of(self.setting.secret), http_client=line), line

    def _sender(self) -> dict[str, str]:
        sender = self.setting.sender
        return {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}


class _Line(TwilioHttpClient):  # type: ignore[misc]  # ships no types
    """Twilio's own client with our address, our time-outs, and the headers of the last answer."""

    def __init__(self, address: str) -> None:
        super().__init__(pool_connections=False, timeout=sum(timeouts()), logger=_silent)
        self.address = address
        self.headers: dict[str, str] = {}

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        path = urlsplit(url)
        query = f"?{path.query}" if path.query else ""
        kwargs["timeout"] = timeouts()[1]
        answer = super().request(method, f"{self.address}{path.path}{query}", *args, **kwargs)
        self.headers = answer.headers or {}
        return answer
