"""Our texts as they read when filled in, for people who look at them beforehand: nothing of these is ever sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apps.clinic.models import Clinic
from apps.couples.models import RouteChannel
from apps.reminders.messages import Text, render
from apps.reminders.models import REPLIES, ChannelSetting, RegisteredText
from apps.reminders.registered import LONGEST, variables_of
from apps.reminders.texts import TEXTS
from apps.reminders.wording import body_for

# A moment in the middle of a day nearly everywhere; the other blanks beside it.
_STARTS_AT = datetime(2026, 1, 15, 4, 30, tzinfo=UTC)
_BLANKS = {
    "first": (_STARTS_AT + timedelta(days=3)).date().isoformat(),
    "last": (_STARTS_AT + timedelta(days=9)).date().isoformat(),
    "code": "123456",
    "link": "https://example.org/p/abc/",
    "hours": "08:00-18:00",
}


def sample(name: str, *, clinic: Clinic, language: str, can_reply: bool = True) -> Text:
    """The text of that name, with made-up dates and the clinic's own wording. Raises ClinicalWord as the sender would."""
    return render(
        name,
        clinic=clinic,
        language=language,
        starts_at=_STARTS_AT,
        blanks=_BLANKS,
        can_reply=can_reply,
    )


def samples(clinic: Clinic, language: str) -> dict[str, Text]:
    """Every text, by its name."""
    return {name: sample(name, clinic=clinic, language=language) for name in TEXTS}


def fits(row: RegisteredText, setting: ChannelSetting | None) -> bool:
    """Whether our text reads, word for word, as it was registered: otherwise nothing goes out by it."""
    can_reply = setting is not None and setting.provider in REPLIES
    text = sample(row.name, clinic=row.clinic, language=row.language, can_reply=can_reply)
    channel = RouteChannel(row.channel)
    ours = {body_for(channel, text), text.asking or body_for(channel, text)}
    return any(variables_of(row.text, one, LONGEST[channel]) is not None for one in ours)
