"""Where Zoho CRM is, in each of its data centres, and how a consent is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.base.errors import AuthExpired, ConnectorError, Misconfigured, RateLimited
from connectors.base.oauth import OAuth2

USUAL_API = "https://www.zohoapis.com"
# Data centre → (accounts host, ending of the API's hosts).
DATA_CENTRES = {
    "us": ("accounts.zoho.com", "com"),
    "eu": ("accounts.zoho.eu", "eu"),
    "in": ("accounts.zoho.in", "in"),
    "au": ("accounts.zoho.com.au", "com.au"),
    "jp": ("accounts.zoho.jp", "jp"),
    "ca": ("accounts.zohocloud.ca", "ca"),
    "sa": ("accounts.zoho.sa", "sa"),
    "cn": ("accounts.zoho.com.cn", "com.cn"),
    "uk": ("accounts.zoho.uk", "uk"),
    "ae": ("accounts.zoho.ae", "ae"),
}
_ENDINGS = "|".join(re.escape(ending) for _, ending in DATA_CENTRES.values())
_API = re.compile(rf"https://(www|sandbox|developer)\.zohoapis\.({_ENDINGS})")
# Token calls that go on after this refusal only make it last: 15 to 30 minutes of rest are asked for.
TOKEN_REST = 1500.0

_ACCOUNTS = "https://{accounts_host:accounts.zoho.com}"
HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": USUAL_API, "accounts": _ACCOUNTS},
    "test": {"api": USUAL_API, "accounts": _ACCOUNTS},
    "simulator": dict.fromkeys(("api", "accounts"), "{simulator_url}/zoho"),
}
SCOPES = (
    "ZohoCRM.modules.accounts.ALL",
    "ZohoCRM.modules.contacts.ALL",
    "ZohoCRM.modules.deals.ALL",
    "ZohoCRM.notifications.ALL",
    "ZohoCRM.org.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.settings.fields.READ",
    "ZohoSearch.securesearch.READ",
)


def refine(code: str, answer: Mapping[str, Any]) -> ConnectorError | None:
    """Zoho's own words for a dead grant, and for too many token calls (which says nothing of the grant)."""
    words = f"{code} {answer.get('error_description') or ''}".casefold()
    if "too many requests" in words:
        return RateLimited(
            "Zoho refuse pour un moment de renouveler l’accès, car trop de demandes de jeton sont arrivées. "
            "L’autorisation reste valable; la suite reprendra d’elle-même.",
            retry_after=TOKEN_REST,
            code="token_limit",
        )
    if code == "invalid_code":
        return AuthExpired(
            "Zoho n’accepte plus l’autorisation : elle est expirée, déjà utilisée ou révoquée. Reconnectez "
            "l’intégration.",
            code="invalid_code",
        )
    return None


OAUTH = OAuth2(
    authorize=("accounts", "oauth/v2/auth"),
    token=("accounts", "oauth/v2/token"),
    revoke=("accounts", "oauth/v2/token/revoke"),
    scopes=SCOPES,
    scope_separator=",",
    client_auth="body",
    # Without both, no refresh token comes (the second one at a second consent).
    extra_authorize={"access_type": "offline", "prompt": "consent"},
    refine=refine,
    server_param="accounts-server",
    servers=frozenset(f"https://{host}" for host, _ in DATA_CENTRES.values()),
)


def api_address(usual: str, named: object, environment: str, edition: str) -> str:
    """Where the API of the consented account is. `named`: the api_domain of the token answer; edition: which host of
    the data centre serves the test environment (sandbox or developer)."""
    address = str(named or "").rstrip("/")
    if usual != USUAL_API:
        return address if address.startswith(f"{usual}/") else usual
    match = _API.fullmatch(address)
    if match is None:
        raise Misconfigured(
            "Zoho n’a pas donné l’adresse du centre de données avec l’autorisation, ou cette adresse n’est pas la "
            "sienne. Reconnectez l’intégration.",
            code="foreign_host" if address else "no_host",
        )
    return f"https://{edition}.zohoapis.{match[2]}" if environment == "test" else address
