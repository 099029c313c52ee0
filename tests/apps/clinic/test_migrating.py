"""Our migrations are carried out together; what they say stays what Django wrote."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from apps.clinic import migrating

OURS = {"clinic", "couples", "treatments", "booking", "reminders", "feeds", "api", "desk"}


class Chairs(migrating.Migration):
    operations = [  # noqa: RUF012  as Django writes it
        migrations.CreateModel("Chair", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("Room", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("Chair", "name", models.CharField(max_length=9, default="")),
        migrations.AddField("Chair", "room", models.ForeignKey("Room", models.CASCADE, null=True)),
        migrations.AddConstraint("Chair", models.UniqueConstraint(fields=["name"], name="chair_name_once")),
        migrations.RemoveField("Chair", "room"),
        migrations.AddIndex("Room", models.Index(fields=["id"], name="room_by_id")),
    ]


def test_every_migration_of_ours_is_carried_out_together() -> None:
    slow = [
        key
        for key, migration in MigrationLoader(None).disk_migrations.items()
        if key[0] in OURS and not isinstance(migration, migrating.Migration)
    ]
    assert slow == []


@pytest.mark.django_db
def test_forwards_and_back_leave_the_tables_as_the_single_steps_would() -> None:
    def columns() -> set[str]:
        with connection.cursor() as cursor:
            return {
                column.name for column in connection.introspection.get_table_description(cursor, "hall_chair")
            }

    migration, state = Chairs("0001_initial", "hall"), ProjectState()
    assert [len(getattr(one, "operations", [one])) for one in migration.operations] == [2, 3, 1, 1]
    with connection.schema_editor() as editor:
        after = migration.apply(state.clone(), editor)
    assert columns() == {"id", "name"}
    assert set(after.models["hall", "chair"].fields) == {"id", "name"}
    with connection.schema_editor() as editor:
        migration.unapply(state, editor)
    assert not {"hall_chair", "hall_room"} & set(connection.introspection.table_names())
