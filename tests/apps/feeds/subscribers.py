"""Thunderbird and Evolution's data server as a patient's devices: started, asked what they hold, stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from lit_tracker.local import readers

HERE = Path(__file__).parent / "readers"
# Of one event: its title, its start in seconds since 1970, whether it is called off.
Held = tuple[str, int, bool]


class Program:
    """One running program in a home of its own; every process that it started ends with it."""

    process: subprocess.Popen[str]

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700, parents=True)

    def start(self, *command: str, stdout: int | IO[str] = subprocess.DEVNULL) -> None:
        with (self.home / "log").open("w") as log:
            self.process = subprocess.Popen(
                command, env=self.surroundings(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=log,
                text=True, start_new_session=True,
            )  # fmt: skip

    def surroundings(self) -> dict[str, str]:
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TZ": "Asia/Kolkata",
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_DATA_HOME": str(self.home / ".local"),
            "GIO_USE_NETWORK_MONITOR": "base",
            "GSETTINGS_BACKEND": "memory",
        }

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(timeout=15)


class Thunderbird(Program):
    """Looks once a minute; what it holds stands in its cache."""

    def __init__(self, home: Path, calendars: dict[str, str]) -> None:
        super().__init__(home)
        profile = home / "profile"
        profile.mkdir()
        prefs: dict[str, object] = {
            "calendar.list.sortOrder": " ".join(calendars),
            "calendar.timezone.local": "Asia/Kolkata",
            "calendar.timezone.useSystemTimezone": False,
            "mail.provider.suppress_dialog_on_startup": True,
            "app.update.enabled": False,
            "app.normandy.enabled": False,
            "datareporting.policy.dataSubmissionEnabled": False,
            "toolkit.telemetry.enabled": False,
            "extensions.update.enabled": False,
            "network.captive-portal-service.enabled": False,
            "network.connectivity-service.enabled": False,
        }
        for name, url in calendars.items():
            of_one = {
                "type": "ics", "uri": url, "name": name, "cache.enabled": True, "readOnly": True,
                "refreshInterval": "1", "calendar-main-in-composite": True,
            }  # fmt: skip
            prefs |= {f"calendar.registry.{name}.{key}": value for key, value in of_one.items()}
        lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in prefs.items())
        (profile / "user.js").write_text("".join(lines))
        self.start("thunderbird", "--headless", "--no-remote", "--profile", str(profile))

    def held(self) -> dict[str, set[Held]]:
        """By calendar. A copy is read, for Thunderbird goes on writing."""
        folder, copy = self.home / "profile" / "calendar-data", self.home / "copy"
        copy.mkdir(exist_ok=True)
        for name in ("cache.sqlite", "cache.sqlite-wal"):
            if (folder / name).exists():
                shutil.copy(folder / name, copy / name)
        found: dict[str, set[Held]] = {}
        try:
            with closing(sqlite3.connect(copy / "cache.sqlite")) as cache:
                rows = cache.execute(
                    "SELECT cal_id, title, event_start, ical_status FROM cal_events"
                ).fetchall()
        except sqlite3.DatabaseError:  # not there yet, or copied in mid-write
            return {}
        for calendar, title, start, status in rows:
            found.setdefault(calendar, set()).add((title, start // 1_000_000, status == "CANCELLED"))
        return found


class Evolution(Program):
    """The engine of GNOME's calendars. It is told to look again, which it also does by itself each minute."""

    def __init__(self, home: Path, calendars: dict[str, str]) -> None:
        super().__init__(home)
        sources = home / ".config" / "evolution" / "sources"
        sources.mkdir(parents=True)
        for name, url in calendars.items():
            at = urlsplit(url)
            sections = {
                "Data Source": {"DisplayName": name, "Enabled": "true", "Parent": "webcal-stub"},
                "Calendar": {"BackendName": "webcal"},
                "Authentication": {"Host": at.hostname, "Port": at.port, "Method": "none"},
                "WebDAV Backend": {"ResourcePath": at.path},
                "Security": {"Method": "none"},
                "Offline": {"StaySynchronized": "true"},
                "Refresh": {"Enabled": "true", "IntervalMinutes": "1"},
            }
            (sources / f"{name}.source").write_text(_ini(sections))
        self.output = (home / "held").open("w+")
        script = str(HERE / "evolution.py")
        self.start(
            "dbus-run-session", "--", readers.SYSTEM_PYTHON, "-I", script, *calendars, stdout=self.output
        )

    def held(self) -> dict[str, set[Held]]:
        """By calendar, as it last said."""
        lines = (self.home / "held").read_text().splitlines()
        whole = [line for line in lines if line.endswith("}")]
        if not whole:
            return {}
        said: dict[str, list[list[Any]]] = json.loads(whole[-1])
        return {
            name: {(title, start, status == "CANCELLED") for _, title, start, status in events}
            for name, events in said.items()
        }

    def stop(self) -> None:
        super().stop()
        self.output.close()


def _ini(sections: dict[str, dict[str, Any]]) -> str:
    return "\n".join(
        f"[{title}]\n" + "".join(f"{key}={value}\n" for key, value in values.items())
        for title, values in sections.items()
    )
