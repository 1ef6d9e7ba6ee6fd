"""Doing a prepared write: one request for most, several for an invoice and a payment link. Every request has a key
of its own that follows from the write's, so that the same write twice does the work once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.classify import Answer
from connectors.base.connector import Connector
from connectors.base.errors import Conflict, NotFound, Rejected
from connectors.base.resource import dig
from connectors.base.writes import PreparedWrite
from connectors.stripe import errors, forms
from connectors.stripe.quirks import is_tax, lines_of
from connectors.stripe.reading import Get, all_lines, listed

Request = Callable[..., Answer]
Raw = dict[str, Any]


class Sender:
    """Does one prepared write. request, get: calls below /v1."""

    def __init__(self, request: Request, get: Get, prepared: PreparedWrite) -> None:
        self._request, self._get, self._prepared = request, get, prepared
        self._key = prepared.headers.get("Idempotency-Key", "")
        body = json.loads(prepared.body) if prepared.body else {}
        self._body: Raw = {name: value for name, value in body.items() if not name.startswith("_")}
        self._steps: Raw = {name: value for name, value in body.items() if name.startswith("_")}

    def simple(self) -> Raw:
        """The one request."""
        if self._prepared.method == "DELETE":
            return self._request("DELETE", self._prepared.path).data
        return self._post(self._prepared.path, self._body)

    def create_invoice(self) -> Raw:
        """A draft, its lines and taxes, then as far as its status says. An unfinished draft is taken back."""
        made = self._post("invoices", self._body, "draft")
        try:
            for place, item in enumerate([*self._steps.get("_lines", []), *self._steps.get("_taxes", [])]):
                self._add(made, item, f"line{place}")
            return self._settle(made)
        except (NotFound, Rejected):
            self._request("DELETE", f"invoices/{made['id']}")
            raise

    def update_invoice(self, current: Raw) -> Raw:
        """Other fields first, then whatever lines and taxes differ, while it is still a draft."""
        if {"_lines", "_taxes"} & self._steps.keys():
            self._replace_lines(current)
        return self._post(self._prepared.path, self._body, "fields") if self._body else current

    def payment_link(self) -> Raw:
        """A price, then the link that asks for it once."""
        price = self._post("prices", self._steps["_price"], "price")
        items = [{"price": price["id"], "quantity": 1}]
        return self._post("payment_links", {"line_items": items, **self._body}, "link")

    def hosted_page(self) -> Raw:
        """The invoice with the page on which it is paid; a draft is finalized for it."""
        found: Raw = self._get(self._prepared.path).data
        if found.get("status") != "draft":
            return found
        return self._post(f"{self._prepared.path}/finalize", {"auto_advance": False}, "finalize")

    def _post(self, path: str, body: Mapping[str, Any], step: str = "") -> Raw:
        key = f"{self._key}-{step}" if step else self._key
        headers = {"Content-Type": forms.CONTENT_TYPE, "Idempotency-Key": key}
        data: Raw = self._request("POST", path, body=forms.encode(body), headers=headers).data
        return data

    def _add(self, invoice: Raw, item: Mapping[str, Any], step: str) -> None:
        kept = {name: value for name, value in item.items() if name != "id" and value not in ("", None)}
        about = {"customer": _id(invoice["customer"]), "currency": invoice["currency"], "invoice": invoice["id"]}
        self._post("invoiceitems", {**about, **kept}, step)

    def _settle(self, made: Raw) -> Raw:
        status = self._steps.get("_status", "draft")
        if status in ("open", "paid"):
            made = self._post(f"invoices/{made['id']}/finalize", {"auto_advance": False}, "finalize")
        # An invoice of nothing is paid as soon as it is finalized.
        if status == "paid" and made.get("status") == "open":
            made = self._post(f"invoices/{made['id']}/pay", {"paid_out_of_band": True}, "pay")
        return made

    def _replace_lines(self, current: Raw) -> None:
        lines = lines_of(all_lines(self._get, current))
        wanted, touched = [], []
        for name, taxes in (("_lines", False), ("_taxes", True)):
            if name in self._steps:
                wanted += self._steps[name]
                touched += [line for line in lines if is_tax(line) == taxes]
        known = {str(line.get("invoice_item") or line["id"]): line for line in touched}
        kept = {item["id"] for item in wanted if item["id"] in known}
        todo = [(place, item) for place, item in enumerate(wanted) if _differs(item, known.get(item["id"]))]
        gone = [item_id for item_id in known if item_id not in kept]
        if (todo or gone) and current.get("status") != "draft":
            sentence = "La facture est émise : Stripe ne permet plus d’en changer les lignes ni les taxes."
            raise Rejected(
                f"{sentence} Remettez-les comme avant, ou annulez la facture et refaites-en une.",
                field_errors={"_lines": sentence},
                code="invoice_not_editable",
            )
        for item_id in gone:
            self._request("DELETE", f"invoiceitems/{quote(item_id, safe='')}")
        for place, item in todo:
            if item["id"] in known:
                changes = {name: value for name, value in item.items() if name != "id"}
                self._post(f"invoiceitems/{quote(item['id'], safe='')}", changes, f"line{place}")
            else:
                self._add(current, item, f"line{place}")


def _differs(item: Mapping[str, Any], line: Mapping[str, Any] | None) -> bool:
    if line is None:
        return True
    held = {str(k): str(v) for k, v in (line.get("metadata") or {}).items()}
    wanted = {str(k): str(v) for k, v in item["metadata"].items()}
    same_notes = not held or all(held.get(name) == value for name, value in wanted.items())
    return (item["amount"], item["description"]) != (line["amount"], line.get("description") or "") or not same_notes


def _id(value: Any) -> str:
    return str(value["id"] if isinstance(value, Mapping) else value)


def done_already(now: Mapping[str, Any], prepared: PreparedWrite) -> bool:
    """Whether the object already holds what this write would write (its answer was lost). Conflict when it is neither
    so nor as it was when its version was read."""
    if not prepared.version or now.get("_version") == prepared.version:
        return False
    body = json.loads(prepared.body) if prepared.body else {}
    if body and not any(name.startswith("_") for name in body) and _holds(now, body):
        return True
    raise Conflict(
        "L’élément a changé dans Stripe depuis la dernière lecture. Il sera relu avant un nouvel envoi.", code="stale"
    )


def _holds(now: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return all(_holds(dig(now, name) if isinstance(now, Mapping) else None, part) for name, part in wanted.items())
    return bool((now or "") == (wanted or "")) or str(now) == str(wanted)


def refunds_with(get: Get, reference: str) -> list[Raw]:
    """The refunds that carry our reference: metadata cannot be searched there, so all are looked at, newest first."""
    found: list[Raw] = []
    params: dict[str, str] = {"limit": "100"}
    while True:
        page, more = listed(get("refunds", **params))
        found += [one for one in page if dig(one, "metadata.refund_ref") == reference]
        if found or not more:
            return found
        params["starting_after"] = str(page[-1]["id"])


def do(connector: Connector, request: Request, get: Get, prepared: PreparedWrite) -> Raw:
    """Do a prepared write; the object as it now is, {} for one that was deleted."""
    sender = Sender(request, get, prepared)
    resource, action = prepared.resource, prepared.action
    if action == "delete":
        return _delete(connector, sender)
    if action == "create":
        try:
            made = sender.create_invoice() if resource == "invoices" else sender.simple()
        except NotFound as error:
            raise errors.dead_reference(connector.label, error) from error
        return connector.fetch(resource, made["id"])
    if action == "update":
        return _update(connector, sender, prepared)
    if action == "act:payment_link":
        if not prepared.remote_id:
            return sender.payment_link()
        return connector.fetch(resource, sender.hosted_page()["id"])
    answer = sender.simple()
    return answer if action == "act:close_payment_link" else connector.fetch(resource, prepared.remote_id)


def _update(connector: Connector, sender: Sender, prepared: PreparedWrite) -> Raw:
    """Stripe compares no versions: the object is looked at right before."""
    now = connector.fetch(prepared.resource, prepared.remote_id)
    if done_already(now, prepared):
        return now
    if prepared.resource == "invoices":
        sender.update_invoice(now)
    else:
        sender.simple()
    return connector.fetch(prepared.resource, prepared.remote_id)


def _delete(connector: Connector, sender: Sender) -> Raw:
    before = connector.retries
    try:
        sender.simple()
    except NotFound:
        # After a lost answer it is gone because it was deleted.
        if connector.retries == before:
            raise
    return {}
