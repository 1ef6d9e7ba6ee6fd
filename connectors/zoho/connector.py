"""Zoho CRM: identity."""

from connectors.base.connector import AuthMethod, Connector


class Zoho(Connector):
    """Zoho CRM."""

    slug = "zoho"
    label = "Zoho CRM"
    category = "crm"
    badge = "#E42527"
    description = "Comptes, contacts et affaires de Zoho CRM, dans le centre de données du client."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
