"""Stripe Connect's authorization: consent page, tokens, deauthorization."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.simulator.consent import Choice, ConsentPage
from connectors.simulator.grants import Kept, Token, unknown_caller
from connectors.stripe.simulator.problems import answer

if TYPE_CHECKING:
    from connectors.stripe.simulator.fake import Stripe

APPS = {"ca_demo_lacoste": "sk_test_demo_plateforme_lacoste"}
SCOPES = ("read_only", "read_write")
CODE_LIFE = timedelta(minutes=5)
FOREVER = timedelta(days=36500)
PAGE = ConsentPage(
    label="Stripe",
    asks="à lire et à modifier les clients, les factures et les paiements d’un de vos comptes.",
    accent="#4b45c6",
    legend="Compte",
    field="account",
)


class Grants(Kept["Stripe"]):
    """Codes and keys that consents gave, kept like objects."""

    def code(self, client: str, account: str, scope: str) -> str:
        """A code, good once and for five minutes."""
        value = f"ac_{secrets.token_hex(16)}"
        self._keep("Code", value, CODE_LIFE, client=client, account=account, scope=scope)
        return value

    def use_code(self, value: str, client: str) -> Token | None:
        """The code's own data, once."""
        found = self._live("Code", value)
        if found is None:
            return None
        self._drop("Code", found)
        return found if found["client"] == client else None

    def issue(self, client: str, account: str, scope: str) -> dict[str, Any]:
        """A key of the account, and what renews it. It does not expire."""
        about = {"client": client, "account": account, "scope": scope}
        refresh = f"rt_{secrets.token_hex(20)}"
        self._keep("Refresh", refresh, FOREVER, **about)
        return self._answer(about, refresh)

    def renew(self, refresh: str, client: str) -> dict[str, Any] | None:
        """Another key of the same account."""
        found = self._live("Refresh", refresh)
        if found is None or found["client"] != client:
            return None
        about = {name: found[name] for name in ("client", "account", "scope")}
        return self._answer(about, refresh)

    def bearer(self, access: str) -> Token | None:
        """What a key opens."""
        return self._live("Access", access)

    def granted(self, client: str, account: str) -> bool:
        """Whether the account's consent to this application stands."""
        found = self._fake.store.select(self._fake.slug, "OAuthRefresh", "deleted_at IS NULL")
        return any((one["client"], one["account"]) == (client, account) for one in found)

    def end(self, account: str = "", client: str = "") -> bool:
        """End all grants, of an account and client when given; whether there were any."""
        ended = False
        for kind in ("Access", "Refresh"):
            for one in self._fake.store.select(self._fake.slug, f"OAuth{kind}", "deleted_at IS NULL"):
                if account in ("", one["account"]) and client in ("", one["client"]):
                    self._drop(kind, one)
                    ended = True
        return ended

    def _answer(self, about: Token, refresh: str) -> dict[str, Any]:
        access = f"sk_test_51{secrets.token_hex(24)}"
        self._keep("Access", access, FOREVER, **about)
        return {
            "access_token": access,
            "livemode": False,
            "refresh_token": refresh,
            "token_type": "bearer",
            "stripe_publishable_key": f"pk_test_51{secrets.token_hex(24)}",
            "stripe_user_id": about["account"],
            "scope": about["scope"],
        }


def add_oauth_routes(api: Blueprint, fake: Stripe) -> None:
    """Below /stripe/oauth."""

    @api.get("/oauth/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        names = ("client_id", "redirect_uri", "state", "scope", "response_type")
        hidden = {name: request.args.get(name, "") for name in names}
        return PAGE.show(hidden, [Choice(one, name, one) for one, name in fake.accounts().items()])

    @api.post("/oauth/authorize")
    def choose() -> BaseResponse | tuple[Response, int]:
        wrong = _wrong_request(fake, request.form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = request.form["redirect_uri"], request.form.get("state", "")
        account, scope = request.form.get("account", ""), request.form.get("scope") or "read_only"
        if request.form.get("answer") != "allow" or account not in fake.accounts():
            told = {"error": "access_denied", "error_description": "The user denied your request", "state": state}
            return redirect(f"{back}?{urlencode(told)}")
        code = fake.grants.code(request.form["client_id"], account, scope)
        return redirect(f"{back}?{urlencode({'scope': scope, 'state': state, 'code': code})}")

    @api.post("/oauth/token")
    def token() -> Response:
        client = _client()
        if client is None:
            return _error(401, "invalid_client", "No API key provided, or it is not valid.")
        with fake.store.transaction():
            return _token(fake, client, request.form)

    @api.post("/oauth/deauthorize")
    def deauthorize() -> Response:
        client = _client()
        if client is None or request.form.get("client_id") != client:
            return _error(401, "invalid_client", "No such application.")
        account = request.form.get("stripe_user_id", "")
        if not fake.grants.end(account or "?", client):
            return _error(400, "invalid_client", "This application is not connected to that account.")
        return answer({"stripe_user_id": account})


def _token(fake: Stripe, client: str, form: Mapping[str, str]) -> Response:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(form.get("code", ""), client)
        given = fake.grants.issue(client, used["account"], used["scope"]) if used else None
        detail = "Authorization code does not exist, has expired or was already used."
    elif kind == "refresh_token":
        given = fake.grants.renew(form.get("refresh_token", ""), client)
        detail = "Refresh token does not exist or was revoked."
    else:
        return _error(400, "unsupported_grant_type", "The grant type is not supported.")
    return answer(given) if given else _error(400, "invalid_grant", detail)


def _client() -> str | None:
    """The application whose platform key stands in the header or in the form."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    secret = value.strip() if kind.lower() == "bearer" else request.form.get("client_secret", "")
    return next((client for client, key in APPS.items() if key == secret), None)


def _wrong_request(fake: Stripe, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("response_type") != "code":
        return "Le genre de réponse (response_type) doit être « code »."
    if (given.get("scope") or "read_only") not in SCOPES:
        return "La portée (scope) demandée n’est pas permise."
    return ""


def _error(status: int, code: str, description: str) -> Response:
    return answer({"error": code, "error_description": description}, status)
