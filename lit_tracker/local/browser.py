"""Chromium and fonts for the browser tests, where the machine lets us have them."""

import os
import shutil
import subprocess

PACKAGES = ("chromium", "fonts-noto-core")
MISSING = "Chromium is missing: browser tests are skipped (apt-get install chromium fonts-noto-core)"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Chromium's path, None where there is none."""
    return shutil.which("chromium")


def ensure() -> int:
    """Installs Chromium where we may; never fails, for the tests that need it skip with the same line."""
    if executable() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium and fonts for the browser tests", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(
                ["apt-get", *command],
                env=quiet,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            if done.returncode != 0:
                break
    if executable() is None:
        print(MISSING, flush=True)
    return 0
