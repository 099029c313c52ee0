"""Wordings that were registered beforehand, and whether ours is one of them, word for word.

India (TRAI's distributed ledger) lets no SMS through whose text is not registered; WhatsApp lets a clinic begin no
conversation without an approved template. A text that fits none is not sent: somebody rings instead.
"""

from __future__ import annotations

import re
from dataclasses import replace

from apps.couples.models import RouteChannel
from apps.reminders.channels import Letter
from apps.reminders.models import ChannelSetting, Provider, RegisteredText
from apps.reminders.texts import AUTO_REPLY

_BLANK = "{#var#}"
# The longest that one blank may be filled with: the ledger's own rule, and WhatsApp's templates.
LONGEST = {RouteChannel.SMS: 30, RouteChannel.WHATSAPP: 1024}


class NotRegistered(ValueError):
    """The clinic has registered no wording that this text fits: it is not sent."""


def must_be_registered(letter: Letter, provider: str) -> bool:
    """Whether the channel takes registered wordings only. The demo's provider sends nothing and asks for nothing."""
    if provider == Provider.DEMO:
        return False
    if letter.channel == RouteChannel.WHATSAPP:
        return letter.text != AUTO_REPLY  # an answer within the day needs no template
    return letter.channel == RouteChannel.SMS and letter.to.startswith("+91")


def filled(letter: Letter, setting: ChannelSetting) -> Letter:
    """The letter with its registered wording and what fills it. Raises NotRegistered if there is none that fits."""
    if not must_be_registered(letter, setting.provider):
        return letter
    rows = RegisteredText.objects.filter(
        clinic=letter.clinic_id, channel=letter.channel, name=letter.text, language=letter.language
    )
    for row in rows:
        variables = variables_of(row.text, letter.body, LONGEST[RouteChannel(letter.channel)])
        if variables is not None:
            return replace(
                letter,
                template_id=row.template_id,
                flow_id=row.flow_id or row.template_id,
                variables=variables,
            )
    raise NotRegistered("no registered wording fits")


def variables_of(registered: str, text: str, longest: int) -> tuple[str, ...] | None:
    """What fills the blanks of the registered wording so that it reads `text`; None if nothing does."""
    parts = [re.escape(part) for part in registered.split(_BLANK)]
    found = re.fullmatch(f"(.{{1,{longest}}}?)".join(parts), text)
    return None if found is None else found.groups()
