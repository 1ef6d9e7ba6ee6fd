"""Sage: identity."""

from connectors.base.connector import AuthMethod, Connector


class Sage(Connector):
    """Sage."""

    slug = "sage"
    label = "Sage"
    category = "accounting"
    badge = "#00D639"
    description = "Clients, factures et paiements de Sage Intacct."
    sync_types = ("Planifiée", "Manuelle")
    auth_methods = (AuthMethod("api_key", "Clé d’API (identifiant et secret client)"),)
