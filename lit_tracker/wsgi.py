"""The web process's entry: `gunicorn lit_tracker.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lit_tracker.settings")

application = get_wsgi_application()
