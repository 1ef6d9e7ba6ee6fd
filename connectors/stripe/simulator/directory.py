"""Customers, products, prices and payment links."""

from __future__ import annotations

from typing import Any

from connectors.stripe.simulator import params as read
from connectors.stripe.simulator import shapes
from connectors.stripe.simulator.ledger import Body, Ledger, merged
from connectors.stripe.simulator.params import Params
from connectors.stripe.simulator.problems import Problem, needed

CUSTOMER = "name email phone description address metadata preferred_locales tax_exempt shipping balance"
LOCALES_MOST = 10


def customer_values(given: Params) -> Body:
    """The members of a customer that parameters set."""
    given = read.known(given, CUSTOMER)
    values: Body = {name: read.text(given, name) for name in ("name", "phone", "description") if name in given}
    if "email" in given:
        values["email"] = read.email(given, "email")
    if "address" in given:
        values["address"] = read.address(given, "address")
    if "balance" in given:
        values["balance"] = read.whole(given, "balance") or 0
    if "tax_exempt" in given:
        values["tax_exempt"] = read.one_of(given, "tax_exempt", "", "exempt", "none", "reverse") or "none"
    if "preferred_locales" in given:
        locales = given["preferred_locales"]
        values["preferred_locales"] = locales if isinstance(locales, list) else []
    if "metadata" in given:
        values["metadata"] = given["metadata"]
    return values


def create_customer(ledger: Ledger, given: Params) -> Body:
    """POST /v1/customers."""
    values = customer_values(given)
    values["metadata"] = merged({}, values.get("metadata", {}))
    prefix = "".join(ledger.draw.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(8))
    made = ledger.add("customer", shapes.customer(invoice_prefix=prefix, **values))
    ledger.tell("customer.created", made)
    return made


def update_customer(ledger: Ledger, customer_id: str, given: Params) -> Body:
    """POST /v1/customers/<id>."""
    values = customer_values(given)
    return ledger.change("customer", ledger.get("customer", customer_id), values, "customer.updated")


def delete_customer(ledger: Ledger, customer_id: str) -> Body:
    """DELETE /v1/customers/<id>: for good."""
    found = ledger.get("customer", customer_id)
    ledger.drop("customer", found)
    ledger.tell("customer.deleted", found)
    return {"id": customer_id, "object": "customer", "deleted": True}


def create_product(ledger: Ledger, given: Params) -> Body:
    """POST /v1/products."""
    given = read.known(given, "name description metadata active")
    if not given.get("name"):
        raise needed("name")
    values = {name: given[name] for name in ("name", "description") if name in given}
    return ledger.add("product", shapes.product(updated=ledger.now(), metadata=_notes(given), **values))


def create_price(ledger: Ledger, given: Params) -> Body:
    """POST /v1/prices, for a product or with a new one."""
    given = read.known(given, "currency unit_amount product product_data metadata nickname active")
    if not given.get("currency"):
        raise needed("currency")
    amount = read.whole(given, "unit_amount", least=0)
    if amount is None:
        raise needed("unit_amount")
    if given.get("product"):
        product = ledger.get("product", given["product"], status=400, param="product")["id"]
    elif isinstance(given.get("product_data"), dict):
        product = create_product(ledger, given["product_data"])["id"]
    else:
        raise needed("product")
    values: Body = {"currency": given["currency"], "unit_amount": amount, "unit_amount_decimal": str(amount)}
    return ledger.add("price", shapes.price(product=product, metadata=_notes(given), **values))


def create_payment_link(ledger: Ledger, given: Params) -> Body:
    """POST /v1/payment_links."""
    given = read.known(given, "line_items metadata payment_intent_data after_completion")
    items = given.get("line_items")
    if not isinstance(items, list) or not items:
        raise needed("line_items")
    currency, lines = "cad", []
    for place, item in enumerate(items):
        name = f"line_items[{place}][price]"
        price = ledger.get("price", str(item.get("price")), status=400, param=name)
        currency = price["currency"]
        lines.append({"price": price["id"], "quantity": read.whole(item, "quantity", least=1) or 1})
    data = given.get("payment_intent_data")
    kept = None
    if isinstance(data, dict):
        notes = merged({}, data.get("metadata", {}))
        kept = {"capture_method": None, "setup_future_usage": None, "metadata": notes}
    body = shapes.payment_link(currency=currency, metadata=_notes(given), payment_intent_data=kept)
    made = ledger.add("payment_link", body)
    url = f"https://buy.stripe.com/test_{made['id'][6:20]}"
    made = ledger.put("payment_link", {**made, "_items": lines, "url": url})
    ledger.tell("payment_link.created", made)
    return made


def update_payment_link(ledger: Ledger, link_id: str, given: Params) -> Body:
    """POST /v1/payment_links/<id>."""
    given = read.known(given, "active metadata")
    values: Body = {"metadata": given["metadata"]} if "metadata" in given else {}
    if (active := read.flag(given, "active")) is not None:
        values["active"] = active
    return ledger.change("payment_link", ledger.get("payment_link", link_id), values, "payment_link.updated")


def link_total(ledger: Ledger, link: Body) -> int:
    """What one visitor pays."""
    if not link["active"]:
        raise Problem("This payment link is no longer active.")
    return sum(ledger.get("price", one["price"])["unit_amount"] * one["quantity"] for one in link["_items"])


def _notes(given: Params) -> dict[str, Any]:
    return merged({}, given.get("metadata", {}))
