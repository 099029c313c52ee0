"""Many couples from few: the rows of a clinic's couples, copied inside PostgreSQL.

What stands in each row was made by the services for the few, so the many are as real as those; only keys, codes, names
and the weeks of visits differ. Imported once Django is set up. Needs a superuser: triggers and foreign keys rest while
rows are copied.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models, transaction

from apps.booking.models import CallOutcome, CallTask, SessionActivity
from apps.clinic.models import Clinic
from apps.couples.models import Couple, NameKeys, Note, Person
from apps.treatments.models import Appointment, CalendarEntry, Flag, Occupation, Record, Treatment

COPIED: tuple[type[models.Model], ...] = (
    Person,
    NameKeys,
    Couple,
    Note,
    Treatment,
    Record,
    Appointment,
    SessionActivity,
    Occupation,
    CalendarEntry,
    Flag,
    CallTask,
    CallOutcome,
)
# When somebody comes: copies lie whole weeks apart, so that a day of the many is as full as a real one.
_WEEKS = 35
_TIMES = {
    (model, name)
    for model in (Appointment, SessionActivity, Occupation, CalendarEntry)
    for name in ("starts_at", "ends_at")
}
# Keys that are kept without a foreign key.
_LOOSE = {(CallTask, "appointment_id"), (CalendarEntry, "appointment_id")}


def multiply(clinic: Clinic, copies: int) -> int:
    """Copies every couple of the clinic `copies` times; returns how many couples there are then.

    The number of the copy stands in the code and in given names. Places of resources are not copied: one place serves
    one session. PostgreSQL counts its tables anew, as its own vacuum would in time.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        for model in COPIED:
            cursor.execute(_copying(model), {"copies": copies, "clinic": str(clinic.pk)})
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return Couple.objects.filter(clinic=clinic).count()


def _copying(model: type[models.Model]) -> str:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(_value(model, field) for field in fields)
    only = " and r.resource_id is null" if model is Occupation else ""
    table = f'"{model._meta.db_table}"'
    return (
        f"insert into {table} ({columns}) select {values} "
        f"from {table} r, generate_series(1, %(copies)s) n where r.clinic_id = %(clinic)s{only}"
    )


def _value(model: type[models.Model], field: models.Field[Any, Any]) -> str:
    """What stands in this column of copy `n`: keys that lead to copied rows lead to their copies."""
    column = f'r."{field.column}"'
    if field.primary_key or field.related_model in COPIED or (model, field.column) in _LOOSE:
        return f"md5({column}::text || ':' || n)::uuid"
    if (model, field.name) in _TIMES:
        return f"{column} + make_interval(weeks => n %% {_WEEKS} - {_WEEKS // 2})"
    if (model, field.name) == (Couple, "code"):
        return f"left({column} || '-' || n, 20)"
    if (model, field.name) == (Person, "given_name"):
        return f"{column} || ' ' || n"
    return column
