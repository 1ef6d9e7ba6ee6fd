"""QuickBooks' values in the platform's forms. Numbers with a fraction arrive as text ("1379.70") and leave as text;
writing.py makes JSON numbers of them. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.base.codecs import address_of, named, number, objects, read_only
from connectors.base.resource import Codec, dig
from connectors.quickbooks.quirks import method_of

_COUNTRY_NAMES = {"CA": "Canada", "US": "USA"}
_TAX_NAMES = {
    Decimal(5): "TPS",
    Decimal("9.975"): "TVQ",
    Decimal(13): "TVH",
    Decimal(14): "TVH",
    Decimal(15): "TVH",
}


NAMED = named("QuickBooks")


def encode_supplier(value: Any) -> dict[str, str] | None:
    """A purchase says what its payee is."""
    found = NAMED.encode(value)
    return {**found, "type": "Vendor"} if found else None


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Lines 3 to 5 join the second one."""
    more = [str(raw[name]).strip() for name in ("Line2", "Line3", "Line4", "Line5") if raw.get(name)]
    return {
        "line1": raw.get("Line1"),
        "line2": ", ".join(part for part in more if part),
        "city": raw.get("City"),
        "province": raw.get("CountrySubDivisionCode"),
        "postal_code": raw.get("PostalCode"),
        "country": raw.get("Country"),
    }


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    """All five lines, so that nothing of an older and longer address stays."""
    return {
        "Line1": part["line1"],
        "Line2": part["line2"],
        "Line3": "",
        "Line4": "",
        "Line5": "",
        "City": part["city"],
        "CountrySubDivisionCode": part["province"],
        "PostalCode": part["postal_code"],
        "Country": part["country"],
    }


def decode_method(raw: Any) -> str | None:
    """A payment method by its name; unknown ones are "other", an absent name is nothing."""
    name = dig(raw, "name") if isinstance(raw, Mapping) else None
    return method_of(str(name)) if name else ("other" if dig(raw, "value") else None)


def decode_inclusive(raw: Any) -> bool | None:
    """Whether prices hold the taxes."""
    return None if raw is None else raw == "TaxInclusive"


def decode_taxes(raw: Any) -> list[dict[str, Any]]:
    """Tax rows; a rate of Quebec or of a harmonised province is called by its French name."""
    rows = []
    for line in objects(raw):
        rate = number(dig(line, "TaxLineDetail.TaxPercent"), "Le taux de taxe")
        rows.append(
            {
                "name": _TAX_NAMES.get(rate.normalize(), f"Taxe {format(rate.normalize(), 'f').replace('.', ',')} %"),
                "rate": rate,
                "base": number(dig(line, "TaxLineDetail.NetAmountTaxable"), "Le montant taxable"),
                "amount": number(line.get("Amount"), "Le montant de taxe"),
                "remote": {"rate": str(dig(line, "TaxLineDetail.TaxRateRef.value") or "")},
            }
        )
    return rows


ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
SUPPLIER = Codec(NAMED.decode, encode_supplier)
METHOD = Codec(decode_method, read_only("QuickBooks"))
INCLUSIVE = Codec(decode_inclusive, read_only("QuickBooks"))
TAXES = Codec(decode_taxes, read_only("QuickBooks"))
