"""Who said that they come. Part of booking's read path."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from apps.booking.coming_models import ComingWord
from apps.treatments.models import Appointment


def with_coming(visits: QuerySet[Appointment]) -> QuerySet[Any]:
    """The visits, each with `coming`: the ids of those whose word for its present time stands. No query of its own."""
    words = _standing().filter(appointment=OuterRef("pk"), starts_at=OuterRef("starts_at"))
    return visits.annotate(coming=ArraySubquery(words.values("whose")))


def standing_words(visits: Collection[Appointment]) -> QuerySet[Any]:
    """Words that stand for the present times of the visits, each with `whose` it is now. Callers pass visits of one of
    their own clinics.
    """
    ids: list[UUID] = [visit.pk for visit in visits]
    return _standing().filter(appointment__in=ids, starts_at=F("appointment__starts_at"))


def _standing() -> QuerySet[Any]:
    """`whose`: the person; of somebody who was merged into another since, that one. A word itself is never rewritten."""
    whose = Coalesce("person__merged_into__merged_into_id", "person__merged_into_id", "person_id")
    return ComingWord.objects.filter(takes_back=None, taken_back_by=None).annotate(whose=whose)
