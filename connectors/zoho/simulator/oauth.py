"""Zoho's accounts servers: consent page at the first one, tokens at the one of the organisation's data centre."""

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

from connectors.simulator.consent import Choice, ConsentPage
from connectors.simulator.grants import Kept, Token, unknown_caller

if TYPE_CHECKING:
    from connectors.zoho.simulator.fake import Zoho

APPS = {"1000.zohodemoclient": "zoho-demo-secret"}
KNOWN_SCOPES = re.compile(r"(ZohoCRM|ZohoSearch)\.[a-z.]+\.(ALL|READ|CREATE|UPDATE|DELETE)")
CODE_LIFE = timedelta(minutes=2)
FOREVER = timedelta(days=36500)
PAGE = ConsentPage(
    label="Zoho CRM",
    asks="à lire et à modifier les comptes, les contacts et les affaires d’une de vos organisations.",
    accent="#c8202f",
    legend="Organisation",
    field="org",
)


class Grants(Kept["Zoho"]):
    """Codes and tokens, kept like objects; each has the client, the organisation, its scopes and an end."""

    def code(self, client: str, org: str, redirect_uri: str, **asked: str) -> str:
        """A code, good once and for two minutes."""
        value = f"1000.{secrets.token_hex(32)}"
        self._keep("Code", value, CODE_LIFE, client=client, org=org, redirect_uri=redirect_uri, **asked)
        return value

    def use_code(self, value: str, client: str) -> Token | None:
        """The code's own data, once; None when it does not serve."""
        found = self._live("Code", value)
        if found is None:
            return None
        self._drop("Code", found)
        return found if found["client"] == client else None

    def issue(self, client: str, org: str, scope: str, *, offline: bool = True) -> dict[str, Any]:
        """An access token, and a refresh token for offline access."""
        answer = self._access(client, org, scope)
        if offline:
            refresh = f"1000.{secrets.token_hex(32)}"
            self._keep("Refresh", refresh, FOREVER, client=client, org=org, scope=scope)
            answer["refresh_token"] = refresh
        return answer

    def renew(self, refresh: str, client: str, centre: str) -> dict[str, Any] | None:
        """A new access token; the refresh token stays and is not told again."""
        found = self._live("Refresh", refresh)
        if found is None or found["client"] != client or self._fake.centre_of(found["org"]) != centre:
            return None
        return self._access(client, found["org"], found["scope"])

    def bearer(self, access: str) -> Token | None:
        """What an access token opens, None when it opens nothing."""
        return self._live("Access", access)

    def revoke(self, refresh: str) -> bool:
        """End the grant of a refresh token."""
        found = self._live("Refresh", refresh)
        if found is None:
            return False
        self.end(found["org"], found["client"])
        return True

    def end(self, org: str = "", client: str = "") -> None:
        """End all grants, of an organisation and client when given."""
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if org in ("", one["org"]) and client in ("", one["client"]):
                    self._drop(kind, one)

    def _access(self, client: str, org: str, scope: str) -> dict[str, Any]:
        access, life = f"1000.{secrets.token_hex(32)}", int(self._fake.setting("access_token_seconds"))
        self._keep("Access", access, timedelta(seconds=life), client=client, org=org, scope=scope)
        return {
            "access_token": access,
            "scope": scope.replace(",", " "),
            "api_domain": self._fake.address(org, request.host_url),
            "token_type": "Bearer",
            "expires_in": life,
        }


def add_oauth_routes(api: Blueprint, fake: Zoho) -> None:
    """Below /zoho/oauth and /zoho/dc/<centre>/oauth."""

    @api.get("/oauth/v2/auth")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        names = ("client_id", "redirect_uri", "state", "scope", "response_type", "access_type", "prompt")
        hidden = {name: request.args.get(name, "") for name in names}
        choices = [Choice(n, org.name, f"Centre de données {org.centre}") for n, org in fake.organisations().items()]
        return PAGE.show(hidden, choices)

    @api.post("/oauth/v2/auth")
    def answer() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state, org = request.form["redirect_uri"], request.form.get("state", ""), request.form.get("org", "")
        if request.form.get("answer") != "allow" or org not in fake.organisations():
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
        asked = {name: request.form.get(name, "") for name in ("scope", "access_type", "prompt")}
        code = fake.grants.code(request.form["client_id"], org, back, **asked)
        server = fake.address(org, request.host_url)
        named = {"state": state, "location": fake.centre_of(org), "accounts-server": server}
        return redirect(f"{back}?{urlencode({'code': code, **named})}")

    @api.post("/oauth/v2/token", defaults={"centre": "us"})
    @api.post("/dc/<centre>/oauth/v2/token")
    def token(centre: str) -> Response:
        if fake.setting("token_limit"):
            return _throttled(int(fake.setting("token_limit_status")))
        given = {**request.args, **request.form}
        if APPS.get(given.get("client_id", "")) != given.get("client_secret"):
            return _json(200, {"error": "invalid_client"})
        with fake.store.transaction():
            return _token(fake, centre, given)

    @api.post("/oauth/v2/token/revoke", defaults={"centre": "us"})
    @api.post("/dc/<centre>/oauth/v2/token/revoke")
    def revoke(centre: str) -> Response:
        value = {**request.args, **request.form}.get("token", "")
        return _json(200, {"status": "success"}) if fake.grants.revoke(value) else _json(400, {"error": "invalid_code"})


def _token(fake: Zoho, centre: str, form: Mapping[str, str]) -> Response:
    kind, client = form.get("grant_type"), form["client_id"]
    if kind == "authorization_code":
        used = fake.grants.use_code(form.get("code", ""), client)
        if used is None or fake.centre_of(used["org"]) != centre:
            return _json(200, {"error": "invalid_code"})
        if used["redirect_uri"] != form.get("redirect_uri"):
            return _json(200, {"error": "invalid_redirect_uri"})
        offline = used["access_type"] == "offline" and used["prompt"] == "consent"
        return _json(200, fake.grants.issue(client, used["org"], used["scope"], offline=offline))
    if kind == "refresh_token":
        renewed = fake.grants.renew(form.get("refresh_token", ""), client, centre)
        return _json(200, renewed or {"error": "invalid_code"})
    return _json(200, {"error": "unsupported_grant_type"})


def _wrong_request(fake: Zoho, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("response_type") != "code":
        return "Le genre de réponse (response_type) doit être « code »."
    scopes = given.get("scope", "").split(",")
    return "" if all(map(KNOWN_SCOPES.fullmatch, scopes)) else "Une portée (scope) demandée n’existe pas."


def _throttled(status: int) -> Response:
    words = "You have made too many requests continuously. Please try again after some time."
    return _json(status, {"error": "Access Denied", "error_description": words, "status": "failure"})


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json;charset=UTF-8")
    response.headers["Cache-Control"] = "no-store"
    return response
