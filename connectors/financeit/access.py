"""How Financeit is reached: addresses, the two ways to a credential, and everything that the vendor must confirm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from requests.auth import AuthBase

from connectors.base import endpoints
from connectors.base.auth import ApiKey
from connectors.base.classify import Answer, classify
from connectors.base.connector import Account, Connector, CredentialField
from connectors.base.errors import AuthExpired, ConnectorError, Malformed, Misconfigured, Rejected
from connectors.base.habits import Habits
from connectors.base.issued import Issued, IssuedAuth, identity
from connectors.base.resource import dig

# When the provider does not say how long a token lives.
USUAL_LIFE = timedelta(hours=12)
HABITS = Habits(paging="cursor", changes="modified_since", deletions="none")
HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": "{base_url:https://www.financeit.ca/en/api/v3}"},
    "test": {"api": "{base_url:https://training.financeit.ca/en/api/v3}"},
    "simulator": {"api": "{simulator_url}/financeit"},
}
CREDENTIALS = (
    CredentialField("app_id", "Identifiant d’application", "app_id, remis par Financeit.", required=False),
    CredentialField("app_secret", "Secret d’application", "app_secret.", secret=True, required=False),
    CredentialField("login", "Utilisateur", "login du marchand; vide pour un accès anonyme.", required=False),
    CredentialField("password", "Mot de passe", "password du marchand.", secret=True, required=False),
    CredentialField("api_key", "Clé d’API", "À la place de ce qui précède, si Financeit vous en donne une.",
                    secret=True, required=False),
    endpoints.SECRET,
)  # fmt: skip
SETTINGS = (
    CredentialField("base_url", "Adresse de base", "Vide : celle que Financeit publie pour l’environnement.",
                    required=False, placeholder="https://www.financeit.ca/en/api/v3", pattern=r"https://\S+"),
    CredentialField("path_prefix", "Préfixe des chemins", "Ce qui précède « /loans »; vide chez Financeit.",
                    required=False, placeholder="v1", pattern=r"[A-Za-z0-9._~/-]*"),
    CredentialField("auth_mode", "Mode d’accès", "app_credentials (jeton) ou api_key (clé dans un en-tête).",
                    required=False, placeholder="app_credentials", pattern="app_credentials|api_key"),
    CredentialField("token_path", "Chemin du jeton", "Ce chemin n’a jamais de préfixe.", required=False,
                    placeholder="/accounts/create_user_oauth_token", pattern=r"/?[A-Za-z0-9._~/-]*"),
    CredentialField("token_body", "Corps de la demande de jeton", "json ou form.", required=False,
                    placeholder="json", pattern="json|form"),
    CredentialField("token_field", "Champ du jeton", "Dans la réponse à la demande de jeton.", required=False,
                    placeholder="access_token", pattern=r"\w*"),
    CredentialField("token_header", "En-tête du jeton", "Avec {token} à la place du jeton.", required=False,
                    placeholder="Authorization: Bearer {token}", pattern=r"[A-Za-z0-9-]+: .*\{token\}"),
    CredentialField("api_key_header", "En-tête de la clé", "En mode api_key seulement.", required=False,
                    placeholder="X-API-Key", pattern=r"[A-Za-z0-9-]*"),
    CredentialField("loans_path", "Chemin des demandes", "Nom de la collection.", required=False,
                    placeholder="loans", pattern=r"[A-Za-z0-9._~/-]*"),
    CredentialField("ping_path", "Chemin de vérification", "Vide : obtenir un jeton sert de vérification.",
                    required=False, placeholder="ping", pattern=r"[A-Za-z0-9._~/-]*"),
    CredentialField("status_map", "Table des états", "états de Financeit=nos états, séparés par des points-virgules.",
                    required=False, placeholder="pending_review=under_review; cancelled_by_merchant=cancelled"),
    CredentialField("updates_filter", "Filtre par date de modification", "« non » : tout est relu chaque fois.",
                    required=False, placeholder="oui", pattern="oui|non"),
    CredentialField("send_invite", "Inviter dès la création", "« oui » : le client reçoit tout de suite l’invitation.",
                    required=False, placeholder="non", pattern="oui|non"),
    *endpoints.SETTINGS,
)  # fmt: skip


def auth(connector: Connector) -> AuthBase:
    """The credential for requests, by the mode that was set."""
    credentials, config = connector.connection.credentials, connector.connection.config
    if config.get("auth_mode") == "api_key" or not credentials.get("app_id", "").strip():
        return ApiKey(credentials.get("api_key", ""), config.get("api_key_header") or "X-API-Key")
    header, _, value = (config.get("token_header") or "Authorization: Bearer {token}").partition(":")
    known = identity(connector.slug, connector.connection.hosts["api"], *map(str, sorted(credentials.items())))
    prefix = value.replace("{token}", "").strip()
    return IssuedAuth(known, lambda: _issue(connector), header=header.strip(), prefix=prefix)


def check(connector: Connector, ping: str) -> Account:
    """Who am I: by `ping` where there is such a path, else the token call itself proves the application."""
    environment = connector.connection.environment
    app = connector.connection.credentials.get("app_id", "").strip()
    if ping:
        data = connector.client.request("GET", ping).data
        if not data.get("id"):
            raise Malformed("Financeit n’a pas dit à qui appartient l’accès. Vérifiez l’adresse de base.")
        if (data.get("environment") == "live") != (environment == "production"):
            raise Misconfigured(
                "Cet accès ouvre un compte d’un autre environnement de Financeit. Changez l’accès ou l’environnement.",
                code="wrong_mode",
            )
        return Account(str(data["id"]), str(data.get("name") or data["id"]), environment)
    held = auth(connector)
    if not isinstance(held, IssuedAuth):
        raise Misconfigured(
            "Financeit n’a pas de chemin de vérification réglé pour une clé d’API. Inscrivez-le dans les options "
            "avancées.",
            code="no_check",
        )
    held.prove()
    return Account(app, f"Financeit, application {app}", environment)


def says(config: Mapping[str, str], name: str, usual: bool) -> bool:
    """Whether a setting of yes or no is on."""
    written = config.get(name, "").strip().lower()
    return usual if not written else written == "oui"


def _issue(connector: Connector) -> Issued:
    credentials, config = connector.connection.credentials, connector.connection.config
    body: dict[str, Any] = {"app_id": credentials["app_id"].strip(), "app_secret": credentials.get("app_secret", "")}
    if credentials.get("login"):
        body |= {"login": credentials["login"].strip(), "password": credentials.get("password", "")}
    else:
        body["anonymous_user"] = True
    form = config.get("token_body") == "form"
    if form:
        sent = urlencode({name: "true" if value is True else value for name, value in body.items()})
    else:
        sent = json.dumps(body, ensure_ascii=False)
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    asked_at, client = datetime.now(UTC), connector.aside(lambda answer: _refused(connector.label, answer))
    try:
        path = config.get("token_path") or "/accounts/create_user_oauth_token"
        data = client.request("POST", path, body=sent.encode(), headers={"Content-Type": kind}).data
    finally:
        client.close()
    token = dig(data, config.get("token_field") or "access_token")
    if not isinstance(token, str) or not token:
        raise Malformed(
            "Financeit a accordé l’accès sans donner de jeton là où il est attendu. Vérifiez le champ du jeton dans "
            "les "
            "options avancées."
        )
    life = data.get("expires_in")
    known = isinstance(life, (int, float)) and not isinstance(life, bool)
    return Issued(token, asked_at + (timedelta(seconds=life) if known else USUAL_LIFE))


def _refused(label: str, answer: Answer) -> ConnectorError | None:
    """The error of the token call: any refusal of the values is one of the credential."""
    error = classify(label, answer)
    if isinstance(error, (Rejected, AuthExpired)) or (isinstance(error, Misconfigured) and answer.status == 403):
        said = "; ".join(str(one) for one in dig(answer.data, "errors") or ())
        return AuthExpired(
            f"{label} refuse l’identifiant, le secret ou l’utilisateur ({answer.status}). Vérifiez-les, puis "
            "reconnectez "
            "l’intégration.",
            status=answer.status,
            detail=said,
        )
    return error
