"""Infection screens as the desk shows them: each person in a section of their own, the donor's in one word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.desk import words
from apps.desk.words import short
from apps.treatments.sensitivity import Screen, Screens


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """One person: who, one word for all tests, and the tests one by one for whoever may see them."""

    who: str
    standing: str
    good: bool
    tests: tuple[str, ...]


def screen_rows(screens: Iterable[Screens], *, may_see: bool) -> list[ScreenRow]:
    """The recipient's tests one by one; the donor's only with the right, else the one word."""
    said = {"clear": _("clear"), "not clear": _("not clear"), "due": _("due")}
    return [
        ScreenRow(
            who=_("Recipient") if one.person == "recipient" else _("Donor (%(who)s)") % {"who": one.person},
            standing=said[one.standing],
            good=one.standing == "clear",
            tests=tuple(map(_test, one.tests)) if may_see or one.person == "recipient" else (),
        )
        for one in screens
    ]


def _test(one: Screen) -> str:
    name = words.TEST_WORDS.get(one.test, one.test)
    if one.sampled_on is None:
        return _("%(test)s: due") % {"test": name}
    return f"{name}: {one.outcome}, {short(one.sampled_on, one.sampled_on)} {one.sampled_on.year}"
