"""The integrator's guide is true: its commands run as they stand against the product."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from apps.api.services import create_client
from tests.apps.api.conftest import Clock
from tests.rows import AT, SYSTEM, a_clinic, a_protocol

ROOT = Path(__file__).resolve().parents[3]


def commands() -> str:
    """Every shell block of the guide, in order."""
    text = (ROOT / "docs" / "api.md").read_text()
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE))


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide speaks through curl")
@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_guide_run_one_after_the_other(
    live_server: LiveServer, clock: Clock, tmp_path: Path
) -> None:
    clinic = a_clinic()
    a_protocol(clinic)
    client_id, secret = create_client(clinic=clinic, name="lab system", actor=SYSTEM, at=AT)
    clock.at = timezone.now()
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", commands()],
        env={
            "BASE": live_server.url,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
            "PATH": "/usr/bin:/bin",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HYD-0001" in done.stdout
    assert "cancelled" in done.stdout
    assert "recipient.birth_on" in done.stdout


def test_every_address_and_scope_is_in_the_guide_or_its_schema() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    for word in (
        "/api/v1/schema/",
        "/api/v1/docs/",
        "flags/{id}/decide/",
        "Idempotency-Key",
        "X-Clinic",
        "PKCE",
    ):
        assert word in text
