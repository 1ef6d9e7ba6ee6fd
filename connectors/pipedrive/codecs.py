"""Pipedrive's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.codecs import address_of, named, province
from connectors.base.resource import Codec

_COUNTRY_NAMES = {"CA": "Canada", "US": "États-Unis", "FR": "France"}


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that Pipedrive found in the address; the whole text as first line where it found none."""
    part = {name: str(value or "").strip() for name, value in raw.items() if not isinstance(value, (dict, list))}
    number, street = part.get("street_number", ""), part.get("route", "")
    line1 = ", ".join(text for text in (number, street) if text)
    city = part.get("locality") or part.get("sublocality", "")
    if not (line1 or city or part.get("postal_code")):
        line1 = part.get("value", "")
    return {
        "line1": line1,
        "line2": part.get("subpremise"),
        "city": city,
        "province": province(part.get("admin_area_level_1")),
        "postal_code": part.get("postal_code"),
        "country": part.get("country"),
    }


def _write_address(part: Mapping[str, str]) -> dict[str, str | None]:
    """The address as one text and in its parts; the street keeps its number, as nobody can tell them apart for sure."""
    place = " ".join(text for text in (part["province"], part["postal_code"]) if text)
    texts = (part["line1"], part["line2"], part["city"], place, part["country"])
    return {
        "value": ", ".join(text for text in texts if text) or None,
        "street_number": None,
        "route": part["line1"] or None,
        "subpremise": part["line2"] or None,
        "sublocality": None,
        "locality": part["city"] or None,
        "admin_area_level_1": part["province"] or None,
        "postal_code": part["postal_code"] or None,
        "country": part["country"] or None,
    }


def decode_owner(raw: Any) -> str | None:
    """The owner's e-mail; nothing while the list of users does not tell it."""
    found = ELEMENT.decode(raw)
    return found if found and "@" in found else None


ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
ELEMENT = named("Pipedrive")
OWNER = Codec(decode_owner, ELEMENT.encode)
