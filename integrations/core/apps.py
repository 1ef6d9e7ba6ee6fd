from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "integrations.core"
    label = "core"
    verbose_name = "Comptes et audit"

    def ready(self) -> None:
        from . import checks, signals  # noqa: F401  (both register themselves)
