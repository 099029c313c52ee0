import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from apps.clinic import migrating


class Migration(migrating.Migration):
    dependencies = [
        ("booking", "0001_sessions"),
        ("clinic", "0002_resources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DayEnd",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("on", models.DateField()),
                ("closed_at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=150)),
                (
                    "by_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                "ordering": ["-on"],
            },
        ),
        migrations.CreateModel(
            name="DaySheet",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("on", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                ("sessions", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
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
                "ordering": ["-on"],
            },
        ),
        migrations.AddConstraint(
            model_name="dayend",
            constraint=models.UniqueConstraint(fields=("clinic", "on"), name="day_end_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dayend",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f1ddb44a1fa974b099eaac633d6dafefc48caa4f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0268d",
                    table="booking_dayend",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="daysheet",
            constraint=models.UniqueConstraint(fields=("clinic", "on"), name="day_sheet_once"),
        ),
    ]
