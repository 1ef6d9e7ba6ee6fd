"""FreshBooks: identity."""

from connectors.base.connector import AuthMethod, Connector


class FreshBooks(Connector):
    """FreshBooks."""

    slug = "freshbooks"
    label = "FreshBooks"
    category = "accounting"
    badge = "#0075DD"
    description = "Clients, factures et paiements de FreshBooks."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
