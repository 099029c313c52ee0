"""Addresses of closing a day, of the waiting list and of undoing."""

from __future__ import annotations

from apps.desk.pages import closing, waiting
from apps.desk.pages.routes import Route

_CLINIC = "clinic/clinic/<uuid:pk>/"
_CLOSING = "booking/closing/<uuid:pk>/"
_VISIT = "treatments/appointment/<uuid:pk>/"

ROUTES: list[Route] = [
    ("booking/closing/", closing.choose, "closings"),
    (_CLINIC + "closing/", closing.plan, "closing_plan"),
    (_CLINIC + "closing/now/", closing.fail_now, "closing_now"),
    (_CLOSING + "change/", closing.show, "closing"),
    (_CLOSING + "discard/", closing.discard, "closing_discard"),
    ("booking/waiting/", waiting.show, "waiting"),
    ("booking/waiting/<uuid:pk>/end/", waiting.end, "waiting_end"),
    (_VISIT + "earlier/", waiting.wish, "visit_earlier"),
    (_VISIT + "undo/", waiting.put_back, "visit_undo"),
]
