"""Addresses of finding, holding, booking and moving a session."""

from __future__ import annotations

from apps.desk.pages import booking
from apps.desk.pages.routes import Route

_VISIT = "treatments/appointment/<uuid:pk>/"

ROUTES: list[Route] = [
    (_VISIT + "book/", booking.reserve, "visit_book"),
    (_VISIT + "move/", booking.shift, "visit_move"),
]
