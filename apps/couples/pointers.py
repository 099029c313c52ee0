"""Every row that points to a person or a couple, found as foreign keys are, and pointed elsewhere.

What stands above this app is reached without being known here: a table that is added later is moved too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pghistory.models
import pgtrigger
from django.apps import apps
from django.db import models

from apps.couples.models import NameKeys, PersonMerge

Moved = dict[str, Any]


def pointers_to(target: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Every table and column that points to `target`, history, derived keys and append-only rows aside."""
    own = {(target, "merged_into"), (PersonMerge, "kept"), (PersonMerge, "other"), (NameKeys, "person")}
    for model in apps.get_models():
        if issubclass(model, pghistory.models.Event) or _is_append_only(model):
            continue
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is target and (model, field.name) not in own:
                yield model, field.name


def _is_append_only(model: type[models.Model]) -> bool:
    protects = (one for one in getattr(model._meta, "triggers", ()) if isinstance(one, pgtrigger.Protect))
    return any(one.operation is not None and pgtrigger.Update in one.operation for one in protects)


def repoint(target: type[models.Model], old: UUID, new: UUID) -> list[Moved]:
    """Whatever points to `old` points to `new`; returns what was moved, for `put` to take it back."""
    moved = []
    for model, field in pointers_to(target):
        ids = [str(pk) for pk in model._base_manager.filter(**{field: old}).values_list("pk", flat=True)]
        if ids:
            entry = {"model": model._meta.label, "field": field, "ids": ids, "from": str(old), "to": str(new)}
            put(entry, entry["from"], entry["to"])
            moved.append(entry)
    return moved


def put(entry: Moved, there: object, here: object) -> None:
    """Points those of the rows that still point `there` to `here`."""
    model = apps.get_model(entry["model"])
    rows = model._base_manager.filter(pk__in=entry["ids"], **{entry["field"]: there})
    rows.update(**{entry["field"]: here})
