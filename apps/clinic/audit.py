"""History of every audited row, written by triggers, append-only.

A trigger also sees what `QuerySet.update()` and plain SQL do; a layer in Python would not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import pghistory
from django.db import models, transaction

from apps.clinic.actors import Actor

M = TypeVar("M", bound=models.Model)

_inside: ContextVar[bool] = ContextVar("inside a verb", default=False)


def audited(model: type[M]) -> type[M]:
    """Class decorator: every insert, update and delete of the model leaves a row in `<Model>Event`."""
    tracked: type[M] = pghistory.track(
        pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True
    )(model)
    return tracked


def audited_without(*fields: str) -> Callable[[type[M]], type[M]]:
    """`audited`, but the history keeps none of these fields: what must be gone once it is deleted."""

    def decorate(model: type[M]) -> type[M]:
        tracked: type[M] = pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            append_only=True,
            exclude=list(fields),
        )(model)
        return tracked

    return decorate


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """One transaction whose history rows say who acted and by which route. Verbs run in it.

    It nests: what a verb does through other verbs is the doing of the outermost actor.
    """
    with transaction.atomic():
        if _inside.get():
            # One transaction shares one context row; a second actor would overwrite the first one's name.
            yield
            return
        token = _inside.set(True)
        try:
            with pghistory.context(actor=actor.name, user=actor.user_id, route=actor.route):
                yield
        finally:
            _inside.reset(token)
