from typing import Any

from django.apps import AppConfig
from django.core import checks

AUDIT_ACTIONS = {
    "webhook.created": "Point de terminaison ajouté",
    "webhook.changed": "Point de terminaison modifié",
    "webhook.deleted": "Point de terminaison supprimé",
    "webhook.enabled": "Point de terminaison activé",
    "webhook.disabled": "Point de terminaison désactivé",
    "webhook.tested": "Point de terminaison testé",
    "webhook.secret_rotated": "Secret de webhook remplacé",
    "webhook.old_secret_removed": "Ancien secret de webhook retiré",
    "webhook.retried": "Livraisons réessayées",
    "webhook.replayed": "Reprise des livraisons demandée",
    "inbound.secret_renewed": "Secret des webhooks reçus renouvelé",
    "inbound.secret_kept": "Secret des webhooks reçus enregistré",
    "inbound.old_secret_ended": "Ancien secret des webhooks reçus retiré",
    "inbound.checked": "Vérification de l’abonnement demandée",
    "inbound.replayed": "Événements reçus rejoués",
    "inbound.reused_key": "Événement reçu deux fois avec un contenu différent",
}


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from integrations import panels, signals
        from integrations.core import audit
        from integrations.records.signals import events_written
        from integrations.worker import loops
        from webhooks import fanout, notices, purge, selectors
        from webhooks.following import follower
        from webhooks.inbound import alarms, lifecycle, purging, receivers, subscribing
        from webhooks.inbound import notices as inbound_notices
        from webhooks.sending import sender

        audit.register(AUDIT_ACTIONS)
        events_written.connect(fanout.note_events, dispatch_uid="webhooks.fanout")
        panels.add_figure("active_webhooks", selectors.count_active)
        panels.add_figure("active_webhooks", selectors.count_receiving)
        panels.add_tab(
            panels.Tab("webhooks", "Webhooks", "webhooks:integration", lambda one: one.connector.webhooks is not None)
        )
        signals.webhooks_switched.connect(lifecycle.on_switched, dispatch_uid="webhooks.switched")
        signals.integration_disconnecting.connect(lifecycle.on_disconnecting, dispatch_uid="webhooks.disconnecting")
        signals.integration_disconnected.connect(lifecycle.on_disconnected, dispatch_uid="webhooks.disconnected")
        signals.integration_connected.connect(lifecycle.on_connected, dispatch_uid="webhooks.connected")
        signals.integration_status_changed.connect(lifecycle.on_status_changed, dispatch_uid="webhooks.status")
        signals.changes_pulled.connect(alarms.note_pulled, dispatch_uid="webhooks.pulled")
        loops.register("webhooks", 0.0, sender.work, patience=120, finish=sender.finish)
        loops.register("webhooks-in", 0.0, follower.work, patience=120, finish=follower.finish)
        loops.register("webhook-subscriptions", "SWEEP_SECONDS", subscribing.see_to_due, patience=600)
        loops.register("webhook-silence", 60, alarms.judge)
        loops.register("webhooks-in-notices", "SWEEP_SECONDS", inbound_notices.send_due, patience=300)
        loops.register("webhook-notices", "SWEEP_SECONDS", notices.send_due, patience=300)
        loops.register("webhook-purge", 3600, purge.purge, patience=900)
        loops.register("webhooks-in-purge", 3600, purging.purge, patience=900)
        checks.register(check_allowed_networks, checks.Tags.security)
        checks.register(receivers.check_sources, checks.Tags.security)


def check_allowed_networks(**kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start when WEBHOOK_ALLOWED_NETWORKS cannot be read."""
    from django.core.exceptions import ImproperlyConfigured

    from webhooks import ssrf

    try:
        ssrf.permissions()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="webhooks.E001")]
    return []
