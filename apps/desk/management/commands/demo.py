"""`manage.py demo`: two clinics at work, for looking around on one's own machine."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from apps.clinic.models import Clinic, User
from apps.desk.demo.clinics import make, random_password


class Command(BaseCommand):
    help = "Makes two demo clinics with sixty couples. Only with DEBUG, only in an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="say nothing if there is data already")
        parser.add_argument(
            "--write", type=Path, help="where to write log-ins and addresses, for its owner alone"
        )

    def handle(self, *args: Any, if_empty: bool, write: Path | None, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has passwords on paper: it is made only with DEBUG=1.")
        if Clinic.objects.exists() or User.objects.exists():
            if if_empty:
                return
            raise CommandError("There is data already. The demo is made in an empty database only.")
        with transaction.atomic():
            made = make(at=timezone.now(), password=random_password, say=self.stdout.write)
            if write is not None:
                _write_private(write, json.dumps(made.as_json(), indent=2) + "\n")
        if write is None:
            self.stdout.write(json.dumps(made.as_json(), indent=2))


def _write_private(path: Path, text: str) -> None:
    """The whole file or none, readable by its owner alone from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
