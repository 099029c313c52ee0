"""One couple, one row: what stands on several lists about the same two people is told in one place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from apps.desk.worklist_rows import NOW, TODAY, WEEK, WorkRow

GROUPS = (NOW, TODAY, WEEK)


def one_row_each(rows: Iterable[WorkRow]) -> list[WorkRow]:
    """The rows with one of each couple, in the order of the day; what else concerns the couple stands in `also`.

    Takes rows in the order of the lists. The row that leads is of the earliest group; of these one whose button is
    the user's own to press, and a call before a look at a flag. Within a group the user's own come first, of these
    what is marked as bad.
    """
    of_couple: dict[object, list[WorkRow]] = {}
    for row in rows:
        of_couple.setdefault(row.couple.pk, []).append(row)
    merged = [_led(found) for found in of_couple.values()]
    return sorted(merged, key=lambda row: (GROUPS.index(row.group), not _is_own(row), not _is_bad(row)))


def _led(found: Sequence[WorkRow]) -> WorkRow:
    lead = min(found, key=lambda row: (GROUPS.index(row.group), not _is_own(row), row.is_flag))
    return replace(lead, also=tuple(row for row in found if row is not lead))


def _is_own(row: WorkRow) -> bool:
    return row.button is not None and row.button.primary


def _is_bad(row: WorkRow) -> bool:
    return "bad" in (row.tone, *(one.tone for one in row.also))
