"""PostgreSQL and Valkey for one start: ours from the wheels, or those that the environment names."""

import os
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lit_tracker.local import place, postgres, valkey

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def running(var: Path, environment: Mapping[str, str] = os.environ) -> "Iterator[dict[str, str]]":
    """DATABASE_URL and REDIS_URL of servers that answer; what we started is stopped at the end, data kept."""
    with ExitStack() as stack:
        urls = {}
        if environment.get("DATABASE_URL"):
            urls["DATABASE_URL"] = environment["DATABASE_URL"]
        else:
            database = postgres.start(place.durable_home(var))
            stack.callback(database.stop)
            urls["DATABASE_URL"] = database.url
        if environment.get("REDIS_URL"):
            urls["REDIS_URL"] = environment["REDIS_URL"]
        else:
            broker = valkey.start(var / "valkey")
            stack.callback(broker.stop)
            urls["REDIS_URL"] = broker.url
        yield urls
