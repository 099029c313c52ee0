"""`make run` from the outside: what it writes, what it refuses, and that nothing is left when it stops."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psutil
import pytest

from lit_tracker.local import launcher, processes
from lit_tracker.local.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]


def test_a_busy_port_gets_one_line_with_the_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart) as refusal:
            launcher.refuse_busy(port)
    assert str(refusal.value).startswith(f"port {port} is taken")
    assert "make run PORT=" in str(refusal.value)


@pytest.mark.parametrize("word", ["eighty", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(CannotStart, match="PORT must be a number"):
        launcher.port_of({"PORT": word})


def test_a_second_launcher_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        launcher.only_launcher(tmp_path / "var"),
        pytest.raises(CannotStart, match="runs already"),
        launcher.only_launcher(tmp_path / "var"),
    ):
        pass


def test_a_var_that_is_no_folder_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with (
        pytest.raises(CannotStart, match="remove it and start again"),
        launcher.only_launcher(tmp_path / "var"),
    ):
        pass


def test_half_made_demo_secrets_get_one_line(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"logins": ')
    with pytest.raises(CannotStart, match="half-made"):
        launcher.visiting_card(tmp_path, "http://127.0.0.1:1")


def test_the_card_says_where_and_how_to_get_in(tmp_path: Path) -> None:
    logins = {"nurse": {"username": "n", "password": "p"}}
    api = {"client_id": "i", "client_secret": "s"}
    made = {"logins": logins, "feed_path": "/feeds/t.ics", "page_path": "/p/t/", "api": api}
    (tmp_path / "demo.json").write_text(json.dumps(made))
    url = "http://127.0.0.1:1"
    assert launcher.visiting_card(tmp_path, url) == {
        "url": url,
        "logins": logins,
        "feed_url": f"{url}/feeds/t.ics",
        "page_url": f"{url}/p/t/",
        "outbox_url": f"{url}/demo/outbox/",
        "api": {"token_url": f"{url}/oauth/token/", "client_id": "i", "client_secret": "s"},
    }


def test_what_is_secret_is_readable_by_us_alone(tmp_path: Path) -> None:
    launcher.write_private(tmp_path / "x", "secret")
    assert (tmp_path / "x").stat().st_mode & 0o077 == 0


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of the product with a var/ of its own, cleaned up by `make clean`'s own code."""
    for part in ("manage.py", "Procfile", "apps", "protocols", "lit_tracker"):
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / part)
    yield tmp_path
    subprocess.run([sys.executable, "-m", "lit_tracker.local", "clean"], cwd=tmp_path, env=bare(), check=True)


def bare(**more: str) -> dict[str, str]:
    """The environment of a machine that has no database, no broker and no settings."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more}


class Launcher:
    """A launcher at work in `folder`, from its start to its SIGTERM."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.log = folder, folder / "launcher.log"
        command = [sys.executable, "-m", "lit_tracker.local", "run"]
        self.process = processes.spawn(command, log=self.log, cwd=folder, env=bare(PORT=str(port)))

    def card(self, seconds: float = 400) -> dict[str, Any]:
        """var/run.json, as soon as it is there."""
        deadline = time.monotonic() + seconds
        while not (self.folder / "var/run.json").exists():
            assert time.monotonic() < deadline, processes.tail(self.log, 40)
            assert self.process.poll() is None, processes.tail(self.log, 40)
            time.sleep(0.1)
        card: dict[str, Any] = json.loads((self.folder / "var/run.json").read_text())
        return card

    def stop(self) -> list[psutil.Process]:
        """SIGTERM; answers with those of its processes that are still there."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(40) == 0, processes.tail(self.log, 40)
        _, alive = psutil.wait_procs(family, timeout=5)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def get(url: str) -> tuple[int, bytes]:
    try:
        answer: HTTPResponse
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        return refused.code, refused.read()


def becomes_ready(url: str, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while get(f"{url}/readyz")[0] != 200:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def test_it_starts_says_how_to_get_in_stops_whole_and_starts_again_with_the_same_data(checkout: Path) -> None:
    port = processes.free_port()
    first = Launcher(checkout, port)
    card = first.card()
    assert card["url"] == f"http://127.0.0.1:{port}"
    assert set(card) == {"url", "logins", "feed_url", "page_url", "outbox_url", "api"}
    assert set(card["logins"]) >= {"nurse", "doctor", "admin"}
    assert get(f"{card['url']}/healthz")[0] == 200
    assert becomes_ready(card["url"]), get(f"{card['url']}/readyz")[1]
    assert b"BEGIN:VCALENDAR" in get(card["feed_url"])[1]
    assert b"Your next appointment" in get(card["page_url"] + "?l=en")[1]
    assert get(card["outbox_url"])[0] == 200
    assert first.stop() == []
    assert not (checkout / "var/run.json").exists()
    second = Launcher(checkout, port)
    try:
        assert second.card() == card
        assert get(card["feed_url"])[0] == 200
    finally:
        assert second.stop() == []
