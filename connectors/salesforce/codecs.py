"""Salesforce's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.codecs import ADDRESS as PLAIN_ADDRESS
from connectors.base.resource import Codec

_COUNTRIES = {
    "canada": "CA",
    "ca": "CA",
    "can": "CA",
    "usa": "US",
    "us": "US",
    "united states": "US",
    "états-unis": "US",
}
_COUNTRY_NAMES = {"CA": "Canada", "US": "United States"}


def decode_address(raw: Any) -> dict[str, str] | None:
    """The street holds several lines: the second and later ones join line2."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    street = [line.strip() for line in str(raw.get("Street") or "").splitlines() if line.strip()]
    country = str(raw.get("Country") or "").strip()
    parts = {
        "line1": street[0] if street else "",
        "line2": ", ".join(street[1:]),
        "city": raw.get("City"),
        "province": raw.get("State"),
        "postal_code": raw.get("PostalCode"),
        "country": _COUNTRIES.get(country.casefold(), country),
    }
    address: dict[str, str] = PLAIN_ADDRESS.decode(parts)
    return address if any(address.values()) else None


def encode_address(value: Any) -> dict[str, str | None] | None:
    """Every part, so that nothing of an older address stays."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    part = {name: str(value.get(name) or "").strip() for name in PLAIN_ADDRESS.decode({})}
    return {
        "Street": "\n".join(line for line in (part["line1"], part["line2"]) if line) or None,
        "City": part["city"] or None,
        "State": part["province"] or None,
        "PostalCode": part["postal_code"] or None,
        "Country": _COUNTRY_NAMES.get(part["country"].upper(), part["country"]) or None,
    }


ADDRESS = Codec(decode_address, encode_address)
