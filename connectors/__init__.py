"""Connectors to the providers. REGISTRY is the only shared line that a new provider adds."""

from __future__ import annotations

from importlib import import_module

from connectors.base.connector import Connector
from connectors.base.errors import UnknownProvider

REGISTRY: dict[str, str] = {
    "salesforce": "connectors.salesforce.connector:Salesforce",
    "hubspot": "connectors.hubspot.connector:HubSpot",
    "pipedrive": "connectors.pipedrive.connector:Pipedrive",
    "zoho": "connectors.zoho.connector:Zoho",
    "quickbooks": "connectors.quickbooks.connector:QuickBooks",
    "xero": "connectors.xero.connector:Xero",
    "sage": "connectors.sage.connector:Sage",
    "freshbooks": "connectors.freshbooks.connector:FreshBooks",
    "rovida": "connectors.rovida.connector:Rovida",
    "yardi": "connectors.yardi.connector:Yardi",
    "stripe": "connectors.stripe.connector:Stripe",
    "square": "connectors.square.connector:Square",
    "financeit": "connectors.financeit.connector:Financeit",
}


def get(slug: str) -> type[Connector]:
    """The connector of that slug; UnknownProvider when there is none."""
    try:
        module, _, name = REGISTRY[slug].partition(":")
    except KeyError:
        raise UnknownProvider(f"Le fournisseur « {slug} » n’existe pas dans cette console.") from None
    connector: type[Connector] = getattr(import_module(module), name)
    return connector


def all_connectors() -> list[type[Connector]]:
    """All connectors, in the registry's order."""
    return [get(slug) for slug in REGISTRY]
