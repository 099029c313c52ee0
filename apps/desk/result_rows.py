"""The first page's rows of results that came in a pregnancy and wait for a clinician's eyes."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.desk.history import titles_of
from apps.desk.rows import Button, who
from apps.desk.worklist_rows import NOW, Frame, WorkRow
from apps.treatments.queries import template


def unread_row(record: Any, frame: Frame) -> WorkRow:
    """A result came in a pregnancy, and no clinician has read it."""
    couple = record.treatment.couple
    titles = titles_of(template(record.treatment.protocol_version))
    result = record.data.get("replacement") or record.data
    return WorkRow(
        group=NOW,
        kind=_("Result to read"),
        tone="bad",
        who=who(couple, frame.desk),
        couple=couple,
        when="",
        what=titles.get(result["test"], result["test"]),
        why=_("Came in a pregnancy. Automatic messages wait until a clinician has read it."),
        button=Button(_("Read"), reverse("admin:record_read", args=[record.pk]), primary=True),
    )
