"""Salesforce: identity."""

from connectors.base.connector import AuthMethod, Connector


class Salesforce(Connector):
    """Salesforce."""

    slug = "salesforce"
    label = "Salesforce"
    category = "crm"
    badge = "#00A1E0"
    description = "Comptes, contacts et occasions d’affaires de Salesforce Sales Cloud."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (AuthMethod("oauth2", "Connexion OAuth 2.0"),)
