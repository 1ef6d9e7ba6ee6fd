"""Zoho's values in the platform's forms. None stands for "no value" on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base.codecs import address_of, province, street, street_lines

_COUNTRY_NAMES = {"CA": "Canada", "US": "United States", "FR": "France"}


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **street_lines(raw.get("street")),
        "city": raw.get("city"),
        "province": province(raw.get("state")),
        "postal_code": raw.get("code"),
        "country": raw.get("country"),
    }


def _write_address(part: Mapping[str, str]) -> dict[str, str | None]:
    """All five fields, so that nothing of an older address stays."""
    return {
        "street": street(part) or None,
        "city": part["city"] or None,
        "state": part["province"] or None,
        "code": part["postal_code"] or None,
        "country": part["country"] or None,
    }


ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
