"""The first page's rows of visits of which somebody knows nothing, or what is no longer so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.desk import words
from apps.desk.rows import local
from apps.desk.worklist_rows import TODAY, WEEK, Frame, WorkRow, local_day, ring_row

_AT_ONCE = timedelta(days=2)


def misled_row(visit: Any, frame: Frame) -> WorkRow:
    """Somebody was told a time at which the visit does not stand."""
    told = visit.believed.astimezone(local(visit).tzinfo)
    was = {"day": words.day(told.date(), frame.today), "time": f"{told:%H:%M}"}
    if visit.pencilled and visit.in_force:
        why = _("Was told %(day)s %(time)s, which is only pencilled in now") % was
    elif visit.in_force:
        now = {"now": words.day(local(visit).date(), frame.today), "now_time": f"{local(visit):%H:%M}"}
        why = _("Was told %(day)s %(time)s; it is %(now)s %(now_time)s now") % {**was, **now}
    else:
        why = _("Was told %(day)s %(time)s; it is off now") % was
    return replace(ring_row(visit, frame, TODAY, _("Call"), "bad", why), when=_when(visit, frame))


def untold_row(visit: Any, frame: Frame) -> WorkRow:
    """Booked, and nobody was surely told; or hidden from both by a wish for no messages."""
    why, detail = _("No message about it is known to have arrived"), ""
    if visit.treatment.couple.is_silent:
        why = _("Messages stopped, a visit stands")
        detail = _("Neither page nor calendar shows it. Make sure that both know; ring who asked for it.")
    soon = local(visit) - frame.desk.at < _AT_ONCE
    row = ring_row(visit, frame, TODAY if soon else WEEK, _("Call"), "bad" if soon else "warn", why)
    return replace(row, when=_when(visit, frame), detail=detail)


def _when(visit: Any, frame: Frame) -> str:
    if not visit.in_force:
        return ""
    on = local_day(visit.starts_at, visit.clinic.zone)
    return f"{words.day(on, frame.today)} {local(visit):%H:%M}"
