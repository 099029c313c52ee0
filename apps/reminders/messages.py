"""Every text that goes out, and how one is filled in. Neutral words only; the lint reads each before it
leaves.

Texts name the sender, the place, the time and the number that the clinic chose for the outside, and nothing
else: no name of a person, nothing of what the appointment is for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from apps.clinic.models import Clinic
from apps.reminders.words import refuse_clinical_words
from protocols.reminders import CANCELLED, CONFIRMATION

# Languages into which every text below is translated. Anybody else reads English, dates included.
SPOKEN = ("en",)

_CALL = gettext_noop("To change it, or if you cannot come, call {number}.")
_FOOT = gettext_noop(
    "{name}. Urgent number: {number}. You agreed to be written to; to stop these messages, call {number}."
)

SUBJECTS: Mapping[str, str] = {
    CONFIRMATION: gettext_noop("Appointment {short}"),
    "moved": gettext_noop("New time: appointment {short}"),
    "reminder": gettext_noop("Appointment {short}"),
    CANCELLED: gettext_noop("Cancelled: appointment {short}"),
    "cancelled today": gettext_noop("Today's appointment"),
}
BODIES: Mapping[str, tuple[str, ...]] = {
    CONFIRMATION: (gettext_noop("Appointment {long}, {place}."), _CALL, _FOOT),
    "moved": (
        gettext_noop(
            "Appointment {long}, {place}. This is a new time; the time given before no longer holds."
        ),
        _CALL,
        _FOOT,
    ),
    "reminder": (gettext_noop("Appointment {long}, {place}."), _CALL, _FOOT),
    CANCELLED: (
        gettext_noop("The appointment {long} is cancelled. Please do not travel."),
        gettext_noop("For anything you wish to know, call {number}."),
        _FOOT,
    ),
    "cancelled today": (
        gettext_noop(
            "Today's appointment cannot take place. Please do not travel. We are calling you. {number}"
        ),
        _FOOT,
    ),
}


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


def wording(kind: str, *, starts_at: datetime, at: datetime, zone: str, told_before: bool) -> str:
    """Which of the texts a delivery of `kind` uses at the moment `at`; `told_before` when another time was
    named."""
    family = family_of(kind)
    if family == CONFIRMATION and told_before:
        return "moved"
    tz = ZoneInfo(zone)
    if family == CANCELLED and starts_at.astimezone(tz).date() == at.astimezone(tz).date():
        return "cancelled today"
    return family


def family_of(kind: str) -> str:
    """confirmation, reminder or cancelled: the kind without its number or its days."""
    return kind.partition("-")[0]


def render(text: str, *, clinic: Clinic, starts_at: datetime, language: str) -> Text:
    """The text of that name, filled in. Dates are in the clinic's zone and, like the words, in the person's
    language where we have it. Raises ClinicalWord if the clinic's own wording let a clinical word in."""
    local = starts_at.astimezone(ZoneInfo(clinic.zone))
    with translation.override(language if language in SPOKEN else "en"):
        blanks = {
            "short": date_format(local, "D j M H:i"),
            "long": date_format(local, "D j M Y H:i"),
            "place": plain(clinic.discreet_place),
            "name": plain(clinic.discreet_name),
            "number": plain(clinic.phone),
        }
        subject = gettext(SUBJECTS[text]).format_map(blanks)
        body = "\n\n".join(gettext(part).format_map(blanks) for part in BODIES[text]) + "\n"
    refuse_clinical_words(f"{subject}\n{body}")
    return Text(subject, body)


def plain(text: str) -> str:
    """One line, composed, without control signs: what may stand in a header or a calendar."""
    composed = unicodedata.normalize("NFC", text).replace("\ufeff", "")
    kept = (" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in composed)
    return " ".join("".join(kept).split())
