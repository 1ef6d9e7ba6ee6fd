"""Where HubSpot and its authorization server are, and how a consent is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.connector import AuthMethod, CredentialField
from connectors.base.errors import AuthExpired, ConnectorError
from connectors.base.habits import Habits
from connectors.base.limiter import Limits, TokenBucket
from connectors.base.oauth import OAuth2

OBJECTS_PATH = "crm/v3/objects"

HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"authorize": "{authorize_url:https://app.hubspot.com}", "api": "https://api.hubapi.com"},
    "test": {"authorize": "{authorize_url:https://app.hubspot.com}", "api": "https://api.hubapi.com"},
    "simulator": dict.fromkeys(("authorize", "api"), "{simulator_url}/hubspot"),
}


def refine(code: str, answer: Mapping[str, Any]) -> ConnectorError | None:
    """A dead refresh token is told by a status of HubSpot's own."""
    if answer.get("status") != "BAD_REFRESH_TOKEN":
        return None
    return AuthExpired(
        "HubSpot n’accepte plus l’autorisation : elle est expirée ou révoquée. Reconnectez l’intégration.",
        code="invalid_grant",
    )


OAUTH = OAuth2(
    authorize=("authorize", "oauth/authorize"),
    token=("api", "oauth/2026-03/token"),
    revoke=("api", "oauth/2026-03/token/revoke"),
    scopes=(
        "oauth",
        *(f"crm.objects.{name}.{right}" for name in ("contacts", "companies", "deals") for right in ("read", "write")),
        "crm.objects.owners.read",
    ),
    client_auth="body",
    pkce=True,
    refine=refine,
)

HABITS = Habits(paging="cursor", changes="modified_since", deletions="archived")

AUTH_METHODS = (
    AuthMethod("oauth2", "Connexion OAuth 2.0"),
    AuthMethod(
        "api_key",
        "Jeton d’application privée",
        (
            CredentialField(
                "api_key", "Jeton d’accès", "Celui d’une application privée; il commence par « pat- ».",
                secret=True, placeholder="pat-na1-…", pattern=r"pat-\S+",
            ),
        ),
    ),
)  # fmt: skip

CONFIG_FIELDS = (
    CredentialField(
        "objects_path", "Chemin des objets", "Contient la version de l’API; à changer quand HubSpot retire celle-ci.",
        required=False, placeholder=OBJECTS_PATH, pattern=r"crm/[a-z0-9./-]+",
    ),
    CredentialField(
        "extra_properties", "Propriétés à lire en plus", "Pour vos propres correspondances, séparées par des virgules.",
        required=False, placeholder="companies.secteur, contacts.langue", pattern=r"[\w.,\s]*",
    ),
    CredentialField(
        "authorize_url", "Adresse de consentement", "Seulement pour un compte que HubSpot héberge ailleurs.",
        required=False, placeholder="https://app-eu1.hubspot.com", pattern=r"https://\S+",
    ),
)  # fmt: skip


def search_pace() -> Callable[[], None]:
    """Waits for a search's turn: they have a limit of their own, five a second."""
    pace = TokenBucket(Limits(rate=4, burst=4))

    def wait() -> None:
        while (seconds := pace.acquire()) > 0:
            time.sleep(seconds)

    return wait
