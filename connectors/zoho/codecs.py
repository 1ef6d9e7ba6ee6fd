"""Zoho's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.codecs import ADDRESS as PLAIN_ADDRESS
from connectors.base.resource import Codec

_COUNTRIES = {"canada": "CA", "united states": "US", "états-unis": "US", "usa": "US", "france": "FR"}
_COUNTRY_NAMES = {"CA": "Canada", "US": "United States", "FR": "France"}
_PROVINCES = {"québec": "QC", "quebec": "QC", "ontario": "ON", "nouveau-brunswick": "NB", "new brunswick": "NB"}


def decode_address(raw: Any) -> dict[str, str] | None:
    """The first line of the street, then all that follows it."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    part = {name: str(value or "").strip() for name, value in raw.items()}
    lines = [line.strip() for line in part.get("street", "").splitlines() if line.strip()]
    state, country = part.get("state", ""), part.get("country", "")
    address: dict[str, str] = PLAIN_ADDRESS.decode(
        {
            "line1": lines[0] if lines else "",
            "line2": ", ".join(lines[1:]),
            "city": part.get("city", ""),
            "province": _PROVINCES.get(state.casefold(), state),
            "postal_code": part.get("code", ""),
            "country": _COUNTRIES.get(country.casefold(), country),
        }
    )
    return address if any(address.values()) else None


def encode_address(value: Any) -> dict[str, str | None] | None:
    """All five fields, so that nothing of an older address stays."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    part = {name: str(value.get(name) or "").strip() for name in PLAIN_ADDRESS.decode({})}
    return {
        "street": "\n".join(line for line in (part["line1"], part["line2"]) if line) or None,
        "city": part["city"] or None,
        "state": part["province"] or None,
        "code": part["postal_code"] or None,
        "country": _COUNTRY_NAMES.get(part["country"].upper(), part["country"]) or None,
    }


ADDRESS = Codec(decode_address, encode_address)
