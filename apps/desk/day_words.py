"""Words of the day sheet and the session board."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from apps.booking.session.board import Said

SAID = {
    Said.TO_COME: _("to come"),
    Said.NEXT: _("next"),
    Said.BEHIND: _("behind its time"),
    Said.GATE_WAITS: _("waits for a named person"),
    Said.GOING: _("going on"),
    Said.OVER: _("longer than planned"),
    Said.DONE: _("done"),
    Said.FAILED: _("failed"),
    Said.LEFT_OUT: _("left out"),
}


def long_words(elapsed: timedelta) -> str:
    """A length as people say it: 5 min, 1 h 10."""
    hours, minutes = divmod(max(0, int(elapsed.total_seconds() // 60)), 60)
    return f"{hours} h {minutes:02}" if hours else f"{minutes} min"


def day_words(on: date) -> str:
    return f"{on:%A} {on.day} {on:%B %Y}"
