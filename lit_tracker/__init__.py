"""Wires the parts together: settings, addresses, the worker, health. Nothing imports it but the processes themselves."""

from lit_tracker.celery import app as celery_app

__all__ = ["celery_app"]
