"""Public holidays of a place and year, as the `holidays` library has them: a first draft for a manager to
tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from holidays import country_holidays

_ESTIMATED = " (estimated)"
# Categories of the library that close no clinic: days to work on, holidays of schools and of soldiers.
_NOT_FOR_CLINICS = frozenset({"workday", "school", "armed_forces"})


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """`category` is the library's word for who keeps the day: public, optional, government, bank ..."""

    on: date
    name: str
    estimated: bool
    category: str = "public"


def public_holidays(country: str, subdivision: str, year: int) -> list[PublicHoliday]:
    """In order of date; several on one day are one entry. `estimated` marks dates that hang on a moon
    sighting.
    """
    return list(_of_category(country, subdivision, year, "public"))


def further_holidays(country: str, subdivision: str, year: int) -> list[PublicHoliday]:
    """Festivals and days of authorities that are no public holidays there, in order of date: for a manager to pick from.

    One entry for each day and category; empty where the library knows no other category for the country.
    """
    known = country_holidays(country, subdiv=subdivision or None)
    categories = set(known.supported_categories) - {"public"} - _NOT_FOR_CLINICS
    public = {(day.on, day.name) for day in public_holidays(country, subdivision, year)}
    found = [
        day
        for category in sorted(categories)
        for day in _of_category(country, subdivision, year, category)
        if (day.on, day.name) not in public
    ]
    return sorted(found, key=lambda day: (day.on, day.category))


def _of_category(country: str, subdivision: str, year: int, category: str) -> Iterator[PublicHoliday]:
    """The days of one category. Its language is said outright: left to itself it depends on the version of Python."""
    blank = country_holidays(country, subdiv=subdivision or None)
    language = blank.default_language or ""
    if "en_US" in blank.supported_languages and not language.startswith("en"):
        # The mark of an estimated date is translated, so it is read in English.
        language = "en_US"
    if category not in blank.supported_categories:
        return
    known = country_holidays(
        country,
        subdiv=subdivision or None,
        years=year,
        language=language or None,
        categories=(category,),
    )
    for on, name in sorted(known.items()):
        yield PublicHoliday(on, name.replace(_ESTIMATED, "")[:200], _ESTIMATED in name, category)
