"""QuickBooks' values in the platform's forms. Numbers with a fraction arrive as text ("1379.70") and leave as text;
writing.py makes JSON numbers of them. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.codecs import ADDRESS as PLAIN_ADDRESS
from connectors.base.resource import Codec, dig
from connectors.quickbooks.quirks import method_of

_COUNTRIES = {
    "canada": "CA",
    "ca": "CA",
    "can": "CA",
    "usa": "US",
    "us": "US",
    "united states": "US",
    "états-unis": "US",
}
_COUNTRY_NAMES = {"CA": "Canada", "US": "USA"}
_TAX_NAMES = {
    Decimal(5): "TPS",
    Decimal("9.975"): "TVQ",
    Decimal(13): "TVH",
    Decimal(14): "TVH",
    Decimal(15): "TVH",
}


def number(value: Any, what: str) -> Decimal:
    """A number as Decimal, 0 when there is none; ValueError when it is anything else."""
    if value is None or value == "":
        return Decimal(0)
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise ValueError(f"{what} n’est pas un nombre : « {value} ».")
    return found


def decode_address(raw: Any) -> dict[str, str] | None:
    """Lines 3 to 5 join the second one."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    more = [str(raw[name]).strip() for name in ("Line2", "Line3", "Line4", "Line5") if raw.get(name)]
    country = str(raw.get("Country") or "").strip()
    parts = {
        "line1": raw.get("Line1"),
        "line2": ", ".join(part for part in more if part),
        "city": raw.get("City"),
        "province": raw.get("CountrySubDivisionCode"),
        "postal_code": raw.get("PostalCode"),
        "country": _COUNTRIES.get(country.casefold(), country),
    }
    address: dict[str, str] = PLAIN_ADDRESS.decode(parts)
    return address if any(address.values()) else None


def encode_address(value: Any) -> dict[str, str] | None:
    """All five lines, so that nothing of an older and longer address stays."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    part = {name: str(value.get(name) or "").strip() for name in PLAIN_ADDRESS.decode({})}
    return {
        "Line1": part["line1"],
        "Line2": part["line2"],
        "Line3": "",
        "Line4": "",
        "Line5": "",
        "City": part["city"],
        "CountrySubDivisionCode": part["province"],
        "PostalCode": part["postal_code"],
        "Country": _COUNTRY_NAMES.get(part["country"].upper(), part["country"]),
    }


def decode_reference(raw: Any) -> str | None:
    """`{"value": id, "name": label}` → the label, or the id while nobody has filled the label in."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("La référence n’a pas la forme prévue.")
    return str(raw.get("name") or raw.get("value") or "")


def encode_reference(value: Any) -> dict[str, str] | None:
    """`{"value": id, …}`, found in the provider's list by whoever runs the mapping → the reference to send."""
    if value is None or value == "":
        return None
    if not isinstance(value, Mapping) or not value.get("value"):
        label = value.get("name") if isinstance(value, Mapping) else value
        raise ValueError(f"« {label} » n’existe pas dans QuickBooks. Créez-le là-bas, ou choisissez-en un autre.")
    return {"value": str(value["value"])}


def encode_supplier(value: Any) -> dict[str, str] | None:
    """A purchase says what its payee is."""
    found = encode_reference(value)
    return {**found, "type": "Vendor"} if found else None


def decode_method(raw: Any) -> str | None:
    """A payment method by its name; unknown ones are "other", an absent name is nothing."""
    name = dig(raw, "name") if isinstance(raw, Mapping) else None
    return method_of(str(name)) if name else ("other" if dig(raw, "value") else None)


def encode_nothing(value: Any) -> Any:
    """For what is only read."""
    raise ValueError("Ce champ de QuickBooks est en lecture seule.")


def decode_inclusive(raw: Any) -> bool | None:
    """Whether prices hold the taxes."""
    return None if raw is None else raw == "TaxInclusive"


def decode_taxes(raw: Any) -> list[dict[str, Any]]:
    """Tax rows; a rate of Quebec or of a harmonised province is called by its French name."""
    rows = []
    for line in _lines(raw):
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


def _lines(raw: Any) -> list[Mapping[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(line, Mapping) for line in raw):
        raise ValueError("Les lignes n’ont pas la forme prévue (une liste d’objets).")
    return raw


ADDRESS = Codec(decode_address, encode_address)
NAMED = Codec(decode_reference, encode_reference)
SUPPLIER = Codec(decode_reference, encode_supplier)
METHOD = Codec(decode_method, encode_nothing)
INCLUSIVE = Codec(decode_inclusive, encode_nothing)
TAXES = Codec(decode_taxes, encode_nothing)
