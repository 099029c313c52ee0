"""Addresses of the page of a couple and what hangs on it."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
