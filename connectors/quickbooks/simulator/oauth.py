"""Intuit's authorization server: consent page, tokens, revocation."""

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
    from connectors.quickbooks.simulator.fake import QuickBooks

APPS = {"qb-demo-client": "qb-demo-secret"}
SCOPE = "com.intuit.quickbooks.accounting"
CODE_LIFE = timedelta(minutes=10)
PAGE = ConsentPage(
    label="QuickBooks",
    asks="à lire et à modifier les données comptables d’une de vos entreprises.",
    accent="#23820f",
    legend="Entreprise",
    field="realm",
)


class Grants(Kept["QuickBooks"]):
    """Codes and tokens, kept like objects; each has the client, the realm and an end."""

    def code(self, client: str, realm: str, redirect_uri: str) -> str:
        """A code, good once and for ten minutes."""
        value = f"AB{secrets.token_hex(20)}"
        self._keep("Code", value, CODE_LIFE, client=client, realm=realm, redirect_uri=redirect_uri)
        return value

    def use_code(self, value: str, client: str, redirect_uri: str) -> Token | None:
        """The code's own data, once; None when it does not serve."""
        found = self._live("Code", value)
        if found is None:
            return None
        self._drop("Code", found)
        good = found["client"] == client and found["redirect_uri"] == redirect_uri
        return found if good else None

    def issue(self, client: str, realm: str) -> dict[str, Any]:
        """A new pair."""
        refresh = f"AB11{secrets.token_hex(24)}"
        self._keep("Refresh", refresh, self._seconds("refresh_token_seconds"), client=client, realm=realm, next="")
        return self._answer(client, realm, refresh)

    def renew(self, refresh: str, client: str) -> dict[str, Any] | None:
        """A new access token; the refresh token changes too, the old one serves a little longer and then no more."""
        found = self._live("Refresh", refresh)
        if found is None or found["client"] != client:
            return None
        following = refresh
        if found["next"]:
            # Already exchanged: whoever lost that answer gets the same token again, as long as the old one serves.
            following = found["next"]
        elif self._fake.setting("rotate_refresh_tokens"):
            following = f"AB11{secrets.token_hex(24)}"
            life = self._seconds("refresh_token_seconds")
            self._keep("Refresh", following, life, client=client, realm=found["realm"], next="")
            grace = self._seconds("old_refresh_token_seconds")
            self._keep("Refresh", refresh, grace, client=client, realm=found["realm"], next=following)
        return self._answer(client, found["realm"], following)

    def bearer(self, access: str) -> str | None:
        """The realm that an access token opens, None when it opens none."""
        found = self._live("Access", access)
        return found["realm"] if found else None

    def revoke(self, value: str) -> bool:
        """End a grant by either of its tokens: everything of the same client and realm."""
        found = self._live("Refresh", value) or self._live("Access", value)
        if found is None:
            return False
        self.end(found["realm"], found["client"])
        return True

    def end(self, realm: str = "", client: str = "") -> None:
        """End all grants, of a realm and client when given."""
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if realm in ("", one["realm"]) and client in ("", one["client"]):
                    self._drop(kind, one)

    def _answer(self, client: str, realm: str, refresh: str) -> dict[str, Any]:
        access = f"eyJ{secrets.token_urlsafe(48)}"
        life = self._seconds("access_token_seconds")
        self._keep("Access", access, life, client=client, realm=realm)
        return {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": int(life.total_seconds()),
            "refresh_token": refresh,
            "x_refresh_token_expires_in": int(self._fake.setting("refresh_token_seconds")),
        }

    def _seconds(self, name: str) -> timedelta:
        return timedelta(seconds=float(self._fake.setting(name)))


def add_oauth_routes(api: Blueprint, fake: QuickBooks) -> None:
    """Below /quickbooks."""

    @api.get("/connect/oauth2")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        names = ("client_id", "redirect_uri", "state", "scope", "response_type")
        hidden = {name: request.args.get(name, "") for name in names}
        return PAGE.show(hidden, [Choice(realm, name, f"Nº {realm}") for realm, name in fake.companies().items()])

    @api.post("/connect/oauth2")
    def answer() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = request.form["redirect_uri"], request.form.get("state", "")
        realm = request.form.get("realm", "")
        if request.form.get("answer") != "allow" or realm not in fake.companies():
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
        code = fake.grants.code(request.form["client_id"], realm, back)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state, 'realmId': realm})}")

    @api.post("/oauth2/v1/tokens/bearer")
    def token() -> Response:
        client = basic_client(APPS)
        if client is None:
            return _error(401, "invalid_client")
        with fake.store.transaction():
            return _token(fake, client, request.form)

    @api.post("/v2/oauth2/tokens/revoke")
    def revoke() -> Response:
        if basic_client(APPS) is None:
            return _error(401, "invalid_client")
        body = request.get_json(silent=True)
        value = str(body.get("token", "")) if isinstance(body, dict) else ""
        return Response(status=200) if fake.grants.revoke(value) else _error(400, "invalid_request")


def _token(fake: QuickBooks, client: str, form: Mapping[str, str]) -> Response:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(form.get("code", ""), client, form.get("redirect_uri", ""))
        answer = fake.grants.issue(client, used["realm"]) if used else None
        detail = "Invalid authorization code"
    elif kind == "refresh_token":
        answer = fake.grants.renew(form.get("refresh_token", ""), client)
        detail = "Incorrect or invalid refresh token"
    else:
        return _error(400, "unsupported_grant_type")
    return _json(200, answer) if answer else _error(400, "invalid_grant", detail)


def _wrong_request(fake: QuickBooks, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("response_type") != "code":
        return "Le genre de réponse (response_type) doit être « code »."
    if SCOPE not in given.get("scope", "").split():
        return "La portée (scope) demandée n’est pas permise."
    return "" if given.get("state") else "L’état (state) manque."


def _error(status: int, code: str, description: str = "") -> Response:
    return _json(status, {"error": code} | ({"error_description": description} if description else {}))


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
