"""FreshBooks' values in the platform's forms: amounts are texts with a currency, lines carry percents of taxes. None
stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.base.codecs import address_of, objects, read_only
from connectors.base.codecs import number as plain_number
from connectors.base.resource import Codec
from connectors.freshbooks.quirks import ADDRESS_PARTS, CENT

CURRENCY = "CAD"
TAXES = {
    "gst_qst": (("TPS", "5"), ("TVQ", "9.975")),
    "gst": (("TPS", "5"),),
    "qst": (("TVQ", "9.975"),),
    "zero": (),
    "exempt": (),
}
"""Our tax code → the taxes of a line."""
HARMONISED = ("13", "14", "15")
UNKNOWN = "?"
"""Percent of a harmonised tax that nobody has chosen."""
METHODS = {
    "Check": "cheque", "Cash": "cash", "Bank Transfer": "eft", "ACH": "eft", "Credit Card": "card", "Debit": "interac",
    "VISA": "card", "MASTERCARD": "card", "AMEX": "card", "DISCOVER": "card", "DINERS": "card", "JCB": "card",
}  # fmt: skip
_WRITTEN = {"cheque": "Check", "cash": "Cash", "eft": "Bank Transfer", "card": "Credit Card", "interac": "Debit"}
_COUNTRY_NAMES = {"CA": "Canada", "US": "United States", "FR": "France"}


def number(value: Any, what: str) -> Decimal:
    """A number, or the amount of an object, as Decimal; 0 when there is none."""
    return plain_number(value.get("amount") if isinstance(value, Mapping) else value, what)


def money(value: Decimal) -> dict[str, str]:
    """An amount as FreshBooks writes it."""
    return {"amount": str(value.quantize(CENT, ROUND_HALF_UP)), "code": CURRENCY}


def decode_money(raw: Any) -> Decimal | None:
    """`{"amount": "1379.70", "code": "CAD"}`; another currency is refused, never converted."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("Le montant n’a pas la forme prévue (un montant et une devise).")
    if raw.get("code") not in (None, CURRENCY):
        raise ValueError(f"Le montant est en {raw['code']} : il n’est pas converti en dollars canadiens.")
    return number(raw, "Le montant")


def encode_money(value: Any) -> dict[str, str] | None:
    """The amount with its currency; ValueError when it has fractions of a cent."""
    if value is None:
        return None
    exact = number(value, "Le montant")
    if exact != exact.quantize(CENT):
        raise ValueError(f"Le montant {value} a des fractions de cent : arrondissez-le à deux décimales.")
    return money(exact)


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of quirks.complete()."""
    return {ours: raw.get(theirs) for theirs, ours in ADDRESS_PARTS.items()}


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    """Every part, so that nothing of an older address stays."""
    return {theirs: part[ours] for theirs, ours in ADDRESS_PARTS.items()}


def decode_method(raw: Any) -> str | None:
    """A kind of payment that we have no word for is "other"."""
    return None if raw in (None, "") else METHODS.get(str(raw), "other")


def encode_method(value: Any) -> str | None:
    """The provider's word, Other where it has none."""
    return None if value in (None, "") else _WRITTEN.get(str(value), "Other")


def decode_taxes(raw: Any) -> list[dict[str, Any]]:
    """The rows of quirks.taxes()."""
    return [
        {
            "name": str(row.get("name") or "")[:60],
            "rate": number(row.get("rate"), "Le taux de taxe"),
            "base": number(row.get("base"), "Le montant taxable"),
            "amount": number(row.get("amount"), "Le montant de taxe"),
            "remote": {},
        }
        for row in raw or []
    ]


# --- Lines ----------------------------------------------------------------------------------------------------------


def decode_lines(raw: Any) -> list[dict[str, Any]]:
    """The name of a line and what is written below it become one description."""
    return [_sale(line) for line in objects(raw)]


def _sale(line: Mapping[str, Any]) -> dict[str, Any]:
    words = [str(line.get(name) or "").strip() for name in ("name", "description")]
    net = number(line.get("amount"), "Le montant de la ligne")
    percents = [number(line.get(f"taxAmount{place}"), "Le taux de taxe") for place in ("1", "2")]
    harmonised = str(percents[0].normalize()) in HARMONISED and not percents[1]
    return {
        "description": "\n".join(word for word in words if word),
        "quantity": number(line.get("qty"), "La quantité") if line.get("qty") is not None else Decimal(1),
        "unit_price": number(line.get("unit_cost"), "Le prix unitaire"),
        "subtotal": net,
        "total": net,
        "tax_code": _tax_code({percent.normalize() for percent in percents if percent}, harmonised),
        "remote": {
            "id": str(line.get("lineid") or ""),
            "hst": f"{line.get('taxName1')}|{percents[0].normalize()}" if harmonised else "",
        },
    }


def _tax_code(percents: set[Decimal], harmonised: bool) -> str:
    """Our code for these percents; nothing where we have none, and where no tax may mean exempt or zero-rated."""
    if harmonised:
        return "hst"
    for code, rates in TAXES.items():
        if rates and {Decimal(rate).normalize() for _, rate in rates} == percents:
            return code
    return ""


def encode_lines(items: Any) -> list[dict[str, Any]]:
    """All lines anew, as FreshBooks replaces them all; at most two taxes each."""
    return [_sold(item) for item in objects(items)]


def _sold(item: Mapping[str, Any]) -> dict[str, Any]:
    name, _, more = str(item.get("description") or item.get("code") or "").partition("\n")
    quantity, price = _priced(item)
    line: dict[str, Any] = {"type": 0, "name": name.strip(), "description": more.strip(), "qty": f"{quantity:f}",
                            "unit_cost": money(price)}  # fmt: skip
    for place, (label, percent) in enumerate(_taxes_of(item), start=1):
        line |= {f"taxName{place}": label, f"taxAmount{place}": percent}
    return line


def _taxes_of(item: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    code = str(item.get("tax_code") or "")
    if code != "hst":
        return TAXES.get(code, ())
    name, _, percent = str((item.get("remote") or {}).get("hst") or "").rpartition("|")
    # Without a choice the percent alone goes on, for writing.py to refuse the document.
    return ((name, percent or UNKNOWN),)


def _priced(item: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Quantity and price when they multiply to the subtotal to the cent; otherwise one piece of that amount."""
    quantity = number(item.get("quantity", 1), "La quantité")
    kept = (100 - number(item.get("discount_percent"), "Le rabais")) / 100
    price = number(item.get("unit_price"), "Le prix unitaire") * kept
    wanted = number(item.get("subtotal"), "Le sous-total") or quantity * price
    wanted, cents = wanted.quantize(CENT, ROUND_HALF_UP), price.quantize(CENT, ROUND_HALF_UP)
    if (quantity * cents).quantize(CENT, ROUND_HALF_UP) == wanted:
        return quantity, cents
    return Decimal(1), wanted


def decode_allocations(raw: Any) -> list[dict[str, Any]]:
    """The one invoice that a payment pays."""
    return [
        {
            "amount": number(one.get("amount"), "Le montant affecté"),
            "remote": {"invoice": str(one.get("invoiceid") or "")},
        }
        for one in objects(raw)
    ]


def encode_allocations(items: Any) -> list[dict[str, Any]]:
    """The same, back; writing.py refuses more than one."""
    return [
        {
            "invoiceid": str((item.get("remote") or {}).get("invoice") or ""),
            "amount": str(number(item.get("amount"), "Le montant affecté")),
        }
        for item in objects(items)
    ]


MONEY = Codec(decode_money, encode_money)
ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
METHOD = Codec(decode_method, encode_method)
TAX_ROWS = Codec(decode_taxes, read_only("FreshBooks"))
LINES = Codec(decode_lines, encode_lines)
ALLOCATIONS = Codec(decode_allocations, encode_allocations)
