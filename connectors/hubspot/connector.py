"""HubSpot: identity."""

from connectors.base.connector import AuthMethod, Connector


class HubSpot(Connector):
    """HubSpot."""

    slug = "hubspot"
    label = "HubSpot"
    category = "crm"
    badge = "#FF7A59"
    description = "Contacts, entreprises et transactions du CRM de HubSpot."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (
        AuthMethod("oauth2", "Connexion OAuth 2.0"),
        AuthMethod("api_key", "Jeton d’application privée"),
    )
