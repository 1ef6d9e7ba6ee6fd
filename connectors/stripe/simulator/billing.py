"""Invoices and their items: a draft is filled, finalized, then paid or voided."""

from __future__ import annotations

from connectors.stripe.simulator import params as read
from connectors.stripe.simulator import payments, shapes
from connectors.stripe.simulator.ledger import Body, Ledger, merged
from connectors.stripe.simulator.params import Params
from connectors.stripe.simulator.problems import Problem, needed
from connectors.stripe.simulator.settling import changed, settled, shown

CREATE = (
    "customer collection_method days_until_due due_date currency auto_advance description metadata "
    "pending_invoice_items_behavior footer"
)
UPDATE = "collection_method days_until_due due_date auto_advance description metadata footer"
DAY = 86400


def create(ledger: Ledger, given: Params) -> Body:
    """POST /v1/invoices: a draft without lines, unless pending items are asked in."""
    given = read.known(given, CREATE)
    if not given.get("customer"):
        raise needed("customer")
    behaviour = read.one_of(given, "pending_invoice_items_behavior", "exclude", "include", "include_and_require")
    method = read.one_of(given, "collection_method", "charge_automatically", "send_invoice")
    customer = ledger.get("customer", given["customer"], status=400, param="customer")
    due = _due(ledger, given, method)
    now = ledger.now()
    made = ledger.add(
        "invoice",
        shapes.invoice(
            customer=customer["id"],
            customer_address=customer["address"],
            customer_email=customer["email"],
            customer_name=customer["name"],
            customer_phone=customer["phone"],
            collection_method=method or "charge_automatically",
            currency=given.get("currency") or customer["currency"] or "cad",
            description=read.text(given, "description"),
            due_date=due,
            metadata=merged({}, given.get("metadata", {})),
            period_start=now,
            period_end=now,
        ),
    )
    ledger.tell("invoice.created", shown(made))
    if behaviour in ("include", "include_and_require"):
        for item in ledger.every("invoiceitem"):
            if item["customer"] == customer["id"] and not item["invoice"]:
                ledger.put("invoiceitem", {**item, "invoice": made["id"]})
        made = refill(ledger, made)
    return made


def _due(ledger: Ledger, given: Params, method: str | None) -> int | None:
    days, due = read.whole(given, "days_until_due", least=0), read.whole(given, "due_date")
    if method != "send_invoice":
        if days is not None or due is not None:
            message = "`due_date` and `days_until_due` are only valid when collection_method is send_invoice."
            raise Problem(message, param="due_date")
        return None
    if (days is None) == (due is None):
        message = "If invoicing manually, either `due_date` or `days_until_due` must be specified."
        raise Problem(message, code="parameter_missing", param="due_date")
    return due if due is not None else ledger.now() + (days or 0) * DAY


def update(ledger: Ledger, invoice_id: str, given: Params) -> Body:
    """POST /v1/invoices/<id>."""
    given = read.known(given, UPDATE)
    found = ledger.get("invoice", invoice_id)
    fixed = {"collection_method", "days_until_due", "due_date"} & given.keys()
    if fixed and found["status"] != "draft":
        raise _finalized(sorted(fixed)[0])
    values: Body = {name: read.text(given, name) for name in ("description", "footer") if name in given}
    if "metadata" in given:
        values["metadata"] = given["metadata"]
    if "due_date" in given or "days_until_due" in given:
        values["due_date"] = _due(ledger, given, found["collection_method"])
    return changed(ledger, found, values)


def delete(ledger: Ledger, invoice_id: str) -> Body:
    """DELETE /v1/invoices/<id>: drafts only."""
    found = ledger.get("invoice", invoice_id)
    if found["status"] != "draft":
        raise Problem("You can only delete draft invoices.", code="invoice_not_editable")
    for item in _items(ledger, found):
        ledger.drop("invoiceitem", item)
    ledger.drop("invoice", found)
    ledger.tell("invoice.deleted", shown(found))
    return {"id": invoice_id, "object": "invoice", "deleted": True}


def finalize(ledger: Ledger, invoice_id: str) -> Body:
    """POST /v1/invoices/<id>/finalize: it gets its number, its page, and a payment to be made."""
    found = ledger.get("invoice", invoice_id)
    if found["status"] != "draft":
        raise Problem("This invoice is already finalized, you can't re-finalize it.", code="invoice_not_editable")
    customer = ledger.get("customer", found["customer"], status=400, param="customer")
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    following = {"next_invoice_sequence": customer["next_invoice_sequence"] + 1, "currency": found["currency"]}
    ledger.put("customer", {**customer, **following})
    intent = payments.of_invoice(ledger, found) if found["total"] > 0 else None
    page = f"https://invoice.stripe.com/i/{ledger.account}/test_{found['id'][3:]}"
    values = {
        "status": "open",
        "number": number,
        "effective_at": ledger.now(),
        "hosted_invoice_url": page,
        "invoice_pdf": f"https://pay.stripe.com/invoice/{ledger.account}/test_{found['id'][3:]}/pdf",
        "payment_intent": intent["id"] if intent else None,
        "status_transitions": {**found["status_transitions"], "finalized_at": ledger.now()},
    }
    after = changed(ledger, found, values, "invoice.finalized")
    return after if intent else settled(ledger, after)


def send(ledger: Ledger, invoice_id: str) -> Body:
    """POST /v1/invoices/<id>/send; no mail leaves in test mode."""
    found = ledger.get("invoice", invoice_id)
    if found["collection_method"] != "send_invoice":
        raise Problem("You can only send invoices whose collection_method is send_invoice.")
    after = finalize(ledger, invoice_id) if found["status"] == "draft" else found
    ledger.tell("invoice.sent", shown(after))
    return after


def pay(ledger: Ledger, invoice_id: str, given: Params) -> Body:
    """POST /v1/invoices/<id>/pay."""
    given = read.known(given, "paid_out_of_band payment_method off_session")
    elsewhere = read.flag(given, "paid_out_of_band")
    found = ledger.get("invoice", invoice_id)
    if found["status"] == "draft":
        found = finalize(ledger, invoice_id)
    if found["status"] == "paid":
        raise Problem("Invoice is already paid", code="invoice_already_paid")
    if found["status"] not in ("open", "uncollectible"):
        raise Problem("You can only pay open invoices.", code="invoice_not_editable")
    if not elsewhere:
        payments.attempt(ledger, ledger.get("payment_intent", found["payment_intent"]), given.get("payment_method"))
        return ledger.get("invoice", invoice_id)
    if found["payment_intent"]:
        payments.cancel(ledger, found["payment_intent"], {"cancellation_reason": "void_invoice"}, forced=True)
    return settled(ledger, found, paid_out_of_band=True)


def void(ledger: Ledger, invoice_id: str) -> Body:
    """POST /v1/invoices/<id>/void."""
    found = ledger.get("invoice", invoice_id)
    if found["status"] not in ("open", "uncollectible"):
        raise Problem(f"You can only void open invoices: this one is {found['status']}.", code="invoice_not_editable")
    if found["payment_intent"]:
        payments.cancel(ledger, found["payment_intent"], {"cancellation_reason": "void_invoice"}, forced=True)
    transitions = {**found["status_transitions"], "voided_at": ledger.now()}
    values = {"status": "void", "amount_remaining": 0, "status_transitions": transitions}
    return changed(ledger, found, values, "invoice.voided")


def mark_uncollectible(ledger: Ledger, invoice_id: str) -> Body:
    """POST /v1/invoices/<id>/mark_uncollectible."""
    found = ledger.get("invoice", invoice_id)
    if found["status"] != "open":
        raise Problem("You can only mark open invoices as uncollectible.", code="invoice_not_editable")
    transitions = {**found["status_transitions"], "marked_uncollectible_at": ledger.now()}
    values = {"status": "uncollectible", "status_transitions": transitions}
    return changed(ledger, found, values, "invoice.marked_uncollectible")


def create_item(ledger: Ledger, given: Params) -> Body:
    """POST /v1/invoiceitems, pending or for a draft."""
    given = read.known(given, "customer amount currency description invoice metadata quantity unit_amount")
    if not given.get("customer"):
        raise needed("customer")
    amount, unit = read.whole(given, "amount"), read.whole(given, "unit_amount")
    quantity = read.whole(given, "quantity", least=0) or 1
    if amount is None and unit is None:
        raise needed("amount")
    ledger.get("customer", given["customer"], status=400, param="customer")
    invoice = _draft(ledger, given["invoice"]) if given.get("invoice") else None
    now = ledger.now()
    values: Body = {
        "amount": amount if amount is not None else (unit or 0) * quantity,
        "currency": given.get("currency") or "cad",
        "customer": given["customer"],
        "date": now,
        "description": read.text(given, "description"),
        "invoice": given.get("invoice") or None,
        "metadata": merged({}, given.get("metadata", {})),
        "period": {"start": now, "end": now},
        "quantity": quantity,
        "unit_amount": unit if unit is not None else amount,
        "unit_amount_decimal": str(unit if unit is not None else amount),
    }
    made = ledger.add("invoiceitem", shapes.invoiceitem(**values))
    if invoice:
        _touch(ledger, invoice)
    return made


def update_item(ledger: Ledger, item_id: str, given: Params) -> Body:
    """POST /v1/invoiceitems/<id>, while its invoice is a draft."""
    given = read.known(given, "amount description metadata quantity unit_amount")
    found = ledger.get("invoiceitem", item_id)
    invoice = _draft(ledger, found["invoice"]) if found["invoice"] else None
    values: Body = {}
    if (amount := read.whole(given, "amount")) is not None:
        values |= {"amount": amount, "unit_amount": amount, "unit_amount_decimal": str(amount), "quantity": 1}
    if "description" in given:
        values["description"] = read.text(given, "description")
    if "metadata" in given:
        values["metadata"] = given["metadata"]
    after = ledger.change("invoiceitem", found, values)
    if invoice:
        _touch(ledger, invoice)
    return after


def delete_item(ledger: Ledger, item_id: str) -> Body:
    """DELETE /v1/invoiceitems/<id>, while its invoice is a draft."""
    found = ledger.get("invoiceitem", item_id)
    invoice = _draft(ledger, found["invoice"]) if found["invoice"] else None
    ledger.drop("invoiceitem", found)
    if invoice:
        _touch(ledger, invoice)
    return {"id": item_id, "object": "invoiceitem", "deleted": True}


def refill(ledger: Ledger, invoice: Body) -> Body:
    """The draft with its items as lines, and what they come to."""
    known = {one["invoice_item"]: one["id"] for one in invoice["lines"]["data"]}
    items = sorted(_items(ledger, invoice), key=lambda one: one["_seq"])
    lines = [shapes.line(one, known.get(one["id"]) or ledger.new_id("line_item")) for one in items]
    total = sum(one["amount"] for one in lines)
    figures = dict.fromkeys(("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), total)
    due = {"amount_due": max(total, 0), "amount_remaining": max(total, 0)}
    return ledger.put("invoice", {**invoice, "lines": {**invoice["lines"], "data": lines}, **figures, **due})


def _touch(ledger: Ledger, invoice: Body) -> None:
    before = shown(invoice)
    after = shown(refill(ledger, invoice))
    previous = {name: before[name] for name in after if after[name] != before[name]}
    if previous:
        ledger.tell("invoice.updated", after, previous)


def _items(ledger: Ledger, invoice: Body) -> list[Body]:
    return [one for one in ledger.every("invoiceitem") if one["invoice"] == invoice["id"]]


def _draft(ledger: Ledger, invoice_id: str) -> Body:
    found = ledger.get("invoice", invoice_id, status=400, param="invoice")
    if found["status"] != "draft":
        raise _finalized("invoice")
    return found


def _finalized(param: str) -> Problem:
    return Problem("Finalized invoices can't be updated in this way", code="invoice_not_editable", param=param)
