"""Xero's values in the platform's forms. Numbers with a fraction arrive as text ("1379.70"); writing.py makes JSON
numbers of Decimals. None stands for "no value" on both sides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.base.codecs import address_of, named, number, read_only
from connectors.base.resource import Codec
from connectors.xero.quirks import day

_COUNTRY_NAMES = {"CA": "Canada", "US": "USA"}
_TAX_NAMES = {"GST": "TPS", "QST": "TVQ", "HST": "TVH"}
_NORTH_AMERICAN = re.compile(r"\+1(\d{3})(\d{7})")


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


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Lines 2 to 4 become one."""
    more = [str(raw.get(f"AddressLine{place}") or "").strip() for place in (2, 3, 4)]
    return {
        "line1": raw.get("AddressLine1"),
        "line2": ", ".join(part for part in more if part),
        "city": raw.get("City"),
        "province": raw.get("Region"),
        "postal_code": raw.get("PostalCode"),
        "country": raw.get("Country"),
    }


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    """Every line, so that nothing of an older and longer address stays."""
    return {
        "AddressLine1": part["line1"],
        "AddressLine2": part["line2"],
        "AddressLine3": "",
        "AddressLine4": "",
        "City": part["city"],
        "Region": part["province"],
        "PostalCode": part["postal_code"],
        "Country": part["country"],
    }


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
ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
NAMED = named("Xero")
INCLUSIVE = Codec(decode_inclusive, encode_inclusive)
TAXES = Codec(decode_taxes, read_only("Xero"))
