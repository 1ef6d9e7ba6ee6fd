"""The organisation's own lists, which account mapping chooses from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.base.classify import Answer
from connectors.base.errors import Misconfigured
from connectors.base.writes import Option
from connectors.xero.quirks import Rates, account_key, amount
from connectors.xero.reading import rows_of

Get = Callable[..., Answer]

KINDS = (
    ("account", "Comptes"),
    ("tax_rate", "Taux de taxe"),
    ("contact", "Fournisseurs"),
)
PAGE = 1000
# Percents of the components of a rate → the platform's own code.
_GST, _QST, _HST = Decimal(5), Decimal("9.975"), {Decimal(13), Decimal(14), Decimal(15)}


def read(get: Get, label: str, kind: str) -> list[Option]:
    """Every element of a list, archived ones too."""
    if kind == "account":
        return [_account(raw) for raw in rows_of(get("Accounts").data, "Accounts")]
    if kind == "tax_rate":
        return [_tax_rate(raw) for raw in rows_of(get("TaxRates").data, "TaxRates")]
    if kind == "contact":
        return [
            Option(
                str(raw.get("ContactID")),
                str(raw.get("Name") or raw.get("ContactID")),
                {"supplier": raw.get("IsSupplier") is True, "email": raw.get("EmailAddress") or ""},
                active=raw.get("ContactStatus") == "ACTIVE",
            )
            for raw in _contacts(get)
        ]
    raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")


def rates(get: Get) -> Rates:
    """Components of every tax type, deleted ones too: older documents still carry them."""
    return {str(raw.get("TaxType")): _components(raw) for raw in rows_of(get("TaxRates").data, "TaxRates")}


def _contacts(get: Get) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        data = get("Contacts", page=str(page), pageSize=str(PAGE), summaryOnly="true", includeArchived="true").data
        rows = rows_of(data, "Contacts")
        found += rows
        if len(rows) < PAGE:
            return found
        page += 1


def _account(raw: Mapping[str, Any]) -> Option:
    kind = str(raw.get("Type") or "")
    code, name = raw.get("Code"), str(raw.get("Name") or raw.get("AccountID"))
    data = {
        "code": code or "",
        "name": name,
        "type": kind,
        "class": raw.get("Class") or "",
        "tax_type": raw.get("TaxType") or "",
        "payments": kind == "BANK" or raw.get("EnablePaymentsToAccount") is True,
    }
    return Option(account_key(raw), f"{code} {name}" if code else name, data, active=raw.get("Status") == "ACTIVE")


def _tax_rate(raw: Mapping[str, Any]) -> Option:
    percents = [percent for _, percent in _components(raw)]
    data = {
        "code": tax_code_of(str(raw.get("Name") or ""), percents),
        "rates": [str(percent) for percent in percents],
        "effective": str(raw.get("EffectiveRate") or 0),
        "revenue": raw.get("CanApplyToRevenue") is True,
        "expenses": raw.get("CanApplyToExpenses") is True,
    }
    kind = str(raw.get("TaxType"))
    return Option(kind, str(raw.get("Name") or kind), data, active=raw.get("Status") == "ACTIVE")


def _components(raw: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    """Compound components last, as they are worked out on top of the others."""
    found = sorted(raw.get("TaxComponents") or [], key=lambda one: one.get("IsCompound") is True)
    return [(str(one.get("Name") or ""), amount(one.get("Rate")).normalize()) for one in found]


def tax_code_of(name: str, percents: list[Decimal]) -> str:
    """The platform's code that a tax rate most likely is, for a person to confirm; empty when nothing fits."""
    found = set(percents) - {Decimal(0)}
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
