"""HubSpot's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.base.codecs import address_of, named, street, street_lines
from connectors.base.resource import Codec

_COUNTRY_NAMES = {"CA": "Canada", "US": "United States"}


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What follows the first line of the street is line2."""
    return {
        **street_lines(raw.get("address")),
        "city": raw.get("city"),
        "province": raw.get("state"),
        "postal_code": raw.get("zip"),
        "country": raw.get("country"),
    }


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    """Every part, so that nothing of an older address stays."""
    return {
        "address": street(part),
        "city": part["city"],
        "state": part["province"],
        "zip": part["postal_code"],
        "country": part["country"],
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


def decode_email(raw: Any) -> str | None:
    """The e-mail address of an owner; nothing while the list does not name it."""
    label = NAMED.decode(raw) or ""
    return label if "@" in label else None


ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
DAY = Codec(decode_day, encode_day)
NAMED = named("HubSpot")
OWNER = Codec(decode_email, NAMED.encode)
