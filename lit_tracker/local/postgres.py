"""A PostgreSQL of our own, from the wheel: on loopback, with a password, started and stopped with us."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from lit_tracker.local import place, processes
from lit_tracker.local.errors import CannotStart

DATABASE = "lit_tracker"

# A test's data may be lost with the machine's power: nothing waits for the disk.
_THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class RunningPostgres:
    """A server that answers. `url` is what DATABASE_URL wants."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, committed work is kept."""
        processes.end(self.process, by=signal.SIGINT, seconds=20)


def start(home: Path, *, throwaway: bool = False) -> RunningPostgres:
    """Starts the server whose data lies in `home`/pgdata, made when it is not there; waits until it answers.

    Raises CannotStart when the data is half-made or the server does not come up.
    """
    programs = place.postgres_programs()
    data, password_file = home / "pgdata", home / "password"
    if not data.exists():
        _initialise(programs, data, password_file)
    elif not (data / "PG_VERSION").exists() or not password_file.exists():
        raise CannotStart(f"{home} is half-made and holds no data: remove it and start again")
    processes.end_leftover(data / "postmaster.pid", mark=str(data), by=signal.SIGINT, seconds=20)
    password = password_file.read_text()
    if not password:
        raise CannotStart(f"{password_file} is empty: make clean, then start again")
    for _ in range(3):  # a free port may be taken between the look and the start
        port = processes.free_port()
        process = _launch(programs, data, home / "postgres.log", port, throwaway)
        try:
            up = _answers(process, f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
        except BaseException:  # Ctrl-C while it starts: nobody else knows it yet
            processes.end(process, by=signal.SIGINT, seconds=20)
            raise
        if up:
            return RunningPostgres(f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE}", process)
        processes.end(process)
    raise CannotStart(
        f"PostgreSQL did not start; {home / 'postgres.log'} ends:\n{processes.tail(home / 'postgres.log')}"
    )


def _initialise(programs: Path, data: Path, password_file: Path) -> None:
    """Makes the data folder beside its final place and moves it there when it is whole."""
    account = place.account()
    fresh = data.with_name("pgdata.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    password_file.write_text(secrets.token_urlsafe(24))
    password_file.chmod(0o600)
    if account is not None:
        os.chown(fresh, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    command = [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "--encoding=UTF8", "--no-sync"]
    command += [
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
    ]
    log = data.with_name("initdb.log")
    done = processes.spawn(command, log=log, cwd=data.parent, account=account)
    if done.wait(120) != 0:
        raise CannotStart(f"initdb failed; {log} ends:\n{processes.tail(log)}")
    fresh.rename(data)


def _launch(programs: Path, data: Path, log: Path, port: int, throwaway: bool) -> subprocess.Popen[bytes]:
    settings = [
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
    ]
    settings += _THROWAWAY if throwaway else ()
    command = [str(programs / "postgres"), "-D", str(data)]
    command += [word for setting in settings for word in ("-c", setting)]
    return processes.spawn(command, log=log, cwd=data, account=place.account())


def _answers(process: subprocess.Popen[bytes], admin_url: str) -> bool:
    """Waits up to 30 seconds until the server lets us in; makes the database when it is not there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with psycopg.connect(admin_url, autocommit=True, connect_timeout=3) as connection:
                known = connection.execute(
                    "select 1 from pg_database where datname = %s", [DATABASE]
                ).fetchone()
                if known is None:
                    connection.execute(f"create database {DATABASE}")
                return True
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False
