"""Salesforce's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.codecs import address_of, street, street_lines

_COUNTRY_NAMES = {"CA": "Canada", "US": "United States"}


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What follows the first line of the street is line2."""
    return {
        **street_lines(raw.get("Street")),
        "city": raw.get("City"),
        "province": raw.get("State"),
        "postal_code": raw.get("PostalCode"),
        "country": raw.get("Country"),
    }


def _write_address(part: Mapping[str, str]) -> dict[str, str | None]:
    """Every part, so that nothing of an older address stays."""
    return {
        "Street": street(part) or None,
        "City": part["city"] or None,
        "State": part["province"] or None,
        "PostalCode": part["postal_code"] or None,
        "Country": part["country"] or None,
    }


ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
