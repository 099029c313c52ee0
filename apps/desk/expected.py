"""What is known of those who are expected: who has said that they come."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from apps.treatments.models import Appointment


def coming_words(visit: Appointment, said: Collection[UUID]) -> str:
    """Who of those who come has said so, in words; empty where nobody has."""
    comes = [one for one in (visit.recipient_id, visit.partner_id) if one is not None]
    told = [one for one in comes if one in said]
    if not told:
        return ""
    if len(told) == len(comes):
        return _("both say they come") if len(comes) > 1 else _("says they come")
    return _("recipient says they come") if told[0] == visit.recipient_id else _("partner says they come")
