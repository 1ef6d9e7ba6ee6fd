"""FreshBooks' authorization server: consent page, tokens (one refresh token alive per person and application)."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.simulator.consent import ConsentPage
from connectors.simulator.grants import Kept, Token, unknown_caller

if TYPE_CHECKING:
    from connectors.freshbooks.simulator.fake import FreshBooks

APPS = {"fb-demo-client": "fb-demo-secret"}
ACCESS, CODE, NEVER = timedelta(hours=12), timedelta(minutes=5), timedelta(days=36500)
_SCOPE = re.compile(r"user:[a-z_]+:(read|write)")
PAGE = ConsentPage(
    label="FreshBooks",
    asks="à lire et à modifier les contacts, les factures et les paiements. Votre accord vaut pour : {businesses}.",
    accent="#0063be",
)


class Grants(Kept["FreshBooks"]):
    """Codes and tokens, kept like objects. There is one person here."""

    def code(self, client: str, scope: str, redirect_uri: str) -> str:
        """A code, good once and for five minutes."""
        value = secrets.token_hex(32)
        self._keep("Code", value, CODE, client=client, scope=scope, redirect_uri=redirect_uri)
        return value

    def use(self, kind: str, value: str, client: str, redirect_uri: str) -> Token | None:
        """A code's or refresh token's own data, once; None when it does not serve."""
        found = self._live(kind, value)
        if found is None or found["client"] != client or found["redirect_uri"] != redirect_uri:
            return None
        self._drop(kind, found)
        return found

    def issue(self, client: str, scope: str, redirect_uri: str) -> dict[str, Any]:
        """A new pair; every older refresh token of the person and application is over."""
        for one in self._fake.store.select(self._fake.slug, "OAuthRefresh", "deleted_at IS NULL"):
            if one["client"] == client:
                self._drop("Refresh", one)
        refresh, access = secrets.token_hex(32), f"eyJ{secrets.token_urlsafe(48)}"
        self._keep("Refresh", refresh, NEVER, client=client, scope=scope, redirect_uri=redirect_uri)
        self._keep("Access", access, ACCESS, client=client, scope=scope, redirect_uri=redirect_uri)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(ACCESS.total_seconds()),
            "refresh_token": refresh,
            "scope": scope,
            "created_at": int(self._fake.clock.now().timestamp()),
            "direct_buy_tokens": {},
        }

    def bearer(self, access: str) -> Token | None:
        """What an access token opens, None when it opens nothing."""
        return self._live("Access", access)

    def revoke(self, value: str, client: str) -> bool:
        """End everything of the application by either of its tokens."""
        found = self._live("Refresh", value) or self._live("Access", value)
        if found is None or found["client"] != client:
            return False
        self.end("Access", "Refresh")
        return True

    def end(self, *kinds: str) -> None:
        """End all tokens of these kinds."""
        for kind in kinds:
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                self._drop(kind, one)


def add_oauth_routes(api: Blueprint, fake: FreshBooks) -> None:
    """Below /freshbooks."""

    @api.get("/oauth/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        names = ("client_id", "redirect_uri", "state", "scope", "response_type")
        hidden = {name: request.args.get(name, "") for name in names}
        return PAGE.show(hidden, businesses=", ".join(fake.businesses().values()))

    @api.post("/oauth/authorize")
    def answer() -> BaseResponse | tuple[Response, int]:
        form = request.form
        wrong = _wrong_request(fake, form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = form["redirect_uri"], form.get("state", "")
        if form.get("answer") != "allow":
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
        code = fake.grants.code(form["client_id"], form.get("scope", ""), back)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state})}")

    @api.post("/auth/oauth/token")
    def token() -> Response:
        given = _given()
        if not _known(given):
            return _error(401, "invalid_client", "Client authentication failed.")
        with fake.store.transaction():
            return _token(fake, given)

    @api.post("/auth/oauth/revoke")
    def revoke() -> Response:
        given = _given()
        if not _known(given):
            return _error(401, "invalid_client", "Client authentication failed.")
        if fake.grants.revoke(str(given.get("token", "")), str(given["client_id"])):
            return _json(200, {})
        return _error(400, "invalid_token", "The token is not known.")


def _token(fake: FreshBooks, given: Mapping[str, Any]) -> Response:
    kind, client = given.get("grant_type"), str(given["client_id"])
    names = {"authorization_code": ("Code", "code"), "refresh_token": ("Refresh", "refresh_token")}
    if kind not in names:
        return _error(400, "unsupported_grant_type", "")
    store, name = names[str(kind)]
    used = fake.grants.use(store, str(given.get(name, "")), client, str(given.get("redirect_uri", "")))
    if used is None:
        description = (
            "The provided authorization grant is invalid, expired, revoked, or does not match the redirection URI."
        )
        return _error(400, "invalid_grant", description)
    return _json(200, fake.grants.issue(client, used["scope"], used["redirect_uri"]))


def _given() -> Mapping[str, Any]:
    """The body, a form or JSON."""
    body = request.get_json(silent=True) if request.is_json else request.form
    return body if isinstance(body, Mapping) else {}


def _known(given: Mapping[str, Any]) -> bool:
    """Whether the body names an application by its secret; a Basic header does not count."""
    secret = str(given.get("client_secret", ""))
    return bool(secret) and APPS.get(str(given.get("client_id", ""))) == secret


def _wrong_request(fake: FreshBooks, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("response_type") != "code":
        return "Le genre de réponse (response_type) doit être « code »."
    if not all(_SCOPE.fullmatch(scope) for scope in given.get("scope", "").split()):
        return "Les portées (scope) demandées ne sont pas permises."
    return ""


def _error(status: int, code: str, description: str) -> Response:
    return _json(status, {"error": code, "error_description": description})


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
