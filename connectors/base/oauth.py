"""OAuth 2.0 authorization code: what a provider declares, the tokens, and the four calls that get and end them.

requests-oauthlib makes the exchange, without its automatic renewal: who renews, and when, is the token store's affair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from requests import PreparedRequest

from connectors.base.auth import RenewableAuth
from connectors.base.errors import AuthExpired, ConsentRefused, Malformed, Misconfigured
from connectors.base.oauth_http import TokenEndpoint, endpoint_url, reach, secure

if TYPE_CHECKING:
    from connectors.base.client import Exchange
    from connectors.base.connector import Connector

Endpoint = tuple[str, str]
OnExchange = Callable[["Exchange"], None]
_NONE: Mapping[str, Any] = MappingProxyType({})
_KNOWN = frozenset({"access_token", "refresh_token", "expires_in", "token_type", "scope", "id_token"})


@dataclass(frozen=True)
class OAuth2:
    """A provider's OAuth, each endpoint as (role of the host, path).

    client_auth: where the client id and secret stand at the token endpoint (HTTP Basic, or the form); extra_authorize:
    further parameters of the consent page; token_headers: headers of the token endpoint; account_param: parameter of
    the redirect that names the account ("realmId"); refresh_expires_in: member of the token answer that says how many
    seconds the refresh token lives; revoke_json: the revocation is a JSON body rather than a form; early: how long
    before its end an access token is renewed.
    """

    authorize: Endpoint
    token: Endpoint
    revoke: Endpoint | None = None
    scopes: tuple[str, ...] = ()
    client_auth: Literal["basic", "body"] = "basic"
    pkce: bool = False
    extra_authorize: Mapping[str, str] = field(default_factory=lambda: _NONE)
    token_headers: Mapping[str, str] = field(default_factory=lambda: _NONE)
    account_param: str = ""
    refresh_expires_in: str = ""
    revoke_json: bool = False
    early: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class App:
    """Our application, as registered at the provider for one environment."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class TokenSet:
    """What a consent or a renewal gave. Instants are aware UTC, None when the provider does not tell them.

    extra: further members of the token answer (an API address…), never a secret.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    account_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: _NONE)

    def is_fresh(self, early: timedelta, now: datetime | None = None) -> bool:
        """Whether the access token still serves for longer than `early`."""
        return self.expires_at is None or (now or datetime.now(UTC)) + early < self.expires_at

    def to_secrets(self) -> dict[str, str]:
        """As named texts, to be stored encrypted."""
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.isoformat() if self.expires_at else "",
            "refresh_expires_at": self.refresh_expires_at.isoformat() if self.refresh_expires_at else "",
            "account_id": self.account_id,
            "extra": json.dumps(dict(self.extra), ensure_ascii=False, sort_keys=True),
        }

    @classmethod
    def from_secrets(cls, secrets: Mapping[str, str]) -> TokenSet:
        """What to_secrets() wrote."""
        return cls(
            access_token=secrets.get("access_token", ""),
            refresh_token=secrets.get("refresh_token", ""),
            expires_at=_instant(secrets.get("expires_at", "")),
            refresh_expires_at=_instant(secrets.get("refresh_expires_at", "")),
            account_id=secrets.get("account_id", ""),
            extra=json.loads(secrets.get("extra") or "{}"),
        )


class TokenStore(Protocol):
    """Where a connector takes its token; shared by every process that speaks for the connection."""

    def current(self) -> TokenSet:
        """Tokens that are fresh enough to use; may renew early. AuthExpired when a person must reconnect."""

    def renew(self, stale: str) -> TokenSet:
        """Newer tokens, after the provider refused the access token `stale`; another worker may have them already."""


class FixedTokens:
    """A store of one token set that nobody renews (a check right after the consent)."""

    def __init__(self, tokens: TokenSet) -> None:
        self._tokens = tokens

    def current(self) -> TokenSet:
        """The tokens; AuthExpired when there are none."""
        if not self._tokens.access_token:
            raise AuthExpired("Cette intégration n’a pas d’autorisation. Connectez-la.", code="no_token")
        return self._tokens

    def renew(self, stale: str) -> TokenSet:
        """AuthExpired: there is nothing newer."""
        raise AuthExpired(
            "Le fournisseur n’accepte plus l’autorisation enregistrée : elle est expirée ou révoquée. Reconnectez "
            "l’intégration."
        )


class TokenAuth(RenewableAuth):
    """`Authorization: Bearer`, with whatever token the store has at each request."""

    header = "Authorization"

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self.secret = self._store.current().access_token
        request.headers[self.header] = f"Bearer {self.secret}"
        return request

    def renew(self) -> None:
        """Ask the store for a newer token than the one that was just refused."""
        self._store.renew(self.secret)


def authorize_url(
    connector: type[Connector],
    app: App,
    hosts: Mapping[str, str],
    *,
    redirect_uri: str,
    state: str,
    code_challenge: str = "",
) -> str:
    """Address of the provider's consent page. code_challenge (S256) counts where the provider does PKCE."""
    oauth = declared(connector)
    extra = dict(oauth.extra_authorize)
    if oauth.pkce:
        if not code_challenge:
            raise ValueError(f"{connector.slug} needs a PKCE challenge")
        extra |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    url = endpoint_url(connector.label, hosts, oauth.authorize)
    with TokenEndpoint(connector.label, oauth, app, url) as endpoint:
        return endpoint.authorize_url(redirect_uri, state, extra)


def exchange_code(
    connector: type[Connector],
    app: App,
    hosts: Mapping[str, str],
    query: Mapping[str, str],
    *,
    redirect_uri: str,
    code_verifier: str = "",
    on_exchange: OnExchange | None = None,
    timeout: float = 30.0,
) -> TokenSet:
    """Tokens for the code that the redirect's `query` brought back; its state must have been judged before.

    ConsentRefused when the person said no; AuthExpired when the code is no longer good; Misconfigured when our
    application or the redirect is refused; Transient when the provider cannot answer.
    """
    oauth = declared(connector)
    _refuse_bad_redirect(connector.label, oauth, query)
    url = endpoint_url(connector.label, hosts, oauth.token)
    with TokenEndpoint(connector.label, oauth, app, url, on_exchange=on_exchange, timeout=timeout) as endpoint:
        asked_at = datetime.now(UTC)
        answer = endpoint.exchange(query["code"], redirect_uri, code_verifier if oauth.pkce else "")
    tokens = _tokens(connector.label, oauth, answer, asked_at)
    return replace(tokens, account_id=query.get(oauth.account_param, "")) if oauth.account_param else tokens


def refresh(
    connector: type[Connector],
    app: App,
    hosts: Mapping[str, str],
    tokens: TokenSet,
    *,
    on_exchange: OnExchange | None = None,
    timeout: float = 30.0,
) -> TokenSet:
    """The next tokens: save them before they are used, for the old refresh token may already be dead.

    A provider that sends no new refresh token keeps the old one. AuthExpired when the grant is dead, Transient when the
    provider cannot answer (the old tokens are then still the ones to use), Misconfigured when our application is refused.
    """
    oauth = declared(connector)
    if not tokens.refresh_token:
        raise AuthExpired(
            f"L’autorisation de {connector.label} est expirée et ne se renouvelle pas d’elle-même. Reconnectez "
            "l’intégration.",
            code="no_refresh_token",
        )
    url = endpoint_url(connector.label, hosts, oauth.token)
    with TokenEndpoint(connector.label, oauth, app, url, on_exchange=on_exchange, timeout=timeout) as endpoint:
        asked_at = datetime.now(UTC)
        answer = endpoint.refresh(tokens.refresh_token)
    renewed = _tokens(connector.label, oauth, answer, asked_at)
    kept = not renewed.refresh_token or renewed.refresh_token == tokens.refresh_token
    return replace(
        renewed,
        refresh_token=renewed.refresh_token or tokens.refresh_token,
        refresh_expires_at=renewed.refresh_expires_at or (tokens.refresh_expires_at if kept else None),
        account_id=tokens.account_id,
        extra={**tokens.extra, **renewed.extra},
    )


def revoke(
    connector: type[Connector],
    app: App,
    hosts: Mapping[str, str],
    tokens: TokenSet,
    *,
    on_exchange: OnExchange | None = None,
    timeout: float = 30.0,
) -> None:
    """End the grant at the provider; nothing happens where the provider has no such call or no longer knows the token."""
    oauth = declared(connector)
    token = tokens.refresh_token or tokens.access_token
    if oauth.revoke is None or not token:
        return
    url = endpoint_url(connector.label, hosts, oauth.revoke)
    with TokenEndpoint(connector.label, oauth, app, url, on_exchange=on_exchange, timeout=timeout) as endpoint:
        endpoint.revoke(token)


def declared(connector: type[Connector]) -> OAuth2:
    """The provider's OAuth; Misconfigured when it has none."""
    if connector.oauth is None:
        raise Misconfigured(
            f"{connector.label} ne se connecte pas par OAuth. Choisissez une autre façon de le connecter.",
            code="no_oauth",
        )
    return connector.oauth


def _refuse_bad_redirect(label: str, oauth: OAuth2, query: Mapping[str, str]) -> None:
    error, detail = query.get("error", ""), query.get("error_description", "")
    if error in ("access_denied", "user_cancelled_authorize", "user_cancelled_login"):
        raise ConsentRefused(
            f"L’accès à {label} a été refusé sur la page de consentement : rien n’a été connecté. Recommencez, puis "
            "autorisez l’accès.",
            detail=detail,
        )
    if error:
        raise Misconfigured(
            f"{label} a refusé la demande de connexion ({error[:60]}). Vérifiez l’application enregistrée dans les "
            "paramètres (identifiant, adresse de retour, portées), puis recommencez.",
            code="refused_authorize",
            detail=detail,
        )
    if not query.get("code"):
        raise Misconfigured(
            f"Le retour de {label} ne contient pas de code d’autorisation. Recommencez la connexion depuis la console.",
            code="no_code",
        )
    if oauth.account_param and not query.get(oauth.account_param):
        raise Misconfigured(
            f"Le retour de {label} ne dit pas quel compte a été choisi ({oauth.account_param}). Recommencez la "
            "connexion et choisissez une entreprise.",
            code="no_account",
        )


def _tokens(label: str, oauth: OAuth2, answer: Mapping[str, Any], asked_at: datetime) -> TokenSet:
    """The tokens of an answer; times count from the question, so that they never end later than the provider thinks."""
    access, refresh_token = answer.get("access_token"), answer.get("refresh_token") or ""
    if not isinstance(access, str) or not access or not isinstance(refresh_token, str):
        raise Malformed(
            f"{label} a accordé l’accès sans donner de jeton utilisable. Recommencez la connexion; si cela se répète, "
            "prévenez le fournisseur."
        )
    extra = {
        name: value
        for name, value in answer.items()
        if name not in _KNOWN and name != oauth.refresh_expires_in and isinstance(value, (str, int, bool))
    }
    return TokenSet(
        access_token=access,
        refresh_token=refresh_token,
        expires_at=_after(asked_at, answer.get("expires_in")),
        refresh_expires_at=_after(asked_at, answer.get(oauth.refresh_expires_in)) if oauth.refresh_expires_in else None,
        extra=extra,
    )


def _after(moment: datetime, seconds: Any) -> datetime | None:
    try:
        return moment + timedelta(seconds=float(seconds))
    except (TypeError, ValueError, OverflowError):
        return None


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
