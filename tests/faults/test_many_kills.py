"""The sweep is killed at every point, again and again: what was due arrives once, or it is shown that nobody knows."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.db import connection

from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.texts import TRIAL
from tests import rows
from tests.faults.killing_scene import faults_of
from tests.live import ROOT

KILLS, CRASHES = 30, 1


@pytest.mark.django_db(transaction=True)
def test_thirty_kills_and_a_crash_of_the_database_lose_and_double_nothing() -> None:
    at = {
        name: quote(str(connection.settings_dict[name]))
        for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    }
    url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    connection.close()
    command = [sys.executable, "-m", "tests.faults.killing", "--here", "--minutes", "3"]
    done = subprocess.run(
        [*command, "--kills", str(KILLS), "--crashes", str(CRASHES)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert f"{KILLS} kills, {CRASHES} crashes of PostgreSQL (0 of them" in said
    assert "no fault" in said


@pytest.mark.parametrize(
    ("state", "taken", "shown", "fault"),
    [
        ("sent", 1, False, ""),
        ("unknown", 0, True, ""),
        ("unknown", 1, True, ""),
        ("dead", 0, True, ""),
        ("sent", 2, False, "taken 2 times"),
        ("unknown", 2, True, "taken 2 times"),
        ("dead", 1, True, "taken 1 times"),
        ("sent", 0, False, "sent and never taken"),
        ("pending", 0, False, "still due"),
        ("leased", 0, False, "still leased"),
        ("unknown", 1, False, "unknown and not shown"),
        ("expired", 0, True, "expired () although it was true"),
    ],
)
def test_the_judge_of_the_kills_sees_what_is_wrong(state: str, taken: int, shown: bool, fault: str) -> None:
    row = Delivery(state=DeliveryState(state), kind=TRIAL, due_at=rows.AT)
    assert faults_of(row, taken, shown, rows.AT) == ([fault] if fault else [])
