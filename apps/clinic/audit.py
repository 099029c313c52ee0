"""History of every audited row, written by triggers, append-only.

A trigger also sees what `QuerySet.update()` and plain SQL do; a layer in Python would not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pghistory
from django.db import models, transaction

from apps.clinic.actors import Actor

M = TypeVar("M", bound=models.Model)


def audited(model: type[M]) -> type[M]:
    """Class decorator: every insert, update and delete of the model leaves a row in `<Model>Event`."""
    tracked: type[M] = pghistory.track(
        pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True
    )(model)
    return tracked


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """One transaction whose history rows say who acted and by which route. Verbs run in it; it nests."""
    with transaction.atomic(), pghistory.context(actor=actor.name, user=actor.user_id, route=actor.route):
        yield
