"""Stripe: identity."""

from connectors.base.connector import AuthMethod, Connector


class Stripe(Connector):
    """Stripe."""

    slug = "stripe"
    label = "Stripe"
    category = "payments"
    badge = "#635BFF"
    description = "Clients, paiements, factures et remboursements de Stripe."
    sync_types = ("Temps réel", "Planifiée", "Manuelle")
    auth_methods = (
        AuthMethod("api_key", "Clé secrète d’API"),
        AuthMethod("oauth2", "Connexion OAuth 2.0 (Stripe Connect)"),
    )
