"""OAuth 2.0 authorization code: what a provider declares, the tokens, and the four calls that get and end them.

requests-oauthlib makes the exchange, without its automatic renewal: who renews, and when, is the token store's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from connectors.base.errors import AuthExpired, ConnectorError, ConsentRefused, Malformed, Misconfigured
from connectors.base.oauth_http import TokenEndpoint, endpoint_url
from connectors.base.tokens import FixedTokens as FixedTokens  # noqa: PLC0414 - part of this interface
from connectors.base.tokens import TokenAuth as TokenAuth  # noqa: PLC0414
from connectors.base.tokens import TokenSet as TokenSet  # noqa: PLC0414
from connectors.base.tokens import TokenStore as TokenStore  # noqa: PLC0414

if TYPE_CHECKING:
    from connectors.base.client import Exchange
    from connectors.base.connector import Connector

Endpoint = tuple[str, str]
OnExchange = Callable[["Exchange"], None]
Refine = Callable[[str, Mapping[str, Any]], ConnectorError | None]
_NONE: Mapping[str, Any] = MappingProxyType({})
SERVER = "token_server"
"""Member of TokenSet.extra: the server that the consent's redirect named."""
REDIRECT = "redirect_uri"
"""Member of TokenSet.extra: where the consent led back to, for providers that want to hear it at each renewal."""
_KNOWN = frozenset({"access_token", "refresh_token", "expires_in", "expires_at", "token_type", "scope", "id_token"})


@dataclass(frozen=True)
class OAuth2:
    """A provider's OAuth, each endpoint as (role of the host, path).

    client_auth: where the client id and secret stand at the token endpoint (HTTP Basic, or the form); extra_authorize:
    further parameters of the consent page; token_headers: headers of the token endpoint; account_param: parameter of
    the redirect that names the account ("realmId"); refresh_expires_in: member of the token answer that says how many
    seconds the refresh token lives; revoke_json: the revocation is a JSON body rather than a form; revoke_extra:
    further members of it; early: how long before its end an access token is renewed; scope_separator: what stands
    between scopes; refine: the error that a refusal (code, whole answer) means where the code alone does not tell.
    server_param: parameter of the redirect that names the server which has the tokens ("accounts-server"), one of
    `servers`; renewal and revocation go there too. account_member: member of the token answer that names the account;
    token_json: the token endpoint takes JSON rather than a form; revoke_auth: scheme of the Authorization header by
    which the client secret stands at the revocation ("Bearer"), else as at the token endpoint; revoke_holds: the
    revocation's member that says what ends, and what stands in it; refresh_redirect: a renewal names the redirect
    address of the consent too.
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
    revoke_extra: Mapping[str, str] = field(default_factory=lambda: _NONE)
    early: timedelta = timedelta(minutes=5)
    scope_separator: str = " "
    refine: Refine | None = None
    server_param: str = ""
    servers: frozenset[str] = frozenset()
    account_member: str = ""
    token_json: bool = False
    revoke_auth: str = ""
    revoke_holds: tuple[str, Literal["token", "access_token", "account"]] = ("token", "token")
    refresh_redirect: bool = False


@dataclass(frozen=True)
class App:
    """Our application, as registered at the provider for one environment."""

    client_id: str
    client_secret: str = field(repr=False)


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
    server = _named_server(connector.label, oauth, hosts, query)
    url = endpoint_url(connector.label, _at(server, oauth, hosts), oauth.token)
    with TokenEndpoint(connector.label, oauth, app, url, on_exchange=on_exchange, timeout=timeout) as endpoint:
        asked_at = datetime.now(UTC)
        answer = endpoint.exchange(query["code"], redirect_uri, code_verifier if oauth.pkce else "")
    tokens = _tokens(connector.label, oauth, answer, asked_at)
    if server:
        tokens = replace(tokens, extra={**tokens.extra, SERVER: server})
    if oauth.refresh_redirect:
        tokens = replace(tokens, extra={**tokens.extra, REDIRECT: redirect_uri})
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

    A provider that sends no new refresh token keeps the old one. AuthExpired when the grant is dead; Transient when the
    provider cannot answer (the old tokens are then still the ones to use); Misconfigured when our application is
    refused.
    """
    oauth = declared(connector)
    if not tokens.refresh_token:
        raise AuthExpired(
            f"L’autorisation de {connector.label} est expirée et ne se renouvelle pas d’elle-même. Reconnectez "
            "l’intégration.",
            code="no_refresh_token",
        )
    url = endpoint_url(connector.label, _at(tokens.extra.get(SERVER, ""), oauth, hosts), oauth.token)
    back = str(tokens.extra.get(REDIRECT, "")) if oauth.refresh_redirect else ""
    with TokenEndpoint(connector.label, oauth, app, url, on_exchange=on_exchange, timeout=timeout) as endpoint:
        asked_at = datetime.now(UTC)
        answer = endpoint.refresh(tokens.refresh_token, back)
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
    """End the grant at the provider. Nothing to do where it has no such call or no longer knows the token."""
    oauth = declared(connector)
    held = {
        "token": tokens.refresh_token or tokens.access_token,
        "access_token": tokens.access_token,
        "account": tokens.account_id,
    }
    token = held[oauth.revoke_holds[1]]
    if oauth.revoke is None or not token:
        return
    url = endpoint_url(connector.label, _at(tokens.extra.get(SERVER, ""), oauth, hosts), oauth.revoke)
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


def _named_server(label: str, oauth: OAuth2, hosts: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The server that the redirect names, empty when none counts; Misconfigured when it is a stranger: it must not get
    the code."""
    named = query.get(oauth.server_param, "").rstrip("/") if oauth.server_param else ""
    if not named or _may_serve(named, oauth, hosts):
        return named
    if hosts.get(oauth.token[0]) not in oauth.servers:
        return ""
    raise Misconfigured(
        f"Le retour de {label} nomme un serveur inconnu ({urlsplit(named).hostname}) : rien ne lui est envoyé. "
        "Recommencez la connexion depuis la console.",
        code="foreign_host",
    )


def _may_serve(server: str, oauth: OAuth2, hosts: Mapping[str, str]) -> bool:
    """Whether tokens may be asked for there. Where the declared host was replaced (simulator, server's own settings),
    only an address below it counts."""
    usual = hosts.get(oauth.token[0], "")
    return (usual in oauth.servers and server in oauth.servers) or f"{server}/".startswith(f"{usual}/")


def _at(server: str, oauth: OAuth2, hosts: Mapping[str, str]) -> Mapping[str, str]:
    """The hosts with the token endpoints at the server that the consent named, when it named one."""
    if not server or not _may_serve(server, oauth, hosts):
        return hosts
    roles = [endpoint[0] for endpoint in (oauth.token, oauth.revoke) if endpoint]
    return {**hosts, **dict.fromkeys(roles, server)}


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
        account_id=str(answer.get(oauth.account_member) or "") if oauth.account_member else "",
        extra=extra,
    )


def _after(moment: datetime, seconds: Any) -> datetime | None:
    try:
        return moment + timedelta(seconds=float(seconds))
    except (TypeError, ValueError, OverflowError):
        return None
