"""What one row of a file does: django-import-export reads its cells, the ordinary verbs do the rest.

A trial run is the same, taken back. A row is found again by a code or a hospital number, so a second upload of the
same file does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.widgets import Widget

from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import LitError
from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.treatments.intake.cells import Reading, clean, lost_zeros
from apps.treatments.intake.columns import BY_NAME, COLUMNS, Column
from apps.treatments.intake.pasts import take_past
from apps.treatments.intake.people import Row, find_or_enrol
from apps.treatments.intake.sheets import Cell


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came, or would come, of one row. Faults are (column, what is wrong and what mends it)."""

    known: bool = False
    told: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    couple: Couple | None = None


@dataclass(slots=True)
class Draft:
    """The instance that import-export fills: cleaned values by column, then what the verbs made of them."""

    values: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    pk: None = None


class CellWidget(Widget):  # type: ignore[misc]  # import-export ships no types
    """Cells of one kind."""

    def __init__(self, column: Column, reading: Reading) -> None:
        super().__init__()
        self.column, self.reading = column, reading

    def clean(self, value: Cell, row: Any = None, **kwargs: Any) -> Any:
        return clean(self.column.kind, value, self.reading)


class _ColumnField(Field):  # type: ignore[misc]  # import-export ships no types
    def save(self, instance: Draft, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        value = self.clean(row, **kwargs)
        if value not in ("", None):
            instance.values[self.attribute] = value


class CoupleRows(Resource):  # type: ignore[misc]  # import-export ships no types
    """The resource of one clinic's import: one couple a row, carried out by `actor` at `at`."""

    class Meta:
        instance_loader_class = BaseInstanceLoader
        skip_diff = True
        store_instance = True
        using_db = "default"

    def __init__(self, *, clinic: Clinic, reading: Reading, actor: Actor, at: datetime) -> None:
        super().__init__()
        self.clinic, self.actor, self.at = clinic, actor, at
        self.fields = {
            column.name: _ColumnField(column.name, column.name, CellWidget(column, reading))
            for column in COLUMNS
        }

    def get_import_order(self) -> list[str]:
        return list(self.fields)

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Draft, bool]:
        return Draft(), True

    def validate_instance(
        self, instance: Draft, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def save_instance(self, instance: Draft, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Everything of this couple or nothing; what the verbs refuse comes back beside its column."""
        try:
            with acting(self.actor):
                instance.outcome = carry_out(
                    Row(self.clinic, instance.values, self.actor, self.at), _zeros_lost(row)
                )
        except LitError as error:
            raise ValidationError(_by_column(error)) from error


def run_row(
    cells: Mapping[str, Cell], *, clinic: Clinic, reading: Reading, actor: Actor, at: datetime, dry_run: bool
) -> Outcome:
    """One row through import-export. With `dry_run`, or with any fault, nothing is left of it.

    Raises only what is nobody's fault in the row, such as a lost database.
    """
    named = [name for name in cells if name in BY_NAME]
    dataset = tablib.Dataset([cells[name] for name in named], headers=named)
    resource = CoupleRows(clinic=clinic, reading=reading, actor=actor, at=at)
    result = resource.import_data(
        dataset, dry_run=dry_run, use_transactions=True, rollback_on_validation_errors=True
    )
    if result.base_errors:
        raise result.base_errors[0].error
    if result.invalid_rows:
        return Outcome(faults=tuple(_faults(result.invalid_rows[0].error)))
    row = result.rows[0]
    if row.errors:
        raise row.errors[0].error
    outcome: Outcome = row.instance.outcome
    return outcome


def carry_out(row: Row, warnings: tuple[str, ...] = ()) -> Outcome:
    """The couple, its treatment and its past; raises LitError with fields named as the columns are."""
    found = find_or_enrol(row)
    past = take_past(row, found.couple)
    told = (*found.told, *past)
    return Outcome(
        known=not found.is_new and not past,
        told=told,
        warnings=(*warnings, *found.warnings),
        couple=found.couple,
    )


def _zeros_lost(row: Mapping[str, Cell]) -> tuple[str, ...]:
    lost = [name for name, cell in row.items() if BY_NAME[name].kind == "identifier" and lost_zeros(cell)]
    return tuple(
        f"{name} was a number in Excel: zeros in front of it, if there were any, are lost." for name in lost
    )


def _by_column(error: LitError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in error.faults:
        ended = fault.message if fault.message.endswith((".", "?", "!")) else f"{fault.message}."
        found.setdefault(fault.field or "row", []).append(f"{ended} {fault.remedy}".strip())
    return found


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    by_column: Mapping[str, list[str]] = error.message_dict
    order = {column.name: n for n, column in enumerate(COLUMNS)}
    return [
        (name, text)
        for name, texts in sorted(by_column.items(), key=lambda one: order.get(one[0], len(order)))
        for text in texts
    ]
