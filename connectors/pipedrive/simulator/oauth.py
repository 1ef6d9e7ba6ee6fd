"""Pipedrive's authorization server: consent page, tokens, revocation."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.simulator.consent import Choice, ConsentPage
from connectors.simulator.grants import Kept, Token, basic_client, unknown_caller

if TYPE_CHECKING:
    from connectors.pipedrive.simulator.fake import Pipedrive

APPS = {"pd-demo-client": "pd-demo-secret"}
SCOPES = "base,deals:full,contacts:full,search:read,users:read,admin"
CODE_LIFE = timedelta(minutes=5)
REFRESH_LIFE = timedelta(days=60)
PAGE = ConsentPage(
    label="Pipedrive",
    asks="à lire et à modifier les contacts et les affaires d’une de vos entreprises.",
    accent="#017737",
    legend="Entreprise",
    field="company",
)


class Grants(Kept["Pipedrive"]):
    """Codes and tokens, kept like objects; each has the client, the company and an end."""

    def code(self, client: str, company: int, redirect_uri: str) -> str:
        """A code, good once and for five minutes."""
        value = secrets.token_hex(20)
        self._keep("Code", value, CODE_LIFE, client=client, company=company, redirect_uri=redirect_uri)
        return value

    def use_code(self, value: str, client: str) -> Token | None:
        """The code's own data, once; None when it does not serve."""
        found = self._live("Code", value)
        if found is None:
            return None
        self._drop("Code", found)
        return found if found["client"] == client else None

    def issue(self, client: str, company: int) -> dict[str, Any]:
        """A new pair."""
        access, refresh = f"v1u:{secrets.token_urlsafe(32)}", f"{company}:{secrets.token_hex(20)}"
        life = int(self._fake.setting("access_token_seconds"))
        self._keep("Access", access, timedelta(seconds=life), client=client, company=company)
        self._keep("Refresh", refresh, REFRESH_LIFE, client=client, company=company)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "refresh_token": refresh,
            "scope": SCOPES,
            "expires_in": life,
            "api_domain": self._fake.api_domain(company, request.host_url),
        }

    def renew(self, refresh: str, client: str) -> dict[str, Any] | None:
        """A new pair for a refresh token, which is over then."""
        found = self._live("Refresh", refresh)
        if found is None or found["client"] != client:
            return None
        self._drop("Refresh", found)
        return self.issue(client, found["company"])

    def bearer(self, access: str) -> int | None:
        """The company that an access token opens, None when it opens none."""
        found = self._live("Access", access)
        return int(found["company"]) if found else None

    def revoke(self, value: str) -> None:
        """A refresh token ends the whole grant, an access token only itself."""
        if found := self._live("Refresh", value):
            self.end(found["company"], found["client"])
        elif found := self._live("Access", value):
            self._drop("Access", found)

    def end(self, company: int = 0, client: str = "") -> None:
        """End all grants, of a company and client when given."""
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if company in (0, one["company"]) and client in ("", one["client"]):
                    self._drop(kind, one)


def add_oauth_routes(api: Blueprint, fake: Pipedrive) -> None:
    """Below /pipedrive/oauth."""

    @api.get("/oauth/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        hidden = {name: request.args.get(name, "") for name in ("client_id", "redirect_uri", "state")}
        choices = [Choice(str(n), one.name, f"{one.domain}.pipedrive.com") for n, one in fake.companies().items()]
        return PAGE.show(hidden, choices)

    @api.post("/oauth/authorize")
    def answer() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = request.form["redirect_uri"], request.form.get("state", "")
        company = request.form.get("company", "")
        if request.form.get("answer") != "allow" or company not in map(str, fake.companies()):
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
        code = fake.grants.code(request.form["client_id"], int(company), back)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state})}")

    @api.post("/oauth/token")
    def token() -> Response:
        client = basic_client(APPS)
        if client is None:
            return _error("Invalid grant: client is invalid")
        with fake.store.transaction():
            return _token(fake, client, request.form)

    @api.post("/oauth/revoke")
    def revoke() -> Response:
        if basic_client(APPS) is None:
            return _error("Invalid grant: client is invalid")
        fake.grants.revoke(request.form.get("token", ""))
        return Response(status=200)


def _token(fake: Pipedrive, client: str, form: Mapping[str, str]) -> Response:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(form.get("code", ""), client)
        if used is None:
            return _error("Invalid grant: authorization code is invalid")
        if used["redirect_uri"] != form.get("redirect_uri", ""):
            return _error("Invalid grant: redirect_uri does not match")
        return _json(200, fake.grants.issue(client, used["company"]))
    if kind == "refresh_token":
        renewed = fake.grants.renew(form.get("refresh_token", ""), client)
        return _json(200, renewed) if renewed else _error("Invalid grant: refresh token is invalid")
    return _json(400, {"success": False, "error": "unsupported_grant_type", "message": "Unsupported grant type"})


def _wrong_request(fake: Pipedrive, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("code_challenge") or given.get("scope"):
        return "Ni portée (scope) ni PKCE ne s’envoient : les portées sont fixées sur l’application."
    return ""


def _error(message: str) -> Response:
    return _json(400, {"success": False, "error": "invalid_grant", "message": message})


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
