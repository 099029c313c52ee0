"""How Celery works here, on every machine the same: a dumb clock and a pool of hands. settings.py adds the rest."""

from typing import Any

CELERY: dict[str, Any] = {
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
    # For ever: after a hundred tries, which is fifty minutes, worker and beat would end.
    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,
    "CELERY_BROKER_TRANSPORT_OPTIONS": {
        "visibility_timeout": 900,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "health_check_interval": 15,
        "socket_keepalive": True,
    },
    "CELERY_TASK_ACKS_LATE": True,
    "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
    "CELERY_TASK_IGNORE_RESULT": True,
    "CELERY_RESULT_EXPIRES": None,  # nothing is kept, so nothing is cleaned up
    "CELERY_TASK_TIME_LIMIT": 120,
    "CELERY_TASK_SERIALIZER": "json",
    "CELERY_ACCEPT_CONTENT": ["json"],
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT": 30,
    "CELERY_WORKER_MAX_TASKS_PER_CHILD": 500,
    "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
    "CELERY_WORKER_REDIRECT_STDOUTS": False,  # the console mail back end prints mails, not log lines
    "CELERY_TIMEZONE": "UTC",
}
