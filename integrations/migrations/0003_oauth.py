import django.db.models.deletion
import integrations.core.fields
import integrations.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0002_push"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="lease_owner",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="credential",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="credential",
            name="version",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="integration",
            name="notice_due_at",
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
        migrations.CreateModel(
            name="OAuthAttempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("state_hash", models.CharField(max_length=64, unique=True)),
                ("session_hash", models.CharField(max_length=64)),
                ("provider", models.CharField(max_length=40)),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "Production"), ("test", "Test"), ("simulator", "Simulateur")],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("config", models.JSONField(default=dict)),
                ("code_verifier", integrations.core.fields.SecretTextField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "integration",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="integrations.integration",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "demande de consentement",
                "verbose_name_plural": "demandes de consentement",
            },
        ),
        migrations.CreateModel(
            name="ProviderApp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=40, verbose_name="fournisseur")),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "Production"), ("test", "Test"), ("simulator", "Simulateur")],
                        max_length=12,
                        verbose_name="environnement",
                    ),
                ),
                ("client_id", models.CharField(max_length=255, verbose_name="identifiant client")),
                ("client_secret", integrations.core.fields.SecretTextField(verbose_name="secret client")),
                (
                    "webhook_secrets",
                    integrations.core.fields.SecretJSONField(default=list, verbose_name="secrets de webhook"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifiée le")),
            ],
            options={
                "verbose_name": "application",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "environment"), name="one_app_per_provider_environment")
                ],
            },
        ),
    ]
