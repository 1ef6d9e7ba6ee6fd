"""QuickBooks' simulator as a connected integration, and its books as a person there sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base.tokens import TokenSet
from integrations import services
from integrations.models import Credential, FieldMapping, Integration, ProviderApp, RemoteOption, SlotRule
from tests.simulator import Control

PLUMBING, ROOFING = "9341453212345678", "9341453287654321"
OAUTH = "oauth2"


def connected(simulator: Control, **options: Any) -> Integration:
    """QuickBooks with tokens that the simulator's authorization server gave, both ways."""
    ProviderApp.objects.update_or_create(
        provider="quickbooks",
        environment="simulator",
        defaults={"client_id": "qb-demo-client", "client_secret": "qb-demo-secret"},
    )
    granted = simulator.act("quickbooks", "grant")
    tokens = TokenSet(
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
        expires_at=datetime.now(UTC) + timedelta(seconds=granted["expires_in"]),
        account_id=granted["realmId"],
    )
    values = {"direction": "both", "conflict_policy": "hold", "retry_delay_ms": 100, **options}
    integration = Integration.objects.create(
        provider="quickbooks",
        name="QuickBooks",
        environment="simulator",
        account_id=PLUMBING,
        account_name="Lacoste Plomberie inc.",
        **values,
    )
    Credential.objects.create(integration=integration, auth_method=OAUTH, secrets=tokens.to_secrets())
    FieldMapping.objects.bulk_create(services.default_mappings(integration))
    return integration


def fill_account_mapping(integration: Integration) -> None:
    """A default item and the tax code of Québec for invoices; an expense account, a bank account for purchases."""
    ids = {(o.kind, o.label): o.remote_id for o in RemoteOption.objects.filter(integration=integration)}

    def option(kind: str, word: str) -> str:
        return next(remote_id for (k, label), remote_id in ids.items() if k == kind and word in label)

    rules = [
        ("invoices", "item", "", option("item", "Main-d’œuvre, plomberie")),
        ("invoices", "tax_code", "gst_qst", option("tax_code", "GST/QST QC - 9.975")),
        ("invoices", "tax_code", "exempt", option("tax_code", "Exempt")),
        ("purchases", "AccountRef", "", option("account", "Compte courant")),
        ("purchases", "account", "", option("account", "Carburant")),
        ("purchases", "tax_code", "gst_qst", option("tax_code", "GST/QST QC - 9.975")),
    ]
    for resource, slot, local_value, remote_id in rules:
        SlotRule.objects.create(
            integration=integration, resource=resource, slot=slot, local_value=local_value, remote_id=remote_id
        )


def there(simulator: Control, kind: str) -> dict[str, dict[str, Any]]:
    """The first company's objects of a kind, by Id."""
    found = {}
    for one in simulator.objects(kind, slug="quickbooks"):
        found[one["Id"]] = one
    return found


def writes(simulator: Control) -> list[str]:
    """The writes that the provider received."""
    made = simulator.requests(slug="quickbooks")
    return [
        f"{r['method']} {r['path'].rsplit('/', 1)[-1]}"
        for r in made
        if r["method"] == "POST" and "oauth" not in r["path"]
    ]
