"""QuickBooks: identity."""

from connectors.base.connector import AuthMethod, Connector


class QuickBooks(Connector):
    """QuickBooks."""

    slug = "quickbooks"
    label = "QuickBooks"
    category = "accounting"
    badge = "#2CA01C"
    description = "Clients, factures, paiements et dépenses de QuickBooks en ligne."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
