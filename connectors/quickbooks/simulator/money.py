"""Values, lines, taxes and totals, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.quickbooks.simulator.problems import Fault

CENT = Decimal("0.01")
Rates = Callable[[str], list[tuple[str, Decimal]]]
"""Id of a tax code → (id of rate, percent) of each of its taxes."""


def decimal(value: Any, element: str = "Amount") -> Decimal:
    """A JSON number; Fault 2010 when it is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, (bool, str)) or not found.is_finite():
        raise Fault("2010", f"{element}: {value!r} is not a number", element=element)
    return found


def cents(value: Decimal) -> Decimal:
    """Half up."""
    return value.quantize(CENT, ROUND_HALF_UP)


def out(value: Decimal) -> float:
    """As the API writes an amount."""
    return float(cents(value))


def settle(body: dict[str, Any], kinds: tuple[str, ...], rates: Rates) -> None:
    """Work out lines, TxnTaxDetail and TotalAmt of an invoice or a purchase."""
    mode = body.setdefault("GlobalTaxCalculation", "TaxExcluded")
    if mode not in ("TaxExcluded", "TaxInclusive", "NotApplicable"):
        raise Fault("2010", f"GlobalTaxCalculation: {mode}", element="GlobalTaxCalculation")
    lines = [line for line in body.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]
    _number(lines)
    goods = [line for line in lines if line.get("DetailType") in kinds]
    subtotal = sum((decimal(line.get("Amount", 0)) for line in goods), Decimal(0))
    discount = _discount(lines, subtotal)
    kept = (subtotal - discount) / subtotal if subtotal else Decimal(1)
    tax_lines = [] if mode == "NotApplicable" else _taxes(goods, kept, mode == "TaxInclusive", rates)
    total_tax = sum((decimal(line["Amount"]) for line in tax_lines), Decimal(0))
    body["TxnTaxDetail"] = {"TotalTax": out(total_tax), "TaxLine": tax_lines}
    total = subtotal - discount + (0 if mode == "TaxInclusive" else total_tax)
    body["TotalAmt"] = out(total)
    shown = {"Amount": out(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    body["Line"] = [*lines, shown] if "SalesItemLineDetail" in kinds else lines


def check_line(line: dict[str, Any]) -> None:
    """Amount must be Qty x UnitPrice."""
    kind = line.get("DetailType")
    if not kind:
        raise Fault("2020", "Required parameter Line.DetailType is missing in the request", element="Line.DetailType")
    detail = line.get(kind)
    if kind in ("DescriptionOnly", "SubTotalLineDetail"):
        return
    if not isinstance(detail, dict):
        raise Fault("2020", f"Required parameter Line.{kind} is missing in the request", element=f"Line.{kind}")
    if kind == "DiscountLineDetail":
        return
    if "Amount" not in line:
        raise Fault("2020", "Required parameter Line.Amount is missing in the request", element="Line.Amount")
    amount = decimal(line["Amount"])
    if "Qty" in detail and "UnitPrice" in detail:
        wanted = cents(decimal(detail["Qty"], "Qty") * decimal(detail["UnitPrice"], "UnitPrice"))
        if wanted != cents(amount):
            raise Fault("6000", f"Amount is not equal to UnitPrice * Qty. Supplied value: {amount}", element="Line")


def _number(lines: list[dict[str, Any]]) -> None:
    used = [int(line["Id"]) for line in lines if str(line.get("Id", "")).isdigit()]
    following = max(used, default=0)
    for place, line in enumerate(lines, start=1):
        if not line.get("Id"):
            following += 1
            line["Id"] = str(following)
        line["LineNum"] = place


def _discount(lines: list[dict[str, Any]], subtotal: Decimal) -> Decimal:
    total = Decimal(0)
    for line in lines:
        if line.get("DetailType") == "DiscountLineDetail":
            detail = line["DiscountLineDetail"]
            if detail.get("PercentBased"):
                line["Amount"] = out(subtotal * decimal(detail.get("DiscountPercent", 0)) / 100)
            total += decimal(line.get("Amount", 0))
    return total


def _taxes(goods: list[dict[str, Any]], kept: Decimal, inclusive: bool, rates: Rates) -> list[dict[str, Any]]:
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in goods:
        code = ((line.get(line["DetailType"]) or {}).get("TaxCodeRef") or {}).get("value")
        found = rates(code) if code else []
        net = decimal(line["Amount"]) * kept
        if inclusive:
            net /= 1 + sum((percent for _, percent in found), Decimal(0)) / 100
        for rate in found:
            bases[rate] = bases.get(rate, Decimal(0)) + net
    return [
        {
            "Amount": out(net * percent / 100),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": rate},
                "PercentBased": True,
                "TaxPercent": float(percent),
                "NetAmountTaxable": out(net),
            },
        }
        for (rate, percent), net in bases.items()
    ]


def clean(value: Any) -> Any:
    """Without what is empty; None when nothing is left. Null and "" both clear a field."""
    if isinstance(value, dict):
        kept = {name: cleaned for name, item in value.items() if (cleaned := clean(item)) is not None}
        return kept or ({} if not value else None)
    if isinstance(value, list):
        return [clean(item) for item in value]
    return None if value == "" else value


def applied(payment: dict[str, Any]) -> dict[str, Decimal]:
    """What a payment pays, by invoice."""
    found: dict[str, Decimal] = {}
    for line in payment.get("Line") or []:
        for linked in line.get("LinkedTxn") or []:
            if linked.get("TxnType") == "Invoice":
                invoice_id = str(linked.get("TxnId"))
                found[invoice_id] = found.get(invoice_id, Decimal(0)) + decimal(line.get("Amount", 0))
    return found


def zeroed(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a voided transaction."""
    kind = line.get("DetailType", "")
    detail = {name: value for name, value in (line.get(kind) or {}).items() if name not in ("Qty", "UnitPrice")}
    return {**line, "Amount": 0.0, kind: detail}
