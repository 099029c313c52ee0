"""Dating of a pregnancy. Gestational age counts completed weeks and days from the equivalent last menstrual period.

Offsets from the day of the event to the equivalent LMP (source S116): ovulation or egg collection 14 days, day-3 transfer
17, day-5 transfer 19, day-6 transfer 20. Dating by assisted reproduction takes precedence over LMP and scan (S113). "Eight
weeks" is the week from 8w0d to 8w6d, not a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from protocols.facts import Entry
from protocols.records import Dating

DAYS_SINCE_LMP = {"lmp": 0, "ovulation": 14, "d3": 17, "d5": 19, "d6": 20}
ASSISTED = frozenset({"ovulation", "d3", "d5", "d6"})
PREGNANCY_DAYS = 280
# A scan replaces the standing dating only where the difference exceeds so many days: up to 8w6d, 15w6d, 21w6d, 27w6d
# (S114), and from 28w0d (S115).
REDATE_BEYOND = ((9, 5), (16, 7), (22, 10), (28, 14), (None, 21))


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
    """The dating that counts: assisted reproduction before anything else, else the last period as scans corrected it.

    `since` is the end of an earlier pregnancy; what was dated up to then belongs to that one. A pregnancy by assisted
    reproduction is never re-dated by a scan (S113).
    """
    current = [entry for entry in entries if since is None or entry.record.on > since]
    assisted = [entry for entry in current if entry.record.basis in ASSISTED]
    if assisted:
        return max(assisted, key=_said)
    periods = [entry for entry in current if entry.record.basis == "lmp"]
    standing = max(periods, key=_said, default=None)
    scans = (entry for entry in current if entry.record.basis == "scan")
    for scan in sorted(scans, key=lambda entry: (entry.record.on, _said(entry))):
        if standing is None or _redates(standing.record, scan.record):
            standing = scan
    return standing


def _redates(standing: Dating, scan: Dating) -> bool:
    """Whether a scan differs by more than its week of pregnancy allows; the week is counted by the standing dating."""
    lmp = equivalent_lmp(standing)
    age = (scan.on - lmp).days
    allowed = next(days for weeks, days in REDATE_BEYOND if weeks is None or age < 7 * weeks)
    return abs((equivalent_lmp(scan) - lmp).days) > allowed


def _said(entry: Entry[Dating]) -> tuple[float, date, str]:
    return (entry.recorded_at.timestamp() if entry.recorded_at else 0.0, entry.record.on, entry.id)
