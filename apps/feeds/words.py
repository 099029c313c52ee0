"""Every word of a calendar, in the language of the person whose it is, and in the clinic's discreet names.

English is what the catalogues under `locale/` translate. What stands in braces is filled in: the clinic's discreet name,
its number, or a title made before.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import get_language_bidi, gettext, gettext_noop

from apps.clinic.models import Clinic
from apps.reminders.messages import SPOKEN
from apps.reminders.words import clinical_words

_TITLE = gettext_noop("Appointment")
_NAMED = gettext_noop("Appointment, {name}")
_CALENDAR = gettext_noop("Appointments")
_CANCELLED = gettext_noop("CANCELLED - {title}")
_WINDOW = gettext_noop("{title}: window, the day is not yet agreed")
_BOTH = gettext_noop("Please both come.")
_QUESTIONS = gettext_noop("Questions or another day: {number}")
TEXTS = (_TITLE, _NAMED, _CALENDAR, _CANCELLED, _WINDOW, _BOTH, _QUESTIONS)

# What is filled in keeps its own direction between these two, where it needs them: a number's + stays in front. Titles go
# without wherever they can: programs find the direction of a title by its first letter, and cut off what is too long on
# the side where they believe its end, which marks hide from them.
_OF_ITSELF, _END = "\u2068", "\u2069"
_LETTERS = frozenset({"L", "R", "AL"})


@dataclass(frozen=True, slots=True)
class Wording:
    """What a calendar says; of the clinic's own words none that the list of clinical words knows."""

    title: str
    cancelled: str
    window: str
    name: str
    place: str
    address: str
    details: str
    details_of_both: str
    withheld: int

    @classmethod
    def of(cls, clinic: Clinic, language: str) -> Wording:
        """In that language, or in English where we do not have it."""
        name, place, address = map(_lawful, (clinic.discreet_name, clinic.discreet_place, clinic.address))
        # What the list of clinical words takes away is no change of the clinic's row: it counts by itself.
        withheld = (not name) + 2 * (not place) + 4 * (not address)
        with translation.override(language if language in SPOKEN else "en"):
            title = say(_NAMED, name=_apart(name)) if name else say(_TITLE)
            questions = say(_QUESTIONS, number=_apart(clinic.phone))
            return cls(
                title=title,
                cancelled=say(_CANCELLED, title=title),
                window=say(_WINDOW, title=title),
                name=name or say(_CALENDAR),
                place=place,
                address=address or place,
                details=questions,
                details_of_both=f"{say(_BOTH)} {questions}",
                withheld=withheld,
            )


def say(text: str, **blanks: str) -> str:
    """The text in the language that is active, filled in. A translation with a clinical word gives way to English."""
    said = gettext(text)
    return (text if clinical_words(said) else said).format_map(blanks)


def _lawful(text: str) -> str:
    return "" if clinical_words(text) else text


def _apart(value: str) -> str:
    """What is filled in, kept from mixing with words of the other direction. Between two letters it does not mix."""
    ends = [unicodedata.bidirectional(sign) in _LETTERS for sign in (value[:1], value[-1:])]
    other = get_language_bidi() or any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in value)
    return f"{_OF_ITSELF}{value}{_END}" if other and not all(ends) else value
