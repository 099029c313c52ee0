"""Name keys of the people who were enrolled before names had any."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from apps.clinic import migrating
from apps.couples.names import keys_of


def make_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    person, name_keys = apps.get_model("couples", "Person"), apps.get_model("couples", "NameKeys")
    rows = (
        name_keys(
            person_id=one.pk,
            clinic_id=one.clinic_id,
            keys=keys_of(f"{one.given_name} {one.family_name}".strip()),
        )
        for one in person.objects.only("pk", "clinic_id", "given_name", "family_name").iterator(1000)
    )
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == 1000:
            name_keys.objects.bulk_create(batch)
            batch = []
    name_keys.objects.bulk_create(batch)


class Migration(migrating.Migration):
    dependencies = [("couples", "0002_notes_allergies_and_name_keys")]
    operations = [migrations.RunPython(make_keys, migrations.RunPython.noop)]
