"""The demo's mail: printed, and kept whole for `/demo/outbox/`, so that a visitor can read what would have been sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend

_ID = re.compile(r"<([0-9a-f-]{36})@")


class DemoMail(EmailBackend):
    """Django's console back end that also keeps each message by its delivery, readable by us alone."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent: int = super().send_messages(email_messages)
        for message in email_messages:
            found = _ID.match(message.extra_headers.get("Message-ID", ""))
            if found and settings.DEMO_OUTBOX:
                self._keep(found[1], str(message.body))
        return sent

    @staticmethod
    def _keep(name: str, body: str) -> None:
        folder = Path(settings.DEMO_OUTBOX)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder / f"{name}.txt"
        kept.touch(mode=0o600)
        kept.write_text(body, encoding="utf-8")
