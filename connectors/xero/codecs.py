"""Xero's values in the platform's forms. Numbers with a fraction arrive as text ("1379.70"); writing.py makes JSON
numbers of Decimals. None stands for "no value" on both sides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.codecs import ADDRESS as PLAIN_ADDRESS
from connectors.base.resource import Codec
from connectors.xero.quirks import day

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
_TAX_NAMES = {"GST": "TPS", "QST": "TVQ", "HST": "TVH"}
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})(\d{7})")


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


def decode_date(raw: Any) -> date | None:
    """`/Date(1777852800000+0000)/` or `2026-05-04T00:00:00`."""
    try:
        return day(raw)
    except ValueError:
        raise ValueError(f"« {raw} » n’est pas une date de Xero.") from None


def encode_date(value: Any) -> str | None:
    """YYYY-MM-DD."""
    return value.isoformat() if isinstance(value, date) else (str(value) if value else None)


def decode_phone(raw: Any) -> str | None:
    """Country, area and number in one text."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("Le téléphone n’a pas la forme prévue (indicatifs et numéro).")
    country = str(raw.get("PhoneCountryCode") or "").strip().lstrip("+")
    parts = [str(raw.get(name) or "").strip() for name in ("PhoneAreaCode", "PhoneNumber")]
    text = " ".join(part for part in parts if part)
    return (f"+{country} {text}" if country else text) if text else None


def encode_phone(value: Any) -> dict[str, str] | None:
    """A North American number in its three parts, any other in one."""
    if not value:
        return None
    match = _NORTH_AMERICAN.fullmatch(str(value))
    country, area, local = ("1", match[1], match[2]) if match else ("", "", str(value))
    return {"PhoneCountryCode": country, "PhoneAreaCode": area, "PhoneNumber": local}


def decode_address(raw: Any) -> dict[str, str] | None:
    """Lines 2 to 4 become one."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    more = [str(raw.get(f"AddressLine{place}") or "").strip() for place in (2, 3, 4)]
    country = str(raw.get("Country") or "").strip()
    parts = {
        "line1": raw.get("AddressLine1"),
        "line2": ", ".join(part for part in more if part),
        "city": raw.get("City"),
        "province": raw.get("Region"),
        "postal_code": raw.get("PostalCode"),
        "country": _COUNTRIES.get(country.casefold(), country),
    }
    address: dict[str, str] = PLAIN_ADDRESS.decode(parts)
    return address if any(address.values()) else None


def encode_address(value: Any) -> dict[str, str] | None:
    """Every line, so that nothing of an older and longer address stays."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    part = {name: str(value.get(name) or "").strip() for name in PLAIN_ADDRESS.decode({})}
    return {
        "AddressLine1": part["line1"],
        "AddressLine2": part["line2"],
        "AddressLine3": "",
        "AddressLine4": "",
        "City": part["city"],
        "Region": part["province"],
        "PostalCode": part["postal_code"],
        "Country": _COUNTRY_NAMES.get(part["country"].upper(), part["country"]),
    }


def decode_named(raw: Any) -> str | None:
    """`{"value": id, "name": label}` → the label, or the id while nobody has filled the label in."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("La référence n’a pas la forme prévue.")
    return str(raw.get("name") or raw.get("value") or "")


def encode_named(value: Any) -> dict[str, str] | None:
    """`{"value": id, …}`, found in the provider's list by whoever runs the mapping → the reference to send."""
    if value is None or value == "":
        return None
    if not isinstance(value, Mapping) or not value.get("value"):
        label = value.get("name") if isinstance(value, Mapping) else value
        raise ValueError(f"« {label} » n’existe pas dans Xero. Créez-le là-bas, ou choisissez-en un autre.")
    return {"value": str(value["value"])}


def encode_nothing(value: Any) -> Any:
    """For what is only read."""
    raise ValueError("Ce champ de Xero est en lecture seule.")


def decode_inclusive(raw: Any) -> bool | None:
    """Whether prices hold the taxes."""
    return None if raw is None else raw == "Inclusive"


def encode_inclusive(value: Any) -> str | None:
    """Inclusive or Exclusive."""
    return None if value is None else ("Inclusive" if value else "Exclusive")


def decode_taxes(raw: Any) -> list[dict[str, Any]]:
    """The rows of quirks.taxes(); English names of Canadian taxes in French."""
    rows = []
    for row in raw or []:
        words = [_TAX_NAMES.get(word.upper(), word) for word in str(row.get("Name") or "Taxe").split()]
        rows.append(
            {
                "name": " ".join(words)[:60],
                "rate": number(row.get("Rate"), "Le taux de taxe"),
                "base": number(row.get("Base"), "Le montant taxable"),
                "amount": number(row.get("Amount"), "Le montant de taxe"),
                "remote": {},
            }
        )
    return rows


DATE = Codec(decode_date, encode_date)
PHONE = Codec(decode_phone, encode_phone)
ADDRESS = Codec(decode_address, encode_address)
NAMED = Codec(decode_named, encode_named)
INCLUSIVE = Codec(decode_inclusive, encode_inclusive)
TAXES = Codec(decode_taxes, encode_nothing)
