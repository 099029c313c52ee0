"""When PostgreSQL ends one of two transactions that wait for each other: the verb begins anew, a few times at most."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

from apps.clinic.errors import Conflict

P = ParamSpec("P")
T = TypeVar("T")

# serialization_failure, deadlock_detected: nothing was written, and the same again may well succeed.
_AGAIN = frozenset({"40001", "40P01"})
MOST_TRIES = 4


def retried(verb: Callable[P, T]) -> Callable[P, T]:
    """Decorates a verb that opens its own transaction. Inside another one, which is lost, and after the last try the
    answer is Conflict `busy`.
    """

    @wraps(verb)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for tried in range(1, MOST_TRIES + 1):
            outermost = not connection.in_atomic_block
            try:
                return verb(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in _AGAIN:
                    raise
                if not outermost or tried == MOST_TRIES:
                    raise Conflict(
                        "Somebody else is booking the same at this moment.",
                        code="busy",
                        field="starts_at",
                        remedy="Try it again.",
                    ) from error
        raise AssertionError("the last try returns or raises")

    return again
