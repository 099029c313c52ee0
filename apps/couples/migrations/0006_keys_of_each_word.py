"""Name keys of each word for the people whose keys were made before words had any."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from apps.clinic import migrating
from apps.couples.names import keys_of, word_keys_of


def make_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    name_keys = apps.get_model("couples", "NameKeys")
    batch = []
    for row in name_keys.objects.select_related("person").iterator(1000):
        name = f"{row.person.given_name} {row.person.family_name}".strip()
        row.keys = [*keys_of(name), *word_keys_of(name)]
        batch.append(row)
        if len(batch) == 1000:
            name_keys.objects.bulk_update(batch, ["keys"])
            batch = []
    name_keys.objects.bulk_update(batch, ["keys"])


class Migration(migrating.Migration):
    dependencies = [("couples", "0005_care")]
    operations = [migrations.RunPython(make_keys, migrations.RunPython.noop)]
