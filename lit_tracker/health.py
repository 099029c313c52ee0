"""Whether we are up (`/healthz`) and can work (`/readyz`). Neither names a patient, a clinic or a secret."""

from collections.abc import Callable
from datetime import datetime, timedelta

from celery import current_app
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from apps.clinic.models import Heartbeat

SWEEP_MAX_AGE = timedelta(minutes=3)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; touches nothing else, so that a slow database restarts nobody."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every part works, else 503; the body says `ok` or what is wrong, part by part."""
    at = timezone.now()
    parts: dict[str, Callable[[datetime], str]] = {
        "database": database_state,
        "broker": broker_state,
        "last_sweep": sweep_state,
    }
    states = {name: state(at) for name, state in parts.items()}
    ready = all(state == "ok" for state in states.values())
    return JsonResponse({"status": "ok" if ready else "failed", **states}, status=200 if ready else 503)


def database_state(at: datetime) -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def broker_state(at: datetime) -> str:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except (OperationalError, OSError):
        return "does not answer"
    return "ok"


def sweep_state(at: datetime) -> str:
    """The minute sweep leaves a heartbeat; a silent beat or a dead worker shows here and nowhere else."""
    try:
        last = Heartbeat.objects.order_by("-beat_at").first()
    except DatabaseError:
        return "unknown: the database does not answer"
    if last is None:
        return "none yet"
    age = at - last.beat_at
    return "ok" if age < SWEEP_MAX_AGE else f"{int(age.total_seconds())} seconds ago"
