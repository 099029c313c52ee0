"""A row and the rows it points to belong to one clinic, held by PostgreSQL itself.

Every scoped model carries `clinic`. In `Meta.constraints` the target of a foreign key has
`UniqueConstraint(fields=["clinic", "id"])`, and the model that points to it has
`SameClinic(field="recipient", name=...)`. That becomes a composite foreign key
`(clinic_id, recipient_id) -> target (clinic_id, id)`.
A null foreign key is not checked.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.constraints import BaseConstraint


class SameClinic(BaseConstraint):
    """Composite foreign key: what `field` points to has the same clinic as this row."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(
            name=name,
            violation_error_message="This belongs to another clinic.",
            violation_error_code="other_clinic",
        )
        self.field = field

    def constraint_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None
        assert schema_editor is not None
        source = model._meta.get_field(self.field)
        if not isinstance(source, models.ForeignKey):
            raise TypeError(f"{self.field} is not a foreign key")
        target: type[models.Model] = source.related_model
        quote = schema_editor.quote_name
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({quote('clinic_id')}, {quote(source.column)}) "
            f"REFERENCES {quote(target._meta.db_table)} ({quote('clinic_id')}, {quote('id')}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None
        assert schema_editor is not None
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,
        using: str = "default",
    ) -> None:
        target = getattr(instance, self.field, None)
        if target is not None and target.clinic_id != getattr(instance, "clinic_id", None):
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__name__}", (), {"field": self.field, "name": self.name}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameClinic):
            return NotImplemented
        return (self.field, self.name) == (other.field, other.name)

    def __hash__(self) -> int:
        return hash((self.field, self.name))
