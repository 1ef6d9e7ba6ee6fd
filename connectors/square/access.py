"""Where Square is, and how a seller's account is connected: a consent, or the owner's personal access token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from requests.auth import AuthBase

from connectors.base.auth import Bearer
from connectors.base.connector import AuthMethod, Connection, CredentialField
from connectors.base.errors import AuthExpired, ConnectorError
from connectors.base.habits import Habits
from connectors.base.oauth import OAuth2, TokenAuth, TokenStore
from connectors.base.resource import dig

VERSION = "2025-08-20"
HABITS = Habits(paging="cursor", changes="modified_since", deletions="none")
HEADERS = {"Square-Version": VERSION}

HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": "https://connect.squareup.com"},
    "test": {"api": "https://connect.squareupsandbox.com"},
    "simulator": {"api": "{simulator_url}/square"},
}
SCOPES = (
    "MERCHANT_PROFILE_READ", "CUSTOMERS_READ", "CUSTOMERS_WRITE", "PAYMENTS_READ", "PAYMENTS_WRITE", "ORDERS_READ",
    "ORDERS_WRITE", "INVOICES_READ", "INVOICES_WRITE",
)  # fmt: skip
_DEAD = frozenset({"ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_REVOKED", "NOT_FOUND"})


def refine(code: str, answer: Mapping[str, Any]) -> ConnectorError | None:
    """Square says of a dead code or refresh token, in a list of errors or in words, what others call invalid_grant."""
    listed = answer.get("errors")
    first = listed[0] if isinstance(listed, list) and listed else {}
    words = str(dig(first, "detail") or answer.get("message") or "")
    about_grant = "authorization code" in words.lower() or "refresh token" in words.lower()
    if dig(first, "code") not in _DEAD and not about_grant:
        return None
    return AuthExpired(
        "Square n’accepte plus l’autorisation : elle est expirée, déjà utilisée ou révoquée. Reconnectez "
        "l’intégration.",
        code="invalid_grant",
        detail=words,
    )


OAUTH = OAuth2(
    authorize=("api", "oauth2/authorize"),
    token=("api", "oauth2/token"),
    revoke=("api", "oauth2/revoke"),
    scopes=SCOPES,
    client_auth="body",
    # Forces the sign-in in production, so that nobody consents for whoever was signed in.
    extra_authorize={"session": "false"},
    token_headers=HEADERS,
    account_member="merchant_id",
    token_json=True,
    revoke_json=True,
    revoke_auth="Client",
    revoke_holds=("merchant_id", "account"),
    refresh_expires_in="",
    # A token lives 30 days, and Square asks to renew it every 7 days or sooner.
    early=timedelta(days=23, hours=12),
    refine=refine,
)

AUTH_METHODS = (
    AuthMethod("oauth2", "Connexion OAuth 2.0"),
    AuthMethod(
        "api_key",
        "Jeton d’accès personnel",
        (
            CredentialField(
                "api_key", "Jeton d’accès personnel", "Celui de l’environnement choisi (Production ou Sandbox).",
                secret=True,
            ),
        ),
    ),
)  # fmt: skip

CONFIG_FIELDS = (
    CredentialField(
        "location_id", "Établissement", "Pour les factures et les liens envoyés; sinon, l’établissement principal.",
        required=False, placeholder="L…", pattern=r"\w+",
    ),
    CredentialField(
        "read_events", "Lire les suppressions", "« oui » si le fil des événements est activé (jeton personnel).",
        required=False, placeholder="oui", pattern=r"oui|non",
    ),
)  # fmt: skip


def auth(connection: Connection, tokens: TokenStore) -> AuthBase:
    """The personal token, else the consent's."""
    key = connection.credentials.get("api_key", "").strip()
    return Bearer(key) if key else TokenAuth(tokens)


def reads_events(connection: Connection) -> bool:
    """Whether deletions may be looked for among the events."""
    return connection.config.get("read_events", "") == "oui" and bool(connection.credentials.get("api_key"))
