"""Pipedrive: identity."""

from connectors.base.connector import AuthMethod, Connector


class Pipedrive(Connector):
    """Pipedrive."""

    slug = "pipedrive"
    label = "Pipedrive"
    category = "crm"
    badge = "#017737"
    description = "Personnes, organisations et affaires du pipeline de vente de Pipedrive."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (
        AuthMethod("oauth2", "Connexion OAuth 2.0"),
        AuthMethod("api_key", "Jeton d’API"),
    )
