"""Payment intents, charges and refunds: money that comes, does not come, and goes back."""

from __future__ import annotations

from connectors.stripe.simulator import params as read
from connectors.stripe.simulator import shapes
from connectors.stripe.simulator.ledger import Body, Ledger, merged, public
from connectors.stripe.simulator.params import Params
from connectors.stripe.simulator.problems import Problem, needed
from connectors.stripe.simulator.settling import settled, shown

CREATE = "amount currency customer description metadata payment_method confirm capture_method payment_method_types"
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture", "processing")
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
DECLINED = {
    "pm_card_chargeDeclined": ("generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": ("insufficient_funds", "Your card has insufficient funds."),
}
LEAST = 50


def create(ledger: Ledger, given: Params) -> Body:
    """POST /v1/payment_intents."""
    given = read.known(given, CREATE)
    amount = read.whole(given, "amount", least=1)
    if amount is None:
        raise needed("amount")
    if not given.get("currency"):
        raise needed("currency")
    if amount < LEAST:
        raise Problem("Amount must be at least $0.50 cad", code="amount_too_small", param="amount")
    if given.get("customer"):
        ledger.get("customer", given["customer"], status=400, param="customer")
    values: Body = {
        "amount": amount,
        "currency": given["currency"],
        "customer": given.get("customer") or None,
        "description": read.text(given, "description"),
        "metadata": merged({}, given.get("metadata", {})),
        "capture_method": read.one_of(given, "capture_method", "automatic", "manual") or "automatic",
        "payment_method": given.get("payment_method") or None,
        "payment_method_types": given.get("payment_method_types") or ["card"],
    }
    made = ledger.add("payment_intent", shapes.payment_intent(**values))
    made = ledger.put("payment_intent", {**made, "client_secret": f"{made['id']}_secret_simulator"})
    return attempt(ledger, made, given.get("payment_method")) if read.flag(given, "confirm") else made


def of_invoice(ledger: Ledger, invoice: Body) -> Body:
    """The payment that an invoice waits for."""
    about = {name: invoice[name] for name in ("customer", "currency")}
    return ledger.add(
        "payment_intent", shapes.payment_intent(amount=invoice["amount_due"], invoice=invoice["id"], **about)
    )


def update(ledger: Ledger, intent_id: str, given: Params) -> Body:
    """POST /v1/payment_intents/<id>."""
    given = read.known(given, "description metadata receipt_email amount")
    found = ledger.get("payment_intent", intent_id)
    if "amount" in given and found["status"] not in OPEN:
        raise Problem("This PaymentIntent's amount could not be updated.", code="payment_intent_unexpected_state")
    values: Body = {name: read.text(given, name) for name in ("description", "receipt_email") if name in given}
    if "metadata" in given:
        values["metadata"] = given["metadata"]
    if "amount" in given:
        values["amount"] = read.whole(given, "amount", least=1)
    return ledger.change("payment_intent", found, values)


def attempt(ledger: Ledger, intent: Body, method: str | None = None) -> Body:
    """Try to take the money: a charge comes of it in any case. Problem (402) when the card is refused."""
    if intent["status"] not in OPEN[:3]:
        raise Problem("You cannot confirm this PaymentIntent.", code="payment_intent_unexpected_state")
    method = method or intent["payment_method"] or "pm_card_visa"
    kind = "acss_debit" if method == "pm_acss_debit" else "card"
    about = {name: intent[name] for name in ("amount", "currency", "customer", "description", "invoice", "metadata")}
    details = {"type": kind, kind: {"last4": "4242"}}
    own = {**about, "payment_intent": intent["id"], "payment_method": method, "payment_method_details": details}
    if method in DECLINED:
        raise _declined(ledger, intent, own, method)
    if intent["capture_method"] == "manual":
        charge = ledger.add("charge", shapes.charge(captured=False, amount_captured=0, **own))
        waits = {"status": "requires_capture", "amount_capturable": intent["amount"]}
        return ledger.change(
            "payment_intent", intent, {**waits, "latest_charge": charge["id"], "payment_method": method}
        )
    if kind == "acss_debit":
        charge = ledger.add("charge", shapes.charge(status="pending", paid=False, captured=True, **own))
        after = ledger.change("payment_intent", intent, {"status": "processing", "latest_charge": charge["id"]})
        ledger.tell("payment_intent.processing", after)
        return after
    charge = ledger.add("charge", shapes.charge(amount_captured=intent["amount"], **own))
    return received(ledger, intent, charge)


def received(ledger: Ledger, intent: Body, charge: Body) -> Body:
    """After the money came: fee, receipt, and the invoice that it pays."""
    amount = charge["amount_captured"] or charge["amount"]
    fee = round(amount * 0.029) + 30
    entry = ledger.add(
        "balance_transaction",
        {"amount": amount, "fee": fee, "net": amount - fee, "currency": intent["currency"], "source": charge["id"],
         "type": "charge", "status": "available"},
    )  # fmt: skip
    values = {
        "balance_transaction": entry["id"],
        "amount_captured": amount,
        "captured": True,
        "paid": True,
        "status": "succeeded",
        "receipt_url": f"https://pay.stripe.com/receipts/{charge['id']}",
    }
    charge = ledger.change("charge", charge, values)
    ledger.tell("charge.succeeded", charge)
    paid = {"status": "succeeded", "amount_received": amount, "amount_capturable": 0, "latest_charge": charge["id"]}
    after = ledger.change("payment_intent", intent, {**paid, "last_payment_error": None})
    ledger.tell("payment_intent.succeeded", after)
    if intent["invoice"]:
        settled(ledger, ledger.get("invoice", intent["invoice"]), charge=charge["id"])
    return after


def _declined(ledger: Ledger, intent: Body, own: Body, method: str) -> Problem:
    decline, message = DECLINED[method]
    failed = {"status": "failed", "paid": False, "captured": False, "failure_code": "card_declined"}
    charge = ledger.add("charge", shapes.charge(**own, **failed, failure_message=message))
    error = {"type": "card_error", "code": "card_declined", "decline_code": decline, "message": message,
             "charge": charge["id"]}  # fmt: skip
    values = {"status": "requires_payment_method", "last_payment_error": error, "latest_charge": charge["id"]}
    after = ledger.change("payment_intent", intent, values)
    ledger.tell("charge.failed", charge)
    ledger.tell("payment_intent.payment_failed", after)
    if intent["invoice"]:
        invoice = ledger.get("invoice", intent["invoice"])
        tried = {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
        ledger.tell("invoice.payment_failed", shown(ledger.change("invoice", invoice, tried)))
    return Problem(
        message, status=402, kind="card_error", code="card_declined", decline_code=decline, charge=charge["id"],
        payment_intent=public(after),
    )  # fmt: skip


def capture(ledger: Ledger, intent_id: str, given: Params) -> Body:
    """POST /v1/payment_intents/<id>/capture, all or a part."""
    given = read.known(given, "amount_to_capture")
    part = read.whole(given, "amount_to_capture", least=1)
    found = ledger.get("payment_intent", intent_id)
    if found["status"] != "requires_capture":
        raise Problem("This PaymentIntent could not be captured.", code="payment_intent_unexpected_state")
    if part and part > found["amount_capturable"]:
        raise Problem(
            "The amount is greater than what can be captured.", code="amount_too_large", param="amount_to_capture"
        )
    charge = ledger.get("charge", found["latest_charge"])
    return received(ledger, found, {**charge, "amount_captured": part or found["amount"]})


def cancel(ledger: Ledger, intent_id: str, given: Params, *, forced: bool = False) -> Body:
    """POST /v1/payment_intents/<id>/cancel, while it is not done. forced: by Stripe itself."""
    given = read.known(given, "cancellation_reason")
    found = ledger.get("payment_intent", intent_id)
    if found["status"] not in OPEN:
        message = f"You cannot cancel this PaymentIntent because it has a status of {found['status']}."
        raise Problem(message, code="payment_intent_unexpected_state")
    reasons = ("abandoned", *REASONS, *(("void_invoice",) if forced else ()))
    values = {
        "status": "canceled",
        "canceled_at": ledger.now(),
        "cancellation_reason": read.one_of(given, "cancellation_reason", *reasons),
        "amount_capturable": 0,
    }
    after = ledger.change("payment_intent", found, values)
    ledger.tell("payment_intent.canceled", after)
    return after


def refund(ledger: Ledger, given: Params) -> Body:
    """POST /v1/refunds: all that is left, or a part."""
    given = read.known(given, "charge payment_intent amount reason metadata")
    amount, reason = read.whole(given, "amount", least=1), read.one_of(given, "reason", *REASONS)
    charge = _refundable(ledger, given)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise Problem(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        message = f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge (${left / 100:.2f})"
        raise Problem(message, param="amount")
    given_back = amount if amount is not None else left
    about = {"charge": charge["id"], "payment_intent": charge["payment_intent"], "currency": charge["currency"]}
    notes = merged({}, given.get("metadata", {}))
    made = ledger.add("refund", shapes.refund(amount=given_back, reason=reason, metadata=notes, **about))
    total = charge["amount_refunded"] + given_back
    after = ledger.change("charge", charge, {"amount_refunded": total, "refunded": total == charge["amount_captured"]})
    ledger.tell("refund.created", made)
    ledger.tell("charge.refunded", after)
    return made


def _refundable(ledger: Ledger, given: Params) -> Body:
    if given.get("charge"):
        return ledger.get("charge", given["charge"], status=400, param="charge")
    if not given.get("payment_intent"):
        raise needed("payment_intent")
    intent = ledger.get("payment_intent", given["payment_intent"], status=400, param="payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise Problem(message, code="payment_intent_unexpected_state", param="payment_intent")
    return ledger.get("charge", intent["latest_charge"])


def update_refund(ledger: Ledger, refund_id: str, given: Params) -> Body:
    """POST /v1/refunds/<id>: metadata only."""
    given = read.known(given, "metadata")
    return ledger.change("refund", ledger.get("refund", refund_id), given, "refund.updated")


def cancel_refund(ledger: Ledger, refund_id: str) -> Body:
    """POST /v1/refunds/<id>/cancel, while it waits for the customer."""
    found = ledger.get("refund", refund_id)
    if found["status"] != "requires_action":
        raise Problem("You can only cancel refunds with the status requires_action.", param="id")
    return ledger.change("refund", found, {"status": "canceled"}, "refund.updated")
