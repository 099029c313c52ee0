"""One database is migrated in a run; every server of the run begins with a copy of its data.

Nothing of the product is imported here: it is called before the settings are there.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lit_tracker.local import place, postgres, processes

ROOT = Path(__file__).resolve().parents[1]
# Where the run's first server was migrated; workers of pytest-xdist inherit it.
SHARED = "LIT_TRACKER_MIGRATED"


def begin() -> Path:
    """The folder in which it will lie; to be removed by whoever began."""
    home = place.temporary_home()
    os.environ[SHARED] = str(home)
    return home


def copy_into(home: Path, environment: Mapping[str, str]) -> None:
    """Data of a migrated database for a server in `home`. Whoever comes first migrates, the others wait for that."""
    shared = Path(os.environ[SHARED])
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "whole").exists():
            _migrate(shared, environment)
            (shared / "whole").touch()
    # As it is, with its owner: PostgreSQL reads no data of somebody else.
    subprocess.run(["cp", "-a", str(shared / "pgdata"), str(shared / "password"), str(home)], check=True)


def _migrate(shared: Path, environment: Mapping[str, str]) -> None:
    server = postgres.start(shared, throwaway=True)
    try:
        nobody = {"DATABASE_URL": server.url, "REDIS_URL": "redis://127.0.0.1:1/0"}
        command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
        settled = processes.environment({**environment, **nobody, "FEED_CACHE_DIR": str(shared / "feeds")})
        subprocess.run(command, cwd=ROOT, env=settled, check=True)
    finally:
        server.stop()
