"""PostgreSQL's 64-bit transaction id as a Django field, and the two functions that go with it.

A row stamped with the id of its transaction can be read in an order that no slow transaction falls out of:
everything below the oldest transaction still running is complete, and nothing will ever be added there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Func

# Generic for the type checker only: Django's own class cannot be subscripted.
if TYPE_CHECKING:
    _IntField = models.Field[int, int]
else:
    _IntField = models.Field


class Xid8Field(_IntField):
    """An `xid8` column, read and given as an int. PostgreSQL only."""

    description = "PostgreSQL 64-bit transaction id"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        # xid8 has no cast from bigint; an untyped literal is read by the column's own input function.
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return str(int(value))


class CurrentXactId(Func):
    """`pg_current_xact_id()`: the id of the transaction that evaluates it."""

    function = "pg_current_xact_id"
    output_field = Xid8Field()


class OldestRunningXactId(Func):
    """The lowest transaction id still running: every row with a smaller xid is committed or gone for good."""

    template = "pg_snapshot_xmin(pg_current_snapshot())"
    output_field = Xid8Field()
