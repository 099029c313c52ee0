"""How old somebody is, as it stands beside a name."""

from __future__ import annotations

from datetime import date


def age(birth_on: date | None, today: date) -> str:
    """Completed years, or nothing where the birthday is not known."""
    if birth_on is None:
        return ""
    had_birthday = (today.month, today.day) >= (birth_on.month, birth_on.day)
    return str(today.year - birth_on.year - (0 if had_birthday else 1))
