"""Public holidays of a place and year, as the `holidays` library has them: a first draft for a manager to
tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from holidays import country_holidays

_ESTIMATED = " (estimated)"


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    on: date
    name: str
    estimated: bool


def public_holidays(country: str, subdivision: str, year: int) -> list[PublicHoliday]:
    """In order of date; several on one day are one entry. `estimated` marks dates that hang on a moon
    sighting.
    """
    known = country_holidays(country, subdiv=subdivision or None, years=year)
    language = known.default_language or ""
    if "en_US" in known.supported_languages and not language.startswith("en"):
        # The mark of an estimated date is translated, so it is read in English.
        language = "en_US"
    if language:
        # Said outright: left to itself, the library's language depends on the version of Python.
        known = country_holidays(country, subdiv=subdivision or None, years=year, language=language)
    return [
        PublicHoliday(on=on, name=name.replace(_ESTIMATED, "")[:200], estimated=_ESTIMATED in name)
        for on, name in sorted(known.items())
    ]
