import integrations.core.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0005_mapping_options"),
    ]

    operations = [
        migrations.AddField(
            model_name="oauthattempt",
            name="accounts",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="oauthattempt",
            name="tokens",
            field=integrations.core.fields.SecretJSONField(null=True),
        ),
    ]
