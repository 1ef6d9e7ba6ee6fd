"""Xero's authorization server: consent page, tokens, revocation, and the connections that a consent opens."""

from __future__ import annotations

import base64
import json
import re
import secrets
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from connectors.simulator.clock import stamp
from connectors.simulator.consent import Choice, ConsentPage
from connectors.simulator.grants import Kept, Token, unknown_caller

if TYPE_CHECKING:
    from connectors.xero.simulator.fake import Xero

APPS = {"xero-demo-client": "xero-demo-secret"}
ACCESS, REFRESH, GRACE, CODE = timedelta(minutes=30), timedelta(days=60), timedelta(minutes=30), timedelta(minutes=5)
_KNOWN = re.compile(r"offline_access|openid|profile|email|accounting\.(contacts|invoices|payments|settings)(\.read)?")
PAGE = ConsentPage(
    label="Xero",
    asks="à lire et à modifier les contacts, les factures et les paiements.",
    accent="#1376c8",
    legend="Organisations",
    field="tenant",
    several=True,
)


class Grants(Kept["Xero"]):
    """Codes and tokens, kept like objects; each has the client, the scopes, the consent (event) and an end."""

    def consent(self, client: str, tenants: list[str], scope: str, redirect_uri: str) -> str:
        """Connect the organisations that were ticked; a code, good once."""
        event = str(uuid.uuid4())
        for tenant in tenants:
            self.connect(client, tenant, event)
        value = secrets.token_urlsafe(32)
        self._keep("Code", value, CODE, client=client, scope=scope, event=event, redirect_uri=redirect_uri)
        return value

    def connect(self, client: str, tenant: str, event: str) -> None:
        """A connection of the application to an organisation."""
        now = self._fake.clock.now()
        key = str(uuid.uuid5(uuid.UUID(tenant), client))
        written = now.replace(tzinfo=None).isoformat(timespec="microseconds") + "0"
        found = self._fake.store.get(self._fake.slug, "Connection", key) or {}
        self._fake.store.put(self._fake.slug, "Connection", {
            "id": key, "client": client, "authEventId": event, "tenantId": tenant, "tenantType": "ORGANISATION",
            "tenantName": self._fake.tenants()[tenant], "createdDateUtc": found.get("createdDateUtc") or written,
            "updatedDateUtc": written, "updated_at": stamp(now), "deleted_at": None,
        })  # fmt: skip

    def connections(self, client: str) -> list[dict[str, Any]]:
        """The live connections of an application."""
        rows = self._fake.store.select(self._fake.slug, "Connection", "deleted_at IS NULL")
        own = ("client", "updated_at", "deleted_at")
        return [{k: v for k, v in row.items() if k not in own} for row in rows if row["client"] == client]

    def disconnect(self, key: str) -> bool:
        """End one connection."""
        found = self._fake.store.get(self._fake.slug, "Connection", key)
        if found is None or found["deleted_at"]:
            return False
        self._fake.store.put(self._fake.slug, "Connection", {**found, "deleted_at": stamp(self._fake.clock.now())})
        return True

    def use_code(self, value: str, client: str, redirect_uri: str) -> Token | None:
        """The code's own data, once; None when it does not serve."""
        found = self._live("Code", value)
        if found is None:
            return None
        self._drop("Code", found)
        return found if found["client"] == client and found["redirect_uri"] == redirect_uri else None

    def issue(self, client: str, scope: str, event: str) -> dict[str, Any]:
        """New tokens; a refresh token only for offline_access."""
        refresh = ""
        if "offline_access" in scope.split():
            refresh = secrets.token_urlsafe(32)
            self._keep("Refresh", refresh, REFRESH, client=client, scope=scope, event=event, next="")
        return self._answer(client, scope, event, refresh)

    def renew(self, refresh: str, client: str) -> dict[str, Any] | None:
        """The refresh token changes at every use; the old one may be tried again for 30 minutes."""
        found = self._live("Refresh", refresh)
        if found is None or found["client"] != client:
            return None
        about = {"client": client, "scope": found["scope"], "event": found["event"]}
        following = found["next"]
        if not following:
            following = secrets.token_urlsafe(32)
            self._keep("Refresh", following, REFRESH, **about, next="")
            self._keep("Refresh", refresh, GRACE, **about, next=following)
        return self._answer(client, found["scope"], found["event"], following)

    def bearer(self, access: str) -> Token | None:
        """What an access token opens, None when it opens nothing."""
        return self._live("Access", access)

    def revoke(self, value: str, client: str) -> None:
        """End the token and all its connections; nothing to do for one that is not known."""
        found = self._live("Refresh", value)
        if found and found["client"] == client:
            self.end(client, found["event"])

    def end(self, client: str = "", event: str = "") -> None:
        """End tokens and connections, of a client and consent when given."""
        now = stamp(self._fake.clock.now())
        for kind in ("OAuthAccess", "OAuthRefresh", "Connection"):
            for one in self._fake.store.select(self._fake.slug, kind, "deleted_at IS NULL"):
                consent = one.get("event") or one.get("authEventId")
                if client in ("", one["client"]) and event in ("", consent):
                    self._fake.store.put(self._fake.slug, kind, {**one, "deleted_at": now})

    def _answer(self, client: str, scope: str, event: str, refresh: str) -> dict[str, Any]:
        access = f"eyJ{secrets.token_urlsafe(64)}"
        self._keep("Access", access, ACCESS, client=client, scope=scope, event=event)
        return {
            "access_token": access,
            "expires_in": int(ACCESS.total_seconds()),
            "token_type": "Bearer",
            **({"refresh_token": refresh} if refresh else {}),
            "scope": scope,
        }


def add_oauth_routes(api: Blueprint, fake: Xero) -> None:
    """Below /xero."""

    @api.get("/identity/connect/authorize")
    def consent() -> Response | tuple[Response, int]:
        wrong = _wrong_request(fake, request.args)
        if wrong:
            return PAGE.refuse(wrong)
        names = ("client_id", "redirect_uri", "state", "scope", "response_type")
        hidden = {name: request.args.get(name, "") for name in names}
        return PAGE.show(hidden, [Choice(tenant, name) for tenant, name in fake.tenants().items()])

    @api.post("/identity/connect/authorize")
    def answer() -> BaseResponse | tuple[Response, int]:
        form = request.form
        wrong = _wrong_request(fake, form)
        if wrong:
            return PAGE.refuse(wrong)
        back, state = form["redirect_uri"], form.get("state", "")
        tenants = [tenant for tenant in form.getlist("tenant") if tenant in fake.tenants()]
        if form.get("answer") != "allow" or not tenants:
            return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
        code = fake.grants.consent(form["client_id"], tenants, form.get("scope", ""), back)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state})}")

    @api.post("/connect/token")
    def token() -> Response:
        client = _client()
        if client is None:
            return _error("invalid_client")
        with fake.store.transaction():
            return _token(fake, client, request.form)

    @api.post("/connect/revocation")
    def revoke() -> Response:
        client = _client()
        if client is None:
            return _error("invalid_client")
        fake.grants.revoke(request.form.get("token", ""), client)
        return Response(status=200)


def _token(fake: Xero, client: str, form: Mapping[str, str]) -> Response:
    kind = form.get("grant_type")
    if kind == "authorization_code":
        used = fake.grants.use_code(form.get("code", ""), client, form.get("redirect_uri", ""))
        answer = fake.grants.issue(client, used["scope"], used["event"]) if used else None
    elif kind == "refresh_token":
        answer = fake.grants.renew(form.get("refresh_token", ""), client)
    else:
        return _error("unsupported_grant_type")
    return _json(200, answer) if answer else _error("invalid_grant")


def _client() -> str | None:
    """The client that HTTP Basic or the form names, when its secret is right."""
    client, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
    return client if secret and APPS.get(client) == secret else None


def _wrong_request(fake: Xero, given: Mapping[str, str]) -> str:
    """Why the consent page is not shown; empty when it is. Nobody is sent back to an address that is not known."""
    if wrong := unknown_caller(fake, given, APPS):
        return wrong
    if given.get("response_type") != "code":
        return "Le genre de réponse (response_type) doit être « code »."
    unknown = [scope for scope in given.get("scope", "").split() if not _KNOWN.fullmatch(scope)]
    if unknown or not given.get("scope"):
        return f"Les portées (scope) demandées ne sont pas permises : {' '.join(unknown)}"
    return "" if given.get("state") else "L’état (state) manque."


def _error(code: str) -> Response:
    return _json(400, {"error": code})


def _json(status: int, body: Any) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
