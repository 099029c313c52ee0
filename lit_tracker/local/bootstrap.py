"""Makes .venv and installs the pinned packages, with nothing but the standard library.

    python3 -I lit_tracker/local/bootstrap.py requirements.txt

Does nothing when the same list is installed already. Stops with one line that names the remedy.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, TOO_NEW = (3, 11), (3, 15)


class CannotInstall(Exception):
    """One line for a person: what is in the way, and the remedy."""


def main(requirements: str) -> None:
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        found = ".".join(map(str, sys.version_info[:3]))
        raise CannotInstall(
            f"Python 3.11 to 3.14 is needed, this is {found}: make PYTHON=/path/to/python3.12 run"
        )
    make_venv()
    install(ROOT / requirements)


def make_venv() -> None:
    """Makes .venv; one whose making was interrupted is made again, one that we did not make is left alone."""
    making = VENV.with_name(".venv.making")
    if making.exists():
        say("The last start was interrupted while it made .venv: making it again")
        shutil.rmtree(VENV, ignore_errors=True)
    elif VENV.exists():
        works = PYTHON.exists() and run([str(PYTHON), "-m", "pip", "--version"]).returncode == 0
        if works:
            return
        raise CannotInstall(
            f"{VENV} does not work (no python or no pip in it): rm -rf {VENV} and start again"
        )
    say(f"Making .venv with Python {sys.version.split()[0]}")
    making.touch()
    made = run([sys.executable, "-m", "venv", str(VENV)])
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        making.unlink()
        raise CannotInstall(
            "this Python cannot make a virtual environment (on Debian: apt install python3-venv), it says: "
            + made.stdout.strip().splitlines()[-1]
        )
    making.unlink()


def install(requirements: Path) -> None:
    """Installs the list unless a stamp says that just this list is there."""
    wanted = fingerprint(requirements)
    stamp = VENV / f".installed-{requirements.stem}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing the packages of {requirements.name} (about two minutes, once)")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "-r", str(requirements)]
    lines, count = [], 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            wheel = re.match(r"\s*(?:Downloading|Using cached|Processing)\s+(?:\S*/)?(\S+?)-(\d\S*?)-", line)
            if wheel:
                count += 1
                say(f"  {count:3}  {wheel[1]} {wheel[2]}")
            elif line.startswith("Installing collected"):
                say("  unpacking")
    if process.returncode != 0:
        print("\n".join(lines[-15:]), file=sys.stderr)
        raise CannotInstall(
            "pip could not install the packages (its last words are above): start again when it can"
        )
    stamp.write_text(wanted)


def fingerprint(requirements: Path) -> str:
    """A digest of the list and of the lists that it names."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted({requirements, *ROOT.glob("requirements*.txt"), *ROOT.glob("constraints.txt")}):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except CannotInstall as refusal:
        sys.exit(f"LIT Tracker: {refusal}")
    except KeyboardInterrupt:
        sys.exit("LIT Tracker: interrupted; the next start goes on from here")
