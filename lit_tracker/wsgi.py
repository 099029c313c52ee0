"""The web process's entry: `gunicorn lit_tracker.wsgi:application`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lit_tracker.settings")

application = get_wsgi_application()

# What the process has loaded stays: the collector need not walk through it while somebody waits for a page.
gc.collect()
gc.freeze()
