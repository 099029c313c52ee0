"""WhatsApp over Meta's Cloud API: an approved template, or plain words in answer to somebody who just wrote.

It drops no second hand-over and cannot be asked; its status hook carries our id back, which settles what was unknown.
"""

from __future__ import annotations

from typing import Any

import requests
from django.conf import settings

from apps.reminders.channels.contract import CANNOT_SAY, Letter, Outcome, Verdict
from apps.reminders.channels.http import of_fault, of_refusal, retry_after, timeouts
from apps.reminders.channels.secrets import NoSecret, secret_of
from apps.reminders.models import ChannelSetting

# Meta's error codes: nobody there or not on WhatsApp; too fast; the account or its token.
_BAD_NUMBERS = frozenset({131021, 131026, 131030, 133010})
_TOO_FAST = frozenset({4, 80007, 130429, 131048, 131056, 133016})
_ACCOUNT = frozenset({0, 10, 190, 131005, 131031, 131042, 131045})


class WhatsAppChannel:
    """One clinic's number."""

    name = "whatsapp"
    idempotent = False

    def __init__(self, setting: ChannelSetting) -> None:
        self.setting = setting

    def send(self, letter: Letter) -> Outcome:
        try:
            answer = requests.post(
                f"{settings.MESSAGE_PROVIDERS['whatsapp']}/{self.setting.sender}/messages",
                json=_message(letter),
                headers={"Authorization": f"Bearer {secret_of(self.setting.secret)}"},
                timeout=timeouts(),
                allow_redirects=False,
            )
        except NoSecret:
            return Outcome(Verdict.LATER, "no secret")
        except requests.RequestException as fault:
            return of_fault(fault)
        return _read(answer)

    def ask(self, letter: Letter) -> Outcome:
        return CANNOT_SAY


def _message(letter: Letter) -> dict[str, Any]:
    head = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": letter.to.lstrip("+"),
        "biz_opaque_callback_data": str(letter.delivery_id),
    }
    if not letter.template_id:
        return {**head, "type": "text", "text": {"preview_url": False, "body": letter.body}}
    filled = [{"type": "text", "text": value} for value in letter.variables]
    template = {
        "name": letter.template_id,
        "language": {"code": letter.language},
        "components": [{"type": "body", "parameters": filled}] if filled else [],
    }
    return {**head, "type": "template", "template": template}


def _read(answer: requests.Response) -> Outcome:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if answer.status_code == 200:
        try:
            return Outcome(Verdict.ACCEPTED, provider_id=str(said["messages"][0]["id"])[:120])
        except (KeyError, IndexError, TypeError):
            return Outcome(Verdict.UNKNOWN, "no answer that can be read")
    error = said.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code in _TOO_FAST:
        return Outcome(Verdict.LATER, f"whatsapp {code}", retry_after=retry_after(answer.headers))
    if code in _ACCOUNT and answer.status_code < 500:
        return Outcome(Verdict.LATER, f"whatsapp {code}")
    bad = code in _BAD_NUMBERS
    return of_refusal(answer.status_code, answer.headers, code=str(code or ""), bad_address=bad)
