"""What Stripe does not say of its objects and that follows from what it says. Names begin with an underscore; amounts
are decimal text ("1250.00"), as the size of a unit depends on the currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.base.errors import Malformed
from connectors.base.fingerprint import fingerprint
from connectors.base.resource import Resource, dig
from connectors.stripe.money import amount, day

# What a change of ours may overwrite: a change elsewhere (a counter, a balance) is no reason to look again.
LOCKED: Mapping[str, tuple[str, ...]] = {
    "customers": ("name", "email", "phone", "address", "preferred_locales", "tax_exempt", "metadata", "deleted"),
    "invoices": ("status", "number", "customer", "description", "due_date", "total", "metadata", "deleted"),
    "payments": ("status", "metadata"),
    "refunds": ("status", "metadata"),
}
UNTRIED = frozenset({"requires_payment_method", "requires_confirmation", "canceled"})
FINANCING = frozenset({"affirm", "afterpay_clearpay", "klarna", "zip"})
CARDS = frozenset({"card", "card_present", "link"})
BANKS = frozenset({"acss_debit", "us_bank_account", "customer_balance", "sepa_debit", "bacs_debit", "au_becs_debit"})
REASONS = {
    "duplicate": "Paiement en double",
    "fraudulent": "Fraude",
    "requested_by_customer": "Demande du client",
    "expired_uncaptured_charge": "Autorisation expirée",
}
CANCELLED = {
    "abandoned": "Paiement abandonné",
    "automatic": "Paiement annulé automatiquement",
    "void_invoice": "Facture annulée",
    **REASONS,
}


def complete(resource: Resource, raw: Any) -> dict[str, Any]:
    """The object with what follows from it and its version; a tombstone stays as it is, and what has no id."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"Stripe n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    if raw.get("deleted") or not raw.get("id"):
        return raw
    return {**raw, **_DERIVED[resource.name](raw), "_version": version(resource.name, raw)}


def version(name: str, raw: Mapping[str, Any]) -> str:
    """A state of the object by its content, as Stripe numbers none."""
    content = [raw.get(field) for field in LOCKED[name]]
    if name == "invoices":
        content.append([[one.get("id"), one.get("amount"), one.get("description")] for one in lines_of(raw)])
    return fingerprint(content)


def is_payment(raw: Mapping[str, Any]) -> bool:
    """Whether somebody tried to pay. An open invoice or an abandoned basket has an intent too, and is no payment."""
    tried = raw.get("latest_charge") or raw.get("last_payment_error")
    return bool(tried) or raw.get("status") not in UNTRIED


def lines_of(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of an invoice, as far as they are in the object."""
    found = dig(raw, "lines.data")
    return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []


def is_tax(line: Mapping[str, Any]) -> bool:
    """Whether a line is a tax row that we sent as a line."""
    return bool(dig(line, "metadata.tax_name"))


def reference_id(value: Any) -> str | None:
    """The id of what a member refers to, expanded or not."""
    return (dig(value, "id") if isinstance(value, Mapping) else value) or None


def _customer(raw: Mapping[str, Any]) -> dict[str, Any]:
    # A customer may have no name at all, and a record must be called something.
    name = str(raw.get("name") or raw.get("email") or raw.get("description") or raw["id"])
    return {"name": name[:200]}


def _invoice(raw: Mapping[str, Any]) -> dict[str, Any]:
    currency = raw.get("currency")

    def money(units: Any) -> Decimal:
        return amount(units, currency)

    sent = [line for line in lines_of(raw) if is_tax(line)]
    tax_lines = sum((money(line.get("amount")) for line in sent), Decimal(0))
    given = raw.get("total_discount_amounts") or []
    discount = sum((money(one.get("amount")) for one in given if isinstance(one, Mapping)), Decimal(0))
    status, paid = str(raw.get("status") or "draft"), money(raw.get("amount_paid"))
    return {
        "customer": reference_id(raw.get("customer")),
        "_status": "partial" if status == "open" and paid else status,
        "_number": str(dig(raw, "metadata.invoice_number") or raw.get("number") or ""),
        "_issued": day(raw.get("effective_at") or dig(raw, "status_transitions.finalized_at") or raw.get("created")),
        "_paid_on": day(dig(raw, "status_transitions.paid_at")),
        "_subtotal": str(money(raw.get("subtotal")) - tax_lines),
        "_discount": str(discount),
        "_total_tax": str(money(raw.get("tax")) + tax_lines),
        "_total": str(money(raw.get("total"))),
        "_balance": str(money(raw.get("amount_remaining")) if status in ("open", "uncollectible", "draft") else 0),
        "_lines": [_line(line, currency) for line in lines_of(raw) if not is_tax(line)],
        "_taxes": [*(_sent_tax(line, currency) for line in sent), *_own_taxes(raw)],
        "_tax_inclusive": any(dig(one, "inclusive") for one in raw.get("total_tax_amounts") or []),
    }


def _line(line: Mapping[str, Any], currency: Any) -> dict[str, Any]:
    total = amount(line.get("amount"), currency)
    kept_quantity, kept_price = dig(line, "metadata.quantity"), dig(line, "metadata.unit_price")
    quantity = Decimal(line.get("quantity") or 1)
    price = (total / quantity).quantize(Decimal("0.000001")).normalize()
    return {
        "id": str(line.get("invoice_item") or line.get("id") or ""),
        "description": str(line.get("description") or ""),
        "quantity": str(kept_quantity or quantity),
        "unit_price": str(kept_price or format(price, "f")),
        "amount": str(total),
    }


def _sent_tax(line: Mapping[str, Any], currency: Any) -> dict[str, str]:
    kept = line["metadata"]
    return {
        "id": str(line.get("invoice_item") or line.get("id") or ""),
        "name": str(kept["tax_name"]),
        "rate": str(kept.get("tax_rate") or "0"),
        "base": str(kept.get("tax_base") or "0"),
        "amount": str(amount(line.get("amount"), currency)),
    }


def _own_taxes(raw: Mapping[str, Any]) -> list[dict[str, str]]:
    """Taxes that Stripe computed; the names of the rates stand where they were applied."""
    rates = {str(rate.get("id")): rate for rate in _rates(raw)}
    rows = []
    for one in raw.get("total_tax_amounts") or []:
        rate = rates.get(str(reference_id(dig(one, "tax_rate"))), {})
        rows.append(
            {
                "name": str(rate.get("display_name") or "Taxe"),
                "rate": str(rate.get("percentage") or "0"),
                "base": str(amount(dig(one, "taxable_amount"), raw.get("currency"))),
                "amount": str(amount(dig(one, "amount"), raw.get("currency"))),
            }
        )
    return rows


def _rates(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = list(raw.get("default_tax_rates") or [])
    for line in lines_of(raw):
        found += line.get("tax_rates") or []
    return [rate for rate in found if isinstance(rate, Mapping)]


def _payment(raw: Mapping[str, Any]) -> dict[str, Any]:
    charge = raw.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    currency = raw.get("currency")
    received = raw.get("amount_received") if raw.get("status") == "succeeded" else raw.get("amount")
    fee = dig(charge, "balance_transaction.fee")
    invoice, status = reference_id(raw.get("invoice")), _payment_status(raw, charge)
    total = str(amount(received, currency))
    paid = invoice and raw.get("status") == "succeeded"
    return {
        "customer": reference_id(raw.get("customer")),
        "_status": status,
        "_amount": total,
        "_refunded": str(amount(charge.get("amount_refunded"), currency)),
        "_fee": None if fee is None else str(amount(fee, dig(charge, "balance_transaction.currency"))),
        "_date": day(charge.get("created") or raw.get("created")),
        "_method": _method(charge, raw),
        "_processor": "Stripe",
        "_failure_reason": _failure(raw, charge) if status == "failed" else "",
        "_allocations": [{"invoice": invoice, "amount": total}] if paid else [],
    }


def _payment_status(raw: Mapping[str, Any], charge: Mapping[str, Any]) -> str:
    status = str(raw.get("status") or "")
    if status == "succeeded":
        if charge.get("refunded"):
            return "refunded"
        return "partially_refunded" if charge.get("amount_refunded") else "cleared"
    return "failed" if status in UNTRIED else "pending"


def _failure(raw: Mapping[str, Any], charge: Mapping[str, Any]) -> str:
    said = dig(raw, "last_payment_error.message") or charge.get("failure_message")
    cancelled = raw.get("cancellation_reason")
    return str(said or CANCELLED.get(str(cancelled or ""), "Paiement refusé ou annulé"))[:255]


def _method(charge: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    kind = str(dig(charge, "payment_method_details.type") or "")
    if not kind:
        offered = raw.get("payment_method_types") or [""]
        kind = str(offered[0]) if len(offered) == 1 else ""
    if kind in CARDS:
        return "card"
    if kind.startswith("interac"):
        return "interac"
    return "eft" if kind in BANKS else "financing" if kind in FINANCING else "other"


def _refund(raw: Mapping[str, Any]) -> dict[str, Any]:
    reason = dig(raw, "metadata.reason") or REASONS.get(str(raw.get("reason") or ""), "")
    return {
        "payment_intent": reference_id(raw.get("payment_intent")),
        "charge": reference_id(raw.get("charge")),
        "_amount": str(amount(raw.get("amount"), raw.get("currency"))),
        "_date": day(raw.get("created")),
        "_reason": str(reason)[:255],
        "_processor": "Stripe",
        "_status": str(raw.get("status") or "succeeded"),
    }


_DERIVED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "customers": _customer,
    "invoices": _invoice,
    "payments": _payment,
    "refunds": _refund,
}
