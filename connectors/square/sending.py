"""Doing a prepared write: one request for most; an invoice is an order, then the invoice, then its publication."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.connector import Connector
from connectors.base.errors import Conflict, NotFound, Rejected
from connectors.base.resource import dig
from connectors.base.writes import PreparedWrite
from connectors.square import errors, writing
from connectors.square.codecs import CODECS
from connectors.square.quirks import SINGULAR
from connectors.square.reading import Request

Raw = dict[str, Any]


def do(connector: Connector, request: Request, prepared: PreparedWrite) -> Raw:
    """Do a prepared write; the object as it now is, {} for one that was deleted."""
    sender = Sender(connector, request, prepared)
    if prepared.action == "create":
        try:
            made = sender.create_invoice() if prepared.resource == "invoices" else sender.create()
        except NotFound as error:
            raise errors.dead_reference(connector.label, error) from error
        return connector.fetch(prepared.resource, made["id"])
    if prepared.action == "update":
        return sender.update_invoice() if prepared.resource == "invoices" else sender.update()
    if prepared.action == "delete":
        return sender.delete()
    return sender.act(prepared.action.removeprefix("act:"))


class Sender:
    """Does one prepared write."""

    def __init__(self, connector: Connector, request: Request, prepared: PreparedWrite) -> None:
        self._connector, self._request, self._prepared = connector, request, prepared
        self._body: Raw = json.loads(prepared.body) if prepared.body else {}
        self._key = str(self._body.get("idempotency_key") or "")

    def create(self) -> Raw:
        """A customer or a refund."""
        made: Raw = self._post(self._prepared.path, self._body)[SINGULAR[self._prepared.resource]]
        return made

    def create_invoice(self) -> Raw:
        """The order, the invoice and, unless it is a draft, its publication. A half-made one is taken back."""
        chosen = dig(self._body, "location_id.value") or self._location()
        order = self._post("v2/orders", {"idempotency_key": self._step("o"), "order": self._order(str(chosen))})[
            "order"
        ]
        try:
            body = {"idempotency_key": self._step("i"), "invoice": writing.invoice_of(self._body, order)}
            made: Raw = self._post("v2/invoices", body)["invoice"]
        except (NotFound, Rejected):
            self._cancel_order(order)
            raise
        if self._body.get("_status") == "sent":
            self._publish(made["id"], made["version"])
        return made

    def update(self) -> Raw:
        """A sparse change, provided that the object still has its version."""
        version = self._prepared.version
        body = {**self._body, **({"version": int(version)} if version else {})}
        try:
            self._request("PUT", self._prepared.path, json=body, repeatable=True)
        except Conflict:
            now = self._now()
            if not _holds(now, self._body):
                raise
            # Done before, its answer was lost.
            return now
        return self._now()

    def update_invoice(self) -> Raw:
        """Number, text and due date; lines and taxes are in the order and stay."""
        now = self._now()
        if self._prepared.version and str(now.get("version")) != self._prepared.version:
            raise Conflict(
                "L’élément a été modifié dans Square depuis la dernière lecture. Il sera relu avant un nouvel envoi.",
                code="stale",
            )
        self._refuse_lines(now)
        fields: Raw = {name: self._body[name] for name in ("invoice_number", "description") if name in self._body}
        if self._body.get("_due_date"):
            uid = dig(now["payment_requests"][-1], "uid")
            fields["payment_requests"] = [{"uid": uid, "due_date": self._body["_due_date"]}]
        if not fields:
            return now
        cleared = [name for name, value in fields.items() if not value]
        kept = {name: value for name, value in fields.items() if value}
        body: Raw = {"invoice": {"version": now["version"], "location_id": now["location_id"], **kept}}
        if cleared:
            body["fields_to_clear"] = cleared
        self._request("PUT", self._prepared.path, json=body, repeatable=True)
        return self._now()

    def delete(self) -> Raw:
        """Gone for good; after a lost answer it is gone because it was deleted."""
        before = self._connector.retries
        params = {"version": self._prepared.version} if self._prepared.version else {}
        try:
            self._request("DELETE", self._prepared.path, params=params, repeatable=True)
        except NotFound:
            if self._connector.retries == before:
                raise
        return {}

    def act(self, name: str) -> Raw:
        """One of the resource's acts; the object as it now is, or the link."""
        remote_id = self._prepared.remote_id
        if name == "payment_link" and not remote_id:
            quick = {**self._body["quick_pay"], "location_id": self._location()}
            link: Raw = self._post(self._prepared.path, {**self._body, "quick_pay": quick})["payment_link"]
            return link
        if name == "close_payment_link":
            data: Raw = self._request("DELETE", self._prepared.path, repeatable=True).data
            return data
        if name == "refund":
            self._post(self._prepared.path, self._refund())
            return self._now()
        now = self._now()
        if name == "payment_link" and now.get("status") != "DRAFT":
            return now
        if name in ("payment_link", "publish"):
            self._publish(remote_id, now["version"])
        elif name == "cancel" and self._prepared.resource == "invoices":
            self._post(self._prepared.path, {"version": now["version"]})
        else:
            self._request("POST", self._prepared.path, repeatable=True)
        return self._now()

    def _now(self) -> Raw:
        return self._connector.fetch(self._prepared.resource, self._prepared.remote_id)

    def _post(self, path: str, body: Mapping[str, Any]) -> Raw:
        data: Raw = self._request("POST", path, json=dict(body), repeatable=True).data
        return data

    def _step(self, name: str) -> str:
        return f"{self._key[: writing.MOST_KEY - 2]}-{name}"

    def _order(self, location: str) -> Raw:
        return writing.order_of(self._body, location)

    def _publish(self, invoice_id: str, version: int) -> None:
        body = {"version": version, "idempotency_key": self._step("p")}
        self._post(f"v2/invoices/{quote(invoice_id, safe=':')}/publish", body)

    def _cancel_order(self, order: Raw) -> None:
        changes = {"location_id": order["location_id"], "version": order["version"], "state": "CANCELED"}
        self._request("PUT", f"v2/orders/{order['id']}", json={"order": changes}, repeatable=True)

    def _location(self) -> str:
        """The location of the settings, else the main one."""
        chosen = self._connector.connection.config.get("location_id", "").strip()
        return chosen or str(self._request("GET", "v2/merchants/me").data["merchant"]["main_location_id"])

    def _refund(self) -> Raw:
        """The refund, of all that is left when no amount is said: Square wants one."""
        if "amount_money" in self._body:
            return self._body
        now = self._now()
        left = now["total_money"]["amount"] - (dig(now, "refunded_money.amount") or 0)
        return {**self._body, "amount_money": {**now["total_money"], "amount": left}}

    def _refuse_lines(self, now: Raw) -> None:
        """Rejected when lines or taxes are no longer those of the order."""
        for name, codec, members in (
            ("_lines", "lines", ("description", "quantity", "unit_price")), ("_taxes", "taxes", ("name", "rate")),
        ):  # fmt: skip
            if name not in self._body:
                continue
            wanted = [{m: one[m] for m in members} for one in CODECS[codec].decode(self._body[name])]
            if wanted != [{m: one[m] for m in members} for one in CODECS[codec].decode(now[name])]:
                sentence = "Les lignes et les taxes d’une facture Square ne changent plus après sa création."
                raise Rejected(
                    f"{sentence} Remettez-les comme avant, ou annulez la facture et refaites-en une.",
                    field_errors={name: sentence},
                    code="immutable",
                )


def _holds(now: Any, wanted: Mapping[str, Any]) -> bool:
    return all(
        _holds(now.get(name) or {}, value) if isinstance(value, Mapping) else (now.get(name) or "") == (value or "")
        for name, value in wanted.items()
    )
