"""`make run`: servers, migrations, demo clinics, then web, worker and beat, until Ctrl-C."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.error import URLError

from lit_tracker.local import place, processes, servers
from lit_tracker.local.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
DEMO_COMMAND = ROOT / "apps/desk/management/commands/demo.py"


class Stopped(BaseException):
    """SIGTERM or Ctrl-C: unwinds everything that was started, in order."""


def run(var: Path = VAR) -> int:
    """Runs the product until it is told to stop (0) or one of its processes ends by itself (1)."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    port = port_of(os.environ)
    try:
        with only_launcher(var):
            (var / "run.json").unlink(missing_ok=True)
            processes.end_leftover(var / "honcho.pid", mark=str(ROOT))
            refuse_busy(port)
            with servers.running(var) as urls:
                env = process_environment(var, port, urls)
                prepare(var, env)
                return supervise(var, port, env)
    except Stopped:
        print("LIT Tracker has stopped; what was entered is kept.", flush=True)
        return 0


def manage(words: list[str], var: Path = VAR) -> int:
    """One command of manage.py: on the servers of a running launcher, else on servers of its own."""
    running = var / "environment.json"
    try:
        with only_launcher(var), servers.running(var) as urls:
            return django(words, process_environment(var, port_of(os.environ), urls))
    except CannotStart:
        if not running.exists():
            raise
        return django(words, processes.environment(json.loads(running.read_text())))


def clean(var: Path = VAR) -> int:
    """Removes var/ and the data that it names elsewhere. There is no way back."""
    if not var.exists():
        return 0
    with only_launcher(var):
        place.remove(place.durable_home(var))
        shutil.rmtree(var)
    return 0


def port_of(environment: Mapping[str, str]) -> int:
    word = environment.get("PORT") or "8000"
    if not word.isdecimal() or not 1 <= int(word) <= 65535:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {word!r}: make run PORT=8001")
    return int(word)


def refuse_busy(port: int) -> None:
    if not processes.is_free(port):
        raise CannotStart(
            f"port {port} is taken by another program, choose one: make run PORT={port % 65535 + 1}"
        )


@contextmanager
def only_launcher(var: Path) -> Iterator[None]:
    """Makes var/ and holds its lock: two launchers on one var/ would start two servers on one database."""
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (var / "lock").open("w")
    except OSError as error:
        raise CannotStart(f"{var} cannot be written ({error.strerror}): remove it and start again") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart("it runs already from this folder: stop that one first with Ctrl-C") from None
        yield


def process_environment(var: Path, port: int, urls: Mapping[str, str]) -> dict[str, str]:
    """What web, worker, beat and manage.py are told; written down for a `make manage` beside them."""
    key = var / "secret_key"
    if not key.exists() or len(key.read_text()) < 32:
        write_private(key, secrets.token_urlsafe(48))
    told = {
        **urls,
        "DEBUG": "1",
        # The terminal is for the mails of the demo and for what goes wrong.
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "SECRET_KEY": key.read_text(),
        "PORT": str(port),
        "BASE_URL": os.environ.get("BASE_URL") or f"http://127.0.0.1:{port}",
        "BEAT_FILE": str(var / "beat"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    write_private(var / "environment.json", json.dumps(told))
    return processes.environment(told)


def prepare(var: Path, env: Mapping[str, str]) -> None:
    """Brings the tables up to date and fills an empty database with the demo clinics."""
    if django(["migrate", "--verbosity", "0"], env) != 0:
        raise CannotStart("the database could not be migrated (see above); `make clean` throws it away")
    if not DEMO_COMMAND.exists():
        return
    if django(["demo", "--if-empty", "--write", str(var / "demo.json")], env) != 0:
        raise CannotStart("the demo clinics could not be made (see above): make clean, then start again")


def django(words: list[str], env: Mapping[str, str]) -> int:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words], env=env, cwd=ROOT, check=False
    ).returncode


def supervise(var: Path, port: int, env: Mapping[str, str]) -> int:
    """Starts the Procfile, says where to go, waits. Returns only when a process ended by itself."""
    command = [
        sys.executable,
        "-m",
        "honcho",
        "-f",
        str(ROOT / "Procfile"),
        "-d",
        str(ROOT),
        "-e",
        os.devnull,
    ]
    honcho = subprocess.Popen([*command, "start"], env=env, cwd=ROOT, start_new_session=True)
    try:
        (var / "honcho.pid").write_text(str(honcho.pid))
        wait_until_up(port, honcho)
        card = visiting_card(var, env["BASE_URL"])
        write_private(var / "run.json", json.dumps(card, indent=2) + "\n")
        print(announcement(card), flush=True)
        honcho.wait()
        print(
            "LIT Tracker: web, worker or beat ended by itself (see above); the rest was stopped.", flush=True
        )
        return 1
    finally:
        (var / "run.json").unlink(missing_ok=True)
        (var / "environment.json").unlink(missing_ok=True)
        processes.end(honcho, seconds=20)
        (var / "honcho.pid").unlink(missing_ok=True)


def wait_until_up(port: int, honcho: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and honcho.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise CannotStart("the web process did not come up (see above)")


def visiting_card(var: Path, url: str) -> dict[str, Any]:
    """What var/run.json holds: where it is and how to get in; without the demo, only where."""
    card: dict[str, Any] = {"url": url}
    demo = var / "demo.json"
    if demo.exists():
        try:
            made = json.loads(demo.read_text())
            card["logins"] = made["logins"]
            card["feed_url"] = url + made["feed_path"]
            card["page_url"] = url + made["page_path"]
            card["outbox_url"] = f"{url}/demo/outbox/"
            card["api"] = {"token_url": f"{url}/oauth/token/", **made["api"]}
        except (ValueError, KeyError, TypeError):
            raise CannotStart(f"{demo} is half-made: make clean, then start again") from None
    return card


def announcement(card: Mapping[str, Any]) -> str:
    lines = ["", f"LIT Tracker is running: {card['url']}"]
    for role, login in card.get("logins", {}).items():
        lines.append(f"  {role:<8} {login['username']} / {login['password']}")
    if "feed_url" in card:
        lines.append(f"  a patient's calendar  {card['feed_url']}")
        lines.append(f"  a patient's own page  {card['page_url']}")
        lines.append(f"  what is sent          {card['outbox_url']}")
        api = card["api"]
        lines.append(f"  a clinic system       {api['token_url']} {api['client_id']} {api['client_secret']}")
    return "\n".join(
        [*lines, "The same stands in var/run.json. Ctrl-C stops everything; the data stays.", ""]
    )


def write_private(path: Path, text: str) -> None:
    """Writes the whole file or nothing, readable by us alone."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_text(text)
    fresh.replace(path)


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not cut the stopping short: it would leave the servers behind.
    for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    print("\nStopping ...", flush=True)
    raise Stopped
