from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "integrations.records"
    label = "records"
    verbose_name = "Enregistrements"
    default_auto_field = "django.db.models.BigAutoField"
