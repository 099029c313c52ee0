"""Setting a clinic's providers, hours and wordings from a file: all of it or nothing."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.reminders.models import ChannelSetting, MessageHours, RegisteredText
from tests import rows

pytestmark = pytest.mark.django_db

SMS = {"channel": "sms", "provider": "twilio", "account": "AC1", "sender": "+44", "secret": "MESSAGES_TWILIO"}
HOURS = {"quiet_from": "22:00", "quiet_to": "07:30", "send_at": "10:00", "book_days_before": 7}
TEXT = {"channel": "sms", "name": "reminder", "language": "hi", "template_id": "1107", "text": "{#var#}"}


def test_a_file_sets_all_or_nothing_and_never_a_secret(tmp_path: Path) -> None:
    clinic = rows.a_clinic()
    file = tmp_path / "messages.json"

    def run(**told: object) -> str:
        file.write_text(json.dumps(told))
        out = StringIO()
        call_command("set_messages", clinic.slug, str(file), stdout=out)
        return out.getvalue()

    said = run(channels=[SMS], hours=HOURS, texts=[TEXT])
    assert f"/hooks/{ChannelSetting.objects.get().pk}/" in said
    assert MessageHours.objects.get().book_days_before == 7
    for wrong in ({**SMS, "secret": "SECRET_KEY"}, {**SMS, "provider": "whatsapp"}, {**SMS, "password": "x"}):
        with pytest.raises(CommandError):
            run(texts=[{**TEXT, "language": "te"}], channels=[wrong])
    assert RegisteredText.objects.count() == 1
    assert ChannelSetting.objects.get().secret == "MESSAGES_TWILIO"
