"""Asking a worker to begin at once what is committed already. A kindness: the minute sweep finds the same work itself."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

# The person who clicked waits for this: one try, and no longer than about a second.
_ONE_TRY = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 1}
_log = logging.getLogger(__name__)


def ask_worker(task: Task[Any, Any], key: object) -> bool:
    """Hands `task` the one key after the commit; False, within about a second, where no broker takes it. Raises nothing
    that a broker can cause.
    """
    try:
        with task.app.connection_for_write(transport_options=_ONE_TRY) as line:
            task.apply_async((str(key),), producer=line.Producer(), retry=False)
    except (OperationalError, OSError) as fault:
        _log.warning("no broker (%s): %s waits for the sweep", type(fault).__name__, task.name)
        return False
    return True
