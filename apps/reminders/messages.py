"""How a text is filled in. Neutral words only; the lint reads each before it leaves.

Texts name the sender, the place, the time and the number that the clinic chose for the outside, and nothing
else: no name of a person, nothing of what the appointment is for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from apps.clinic.models import Clinic
from apps.reminders.texts import ASK, CANCELLED_TODAY, END_BY_CALL, END_BY_REPLY, MOVED, TEXTS
from apps.reminders.words import refuse_clinical_words
from protocols.reminders import CANCELLED, CONFIRMATION

# Languages into which every text is translated. Anybody else reads English, dates included.
SPOKEN = ("en", "hi", "te", "ur")
# No native reader has gone through these yet: the desk says so, and so does docs/messages.md.
UNREVIEWED = frozenset({"hi", "te", "ur"})
_RIGHT_TO_LEFT = frozenset({"ur"})
_BARE = frozenset({"code", "link"})


@dataclass(frozen=True, slots=True)
class Text:
    """Finished: for e-mail a subject and a body, for SMS and WhatsApp one short line; `asking` is that line with a question
    that can be answered, where there is one."""

    subject: str
    body: str
    short: str
    language: str = "en"
    asking: str = ""


def wording(kind: str, *, starts_at: datetime, at: datetime, zone: str, told_before: bool) -> str:
    """Which of the texts a delivery of `kind` uses at the moment `at`; `told_before` when another time was
    named."""
    family = family_of(kind)
    if family == CONFIRMATION and told_before:
        return MOVED
    tz = ZoneInfo(zone)
    if family == CANCELLED and starts_at.astimezone(tz).date() == at.astimezone(tz).date():
        return CANCELLED_TODAY
    return family


def family_of(kind: str) -> str:
    """confirmation, reminder or cancelled: the kind without its number or its days. Notices have whole names."""
    return kind if kind in TEXTS else kind.partition("-")[0]


def render(
    text: str,
    *,
    clinic: Clinic,
    language: str,
    starts_at: datetime | None = None,
    blanks: Mapping[str, str] | None = None,
    can_reply: bool = True,
) -> Text:
    """The text of that name, filled in. Dates are in the clinic's zone and, like the words, in the person's
    language where we have it; a blank that is an ISO date is written out. `can_reply`:
    a short text can be answered, and so ended. Raises ClinicalWord if the clinic's own
    wording, a blank or a translation let a clinical word in, KeyError if a blank is missing."""
    spoken = language if language in SPOKEN else "en"
    words = TEXTS[text]
    with translation.override(spoken):
        filled = {name: plain(_written(value)) for name, value in (blanks or {}).items()}
        filled |= {
            "place": plain(clinic.discreet_place),
            "name": plain(clinic.discreet_name),
            "number": plain(clinic.phone),
        }
        if starts_at is not None:
            local = starts_at.astimezone(ZoneInfo(clinic.zone))
            filled |= {"short": date_format(local, "D j M H:i"), "long": date_format(local, "D j M Y H:i")}
        if spoken in _RIGHT_TO_LEFT:
            # A number keeps its + in front, a date its order; what is copied out of the text stays bare.
            filled = {
                name: value if name in _BARE else f"\u2068{value}\u2069" for name, value in filled.items()
            }
        subject = gettext(words.subject).format_map(filled)
        body = "\n\n".join(gettext(part).format_map(filled) for part in words.parts) + "\n"
        filled["end"] = gettext(END_BY_REPLY if can_reply else END_BY_CALL).format_map(filled)
        short = gettext(words.short).format_map(filled)
        filled["ask"] = gettext(ASK)
        asking = gettext(words.asking).format_map(filled) if words.asking and can_reply else ""
    # Signs of an address or a code are nobody's words; `checks.py` warns of an address of ours that holds one.
    refuse_clinical_words(
        f"{subject}\n{body}\n{short}\n{asking}", [filled[name] for name in _BARE & filled.keys()]
    )
    return Text(subject, body, short, spoken, asking)


def plain(text: str) -> str:
    """One line, composed, without control signs: what may stand in a header or a calendar."""
    composed = unicodedata.normalize("NFC", text).replace("\ufeff", "")
    kept = (" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in composed)
    return " ".join("".join(kept).split())


def _written(value: str) -> str:
    """A day as the language writes it; anything else as it stands."""
    try:
        day = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        day = None
    return value if day is None else date_format(day, "D j M")
