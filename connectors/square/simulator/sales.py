"""Orders, invoices, payments, refunds and payment links."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.square.simulator.books import Body, Books, check_version, public
from connectors.square.simulator.problems import Problem, missing, needed

DECLINED = {"cnon:card-nonce-declined": ("GENERIC_DECLINE", "Card declined."),
            "cnon:card-nonce-rejected-cvv": ("CVV_FAILURE", "Card declined: CVV failure.")}  # fmt: skip
OVER = ("PAID", "REFUNDED", "CANCELED", "FAILED")


def money(cents: int) -> Body:
    """Canadian dollars."""
    return {"amount": cents, "currency": "CAD"}


def cents(value: Any, field: str) -> int:
    """The amount of a money object."""
    amount = value.get("amount") if isinstance(value, dict) else None
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise (
            needed(f"{field}.amount")
            if amount is None
            else Problem("EXPECTED_INTEGER", "Expected an integer value.", field=f"{field}.amount")
        )
    if value.get("currency") != "CAD":
        raise Problem("INVALID_VALUE", "The currency of the location is CAD.", field=f"{field}.currency")
    return amount


# --- Orders -------------------------------------------------------------------------------------------------------
def create_order(books: Books, given: Body) -> Body:
    """POST /v2/orders: Square computes all amounts."""
    order = given.get("order")
    if not isinstance(order, dict) or not order.get("location_id"):
        raise needed("order.location_id")
    books.get("location", order["location_id"], "order.location_id")
    if order.get("customer_id"):
        books.get("customer", order["customer_id"], "order.customer_id")
    allowed = {"location_id", "customer_id", "reference_id", "line_items", "taxes", "discounts", "metadata"}
    for name in order:
        if name not in allowed:
            raise Problem("UNKNOWN_BODY_PARAMETER", f"Unknown parameter `{name}`.", field=f"order.{name}")
    if len(order.get("reference_id") or "") > 40:
        raise Problem("VALUE_TOO_LONG", "The value is too long.", field="order.reference_id")
    own = {"id": books.new_id(suffix="ZY"), "state": "OPEN", "version": 1, "source": {"name": "Lacoste"}}
    return books.add("order", {**order, **computed(order), **own})


def computed(order: Body) -> Body:
    """Lines and taxes with their amounts, and the totals."""
    lines = [_line(line, place) for place, line in enumerate(order.get("line_items") or [])]
    taxes = [_tax(tax, lines, place) for place, tax in enumerate(order.get("taxes") or [])]
    net, tax = (sum(one) for one in ([x["gross_sales_money"]["amount"] for x in lines],
                                     [x["applied_money"]["amount"] for x in taxes]))  # fmt: skip
    totals = {
        "total_money": net + tax,
        "total_tax_money": tax,
        "total_discount_money": 0,
        "net_amount_due_money": net + tax,
    }
    return {"line_items": lines, "taxes": taxes, **{name: money(value) for name, value in totals.items()}}


def _line(line: Body, place: int) -> Body:
    field = f"order.line_items[{place}]"
    try:
        quantity = Decimal(str(line.get("quantity")))
    except InvalidOperation:
        raise Problem("INVALID_VALUE", "Invalid quantity.", field=f"{field}.quantity") from None
    if not isinstance(line.get("quantity"), str) or len(line["quantity"]) > 12 or quantity <= 0:
        raise Problem("INVALID_VALUE", "The quantity is a text of at most 12.", field=f"{field}.quantity")
    if len(line.get("name") or "") > 512:
        raise Problem("VALUE_TOO_LONG", "The value is too long.", field=f"{field}.name")
    price = cents(line.get("base_price_money"), f"{field}.base_price_money")
    gross = int((quantity * price).quantize(Decimal(1), ROUND_HALF_UP))
    amounts = dict.fromkeys(("gross_sales_money", "variation_total_price_money", "total_money"), money(gross))
    return {"uid": f"line-{place + 1}", **line, **amounts, "item_type": "ITEM"}


def _tax(tax: Body, lines: list[Body], place: int) -> Body:
    uid = str(tax.get("uid") or f"tax-{place}")
    whole = tax.get("scope") != "LINE_ITEM"
    taxed = [x for x in lines if whole or any(one["tax_uid"] == uid for one in x.get("applied_taxes") or [])]
    base = sum(x["gross_sales_money"]["amount"] for x in taxed)
    amount = (base * Decimal(str(tax["percentage"])) / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return {"type": "ADDITIVE", "scope": "ORDER", **tax, "uid": uid, "applied_money": money(int(amount))}


def update_order(books: Books, order_id: str, given: Body) -> Body:
    """PUT /v2/orders/<id>: reference or state, while it is open."""
    order = given.get("order") or {}
    found = books.get("order", order_id)
    if order.get("version") is None:
        raise needed("order.version")
    check_version(found, order["version"])
    if found["state"] != "OPEN":
        raise Problem("BAD_REQUEST", "Only open orders can be updated.", field="order.state")
    return books.change("order", found, {n: order[n] for n in ("state", "reference_id", "metadata") if n in order})


# --- Invoices -----------------------------------------------------------------------------------------------------
def create_invoice(books: Books, given: Body) -> Body:
    """POST /v2/invoices, of an order that has none."""
    invoice = given.get("invoice")
    if not isinstance(invoice, dict) or not invoice.get("order_id"):
        raise needed("invoice.order_id")
    order = books.get("order", invoice["order_id"], "invoice.order_id")
    if any(one["order_id"] == order["id"] for one in books.every("invoice")):
        raise Problem("BAD_REQUEST", "An invoice exists for this order.", field="invoice.order_id")
    requests = invoice.get("payment_requests")
    if not requests or not requests[0].get("due_date"):
        raise needed("invoice.payment_requests[0].due_date")
    recipient = (invoice.get("primary_recipient") or {}).get("customer_id")
    if not recipient:
        raise needed("invoice.primary_recipient.customer_id")
    if "accepted_payment_methods" not in invoice:
        raise needed("invoice.accepted_payment_methods")
    number = invoice.get("invoice_number") or f"{books.store.next_number('square', 'invoice'):06d}"
    if any(one["invoice_number"] == number for one in books.every("invoice")):
        raise Problem("INVALID_VALUE", "The invoice number is taken.", field="invoice.invoice_number")
    total = order["total_money"]
    own = {
        "id": f"inv:0-{books.new_id()}",
        "version": 0,
        "status": "DRAFT",
        "timezone": "America/Toronto",
        "location_id": order["location_id"],
        "invoice_number": number,
        "payment_requests": [
            {**requests[0], "uid": books.new_id(length=12), "computed_amount_money": total,
             "total_completed_amount_money": money(0), "tipping_enabled": False},
        ],
        "primary_recipient": _recipient(books, recipient),
        "next_payment_amount_money": total,
    }  # fmt: skip
    return _told(books, books.add("invoice", {**invoice, **own}), "created")


def _recipient(books: Books, customer_id: str) -> Body:
    found = books.get("customer", customer_id, "invoice.primary_recipient.customer_id")
    names = ("given_name", "family_name", "company_name", "email_address", "phone_number", "address")
    return {"customer_id": customer_id, **{name: found[name] for name in names if found.get(name)}}


def update_invoice(books: Books, invoice_id: str, given: Body) -> Body:
    """PUT /v2/invoices/<id>: sparse, with its version."""
    invoice = given.get("invoice") or {}
    found = books.get("invoice", invoice_id)
    if invoice.get("version") is None:
        raise needed("invoice.version")
    check_version(found, invoice["version"])
    if found["status"] in OVER:
        raise Problem("BAD_REQUEST", f"An invoice that is {found['status']} cannot be updated.")
    values = {name: invoice[name] for name in ("invoice_number", "description", "title") if name in invoice}
    values |= dict.fromkeys(given.get("fields_to_clear") or [])
    if invoice.get("payment_requests"):
        [request] = found["payment_requests"]
        changed = invoice["payment_requests"][0]
        if changed.get("uid") != request["uid"]:
            raise Problem("INVALID_VALUE", "Unknown payment request.", field="invoice.payment_requests[0].uid")
        values["payment_requests"] = [{**request, **changed}]
    return _told(books, books.change("invoice", found, values), "updated")


def publish(books: Books, invoice_id: str, given: Body) -> Body:
    """POST /v2/invoices/<id>/publish."""
    found = books.get("invoice", invoice_id)
    if given.get("version") is None:
        raise needed("version")
    check_version(found, given["version"])
    if found["status"] != "DRAFT":
        raise Problem("BAD_REQUEST", "Only drafts can be published.")
    url = f"https://squareupsandbox.com/pay-invoice/{found['id']}"
    return _told(books, books.change("invoice", found, {"status": "UNPAID", "public_url": url}), "published")


def cancel_invoice(books: Books, invoice_id: str, given: Body) -> Body:
    """POST /v2/invoices/<id>/cancel."""
    found = books.get("invoice", invoice_id)
    if given.get("version") is None:
        raise needed("version")
    check_version(found, given["version"])
    if found["status"] in (*OVER, "DRAFT"):
        raise Problem("BAD_REQUEST", f"An invoice that is {found['status']} cannot be cancelled.")
    order = books.get("order", found["order_id"])
    books.change("order", order, {"state": "CANCELED"})
    values = {"status": "CANCELED", "next_payment_amount_money": None}
    return _told(books, books.change("invoice", found, values), "canceled")


def delete_invoice(books: Books, invoice_id: str, version: Any) -> Body:
    """DELETE /v2/invoices/<id>: drafts only."""
    found = books.get("invoice", invoice_id)
    check_version(found, version)
    if found["status"] != "DRAFT":
        raise Problem("BAD_REQUEST", "Only drafts can be deleted.")
    books.drop("invoice", found)
    books.change("order", books.get("order", found["order_id"]), {"state": "CANCELED"})
    books.tell("invoice.deleted", "invoice", invoice_id, {}, deleted=True)
    return {}


def _told(books: Books, invoice: Body, what: str) -> Body:
    books.tell(f"invoice.{what}", "invoice", invoice["id"], {"invoice": public(invoice)})
    return invoice


# --- Payments -----------------------------------------------------------------------------------------------------
def create_payment(books: Books, given: Body) -> Body:
    """POST /v2/payments; a card that is refused is a payment that failed."""
    for name in ("source_id", "idempotency_key"):
        if not given.get(name):
            raise needed(name)
    amount = cents(given.get("amount_money"), "amount_money")
    location = given.get("location_id") or main_location(books)
    books.get("location", location, "location_id")
    if given.get("customer_id"):
        books.get("customer", given["customer_id"], "customer_id")
    source = given["source_id"]
    kinds = {"CASH": "CASH", "EXTERNAL": "EXTERNAL"}
    done = given.get("autocomplete") is not False
    declined = DECLINED.get(source)
    body: Body = {
        "id": books.new_id(suffix="ZY"),
        "status": "FAILED" if declined else "COMPLETED" if done else "APPROVED",
        "source_type": kinds.get(source, "CARD"),
        "amount_money": money(amount),
        "total_money": money(amount),
        "location_id": location,
        "version_token": books.new_id(length=30),
        "receipt_number": books.new_id(length=4),
    }
    body |= {
        n: given[n] for n in ("customer_id", "order_id", "reference_id", "external_details", "note") if given.get(n)
    }
    if body["source_type"] == "CARD":
        body["card_details"] = _card(source, declined, done)
    if declined:
        _tell_payment(books, books.add("payment", body), "created")
        raise Problem(declined[0], declined[1], category="PAYMENT_METHOD_ERROR", status=402)
    made = books.add("payment", {**body, **(_captured(body) if done else {"approved_money": money(amount)})})
    _tell_payment(books, made, "created")
    return made


def _card(source: str, declined: tuple[str, str] | None, done: bool) -> Body:
    brand = "INTERAC" if source == "cnon:card-nonce-interac" else "VISA"
    card = {"card_brand": brand, "last_4": "1111", "exp_month": 12, "exp_year": 2030}
    if not declined:
        return {"status": "CAPTURED" if done else "AUTHORIZED", "card": card}
    error = {"category": "PAYMENT_METHOD_ERROR", "code": declined[0], "detail": declined[1]}
    return {"status": "FAILED", "card": card, "errors": [error]}


def _captured(body: Body) -> Body:
    amount = body["total_money"]["amount"]
    receipt = {"receipt_url": f"https://squareupsandbox.com/receipt/preview/{body['id']}"}
    if body["source_type"] != "CARD":
        return receipt
    return {**receipt, "processing_fee": [{"type": "INITIAL", "amount_money": money(round(amount * 0.026) + 10)}]}


def _tell_payment(books: Books, payment: Body, what: str = "updated") -> Body:
    books.tell(f"payment.{what}", "payment", payment["id"], {"payment": public(payment)})
    return payment


def complete(books: Books, payment_id: str, given: Body) -> Body:
    """POST /v2/payments/<id>/complete."""
    found = _approved(books, payment_id, given)
    values = {"status": "COMPLETED", **_captured(found)}
    return _tell_payment(books, books.change("payment", found, values, "version_token"))


def cancel(books: Books, payment_id: str, given: Body) -> Body:
    """POST /v2/payments/<id>/cancel."""
    found = _approved(books, payment_id, given)
    return _tell_payment(books, books.change("payment", found, {"status": "CANCELED"}, "version_token"))


def _approved(books: Books, payment_id: str, given: Body) -> Body:
    found = books.get("payment", payment_id)
    if given.get("version_token") not in (None, found["version_token"]):
        raise Problem("VERSION_MISMATCH", "The payment has another version.", field="version_token")
    if found["status"] != "APPROVED":
        raise Problem("BAD_REQUEST", f"The payment is {found['status']}, not APPROVED.")
    return found


def refund(books: Books, given: Body) -> Body:
    """POST /v2/refunds, of a payment that is completed."""
    if not given.get("payment_id"):
        raise needed("payment_id")
    amount = cents(given.get("amount_money"), "amount_money")
    payment = books.get("payment", given["payment_id"], "payment_id")
    if payment["status"] != "COMPLETED":
        raise Problem("PAYMENT_NOT_REFUNDABLE", "Only completed payments.", category="REFUND_ERROR")
    if len(given.get("reason") or "") > 192:
        raise Problem("VALUE_TOO_LONG", "The value is too long.", field="reason")
    before = (payment.get("refunded_money") or money(0))["amount"]
    if not 0 < amount <= payment["total_money"]["amount"] - before:
        detail = "The requested refund amount exceeds the amount available to refund."
        raise Problem("REFUND_AMOUNT_INVALID", detail, field="amount_money.amount", category="REFUND_ERROR")
    about = {name: payment[name] for name in ("location_id", "order_id") if payment.get(name)}
    refund_id = f"{payment['id']}_{books.new_id(length=20)}"
    reason = {"reason": given["reason"]} if given.get("reason") else {}
    body = {
        "id": refund_id,
        "status": "COMPLETED",
        "amount_money": money(amount),
        "payment_id": payment["id"],
        **reason,
    }
    made = books.add("refund", {**body, **about})
    ids = [*(payment.get("refund_ids") or []), refund_id]
    values = {"refunded_money": money(before + amount), "refund_ids": ids}
    _tell_payment(books, books.change("payment", payment, values, "version_token"))
    books.tell("refund.created", "refund", refund_id, {"refund": public(made)})
    return made


def pay_invoice(books: Books, invoice_id: str, amount: int | None = None) -> Body:
    """As a customer does on the invoice's page, all or a part."""
    found = books.get("invoice", invoice_id)
    [request] = found["payment_requests"]
    done = request["total_completed_amount_money"]["amount"]
    total = request["computed_amount_money"]["amount"]
    paid = amount if amount is not None else total - done
    given = {"source_id": "cnon:card-nonce-ok", "idempotency_key": books.new_id(), "amount_money": money(paid)}
    about = {"order_id": found["order_id"], "customer_id": found["primary_recipient"]["customer_id"]}
    create_payment(books, {**given, **about, "location_id": found["location_id"]})
    left = total - done - paid
    values = {
        "status": "PARTIALLY_PAID" if left else "PAID",
        "payment_requests": [{**request, "total_completed_amount_money": money(done + paid)}],
        "next_payment_amount_money": money(left) if left else None,
    }
    return _told(books, books.change("invoice", found, values), "payment_made")


# --- Payment links and locations ----------------------------------------------------------------------------------
def create_link(books: Books, given: Body) -> Body:
    """POST /v2/online-checkout/payment-links, by quick_pay."""
    quick = given.get("quick_pay")
    if not isinstance(quick, dict) or not quick.get("name") or not quick.get("location_id"):
        raise needed("quick_pay.name")
    amount = cents(quick.get("price_money"), "quick_pay.price_money")
    line = {"name": quick["name"], "quantity": "1", "base_price_money": money(amount)}
    order = create_order(books, {"order": {"location_id": quick["location_id"], "line_items": [line]}})
    link_id = books.new_id(length=16).upper()
    url = {"url": f"https://sandbox.square.link/u/{link_id[:8]}", "long_url": f"https://checkout.square.site/{link_id}"}
    note = {"payment_note": given["payment_note"]} if given.get("payment_note") else {}
    return books.add("payment_link", {"id": link_id, "version": 1, "order_id": order["id"], **url, **note})


def delete_link(books: Books, link_id: str) -> Body:
    """DELETE /v2/online-checkout/payment-links/<id>; its order is cancelled."""
    found = books.get("payment_link", link_id)
    books.drop("payment_link", found)
    books.change("order", books.get("order", found["order_id"]), {"state": "CANCELED"})
    return {"id": link_id, "cancelled_order_id": found["order_id"]}


def main_location(books: Books) -> str:
    """The first location of the seller."""
    found = books.every("location")
    if not found:
        raise missing("Location", "main")
    return str(found[0]["id"])
