"""HubSpot's authorization server: consent page, tokens, renewal, revocation."""

from __future__ import annotations

import base64
import hashlib
import hmac
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
    from connectors.hubspot.simulator.fake import HubSpot

APPS = {"hs-demo-client": "hs-demo-secret"}
SCOPE = re.compile(r"oauth|crm\.(objects|schemas)\.\w+\.(read|write)")
CODE_LIFE = timedelta(minutes=10)
PAGE = ConsentPage(
    label="HubSpot",
    asks="à accéder au compte « {account} », pour :",
    accent="#c2410c",
)


class Grants(Kept["HubSpot"]):
    """Codes and tokens, kept like objects."""

    def code(self, given: Mapping[str, str]) -> str:
        """A code, good once."""
        value = f"na1-{secrets.token_hex(18)}"
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

    def issue(self, client: str, scope: str = "oauth crm.objects.contacts.read") -> Token:
        """A new pair."""
        refresh = f"na1-{secrets.token_hex(24)}"
        self._keep("Refresh", refresh, timedelta(days=3650), client_id=client, scope=scope)
        return self._answer(client, scope, refresh)

    def renew(self, refresh: str, client: str) -> Token | None:
        """A new access token; the refresh token stays, unless the switch says otherwise."""
        found = self._live("Refresh", refresh)
        if found is None or found["client_id"] != client:
            return None
        if self._fake.setting("rotate_refresh_tokens"):
            self._drop("Refresh", found)
            return self.issue(client, found["scope"])
        return self._answer(client, found["scope"], refresh)

    def opens(self, access: str) -> bool:
        """Whether an access token serves."""
        return self._live("Access", access) is not None

    def revoke(self, value: str) -> None:
        """End a grant by its refresh token, or an access token alone."""
        found = self._live("Refresh", value)
        if found is not None:
            self.end(found["client_id"])
        elif (access := self._live("Access", value)) is not None:
            self._drop("Access", access)

    def end(self, client: str = "") -> None:
        """End all grants, of a client when given."""
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if client in ("", one["client_id"]):
                    self._drop(kind, one)

    def _answer(self, client: str, scope: str, refresh: str) -> Token:
        access = f"CJ{secrets.token_urlsafe(180)}"
        seconds = int(self._fake.setting("access_token_seconds"))
        self._keep("Access", access, timedelta(seconds=seconds), client_id=client)
        return {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": seconds,
            "token_use": "access_token",
            "hub_id": self._fake.portal,
            "user_id": 9900001,
            "scopes": scope.split(),
        }


def add_oauth_routes(api: Blueprint, fake: HubSpot) -> None:
    """Below /hubspot/oauth."""

    @api.get("/oauth/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        scopes = request.args.get("scope", "").split()
        return PAGE.show(dict(request.args.items()), points=scopes, account=fake.name)

    @api.post("/oauth/authorize")
    def answer() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = request.form["redirect_uri"], request.form.get("state", "")
        if request.form.get("answer") != "allow":
            error = {"error": "access_denied", "error_description": "User denied access", "state": state}
            return redirect(f"{back}?{urlencode(error)}")
        return redirect(f"{back}?{urlencode({'code': fake.grants.code(request.form), 'state': state})}")

    @api.post("/oauth/2026-03/token")
    def token() -> Response:
        client = request.form.get("client_id", "")
        if client not in APPS or APPS[client] != request.form.get("client_secret", ""):
            return _error("invalid_client", "missing or invalid client id or secret", "BAD_CLIENT_SECRET")
        with fake.store.transaction():
            return _token(fake, client, request.form)

    @api.post("/oauth/2026-03/token/revoke")
    def revoke() -> Response:
        fake.grants.revoke(request.form.get("token", ""))
        return Response(status=200)


def _token(fake: HubSpot, client: str, form: Mapping[str, str]) -> Response:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(
            form.get("code", ""), client, form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
        if used:
            return _json(200, fake.grants.issue(client, used["scope"]))
        return _error("invalid_grant", "missing or unknown auth code", "BAD_AUTH_CODE")
    if kind == "refresh_token":
        answer = fake.grants.renew(form.get("refresh_token", ""), client)
        if answer:
            return _json(200, answer)
        return _error("", "missing or invalid refresh token", "BAD_REFRESH_TOKEN")
    return _error("unsupported_grant_type", "unknown grant type", "BAD_GRANT_TYPE")


def _wrong_request(fake: HubSpot, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    scopes = given.get("scope", "").split()
    if not scopes or not all(SCOPE.fullmatch(one) for one in scopes):
        return "Une portée (scope) demandée n’est pas permise."
    return ""


def _error(code: str, message: str, status: str) -> Response:
    return _json(400, {"status": status, "message": message} | ({"error": code} if code else {}))


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json;charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
