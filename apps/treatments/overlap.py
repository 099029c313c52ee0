"""One place and one person serve one visit at a time: exclusion constraints in PostgreSQL, not a check in Python."""

from __future__ import annotations

from django.db.models import DateTimeField, Func

from protocols.status import IN_FORCE

STATUSES_IN_FORCE = sorted(status.value for status in IN_FORCE)
PLACE_ONCE = "occupation_place_once"
PERSON_ONCE = "occupation_person_once"


class TstzRange(Func):
    """A span of moments, its end not included: visits may follow one another without a gap."""

    function = "TSTZRANGE"
    output_field = DateTimeField()
