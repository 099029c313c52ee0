"""Addresses of finding, holding, booking and moving a session."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
