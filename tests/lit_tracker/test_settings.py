"""settings.py stops the process on a missing or bad value and names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "0123456789abcdefghij" * 3,
    "BASE_URL": "https://clinic.example.org",
}


def read(code: str = "", **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Imports the settings in a process with GOOD and `changes` alone; None takes a variable out."""
    environment = {"PATH": os.environ["PATH"]}
    environment |= {name: value for name, value in (GOOD | changes).items() if value is not None}
    command = [sys.executable, "-c", f"import lit_tracker.settings as s; {code}"]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("REDIS_URL", None),
        ("REDIS_URL", "http://127.0.0.1"),
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("BASE_URL", None),
        ("BASE_URL", "clinic.example.org"),
        ("BASE_URL", "http://clinic.example.org"),
        ("BASE_URL", "https://clinic.example.org/path"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DEBUG", "perhaps"),
        ("SWEEP_SECONDS", "often"),
    ],
)
def test_a_bad_value_stops_the_process_and_names_the_variable(name: str, value: str | None) -> None:
    result = read(**{name: value})
    assert result.returncode != 0
    assert name in result.stderr.splitlines()[-1]


def test_without_debug_everything_that_protects_is_on() -> None:
    result = read(
        "print(s.DEBUG, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 3e7, "
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    )
    assert result.stdout.split() == ["False", "True", "True", "True", "True"], result.stderr


def test_debug_goes_without_a_key_and_an_address() -> None:
    result = read("print(s.BASE_URL)", DEBUG="1", SECRET_KEY=None, BASE_URL=None, PORT="8123")
    assert result.stdout.split() == ["http://127.0.0.1:8123"], result.stderr


def test_python_reads_its_zones_from_the_pinned_package() -> None:
    result = read(
        "import zoneinfo, datetime as d; print(zoneinfo.TZPATH, "
        "d.datetime(2026, 12, 15, tzinfo=zoneinfo.ZoneInfo('America/Vancouver')).utcoffset())"
    )
    assert result.stdout.strip() == "() -1 day, 17:00:00", result.stderr


def test_gzip_stands_above_the_conditional_middleware() -> None:
    order = settings.MIDDLEWARE
    assert order.index("django.middleware.gzip.GZipMiddleware") < order.index(
        "django.middleware.http.ConditionalGetMiddleware"
    )


def test_a_task_ends_long_before_the_broker_gives_it_to_another() -> None:
    visible = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert visible / 3 > settings.CELERY_TASK_TIME_LIMIT


def test_the_production_checks_of_django_are_clean() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    environment = {"PATH": os.environ["PATH"], **GOOD}
    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
