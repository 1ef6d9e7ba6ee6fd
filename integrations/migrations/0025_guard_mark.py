import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Marks are forgotten after an hour: they are not carried over."""

    dependencies = [
        ("integrations", "0024_site"),
    ]

    operations = [
        migrations.DeleteModel("GuardMark"),
        migrations.DeleteModel("GuardWindow"),
        migrations.CreateModel(
            name="GuardMark",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("resource", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=30)),
                ("remote_id", models.CharField(max_length=255)),
                ("at", models.DateTimeField(db_index=True)),
                ("held", models.BooleanField(default=False)),
                (
                    "integration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
            ],
            options={
                "verbose_name": "changement compté",
                "indexes": [models.Index(fields=["integration", "resource", "name", "at"], name="marks_by_time")],
            },
        ),
    ]
