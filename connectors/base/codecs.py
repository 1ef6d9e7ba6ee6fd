"""Ready codecs. None stands for "no value" on both sides and passes through."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.base.resource import Codec

_POSTAL_CODE = re.compile(r"([A-Z]\d[A-Z])[ -]?(\d[A-Z]\d)")

ADDRESS_PARTS = ("line1", "line2", "city", "province", "postal_code", "country")


def cents_object(currency: str = "CAD") -> Codec:
    """`{"amount": 165000, "currency": "CAD"}` ↔ Decimal("1650.00"); another currency is refused, never converted."""

    def decode(raw: Any) -> Decimal | None:
        if raw is None:
            return None
        if not isinstance(raw, dict) or not isinstance(raw.get("amount"), int) or isinstance(raw["amount"], bool):
            raise ValueError("Le montant n’a pas la forme prévue (un nombre entier de cents et une devise).")
        if raw.get("currency") != currency:
            raise ValueError(
                f"Le montant est en {raw.get('currency') or 'devise inconnue'} alors que la correspondance attend "
                f"{currency} : il n’est pas converti."
            )
        return Decimal(raw["amount"]).scaleb(-2)

    def encode(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        try:
            cents = Decimal(value).scaleb(2)
        except (InvalidOperation, TypeError) as error:
            raise ValueError(f"« {value} » n’est pas un montant.") from error
        if not cents.is_finite() or cents != cents.to_integral_value():
            raise ValueError(f"Le montant {value} a des fractions de cent : arrondissez-le à deux décimales.")
        return {"amount": int(cents), "currency": currency}

    return Codec(decode, encode)


def _decode_whole(raw: Any) -> int | None:
    if raw is None:
        return None
    try:
        if isinstance(raw, bool):
            raise TypeError
        return int(Decimal(str(raw)).quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"« {raw} » n’est pas un nombre.") from error


def _postal_code(value: str) -> str:
    match = _POSTAL_CODE.fullmatch(value.strip().upper())
    return f"{match[1]} {match[2]}" if match else value.strip()


def _decode_address(raw: Any) -> dict[str, str] | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
    address = {part: str(raw.get(part) or "").strip() for part in ADDRESS_PARTS}
    address["postal_code"] = _postal_code(address["postal_code"])
    return address


def _encode_address(value: Any) -> dict[str, str | None] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
    address: dict[str, str | None] = {part: (value.get(part) or "").strip() or None for part in ADDRESS_PARTS}
    address["country"] = address["country"] or "CA"
    return address


WHOLE_NUMBER = Codec(_decode_whole, _decode_whole)
"""A number that the platform keeps whole (square feet), rounded half up."""

ADDRESS = Codec(_decode_address, _encode_address)
"""An address object of the same parts as ours, null ↔ empty, Canadian postal codes as A1A 1A1."""
