from django.apps import AppConfig
from django.core import checks

AUDIT_ACTIONS = {
    "integration.connected": "Intégration ajoutée",
    "integration.reconnected": "Intégration reconnectée",
    "integration.consent_failed": "Consentement non abouti",
    "integration.tested": "Connexion testée",
    "integration.changed": "Paramètres modifiés",
    "integration.enabled": "Intégration activée",
    "integration.disabled": "Intégration désactivée",
    "integration.disconnected": "Intégration déconnectée",
    "integration.deleted": "Intégration supprimée",
    "app.saved": "Application enregistrée",
    "app.removed": "Application retirée",
    "sync.requested": "Synchronisation demandée",
    "sync.cancelled": "Synchronisation annulée",
    "sync.error_retried": "Enregistrement en erreur réessayé",
    "sync.error_dismissed": "Erreur ignorée",
    "mapping.changed": "Correspondance de champs modifiée",
    "conflict.resolved": "Conflit résolu",
    "push.retried": "Envoi réessayé",
    "integration.options_read": "Listes du fournisseur relues",
    "sync.undo_requested": "Annulation demandée",
    "sync.undone": "Effets annulés",
    "customers.merged": "Clients fusionnés",
    "emergency.stopped": "Arrêt d’urgence",
    "emergency.resumed": "Reprise après l’arrêt d’urgence",
    "approval.asked": "Approbation demandée",
    "approval.approved": "Changements approuvés",
    "approval.refused": "Changements refusés",
    "integration.released": "Intégration libérée",
    "integration.slots_changed": "Correspondance des comptes modifiée",
}


class IntegrationsConfig(AppConfig):
    name = "integrations"
    label = "integrations"
    verbose_name = "Intégrations"

    def ready(self) -> None:
        from integrations import routing
        from integrations.core import audit
        from integrations.oauth.apps import check_provider_apps
        from integrations.records.signals import records_changed
        from integrations.services import merging, notices, undoing
        from integrations.worker import loops, sweep

        audit.register(AUDIT_ACTIONS)
        records_changed.connect(routing.note_changes, dispatch_uid="integrations.routing")
        checks.register(check_provider_apps, checks.Tags.security)
        loops.register("sweep", "SWEEP_SECONDS", sweep.sweep)
        loops.register("notices", "SWEEP_SECONDS", notices.send_due, patience=300)
        loops.register("undo", "SWEEP_SECONDS", undoing.work_undos, patience=3600)
        loops.register("merges", "SWEEP_SECONDS", merging.settle_merges, patience=600)
        loops.register("purge", 3600, sweep.purge, patience=900)
        loops.register("overdue", 3600, sweep.mark_overdue, patience=900)
