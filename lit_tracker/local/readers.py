"""Programs that read calendars and know nothing of us, for the tests, where the machine lets us have them."""

import os
import shutil
import subprocess
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / ".venv" / "node"
ICAL_JS = "ical.js@2.2.1"  # MPL-2.0; Thunderbird's reader
PACKAGES = ("gir1.2-ical-3.0", "python3-gi")
SYSTEM_PYTHON = "/usr/bin/python3"
NO_ICAL_JS = "ical.js is missing: its tests are skipped (node and npm, then make tools)"
NO_LIBICAL = "libical is missing: its tests are skipped (apt-get install gir1.2-ical-3.0 python3-gi)"


CLIENTS = {
    "thunderbird": ("thunderbird",),
    "evolution": (
        "evolution-data-server",
        "gir1.2-ecal-2.0",
        "gir1.2-edataserver-1.2",
        "dbus",
        "dbus-daemon",
        "python3-gi",
    ),
}


def ical_js() -> Path | None:
    """The module to import, None where there is none or no node."""
    found = PLACE / "node_modules" / "ical.js" / "dist" / "ical.js"
    return found if shutil.which("node") and found.exists() else None


def has_libical() -> bool:
    """Whether the system's Python can import it."""
    if not Path(SYSTEM_PYTHON).exists():
        return False
    asked = "import gi; gi.require_version('ICalGLib', '3.0'); from gi.repository import ICalGLib"
    return _quietly(SYSTEM_PYTHON, "-c", asked)


def ensure() -> int:
    """Fetches what we may; never fails, for the tests that need it skip with the same line."""
    if ical_js() is None and shutil.which("node") and shutil.which("npm"):
        print("Fetching ical.js for the tests of calendars", flush=True)
        PLACE.mkdir(parents=True, exist_ok=True)
        _quietly(
            "npm", "install", "--prefix", str(PLACE), "--no-audit", "--no-fund", "--ignore-scripts", ICAL_JS
        )
    if not has_libical():
        install(PACKAGES)
    for line, found in ((NO_ICAL_JS, ical_js() is not None), (NO_LIBICAL, has_libical())):
        if not found:
            print(line, flush=True)
    return 0


def missing_clients() -> dict[str, str]:
    """Of the calendar programs themselves: which cannot be run here, each with the line that says what to do."""
    asked = "import gi; gi.require_version('ECal', '2.0'); gi.require_version('EDataServer', '1.2')"
    there = {
        "thunderbird": shutil.which("thunderbird") is not None,
        "evolution": shutil.which("dbus-run-session") is not None
        and Path(SYSTEM_PYTHON).exists()
        and _quietly(SYSTEM_PYTHON, "-c", asked),
    }
    return {
        name: f"{name} is missing: it is not tried (apt-get install {' '.join(CLIENTS[name])})"
        for name, found in there.items()
        if not found
    }


def ensure_clients() -> int:
    """Installs the programs where we may; never fails, and says of each that is missing what to do."""
    for name in missing_clients():
        install(CLIENTS[name])
    for line in missing_clients().values():
        print(line, flush=True)
    return 0


def install(packages: tuple[str, ...]) -> bool:
    """Debian packages, where we are root and have apt-get; whether that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing {' '.join(packages)}", flush=True)
    return _quietly("apt-get", "update", "-qq") and _quietly(
        "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages
    )


def _quietly(*command: str) -> bool:
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=600,
        check=False,
    )
    return done.returncode == 0
