"""Pipedrive's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.codecs import ADDRESS as PLAIN_ADDRESS
from connectors.base.codecs import named
from connectors.base.resource import Codec

_COUNTRIES = {"canada": "CA", "united states": "US", "états-unis": "US", "usa": "US", "france": "FR"}
_COUNTRY_NAMES = {"CA": "Canada", "US": "États-Unis", "FR": "France"}
_PROVINCES = {
    "québec": "QC", "quebec": "QC", "ontario": "ON", "nouveau-brunswick": "NB", "new brunswick": "NB",
    "nouvelle-écosse": "NS", "nova scotia": "NS", "manitoba": "MB", "saskatchewan": "SK", "alberta": "AB",
    "colombie-britannique": "BC", "british columbia": "BC",
}  # fmt: skip


def decode_address(raw: Any) -> dict[str, str] | None:
    """The parts that Pipedrive found in the address; the whole text as first line where it found none."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    part = {name: str(value or "").strip() for name, value in raw.items() if not isinstance(value, (dict, list))}
    number, street = part.get("street_number", ""), part.get("route", "")
    line1 = ", ".join(text for text in (number, street) if text)
    city = part.get("locality") or part.get("sublocality", "")
    if not (line1 or city or part.get("postal_code")):
        line1 = part.get("value", "")
    province, country = part.get("admin_area_level_1", ""), part.get("country", "")
    address: dict[str, str] = PLAIN_ADDRESS.decode(
        {
            "line1": line1,
            "line2": part.get("subpremise", ""),
            "city": city,
            "province": _PROVINCES.get(province.casefold(), province),
            "postal_code": part.get("postal_code", ""),
            "country": _COUNTRIES.get(country.casefold(), country),
        }
    )
    return address if any(address.values()) else None


def encode_address(value: Any) -> dict[str, str | None] | None:
    """The address as one text and in its parts; the street keeps its number, as nobody can tell them apart for sure."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    part = {name: str(value.get(name) or "").strip() for name in PLAIN_ADDRESS.decode({})}
    country = _COUNTRY_NAMES.get(part["country"].upper(), part["country"])
    place = " ".join(text for text in (part["province"], part["postal_code"]) if text)
    whole = ", ".join(text for text in (part["line1"], part["line2"], part["city"], place, country) if text)
    return {
        "value": whole or None,
        "street_number": None,
        "route": part["line1"] or None,
        "subpremise": part["line2"] or None,
        "sublocality": None,
        "locality": part["city"] or None,
        "admin_area_level_1": part["province"] or None,
        "postal_code": part["postal_code"] or None,
        "country": country or None,
    }


def decode_owner(raw: Any) -> str | None:
    """The owner's e-mail; nothing while the list of users does not tell it."""
    found = ELEMENT.decode(raw)
    return found if found and "@" in found else None


ADDRESS = Codec(decode_address, encode_address)
ELEMENT = named("Pipedrive")
OWNER = Codec(decode_owner, ELEMENT.encode)
