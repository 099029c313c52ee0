"""Addresses of recording a dose."""

from __future__ import annotations

from apps.desk.pages.routes import Route

ROUTES: list[Route] = []
