"""Addresses of lists that come in and go out."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
