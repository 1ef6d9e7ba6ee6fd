"""Salesforce's authorization server: consent page, tokens, renewal, revocation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.salesforce.simulator.schema import make_id
from connectors.simulator.consent import ConsentPage
from connectors.simulator.grants import Kept, Token, unknown_caller

if TYPE_CHECKING:
    from connectors.salesforce.simulator.fake import Salesforce

APPS = {"sf-demo-client": "sf-demo-secret"}
SCOPES = {"api", "refresh_token", "offline_access", "full", "id", "openid"}
CODE_LIFE = timedelta(minutes=15)


def sign(secret: str, identity: str, issued_at: str) -> str:
    """The signature of a token answer."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{identity}{issued_at}".encode(), hashlib.sha256)).decode()


PAGE = ConsentPage(
    label="Salesforce",
    asks="à accéder à l’organisation « {organization} », au nom de {user}, pour :",
    accent="#0070a8",
)


class Grants(Kept["Salesforce"]):
    """Codes and tokens, kept like objects."""

    def code(self, given: Mapping[str, str]) -> str:
        """A code, good once."""
        value = f"aPrx{secrets.token_hex(20)}"
        names = ("client_id", "redirect_uri", "scope", "code_challenge")
        self._keep("Code", value, CODE_LIFE, **{name: given.get(name, "") for name in names})
        return value

    def use_code(self, value: str, client: str, redirect_uri: str, verifier: str) -> Token | None:
        """The code's own data, once; None when it does not serve."""
        found = self._live("Code", value)
        if found is None:
            return None
        self._drop("Code", found)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        proved = not found["code_challenge"] or hmac.compare_digest(found["code_challenge"], digest)
        return found if proved and (found["client_id"], found["redirect_uri"]) == (client, redirect_uri) else None

    def issue(self, client: str, scope: str = "api refresh_token") -> Token:
        """Tokens; a refresh token only where its scope was asked for."""
        answer = self._answer(client, scope)
        if {"refresh_token", "offline_access"} & set(scope.split()):
            answer["refresh_token"] = self._refresh(client, scope)
        return answer

    def renew(self, refresh: str, client: str) -> Token | None:
        """A new access token; a new refresh token only where the application rotates them, the old one is then dead."""
        found = self._live("Refresh", refresh)
        if found is None or found["client_id"] != client:
            return None
        answer = self._answer(client, found["scope"])
        if self._fake.setting("rotate_refresh_tokens"):
            self._drop("Refresh", found)
            answer["refresh_token"] = self._refresh(client, found["scope"])
        return answer

    def opens(self, access: str) -> bool:
        """Whether an access token serves."""
        return self._live("Access", access) is not None

    def revoke(self, value: str) -> bool:
        """End a token; with a refresh token everything of its client."""
        found = self._live("Refresh", value)
        if found is not None:
            self.end(found["client_id"])
            return True
        access = self._live("Access", value)
        if access is not None:
            self._drop("Access", access)
        return access is not None

    def end(self, client: str = "") -> None:
        """End all grants, of a client when given."""
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if client in ("", one["client_id"]):
                    self._drop(kind, one)

    def _answer(self, client: str, scope: str) -> Token:
        access = f"{self._fake.organization_id[:15]}!AQ{secrets.token_urlsafe(40)}"
        life = timedelta(seconds=float(self._fake.setting("access_token_seconds")))
        self._keep("Access", access, life, client_id=client)
        identity = f"https://login.salesforce.com/id/{self._fake.organization_id}/{make_id('005', 1)}"
        issued_at = str(int(self._fake.clock.now().timestamp() * 1000))
        # No expires_in: how long a session lasts is a rule of the organization.
        return {
            "access_token": access,
            "signature": sign(APPS[client], identity, issued_at),
            "scope": scope,
            "instance_url": self._fake.instance_url(),
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }

    def _refresh(self, client: str, scope: str) -> str:
        value = f"5Aep861{secrets.token_hex(30)}"
        self._keep("Refresh", value, timedelta(days=3650), client_id=client, scope=scope)
        return value


def add_oauth_routes(api: Blueprint, fake: Salesforce) -> None:
    """Below /salesforce/services/oauth2."""

    @api.get("/services/oauth2/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        hidden = dict(request.args.items())
        points = ("gérer les données par l’API (api)", "y accéder à tout moment (refresh_token)")
        return PAGE.show(hidden, points=points, organization=fake.organization_name, user="Noémie Lacoste")

    @api.post("/services/oauth2/authorize")
    def answer() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = request.form["redirect_uri"], request.form.get("state", "")
        if request.form.get("answer") != "allow":
            error = {"error": "access_denied", "error_description": "end-user denied authorization", "state": state}
            return redirect(f"{back}?{urlencode(error)}")
        return redirect(f"{back}?{urlencode({'code': fake.grants.code(request.form), 'state': state})}")

    @api.post("/services/oauth2/token")
    def token() -> Response:
        client = request.form.get("client_id", "")
        if client not in APPS:
            return _error("invalid_client_id", "client identifier invalid")
        if APPS[client] != request.form.get("client_secret", ""):
            return _error("invalid_client", "invalid client credentials")
        with fake.store.transaction():
            return _token(fake, client, request.form)

    @api.post("/services/oauth2/revoke")
    def revoke() -> Response:
        found = fake.grants.revoke(request.form.get("token", ""))
        return Response(status=200) if found else _error("invalid_token", "invalid token")


def _token(fake: Salesforce, client: str, form: Mapping[str, str]) -> Response:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(
            form.get("code", ""), client, form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
        return _json(200, fake.grants.issue(client, used["scope"])) if used else _error("invalid_grant", "expired code")
    if kind == "refresh_token":
        answer = fake.grants.renew(form.get("refresh_token", ""), client)
        return _json(200, answer) if answer else _error("invalid_grant", "expired access/refresh token")
    return _error("unsupported_grant_type", "grant type not supported")


def _wrong_request(fake: Salesforce, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("response_type") != "code":
        return "Le genre de réponse (response_type) doit être « code »."
    if not set(given.get("scope", "").split()) <= SCOPES:
        return "Une portée (scope) demandée n’est pas permise."
    if given.get("code_challenge") and given.get("code_challenge_method", "S256") != "S256":
        return "Seule la méthode S256 est permise (code_challenge_method)."
    return ""


def _error(code: str, description: str) -> Response:
    return _json(400, {"error": code, "error_description": description})


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json;charset=UTF-8")
    response.headers["Cache-Control"] = "no-store"
    return response
