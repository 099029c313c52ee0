"""A poll asks one row: the bytes carry all that it needs. They are made anew by the next poll, so none is kept."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import apps.clinic.fields
from apps.clinic import migrating


class Migration(migrating.Migration):
    dependencies = [
        ("clinic", "0001_initial"),
        ("feeds", "0001_initial"),
    ]

    operations = [
        migrations.DeleteModel(name="FeedBytes"),
        migrations.CreateModel(
            name="FeedBytes",
            fields=[
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="bytes",
                        serialize=False,
                        to="feeds.feedlink",
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "couples",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), help_text="Whose changes may show", size=None
                    ),
                ),
                (
                    "subjects",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        help_text="The person, the clinic and the link",
                        size=None,
                    ),
                ),
                ("body", models.BinaryField()),
                ("etag", models.CharField(max_length=70)),
                (
                    "last_modified",
                    models.DateTimeField(help_text="When these bytes first differed from those before"),
                ),
                (
                    "fresh_until",
                    models.DateTimeField(
                        help_text="The next midnight of the clinic, when events come into view"
                    ),
                ),
                (
                    "answers_until",
                    models.DateTimeField(
                        blank=True, help_text="For replaced links: unknown from then on", null=True
                    ),
                ),
                ("built_xid", apps.clinic.fields.Xid8Field()),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "feed bytes",
            },
        ),
    ]
