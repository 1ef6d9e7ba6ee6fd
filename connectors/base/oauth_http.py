"""One call to an authorization server: by requests-oauthlib, judged, reported, never in plain http in public."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

import requests
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth2Session

from connectors.base.auth import ApiKey, Basic
from connectors.base.classify import Answer, classify, retry_after
from connectors.base.client import CONNECT_TIMEOUT, USER_AGENT, Exchange
from connectors.base.errors import AuthExpired, ConnectorError, Malformed, Misconfigured, Transient, Unreadable
from connectors.base.hosts import is_public
from connectors.base.masking import Masker

if TYPE_CHECKING:
    from connectors.base.oauth import App, Endpoint, OAuth2

# They write tokens at DEBUG.
for _name in ("requests_oauthlib", "oauthlib", "urllib3"):
    logging.getLogger(_name).setLevel(logging.INFO)

DEAD_GRANT = frozenset({"invalid_grant", "invalid_token", "token_expired", "expired_token"})
BAD_APP = frozenset({"invalid_client", "unauthorized_client"})


def endpoint_url(label: str, hosts: Mapping[str, str], endpoint: Endpoint) -> str:
    """The address of a declared endpoint; Misconfigured when its host is not known."""
    role, path = endpoint
    if role not in hosts:
        raise Misconfigured(
            f"L’adresse d’autorisation de {label} n’est pas réglée. Précisez-la dans les options avancées.",
            code="no_host",
        )
    return f"{hosts[role].rstrip('/')}/{path.lstrip('/')}"


class _Wire(HTTPAdapter):
    """Sends the session's https requests to the real address, and tells how it went.

    oauthlib refuses http addresses unless an environment variable opens them for the whole process. A simulator on this
    machine or its private network is therefore named in https to oauthlib, and `plain` puts http back on the wire: for
    this session only, and never for a public address. `as_json`: the form that oauthlib makes leaves as JSON.
    """

    def __init__(
        self, plain: bool, report: Callable[[requests.PreparedRequest, Any], Any], *, as_json: bool = False
    ) -> None:
        super().__init__()
        self._plain, self._report, self._as_json = plain, report, as_json

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        if self._as_json and "form-urlencoded" in request.headers.get("Content-Type", ""):
            request.headers["Content-Type"] = "application/json"
            request.prepare_body(None, None, json=dict(parse_qsl(str(request.body or ""))))
        if self._plain:
            request.url = "http" + (request.url or "").removeprefix("https")
            options["proxies"] = None
        response: requests.Response = self._report(request, lambda: super(_Wire, self).send(request, *args, **options))
        return response


class TokenEndpoint:
    """The session for one call. Use it in a `with`."""

    def __init__(
        self,
        label: str,
        oauth: OAuth2,
        app: App,
        url: str,
        *,
        on_exchange: Callable[[Exchange], None] | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.label, self._oauth, self._app = label, oauth, app
        self._on_exchange = on_exchange
        self._masker = Masker([app.client_secret])
        self._timeout = timeout
        plain = urlsplit(url).scheme == "http"
        if plain and is_public(urlsplit(url).hostname or ""):
            raise Misconfigured(
                f"L’adresse d’autorisation de {label} doit être en https : le secret et les jetons y passent. "
                "Corrigez-la dans les options avancées.",
                code="bad_host",
            )
        self._plain = plain
        self._url = "https" + url.removeprefix("http") if plain else url
        self._session: OAuth2Session = OAuth2Session(client=WebApplicationClient(app.client_id))
        self._session.headers["User-Agent"] = USER_AGENT
        # A redirect would carry the code or the token to who knows where.
        self._session.max_redirects = 0
        self._session.mount("https://", _Wire(plain, self._reported, as_json=oauth.token_json))
        self._session.register_compliance_hook("access_token_response", self._judge_grant)
        self._session.register_compliance_hook("refresh_token_response", self._judge_grant)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def authorize_url(self, redirect_uri: str, state: str, extra: Mapping[str, str]) -> str:
        """The consent page."""
        self._session.redirect_uri = redirect_uri
        self._session.scope = self._oauth.scope_separator.join(self._oauth.scopes) or None
        url, _ = self._session.authorization_url(self._url, state=state, **extra)
        return "http" + url.removeprefix("https") if self._plain else str(url)

    def exchange(self, code: str, redirect_uri: str, code_verifier: str) -> dict[str, Any]:
        """The token answer for a code."""
        self._masker.add(code, code_verifier)
        self._session.redirect_uri = redirect_uri
        extra = {"code_verifier": code_verifier} if code_verifier else {}
        in_body = self._oauth.client_auth == "body"
        if in_body:
            extra["client_secret"] = self._app.client_secret
        return self._call(
            lambda: self._session.fetch_token(self._url, code=code, include_client_id=in_body, **self._usual(), **extra)
        )

    def refresh(self, refresh_token: str, redirect_uri: str = "") -> dict[str, Any]:
        """The token answer for a refresh token, with the consent's redirect address where it is wanted."""
        self._masker.add(refresh_token)
        extra = {"redirect_uri": redirect_uri} if redirect_uri else {}
        if self._oauth.client_auth == "body":
            extra |= {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        return self._call(
            lambda: self._session.refresh_token(self._url, refresh_token=refresh_token, **self._usual(), **extra)
        )

    def revoke(self, token: str) -> None:
        """End the grant. A token that the provider no longer knows is as good as revoked (400, or a dead grant)."""
        self._masker.add(token)
        fields = {self._oauth.revoke_holds[0]: token, **self._oauth.revoke_extra}
        usual = self._usual()
        if self._oauth.revoke_auth:
            fields |= {"client_id": self._app.client_id}
            usual["auth"] = ApiKey(self._app.client_secret, "Authorization", self._oauth.revoke_auth)
        elif self._oauth.client_auth == "body":
            fields |= {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        content = {"json": fields} if self._oauth.revoke_json else {"data": fields}
        response = self._call(lambda: self._session.request("POST", self._url, withhold_token=True, **usual, **content))
        if response.status_code != 400:
            with suppress(AuthExpired):
                self._raise_for(response)

    def _usual(self) -> dict[str, Any]:
        auth = Basic(self._app.client_id, self._app.client_secret) if self._oauth.client_auth == "basic" else _no_auth
        return {
            "auth": auth,
            "headers": {"Accept": "application/json", **self._oauth.token_headers},
            "timeout": (CONNECT_TIMEOUT, self._timeout),
        }

    def _call(self, work: Callable[[], Any]) -> Any:
        """Do the work; whatever goes wrong on the way becomes a ConnectorError."""
        try:
            return work()
        except ConnectorError as error:
            error.detail = self._masker.text(error.detail)
            raise
        except requests.exceptions.TooManyRedirects as error:
            raise Misconfigured(
                f"{self.label} renvoie la demande de jeton vers une autre adresse, ce qui n’est pas suivi par "
                "prudence. Vérifiez l’adresse dans les options avancées.",
                code="redirected",
            ) from error
        except requests.exceptions.SSLError as error:
            raise Misconfigured(
                f"Le certificat de sécurité de {self.label} n’est pas valable : rien n’a été envoyé. Prévenez le "
                "fournisseur.",
                code="bad_certificate",
            ) from error
        except (requests.exceptions.RequestException, OSError) as error:
            code = "timeout" if isinstance(error, requests.exceptions.Timeout) else "unreachable"
            raise Transient(
                f"Le serveur d’autorisation de {self.label} est injoignable ou trop lent. Un nouvel essai aura lieu de "
                "lui-même.",
                code=code,
            ) from error
        except (OAuth2Error, ValueError, Warning) as error:
            # Its words could hold a token.
            raise self._malformed() from error

    def _judge_grant(self, response: requests.Response) -> requests.Response:
        """Judge before oauthlib does: it would say of an outage that a token is missing."""
        self._raise_for(response)
        try:
            data = response.json()
        except ValueError:
            raise Unreadable(
                f"Le serveur d’autorisation de {self.label} a donné une réponse illisible : il est sans doute en "
                "maintenance. Un nouvel essai aura lieu de lui-même.",
                status=response.status_code,
            ) from None
        if isinstance(data, dict) and data.get("error"):
            raise self._refusal(str(data["error"]), data, response)
        if not isinstance(data, dict) or not data.get("access_token"):
            raise self._malformed()
        _say_life(response, data)
        return response

    def _raise_for(self, response: requests.Response) -> None:
        answer = Answer("POST", response.status_code, response.headers)
        error = classify(self.label, answer)
        if error is None:
            return
        if isinstance(error, Transient):
            raise Transient(
                f"Le serveur d’autorisation de {self.label} est momentanément incapable de répondre "
                f"({response.status_code}). Un nouvel essai aura lieu de lui-même.",
                retry_after=retry_after(answer.headers),
                status=response.status_code,
            )
        try:
            data = response.json()
        except ValueError:
            data = {}
        data = data if isinstance(data, dict) else {}
        raise self._refusal(str(data.get("error") or ""), data, response)

    def _refusal(self, code: str, data: Mapping[str, Any], response: requests.Response) -> ConnectorError:
        detail, status = str(data.get("error_description") or code), response.status_code
        if self._oauth.refine and (refined := self._oauth.refine(code, data)):
            refined.status, refined.detail = status, detail
            return refined
        if code in DEAD_GRANT:
            return AuthExpired(
                f"{self.label} n’accepte plus l’autorisation : elle est expirée, déjà utilisée ou révoquée. "
                "Reconnectez l’intégration.",
                code=code,
                status=status,
                detail=detail,
            )
        if code in BAD_APP or status == 401:
            return Misconfigured(
                f"{self.label} ne reconnaît pas notre application : l’identifiant ou le secret est erroné, ou celui "
                "d’un autre environnement. Vérifiez les applications des fournisseurs dans les paramètres.",
                code=code or "invalid_client",
                status=status,
                detail=detail,
            )
        return Misconfigured(
            f"{self.label} refuse la demande de jeton ({code[:60] or status}). Vérifiez l’adresse de retour et les "
            "portées de l’application chez le fournisseur, puis recommencez.",
            code=code or "refused_token",
            status=status,
            detail=detail,
        )

    def _malformed(self) -> Malformed:
        return Malformed(
            f"La réponse du serveur d’autorisation de {self.label} n’a pas la forme prévue. Recommencez plus tard; si "
            "cela se répète, prévenez le fournisseur."
        )

    def _reported(self, request: requests.PreparedRequest, send: Callable[[], requests.Response]) -> requests.Response:
        """Send, and report the exchange whatever happens."""
        begun = time.monotonic()
        exchange = Exchange(
            method=request.method or "",
            url=self._masker.text(request.url or ""),
            attempt=1,
            started_at=datetime.now(UTC),
            request_headers=self._masker.headers(request.headers),
            request_body=self._masker.body(request.body if isinstance(request.body, (bytes, str)) else None),
        )
        try:
            response = send()
            exchange.status = response.status_code
            exchange.response_headers = self._masker.headers(response.headers)
            exchange.response_body = self._masker.body(response.content)
        except (requests.exceptions.RequestException, OSError) as error:
            exchange.error = type(error).__name__
            raise
        else:
            return response
        finally:
            exchange.duration_ms = round((time.monotonic() - begun) * 1000)
            if self._on_exchange:
                self._on_exchange(exchange)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """For client ids in the form: neither requests nor oauthlib may add a header of their own."""
    return request


def _say_life(response: requests.Response, data: dict[str, Any]) -> None:
    """Put how long the token lives in the place of the instant of its end: oauthlib drops a written instant."""
    end = data.get("expires_at")
    if not isinstance(end, str) or "expires_in" in data:
        return
    try:
        left = datetime.fromisoformat(end) - datetime.now(UTC)
    except (ValueError, TypeError):
        return
    data = {name: value for name, value in data.items() if name != "expires_at"}
    response._content = json.dumps({**data, "expires_in": int(left.total_seconds())}).encode()
