"""The Celery application: a dumb clock and a pool of hands.

Everything durable is in PostgreSQL. A task carries ids only, never waits with an ETA, and may be killed
or run twice at any moment without loss.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lit_tracker.settings")

app = Celery("lit_tracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
