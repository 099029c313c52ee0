"""The one clock of everything that is due: the database's. A host's own clock is never compared with a
row."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Now


def moment(at: datetime | None) -> Expression:
    """`at` inside a query; without it the database's own time, taken anew by each statement."""
    return Now() if at is None else Value(at, output_field=DateTimeField())


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select statement_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found
