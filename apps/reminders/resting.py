"""A provider that does not answer keeps a sweep waiting for many seconds with each message: after two it is left alone for
a while, then tried with one, so that nobody else's messages wait behind it and few of its own become unknown.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Expression

from apps.clinic.models import Clinic
from apps.couples.models import RouteChannel
from apps.reminders.channels import Letter, Outcome
from apps.reminders.clock import database_now
from apps.reminders.models import ChannelRest, Delivery

RESTING = "provider silent"
SILENCES = 2
FIRST_REST, DOUBLINGS = timedelta(minutes=2), 2  # 2, 4, 8 minutes


def rests_until(*, clinic_id: UUID, channel: str, now: datetime) -> datetime | None:
    """Until when the clinic's carrier of the channel is left alone; None if it may be given something."""
    rest = ChannelRest.objects.filter(clinic=_of(clinic_id, channel), channel=channel, until__gt=now).first()
    return rest.until if rest is not None else None


def is_resting(now: Expression) -> Exists:
    """Of a delivery, inside a query: whether whoever carried it is left alone at the moment `now`."""
    theirs = Q(clinic=OuterRef("clinic")) | Q(clinic=None)
    return Exists(ChannelRest.objects.filter(theirs, channel=OuterRef("channel"), until__gt=now))


def note_answer(letter: Letter | Delivery, outcome: Outcome, *, at: datetime | None) -> None:
    """Counts a silence, in a transaction of its own; anything that was said ends the count and the rest."""
    clinic_id = _of(letter.clinic_id, letter.channel)
    mine = ChannelRest.objects.filter(clinic=clinic_id, channel=letter.channel)
    if not outcome.silent:
        mine.delete()
        return
    with transaction.atomic():
        clinic = Clinic.objects.get(pk=clinic_id) if clinic_id is not None else None
        ChannelRest.objects.get_or_create(clinic=clinic, channel=letter.channel)
        rest = mine.select_for_update().first()
        if rest is None:
            return  # it was heard in this very moment
        rest.silences += 1
        if rest.silences >= SILENCES:
            times = 2 ** min(rest.silences - SILENCES, DOUBLINGS)
            rest.until = (at or database_now()) + FIRST_REST * times
        rest.save()


def _of(clinic_id: UUID | None, channel: str) -> UUID | None:
    """Whose carrier it is: e-mail is everybody's."""
    return None if channel == RouteChannel.EMAIL else clinic_id
