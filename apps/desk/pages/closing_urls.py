"""Addresses of closing a day and the waiting list."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
