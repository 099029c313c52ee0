"""Addresses of the first page and its calls."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
