"""Where Pipedrive is, and how a consent is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.base.errors import AuthExpired, ConnectorError, Misconfigured
from connectors.base.oauth import OAuth2

COMMON = "https://api.pipedrive.com"
_OAUTH = "https://oauth.pipedrive.com"
_COMPANY = re.compile(r"https://[a-z0-9][a-z0-9-]*\.pipedrive\.com", re.IGNORECASE)

HOSTS: Mapping[str, Mapping[str, str]] = {
    # A sandbox company is a company like any other: same addresses.
    "production": {"api": COMMON, "oauth": _OAUTH},
    "test": {"api": COMMON, "oauth": _OAUTH},
    "simulator": dict.fromkeys(("api", "oauth"), "{simulator_url}/pipedrive"),
}


def refine(code: str, answer: Mapping[str, Any]) -> ConnectorError | None:
    """Everything is "Invalid grant" at Pipedrive; only its words tell a wrong secret or address from a dead grant."""
    words = " ".join(value for value in answer.values() if isinstance(value, str)).casefold()
    if "invalid grant" not in words and "invalid_grant" not in words:
        return None
    if "client" in words:
        return Misconfigured(
            "Pipedrive ne reconnaît pas notre application : l’identifiant ou le secret est erroné. Vérifiez "
            "l’application de Pipedrive dans les paramètres.",
            code="invalid_client",
        )
    if "redirect" in words:
        return Misconfigured(
            "L’adresse de retour n’est pas celle qui est inscrite chez Pipedrive (une seule est permise par "
            "application). Corrigez-la dans le Developer Hub, puis recommencez.",
            code="bad_redirect",
        )
    return AuthExpired(
        "Pipedrive n’accepte plus l’autorisation : elle est expirée, déjà utilisée ou révoquée. Reconnectez "
        "l’intégration.",
        code="invalid_grant",
    )


# Scopes are fixed on the application at Pipedrive and are not sent; PKCE is not supported.
OAUTH = OAuth2(
    authorize=("oauth", "oauth/authorize"),
    token=("oauth", "oauth/token"),
    revoke=("oauth", "oauth/revoke"),
    client_auth="basic",
    revoke_extra={"token_type_hint": "refresh_token"},
    refine=refine,
)


def company_address(usual: str, named: object) -> str:
    """Where the API of the consented company is. `named`: the api_domain of the token answer. It counts when it is
    Pipedrive's own, or below the address that replaces the usual one (simulator, server's own settings)."""
    address = str(named or "").rstrip("/")
    if usual != COMMON:
        return address if address.startswith(f"{usual}/") else usual
    if not _COMPANY.fullmatch(address):
        raise Misconfigured(
            "Pipedrive n’a pas donné l’adresse de l’entreprise avec l’autorisation, ou cette adresse n’est pas la "
            "sienne. Reconnectez l’intégration.",
            code="foreign_host" if address else "no_host",
        )
    return address
