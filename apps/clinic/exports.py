"""That somebody took rows out of the product as a file: said once, with what and how many, never with whom."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from apps.clinic.access import require_clinic
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.models import Change, Clinic


def note_export(
    *,
    clinic: Clinic,
    what: str,
    form: str,
    rows: int,
    narrowed_by: Sequence[str],
    actor: Actor,
    at: datetime,
) -> Change:
    """Writes that `rows` rows of the list `what` left as `form`. `narrowed_by` names filters and whether a search was
    on, not what was searched: that may be a name.
    """
    require_clinic(actor, clinic.pk)
    with acting(actor):
        return record_change(
            clinic_id=clinic.pk,
            kind="list.exported",
            subject_type="export",
            subject_id=uuid.uuid4(),
            actor=actor,
            at=at,
            detail={"list": what, "form": form, "rows": rows, "narrowed_by": sorted(narrowed_by)},
        )
