"""A clinic's providers, hours and registered wordings from a JSON file: for whoever runs the service.

{"channels": [{"channel": "sms", "provider": "twilio", "account": "AC...", "sender": "+44", "secret": "MESSAGES_TWILIO"}],
 "hours": {"quiet_from": "21:00", "quiet_to": "08:00", "send_at": "09:00", "book_days_before": 7},
 "texts": [{"channel": "sms", "name": "reminder", "language": "en", "template_id": "1107...", "text": "..."}]}
"""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.clinic.actors import Actor
from apps.clinic.errors import LitError
from apps.clinic.queries import clinic_by_slug
from apps.reminders.services import register_text, set_channel, set_message_hours

_TIMES = ("quiet_from", "quiet_to", "send_at")


class Command(BaseCommand):
    help = "Set a clinic's providers of messages, quiet hours and registered wordings from a JSON file; all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("clinic", help="the clinic's slug")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = json.loads(options["file"].read_text(encoding="utf-8"))
            with transaction.atomic():
                self.stdout.write(", ".join(_set(options["clinic"], told)))
        except LitError as error:
            lines = [f"{fault.field}: {fault.message} {fault.remedy}" for fault in error.faults]
            raise CommandError("\n".join(lines) or str(error)) from error
        except (OSError, ValueError, TypeError) as error:
            raise CommandError(f"The file cannot be read as such a setting: {error}") from error


def _set(slug: str, told: dict[str, Any]) -> list[str]:
    common: dict[str, Any] = {
        "clinic": clinic_by_slug(slug),
        "actor": Actor.system("shell"),
        "at": timezone.now(),
    }
    done = []
    for one in told.get("channels", ()):
        row = set_channel(**common, **one)
        done.append(f"{row} (hook /hooks/{row.pk}/)")
    if "hours" in told:
        hours: dict[str, Any] = {
            name: time.fromisoformat(v) if name in _TIMES else v for name, v in told["hours"].items()
        }
        done.append(str(set_message_hours(**common, **hours)))
    done += [str(register_text(**common, **one)) for one in told.get("texts", ())]
    return done or ["nothing to set"]
