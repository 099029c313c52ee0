"""Addresses of the day sheet, the session board and the loads."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
