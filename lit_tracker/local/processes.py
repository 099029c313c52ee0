"""Starting, recognising and ending the processes of one machine."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from lit_tracker.local.place import Account


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether the web process could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    feed: str | None = None,
) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own: Ctrl-C then reaches only us, and we end things in order.

    Its output is added to `log`; `feed` is what it reads from its standard input.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if feed is not None else subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if process.stdin is not None and feed is not None:
        process.stdin.write(feed.encode())
        process.stdin.close()
    return process


def end(
    process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, seconds: float = 15
) -> None:
    """Ends `process`: asks by signal, kills after `seconds`."""
    if process.poll() is not None:
        return
    process.send_signal(by)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_leftover(
    pidfile: Path, *, mark: str, by: signal.Signals = signal.SIGTERM, seconds: float = 15
) -> None:
    """Ends what an earlier, killed launcher left running, and removes its pid file.

    The first word of `pidfile` is the process id. Ids are used again, so the process is only touched when its
    command line or working folder contains `mark`, a path that is ours alone.
    """
    with suppress(FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(int(pidfile.read_text().split()[0]))
        if any(mark in word for word in [*process.cmdline(), process.cwd()]):
            process.send_signal(by)
            try:
                process.wait(seconds)
            except psutil.TimeoutExpired:
                process.kill()
    pidfile.unlink(missing_ok=True)


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for the message that says why something did not start."""
    with suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with `extra` on top, and zone rules from the pinned package alone."""
    return {**os.environ, "PYTHONTZPATH": "", "PYTHONUNBUFFERED": "1", **extra}
