"""Wires the parts together: settings, addresses, the worker, health. Only the processes import it."""

from lit_tracker.celery import app as celery_app

__all__ = ["celery_app"]
