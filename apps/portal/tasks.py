"""Codes of patients' pages, and what they opened, are forgotten after a week. An edge: the clock is read here."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.portal.codes import forget_codes


@shared_task(name="apps.portal.tasks.forget")
def forget() -> int:
    """Deletes codes of a week ago and earlier with what they opened; says how many codes."""
    return forget_codes(at=timezone.now())
