"""Where Salesforce and its authorization server are, and how a consent is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from connectors.base.connector import CredentialField
from connectors.base.errors import AuthExpired, Misconfigured
from connectors.base.habits import Habits
from connectors.base.hosts import is_public
from connectors.base.oauth import OAuth2, TokenSet, TokenStore

API_VERSION = "66.0"
EXTERNAL_ID = "Lacoste_Id__c"

# The API's own address comes with the token (instance_url). Declared equal to the login address, it is only taken from
# here in the simulator, or when the server's settings point it elsewhere.
HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": dict.fromkeys(("login", "api"), "{login_url:https://login.salesforce.com}"),
    "test": dict.fromkeys(("login", "api"), "{login_url:https://test.salesforce.com}"),
    "simulator": dict.fromkeys(("login", "api"), "{simulator_url}/salesforce"),
}

OAUTH = OAuth2(
    authorize=("login", "services/oauth2/authorize"),
    token=("login", "services/oauth2/token"),
    revoke=("login", "services/oauth2/revoke"),
    scopes=("api", "refresh_token"),
    client_auth="body",
    pkce=True,
)

_SITE = re.compile(r"([a-z0-9-]+\.)+salesforce\.com", re.IGNORECASE)

HABITS = Habits(paging="link", changes="modified_since", deletions="feed")

CONFIG_FIELDS = (
    CredentialField(
        "login_url", "Adresse de connexion (My Domain)",
        "Seulement si votre organisation interdit login.salesforce.com ou test.salesforce.com.",
        required=False, placeholder="https://entreprise.my.salesforce.com", pattern=r"https://\S+",
    ),
    CredentialField(
        "api_version", "Version de l’API", "À changer seulement quand Salesforce retire celle-ci.",
        required=False, placeholder=API_VERSION, pattern=r"\d{2,3}\.0",
    ),
    CredentialField(
        "external_id_field", "Champ d’identifiant externe",
        "Champ personnalisé, externe et unique, des comptes, des contacts et des opportunités.",
        required=False, placeholder=EXTERNAL_ID, pattern=r"\w+__c",
    ),
    CredentialField(
        "extra_fields", "Champs à lire en plus", "Pour vos propres correspondances, séparés par des virgules.",
        required=False, placeholder="Account.Secteur__c, Contact.Langue__c", pattern=r"[\w.,\s]*",
    ),
    CredentialField(
        "conditional_updates", "Modifier seulement si rien n’a changé (oui ou non)",
        "Protège les modifications faites dans Salesforce entre la lecture et l’envoi.",
        required=False, placeholder="oui", pattern=r"(?i:oui|non)",
    ),
)  # fmt: skip


def site(tokens: TokenSet) -> str:
    """The host that a browser opens the organization at, "" where it is none of Salesforce's own."""
    parts = urlsplit(str(tokens.extra.get("instance_url") or ""))
    host = parts.hostname or ""
    return host if parts.scheme == "https" and _SITE.fullmatch(host) else ""


class InstanceHosts(Mapping[str, str]):
    """The declared addresses, the API's being the one that the tokens of the moment name; `fixed`: declared as well."""

    def __init__(self, hosts: Mapping[str, str], tokens: TokenStore, *, fixed: bool) -> None:
        self._hosts, self._tokens, self._fixed = hosts, tokens, fixed

    def __getitem__(self, role: str) -> str:
        declared = self._hosts[role]
        if role != "api" or self._fixed or declared != self._hosts["login"]:
            return declared
        return self._instance(str(self._tokens.current().extra.get("instance_url") or ""))

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def _instance(self, url: str) -> str:
        if not url:
            raise AuthExpired(
                "L’adresse de l’organisation Salesforce n’est pas connue. Reconnectez l’intégration.",
                code="no_instance",
            )
        parts, login = urlsplit(url), urlsplit(self._hosts["login"])
        trusted = parts[:2] == login[:2]
        if not trusted and (parts.scheme != "https" or not is_public(parts.hostname or "")):
            raise Misconfigured(
                "Salesforce renvoie vers une adresse qui n’est pas publique et en https : le jeton n’y est pas envoyé. "
                "Vérifiez l’adresse de connexion dans les options avancées.",
                code="foreign_host",
            )
        return url.rstrip("/")
