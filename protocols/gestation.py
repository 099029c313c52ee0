"""Dating of a pregnancy. Gestational age counts completed weeks and days from the equivalent last menstrual period.

Offsets from the day of the event to the equivalent LMP (source S116): ovulation or egg collection 14 days, day-3 transfer
17, day-5 transfer 19, day-6 transfer 20. Dating by assisted reproduction takes precedence over LMP and scan (S113).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from protocols.facts import Entry
from protocols.records import Dating

DAYS_SINCE_LMP = {"lmp": 0, "ovulation": 14, "d3": 17, "d5": 19, "d6": 20}
ASSISTED = frozenset({"ovulation", "d3", "d5", "d6"})
PREGNANCY_DAYS = 280


def equivalent_lmp(dating: Dating) -> date:
    """The day of 0 weeks and 0 days."""
    if dating.ga is not None:
        weeks, days = dating.ga.removesuffix("d").split("w")
        return dating.on - timedelta(days=7 * int(weeks) + int(days))
    return dating.on - timedelta(days=DAYS_SINCE_LMP[dating.basis])


def due_on(lmp: date) -> date:
    """The estimated day of birth."""
    return lmp + timedelta(days=PREGNANCY_DAYS)


def gestational_age(lmp: date, on: date) -> tuple[int, int]:
    """Completed weeks and days on a day."""
    return divmod((on - lmp).days, 7)


def standing_dating(entries: Sequence[Entry[Dating]], since: date | None) -> Entry[Dating] | None:
    """The dating that counts: assisted reproduction before anything else, then the last one recorded.

    `since` is the end of an earlier pregnancy; what was dated up to then belongs to that one.
    """
    current = [entry for entry in entries if since is None or entry.record.on > since]
    return max(
        current, key=lambda entry: (entry.record.basis in ASSISTED, _said(entry), entry.id), default=None
    )


def _said(entry: Entry[Dating]) -> tuple[float, date]:
    return (entry.recorded_at.timestamp() if entry.recorded_at else 0.0, entry.record.on)
