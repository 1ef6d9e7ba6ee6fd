"""HubSpot's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.base.codecs import ADDRESS as PLAIN_ADDRESS
from connectors.base.resource import Codec

_COUNTRIES = {
    "canada": "CA",
    "ca": "CA",
    "usa": "US",
    "us": "US",
    "united states": "US",
    "états-unis": "US",
}
_COUNTRY_NAMES = {"CA": "Canada", "US": "United States"}


def decode_address(raw: Any) -> dict[str, str] | None:
    """A company's address; what follows the first line of the street is line2."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    street = [line.strip() for line in str(raw.get("address") or "").splitlines() if line.strip()]
    country = str(raw.get("country") or "").strip()
    parts = {
        "line1": street[0] if street else "",
        "line2": ", ".join(street[1:]),
        "city": raw.get("city"),
        "province": raw.get("state"),
        "postal_code": raw.get("zip"),
        "country": _COUNTRIES.get(country.casefold(), country),
    }
    address: dict[str, str] = PLAIN_ADDRESS.decode(parts)
    return address if any(address.values()) else None


def encode_address(value: Any) -> dict[str, str] | None:
    """Every part, so that nothing of an older address stays."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    part = {name: str(value.get(name) or "").strip() for name in PLAIN_ADDRESS.decode({})}
    return {
        "address": "\n".join(line for line in (part["line1"], part["line2"]) if line),
        "city": part["city"],
        "state": part["province"],
        "zip": part["postal_code"],
        "country": _COUNTRY_NAMES.get(part["country"].upper(), part["country"]),
    }


def decode_day(raw: Any) -> str | None:
    """The day of an instant, which HubSpot keeps at midnight UTC; older ones are milliseconds."""
    if raw is None or raw == "":
        return None
    text = str(raw)
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC).date().isoformat()
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"« {text} » n’est pas une date.") from None


def encode_day(value: Any) -> str | None:
    """Midnight UTC of a day."""
    return f"{value.isoformat() if isinstance(value, date) else value}T00:00:00.000Z" if value else None


def decode_named(raw: Any) -> str | None:
    """`{"value": id, "name": label}` → the label, or the id while nobody has filled the label in."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("La référence n’a pas la forme prévue.")
    return str(raw.get("name") or raw.get("value") or "")


def encode_named(value: Any) -> dict[str, str] | None:
    """`{"value": id, …}`, found in the provider's list by whoever runs the mapping."""
    if value is None or value == "":
        return None
    if not isinstance(value, Mapping) or not value.get("value"):
        label = value.get("name") if isinstance(value, Mapping) else value
        raise ValueError(f"« {label} » n’existe pas dans HubSpot. Créez-le là-bas, ou choisissez-en un autre.")
    return {"value": str(value["value"])}


def decode_email(raw: Any) -> str | None:
    """The e-mail address of an owner; nothing while the list does not name it."""
    label = decode_named(raw) or ""
    return label if "@" in label else None


ADDRESS = Codec(decode_address, encode_address)
DAY = Codec(decode_day, encode_day)
NAMED = Codec(decode_named, encode_named)
OWNER = Codec(decode_email, encode_named)
