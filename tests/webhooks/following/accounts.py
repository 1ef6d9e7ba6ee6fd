"""Any provider of the simulator as an integration whose webhooks are on, set up as an administrator would."""

from __future__ import annotations

from integrations import services
from integrations.models import Credential, FieldMapping, Integration, ProviderApp
from integrations.models.connection import OAUTH2
from tests.connectors.suite.desk import Desk
from webhooks.inbound import services as inbound
from webhooks.inbound import subscribing
from webhooks.models import InboundSubscription, SubscriptionState


def connected(desk: Desk) -> Integration:
    """The adapter's first account, connected by its first way."""
    adapter, environment = desk.adapter, "simulator"
    if adapter.connector.oauth:
        ProviderApp.objects.create(
            provider=desk.slug,
            environment=environment,
            client_id=desk.app.client_id,
            client_secret=desk.app.client_secret,
        )
    integration = Integration.objects.create(
        provider=desk.slug,
        name=adapter.connector.label,
        environment=environment,
        account_id=desk.account,
        config=dict(adapter.config),
        retry_delay_ms=100,
    )
    by_consent = desk.way == "oauth2"
    method = OAUTH2 if by_consent else next(m.kind for m in adapter.connector.auth_methods if m.kind != OAUTH2)
    secrets = desk.grant().to_secrets() if by_consent else {**adapter.key, **adapter.webhook_key}
    Credential.objects.create(integration=integration, auth_method=method, secrets=secrets)
    FieldMapping.objects.bulk_create(services.default_mappings(integration))
    return integration


def listening(desk: Desk, administrator: object) -> Integration:
    """A connected integration, its webhooks on, known to the provider."""
    integration = connected(desk)
    inbound.switch(integration, on=True, actor=administrator)  # type: ignore[arg-type]
    if subscribing.declared(integration).subscribes:
        subscribing.see_to_due()
    row = InboundSubscription.objects.select_related("integration").get(integration=integration)
    if not row.remote_ids:
        register(desk, integration, administrator)
    assert row.state in (SubscriptionState.ACTIVE, SubscriptionState.PENDING), row.message
    integration.refresh_from_db()
    return integration


def register(desk: Desk, integration: Integration, administrator: object) -> None:
    """What a person does at the provider's portal, and here with what it shows."""
    row = InboundSubscription.objects.select_related("integration").get(integration=integration)
    source = subscribing.secret_source(row)
    url = subscribing.address_of(row)
    if source == "ours":
        secret = inbound.renew_secret(integration, actor=administrator)  # type: ignore[arg-type]
        desk.control.act(desk.slug, "register_webhook", url=url, key=secret)
        return
    shown = desk.control.act(desk.slug, "register_webhook", url=url)["key"]
    if source == "pasted":
        inbound.keep_secret(integration, shown, actor=administrator)  # type: ignore[arg-type]
    elif source == "app":
        app, _ = ProviderApp.objects.get_or_create(provider=desk.slug, environment="simulator")
        app.webhook_secrets = [shown]
        app.save()
    # Saved again: a provider that checks the address on saving finds the secret known here now.
    desk.control.act(desk.slug, "register_webhook", url=url)
