"""The company's own lists, which account mapping chooses from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.base.classify import Answer
from connectors.base.errors import Misconfigured
from connectors.base.resource import dig
from connectors.base.writes import Option
from connectors.quickbooks.quirks import method_of
from connectors.quickbooks.reading import query_all

Get = Callable[..., Answer]

KINDS = (
    ("account", "Comptes"),
    ("item", "Articles et services"),
    ("tax_code", "Codes de taxe"),
    ("vendor", "Fournisseurs"),
    ("payment_method", "Modes de paiement"),
)
_ENTITIES = {
    "account": "Account",
    "item": "Item",
    "tax_code": "TaxCode",
    "vendor": "Vendor",
    "payment_method": "PaymentMethod",
}
# Rates in percent of a code → the platform's own code.
_GST, _QST, _HST = Decimal(5), Decimal("9.975"), {Decimal(13), Decimal(14), Decimal(15)}


def read(get: Get, label: str, kind: str) -> list[Option]:
    """Every element of a list, inactive ones too."""
    if kind not in _ENTITIES:
        raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")
    found = query_all(get, _ENTITIES[kind])
    rates = _rates(get) if kind == "tax_code" else {}
    return [
        Option(str(raw.get("Id")), _label(raw), _data(kind, raw, rates), active=raw.get("Active") is not False)
        for raw in found
    ]


def _label(raw: Mapping[str, Any]) -> str:
    name = raw.get("FullyQualifiedName") or raw.get("Name") or raw.get("DisplayName") or raw.get("Id")
    return f"{raw['AcctNum']} {name}" if raw.get("AcctNum") else str(name)


def _data(kind: str, raw: Mapping[str, Any], rates: Mapping[str, str]) -> dict[str, Any]:
    if kind == "account":
        names = {"classification": "Classification", "type": "AccountType", "subtype": "AccountSubType"}
        return {ours: raw.get(theirs) or "" for ours, theirs in names.items()} | {"name": raw.get("Name") or ""}
    if kind == "item":
        return {
            "type": raw.get("Type") or "",
            "income_account": dig(raw, "IncomeAccountRef.value") or "",
            "expense_account": dig(raw, "ExpenseAccountRef.value") or "",
            "unit_price": raw.get("UnitPrice"),
        }
    if kind == "tax_code":
        return {
            "code": tax_code_of(str(raw.get("Name") or ""), _rates_of(raw, "SalesTaxRateList", rates)),
            "rates": _rates_of(raw, "SalesTaxRateList", rates),
            "purchase_rates": _rates_of(raw, "PurchaseTaxRateList", rates),
        }
    if kind == "vendor":
        return {"email": dig(raw, "PrimaryEmailAddr.Address") or ""}
    return {"method": method_of(str(raw.get("Name") or "")), "type": raw.get("Type") or ""}


def _rates(get: Get) -> dict[str, str]:
    """Percentages by id of tax rate."""
    return {str(raw.get("Id")): str(raw.get("RateValue")) for raw in query_all(get, "TaxRate")}


def _rates_of(raw: Mapping[str, Any], side: str, rates: Mapping[str, str]) -> list[str]:
    details = dig(raw, f"{side}.TaxRateDetail") or []
    ids = [str(dig(one, "TaxRateRef.value")) for one in details]
    return [rates[one] for one in ids if one in rates]


def tax_code_of(name: str, rates: list[str]) -> str:
    """The platform's code that a tax code most likely is, for a person to confirm; empty when nothing fits."""
    found = {Decimal(rate) for rate in rates} - {Decimal(0)}
    if found == {_GST, _QST}:
        return "gst_qst"
    if found == {_GST}:
        return "gst"
    if found == {_QST}:
        return "qst"
    if len(found) == 1 and found <= _HST:
        return "hst"
    if found:
        return ""
    words = name.casefold()
    if "exempt" in words or "exon" in words:
        return "exempt"
    return "zero" if "zero" in words or "zéro" in words or "détax" in words else ""
