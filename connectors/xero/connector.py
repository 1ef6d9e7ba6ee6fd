"""Xero: identity."""

from connectors.base.connector import AuthMethod, Connector


class Xero(Connector):
    """Xero."""

    slug = "xero"
    label = "Xero"
    category = "accounting"
    badge = "#13B5EA"
    description = "Contacts, factures et paiements de Xero."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
