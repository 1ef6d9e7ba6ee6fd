"""Yardi: identity."""

from connectors.base.connector import AuthMethod, Connector


class Yardi(Connector):
    """Yardi."""

    slug = "yardi"
    label = "Yardi"
    category = "property"
    badge = "#1C4F9C"
    description = "Immeubles, résidents et bons de travail de Yardi Voyager."
    sync_types = ("Planifiée", "Manuelle")
    auth_methods = (AuthMethod("api_key", "Clé d’API ou accès d’interface"),)
