"""Migrations that build a database several times faster: neighbours among their operations are carried out together.

Django draws every model class that touches a changed one anew after each single operation; nearly all of ours touch the
clinic, and a new database spent nine tenths of its making on that. What only makes tables, or only adds to them
(columns, indexes, constraints, triggers), does not look at the classes between two steps: they are drawn once for all.
"""

from collections.abc import Sequence
from itertools import groupby

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

MAKES = (migrations.CreateModel,)
ADDS = (migrations.AddField, migrations.AddIndex, migrations.AddConstraint, AddTrigger, RemoveTrigger)


class Together(Operation):
    """New tables, or additions to tables, each carried out as it stands, with one look at the models for all."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Without drawn classes an operation changes the bare state; they are drawn when next asked for.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


class Migration(migrations.Migration):
    """A migration as Django writes it, whose neighbours of one kind are carried out together."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        runs = [(kind, list(run)) for kind, run in groupby(cls.operations, _kind)]
        cls.operations = [one for kind, run in runs for one in ([Together(run)] if kind else run)]


def _kind(operation: Operation) -> tuple[type[Operation], ...]:
    return next((kind for kind in (MAKES, ADDS) if isinstance(operation, kind)), ())
