"""Takes each protection out, one at a time, in a copy of the tree, and runs the tests that stand for it: they must fail.

    python -m tests.faults.breaking [--only WORD] [--live]

Copies what is committed into a folder of its own and shares the installed packages; the tree itself is not touched. With
`--live` also those that need the whole product at work, a minute each.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lit_tracker.local import processes

ROOT = Path(__file__).resolve().parents[2]
SENDING, WORKER = "apps/reminders/sending.py", "lit_tracker/worker.py"
LONGEST = 900


@dataclass(frozen=True)
class Break:
    """`old` stands once in the file; in its place the protection is gone."""

    protection: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    live: bool = False


UNITS = "tests/apps/reminders"
BREAKS = (
    Break(
        "a claim locks what it takes",
        SENDING,
        "               FOR NO KEY UPDATE SKIP LOCKED))",
        "))",
        (f"{UNITS}/test_claiming.py",),
    ),
    Break(
        "the attempt is written before anything leaves",
        SENDING,
        "row.attempt_began_at, row.attempts = now, row.attempts + 1",
        "row.attempts += 1",
        (f"{UNITS}/test_sending.py", "tests/faults/test_many_kills.py"),
    ),
    Break(
        "an interrupted attempt is unknown, not due again",
        SENDING,
        "        state=DeliveryState.UNKNOWN,\n        lease_until=None,",
        "        state=DeliveryState.PENDING,\n        attempt_began_at=None,\n        lease_until=None,",
        (f"{UNITS}/test_sending.py", "tests/faults/test_many_kills.py"),
    ),
    Break(
        "nobody begins after the lease",
        SENDING,
        ".filter(attempt_began_at__isnull=True, lease_until__gt=moment(at))",
        ".filter(attempt_began_at__isnull=True)",
        (f"{UNITS}/test_sending.py",),
    ),
    Break(
        "only the holder of the lease settles",
        SENDING,
        "mine = Delivery.objects.filter(pk=claim.delivery_id, lease_no=claim.lease_no)",
        "mine = Delivery.objects.filter(pk=claim.delivery_id)",
        (f"{UNITS}/test_sending.py",),
    ),
    Break(
        "a lease that ran out is taken back",
        "apps/reminders/services.py",
        "done.recovered = recover_leases(at=at)",
        "done.recovered = 0",
        (f"{UNITS}/test_sweep.py", "tests/faults/test_many_kills.py"),
    ),
    Break(
        "the present is read before sending",
        SENDING,
        "reason = why_not_now(row, visit)",
        'reason = ""',
        (f"{UNITS}/test_sending.py",),
    ),
    Break(
        "nothing goes after its time",
        SENDING,
        "if reason or now >= row.not_after:",
        "if reason:",
        (f"{UNITS}/test_sending.py",),
    ),
    Break(
        "one poisoned row keeps nobody waiting",
        SENDING,
        "    except Exception as fault:\n        _log.error(",
        "    except ZeroDivisionError as fault:\n        _log.error(",
        (f"{UNITS}/test_sending.py", "tests/faults/test_what_a_provider_says.py"),
    ),
    Break(
        "a line that broke leaves unknown",
        "apps/reminders/channels/email.py",
        "return Outcome(Verdict.UNKNOWN, type(fault).__name__, silent=_is_silence(fault))",
        "return Outcome(Verdict.LATER, type(fault).__name__, silent=_is_silence(fault))",
        (f"{UNITS}/test_channels.py", "tests/faults/test_many_kills.py"),
    ),
    Break(
        "a provider's wish to wait is kept",
        "apps/reminders/settling.py",
        "max(pause_after(row.attempts, random.random()), wished)",
        "pause_after(row.attempts, random.random())",
        ("tests/faults/test_what_a_provider_says.py",),
    ),
    Break(
        "five attempts and no more",
        "apps/reminders/settling.py",
        "or row.attempts >= MAX_ATTEMPTS:",
        "or row.attempts >= 99:",
        ("tests/faults/test_what_a_provider_says.py",),
    ),
    Break(
        "'nothing there' is believed only after ten minutes",
        "apps/reminders/asking.py",
        "row.attempt_began_at > row.now - SURELY:",
        "row.attempt_began_at > row.now:",
        (UNITS,),
    ),
    Break(
        "a provider that hangs is left alone",
        "apps/reminders/resting.py",
        "SILENCES = 2\n",
        "SILENCES = 99\n",
        (f"{UNITS}/test_resting.py",),
    ),
    Break(
        "whoever waits for a code comes first",
        "apps/reminders/notices.py",
        "HEAD_START = timedelta(days=7)",
        "HEAD_START = timedelta()",
        (f"{UNITS}/test_resting.py",),
    ),
    Break(
        "treatments are derived one by one when they cannot be together",
        "apps/reminders/derivation.py",
        "        if len(treatment_ids) > 1:",
        "        if len(treatment_ids) > 999:",
        (f"{UNITS}/test_sweep.py",),
    ),
    Break(
        "a new zone table is no move",
        "apps/reminders/derivation.py",
        "    follow_kept_times(treatment_ids)\n",
        "",
        ("tests/apps/booking/test_wall_times.py",),
    ),
    Break(
        "a visit takes its places along to its new moment",
        "apps/booking/wall_times.py",
        "            _shift(row, by)\n",
        "",
        ("tests/apps/booking/test_wall_times.py",),
    ),
    Break(
        "whoever clicks does not wait for a broker",
        "apps/clinic/workers.py",
        '_ONE_TRY = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 1}',
        "_ONE_TRY: dict[str, float] = {}",
        ("tests/apps/clinic/test_workers.py",),
    ),
    Break(
        "beat and worker wait for a broker for ever",
        WORKER,
        '    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,\n',
        "",
        ("tests/lit_tracker/test_worker.py",),
    ),
    Break(
        "a worker whose broker went away connects again",
        WORKER,
        '    "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,\n',
        '    "CELERY_BROKER_CONNECTION_RETRY": False,\n',
        ("tests/faults/test_broker_restarts.py",),
        live=True,
    ),
    Break(
        "a cut connection is noticed before it is used",
        "lit_tracker/settings.py",
        '"CONN_HEALTH_CHECKS": True,',
        '"CONN_HEALTH_CHECKS": False,',
        ("tests/faults/test_servers_come_back.py",),
        live=True,
    ),
    Break(
        "a cache that hangs holds up no booking",
        "lit_tracker/settings.py",
        '"OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},',
        '"OPTIONS": {},',
        ("tests/faults/test_broker_down.py",),
        live=True,
    ),
    Break(
        "the minute sweep is asked for by beat",
        "lit_tracker/beat.py",
        '"send what is due": {"task": "apps.reminders.tasks.sweep", "schedule": minute},',
        '"send what is due": {"task": "apps.reminders.tasks.sweep", "schedule": 9999 * minute},',
        ("tests/faults/test_killed_processes.py",),
        live=True,
    ),
    Break(
        "what a closing left is taken up",
        "lit_tracker/beat.py",
        '"task": "apps.booking.tasks.follow_closings",\n            "schedule": minute,',
        '"task": "apps.booking.tasks.follow_closings",\n            "schedule": 9999 * minute,',
        ("tests/faults/test_a_closing_survives.py",),
        live=True,
    ),
    Break(
        "what a move left is taken up",
        "lit_tracker/beat.py",
        '"task": "apps.treatments.tasks.follow_moves",\n            "schedule": minute,',
        '"task": "apps.treatments.tasks.follow_moves",\n            "schedule": 9999 * minute,',
        ("tests/faults/test_a_move_survives.py",),
        live=True,
    ),
)


def copied(folder: Path) -> None:
    """What is committed, and the installed packages."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def noticed_by(broken: Break, folder: Path) -> str:
    """The test that fails with the protection taken out, which is then put back; empty if none does."""
    path = folder / broken.file
    whole = path.read_text()
    path.write_text(whole.replace(broken.old, broken.new))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *broken.tests]
    # The tests set their own up, servers first; ours came with an import.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    running = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        said = running.communicate(timeout=LONGEST)[0].decode()
    finally:
        # Asked, not killed: it has servers of its own to put away.
        processes.end(running, by=signal.SIGINT, seconds=60)
        path.write_text(whole)
    is_failure = running.returncode == 1 and "\nFAILED " in said
    if running.returncode != 0 and not is_failure:
        raise RuntimeError(said[-2000:])
    failed = [line.split()[1] for line in said.splitlines() if line.startswith("FAILED ")]
    return failed[0].split("::", 1)[1] if failed else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.breaking", description=__doc__)
    parser.add_argument("--only", default="", help="those whose protection holds this word")
    parser.add_argument("--live", action="store_true", help="also those that need the whole product")
    asked = parser.parse_args()
    unseen = 0
    with tempfile.TemporaryDirectory() as name:
        copied(Path(name))
        for broken in BREAKS:
            if asked.only not in broken.protection or (broken.live and not asked.live):
                continue
            began = time.monotonic()
            test = noticed_by(broken, Path(name))
            unseen += not test
            took = time.monotonic() - began
            sys.stdout.write(f"{took:4.0f} s  {broken.protection}: {test or 'NOT NOTICED'}\n")
            sys.stdout.flush()
    sys.exit(1 if unseen else 0)


if __name__ == "__main__":
    main()
