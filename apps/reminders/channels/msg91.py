"""SMS to India over MSG91's flow API: a registered template and what fills it. It cannot be asked afterwards; its
reports come to our hook and carry our id back."""

from __future__ import annotations

from typing import Any

import requests
from django.conf import settings

from apps.reminders.channels.contract import CANNOT_SAY, Letter, Outcome, Verdict
from apps.reminders.channels.http import of_fault, of_refusal, timeouts
from apps.reminders.channels.secrets import NoSecret, secret_of
from apps.reminders.models import ChannelSetting


class Msg91Channel:
    """One clinic's account."""

    name = "sms"
    idempotent = False

    def __init__(self, setting: ChannelSetting) -> None:
        self.setting = setting

    def send(self, letter: Letter) -> Outcome:
        if not letter.flow_id:
            return Outcome(Verdict.REFUSED, "not registered")
        filled = {f"VAR{n}": value for n, value in enumerate(letter.variables, start=1)}
        recipient = {"mobiles": letter.to.lstrip("+"), "CRQID": str(letter.delivery_id), **filled}
        body: dict[str, Any] = {
            "template_id": letter.flow_id,
            "sender": self.setting.sender,
            "short_url": "0",
            "recipients": [recipient],
        }
        try:
            answer = requests.post(
                f"{settings.MESSAGE_PROVIDERS['msg91']}/api/v5/flow",
                json=body,
                headers={"authkey": secret_of(self.setting.secret), "accept": "application/json"},
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


def _read(answer: requests.Response) -> Outcome:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if answer.status_code == 200 and said.get("type") == "success":
        return Outcome(Verdict.ACCEPTED, provider_id=str(said.get("message", ""))[:120])
    bad = "mobile" in str(said.get("message", "")).lower()
    if answer.status_code == 200 and said.get("type") == "error":
        return Outcome(Verdict.REFUSED, f"msg91 {said.get('code', '')}".strip()[:80], bad_address=bad)
    if answer.status_code == 200:
        return Outcome(Verdict.UNKNOWN, "no answer that can be read")
    return of_refusal(
        answer.status_code, answer.headers, code=str(said.get("code", ""))[:20], bad_address=bad
    )
