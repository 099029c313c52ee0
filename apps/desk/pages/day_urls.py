"""Addresses of the day sheet, the session board and the loads."""

from __future__ import annotations

from apps.desk.pages import day, day_acts, day_moving, day_paper, day_times, load
from apps.desk.pages.routes import Route

_DAY = "day/<uuid:clinic>/<day:on>/"
_VISIT = "day/visit/<uuid:pk>/"

ROUTES: list[Route] = [
    ("day/", day.home, "day"),
    (_DAY, day.sheet, "day_sheet"),
    (_DAY + "board/", day.board, "day_board"),
    (_DAY + "end/", day_acts.end, "day_end"),
    (_DAY + "paper/", day_paper.paper, "day_paper"),
    ("day/<uuid:clinic>/papers/", day_paper.papers, "day_papers"),
    (_VISIT + "arrive/", day_acts.come, "day_arrive"),
    (_VISIT + "done/", day_acts.done, "day_done"),
    (_VISIT + "miss/", day_acts.not_come, "day_miss"),
    (_VISIT + "move/", day_moving.shift, "day_move"),
    (_VISIT + "undo/", day_moving.take_back, "day_undo"),
    (_VISIT + "times/", day_times.enter, "day_times"),
    ("day/activity/<uuid:pk>/<slug:act>/", day_acts.tick, "day_tick"),
    ("load/", load.home, "load"),
    ("load/<uuid:clinic>/<day:on>/week/", load.week, "load_week"),
    ("load/<uuid:clinic>/<day:on>/month/", load.month, "load_month"),
]
