"""Square: identity."""

from connectors.base.connector import AuthMethod, Connector


class Square(Connector):
    """Square."""

    slug = "square"
    label = "Square"
    category = "payments"
    badge = "#3E4348"
    description = "Clients, paiements, factures et remboursements de Square."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (
        AuthMethod("oauth2", "Connexion OAuth 2.0"),
        AuthMethod("api_key", "Jeton d’accès personnel"),
    )
