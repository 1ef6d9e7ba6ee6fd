from django.apps import AppConfig

AUDIT_ACTIONS = {
    "integration.connected": "Intégration ajoutée",
    "integration.reconnected": "Intégration reconnectée",
    "integration.tested": "Connexion testée",
    "integration.changed": "Paramètres modifiés",
    "integration.enabled": "Intégration activée",
    "integration.disabled": "Intégration désactivée",
    "integration.disconnected": "Intégration déconnectée",
    "integration.deleted": "Intégration supprimée",
    "sync.requested": "Synchronisation demandée",
    "sync.cancelled": "Synchronisation annulée",
    "sync.error_retried": "Enregistrement en erreur réessayé",
    "sync.error_dismissed": "Erreur ignorée",
}


class IntegrationsConfig(AppConfig):
    name = "integrations"
    label = "integrations"
    verbose_name = "Intégrations"

    def ready(self) -> None:
        from integrations.core import audit
        from integrations.worker import loops, sweep

        audit.register(AUDIT_ACTIONS)
        loops.register("sweep", "SWEEP_SECONDS", sweep.sweep)
        loops.register("purge", 3600, sweep.purge, patience=900)
