"""Square's authorization: consent page, tokens as JSON, status, revocation."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.simulator.consent import Choice, ConsentPage
from connectors.simulator.grants import Kept, Token, unknown_caller
from connectors.square.simulator.api import bearer, later
from connectors.square.simulator.problems import Problem, answer

if TYPE_CHECKING:
    from connectors.square.simulator.fake import Square

APPS = {"sandbox-sq0idb-demo-lacoste": "sandbox-sq0csb-demo-lacoste-secret"}
CODE_LIFE = timedelta(minutes=5)
FOREVER = timedelta(days=36500)
PAGE = ConsentPage(
    label="Square",
    asks="à lire et à modifier les clients, factures et paiements d’un de vos commerces.",
    accent="#0055cc",
    legend="Commerce",
    field="merchant",
)


class Grants(Kept["Square"]):
    """Codes and tokens, kept like objects."""

    def code(self, client: str, merchant: str, scopes: list[str], redirect_uri: str, challenge: str) -> str:
        """A code, good once and for five minutes."""
        value = f"sandbox-sq0cgb-{secrets.token_urlsafe(16)}"
        about = {"client": client, "merchant": merchant, "scopes": scopes}
        self._keep("Code", value, CODE_LIFE, **about, redirect_uri=redirect_uri, challenge=challenge)
        return value

    def use_code(self, given: Mapping[str, Any]) -> Token | None:
        """The code's own data, once; None when it does not serve."""
        found = self._live("Code", str(given.get("code") or ""))
        if found is None:
            return None
        self._drop("Code", found)
        good = found["client"] == given["client_id"] and given.get("redirect_uri") in (None, found["redirect_uri"])
        if found["challenge"]:
            digest = hashlib.sha256(str(given.get("code_verifier") or "").encode()).digest()
            good = good and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == found["challenge"]
        return found if good else None

    def issue(self, client: str, merchant: str, scopes: list[str]) -> Token:
        """A token of 30 days, and a refresh token that never ends."""
        refresh = f"EQAAl{secrets.token_urlsafe(40)}"
        self._keep("Refresh", refresh, FOREVER, client=client, merchant=merchant, scopes=scopes)
        return self._answer(client, merchant, scopes, refresh)

    def renew(self, refresh: str, client: str) -> Token | None:
        """Another access token; the refresh token stays the same."""
        found = self._live("Refresh", refresh)
        if found is None or found["client"] != client:
            return None
        return self._answer(client, found["merchant"], found["scopes"], refresh)

    def bearer(self, access: str) -> Token | None:
        """What a token opens; `scopes` None for a personal one."""
        merchant = self._fake.personal(access)
        if merchant:
            return {"merchant": merchant, "scopes": None, "until": "", "client": next(iter(APPS))}
        return self._live("Access", access)

    def end(self, merchant: str = "", client: str = "") -> bool:
        """End all grants, of a merchant and client when given; whether there were any."""
        ended = False
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if merchant in ("", one["merchant"]) and client in ("", one["client"]):
                    self._drop(kind, one)
                    ended = True
        return ended

    def _answer(self, client: str, merchant: str, scopes: list[str], refresh: str) -> Token:
        access = f"EAAAl{secrets.token_urlsafe(44)}"
        life = timedelta(seconds=float(self._fake.setting("access_token_seconds")))
        self._keep("Access", access, life, client=client, merchant=merchant, scopes=scopes)
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_at": later(self._fake, life),
            "merchant_id": merchant,
            "refresh_token": refresh,
            "short_lived": False,
        }


def add_oauth_routes(api: Blueprint, fake: Square) -> None:
    """Below /square/oauth2."""
    _consent_routes(api, fake)

    @api.post("/oauth2/token")
    def token() -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Problem("EXPECTED_JSON_BODY", "Expected a JSON body.")
        with fake.store.transaction():
            return _token(fake, body)

    @api.post("/oauth2/token/status")
    def status() -> Response:
        found = fake.grants.bearer(bearer())
        if found is None:
            raise Problem("UNAUTHORIZED", "This request could not be authorized.", status=401)
        told = {"scopes": found["scopes"] or [], "client_id": found["client"], "merchant_id": found["merchant"]}
        return answer(told | ({"expires_at": found["until"]} if found["until"] else {}))

    @api.post("/oauth2/revoke")
    def revoke() -> Response:
        body = request.get_json(silent=True) or {}
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        client = str(body.get("client_id") or "")
        if kind != "Client" or APPS.get(client) != secret:
            raise Problem("UNAUTHORIZED", "Not authorized.", status=401)
        found = fake.grants.bearer(str(body.get("access_token") or ""))
        merchant = str(body.get("merchant_id") or (found["merchant"] if found else ""))
        if not merchant or not fake.grants.end(merchant, client):
            raise Problem("NOT_FOUND", "There is no such authorization.", status=404)
        return answer({"success": True})


def _consent_routes(api: Blueprint, fake: Square) -> None:
    @api.get("/oauth2/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        names = ("client_id", "redirect_uri", "state", "scope", "code_challenge")
        hidden = {name: request.args.get(name, "") for name in names}
        return PAGE.show(hidden, [Choice(one, name, one) for one, name in fake.merchants().items()])

    @api.post("/oauth2/authorize")
    def choose() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        form = request.form
        back, state, merchant = form["redirect_uri"], form.get("state", ""), form.get("merchant", "")
        if form.get("answer") != "allow" or merchant not in fake.merchants():
            told = {"error": "access_denied", "error_description": "user_denied", "state": state}
            return redirect(f"{back}?{urlencode(told)}")
        scopes, challenge = form.get("scope", "").split(), form.get("code_challenge", "")
        code = fake.grants.code(form["client_id"], merchant, scopes, back, challenge)
        return redirect(f"{back}?{urlencode({'code': code, 'response_type': 'code', 'state': state})}")


def _token(fake: Square, body: Token) -> Response:
    client = str(body.get("client_id") or "")
    pkce = bool(body.get("code_verifier"))
    if client not in APPS or (not pkce and APPS[client] != body.get("client_secret")):
        return answer(Problem("UNAUTHORIZED", "The client is not authorized.", status=401).body, 401)
    kind = body.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(body)
        given = fake.grants.issue(client, used["merchant"], used["scopes"]) if used else None
        detail = "Authorization code is not valid, expired or already used."
    elif kind == "refresh_token":
        given = fake.grants.renew(str(body.get("refresh_token") or ""), client)
        detail = "Refresh token is not valid or was revoked."
    else:
        return answer(Problem("INVALID_VALUE", "Unknown grant type.", field="grant_type").body, 400)
    return answer(given) if given else answer(Problem("UNAUTHORIZED", detail, status=401).body, 401)


def _wrong_request(fake: Square, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    return "" if given.get("scope") else "Aucune permission (scope) n’est demandée."
