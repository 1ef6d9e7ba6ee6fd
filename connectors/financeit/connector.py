"""Financeit: identity."""

from connectors.base.connector import AuthMethod, Connector


class Financeit(Connector):
    """Financeit."""

    slug = "financeit"
    label = "Financeit"
    category = "payments"
    badge = "#00857D"
    description = "Demandes de financement des clients et état des prêts chez Financeit."
    sync_types = ("Planifiée", "Manuelle")
    auth_methods = (
        AuthMethod("api_key", "Identifiant et secret d’application"),
        AuthMethod("oauth2", "Connexion OAuth 2.0"),
    )
