"""Addresses of resources, hours and holidays."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
