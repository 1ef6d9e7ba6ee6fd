"""Ready codecs. None stands for "no value" on both sides and passes through."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.base.resource import Codec

_POSTAL_CODE = re.compile(r"([A-Z]\d[A-Z])[ -]?(\d[A-Z]\d)")

ADDRESS_PARTS = ("line1", "line2", "city", "province", "postal_code", "country")


COUNTRIES = {
    "canada": "CA", "ca": "CA", "can": "CA", "usa": "US", "us": "US", "united states": "US", "états-unis": "US",
    "france": "FR", "fr": "FR",
}  # fmt: skip
"""How people write a country, casefolded → its code."""
PROVINCES = {
    "québec": "QC", "quebec": "QC", "ontario": "ON", "nouveau-brunswick": "NB", "new brunswick": "NB",
    "nouvelle-écosse": "NS", "nova scotia": "NS", "manitoba": "MB", "saskatchewan": "SK", "alberta": "AB",
    "colombie-britannique": "BC", "british columbia": "BC",
}  # fmt: skip
"""How people write a province, casefolded → its code."""


def province(text: Any) -> str:
    """The code of a province that is written out; anything else as it is."""
    written = str(text or "").strip()
    return PROVINCES.get(written.casefold(), written)


def number(value: Any, what: str) -> Decimal:
    """A number as Decimal, 0 when there is none; ValueError when it is anything else. what: its French name."""
    if value is None or value == "":
        return Decimal(0)
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise ValueError(f"{what} n’est pas un nombre : « {value} ».")
    return found


def objects(raw: Any) -> list[Mapping[str, Any]]:
    """A list of objects, empty when there is none; ValueError when it is anything else."""
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(line, Mapping) for line in raw):
        raise ValueError("Les lignes n’ont pas la forme prévue (une liste d’objets).")
    return raw


def read_only(label: str) -> Callable[[Any], Any]:
    """The encoder of a field that the provider of this name lets nobody write."""

    def encode(value: Any) -> Any:
        raise ValueError(f"Ce champ de {label} est en lecture seule.")

    return encode


def named(label: str) -> Codec:
    """`{"value": id, "name": label}`, an element of one of the provider's lists ↔ its label.

    The id stands for the label until somebody has filled it in; written is the id that whoever runs the mapping found.
    """

    def decode(raw: Any) -> str | None:
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            raise ValueError("La référence n’a pas la forme prévue.")
        return str(raw.get("name") or raw.get("value") or "")

    def encode(value: Any) -> dict[str, str] | None:
        if value is None or value == "":
            return None
        if not isinstance(value, Mapping) or not value.get("value"):
            called = value.get("name") if isinstance(value, Mapping) else value
            raise ValueError(f"« {called} » n’existe pas dans {label}. Créez-le là-bas, ou choisissez-en un autre.")
        return {"value": str(value["value"])}

    return Codec(decode, encode)


def street_lines(street: Any) -> dict[str, str]:
    """line1 and line2 of a street that is one text: what follows the first line joins the second."""
    first, *more = [line.strip() for line in str(street or "").splitlines() if line.strip()] or [""]
    return {"line1": first, "line2": ", ".join(more)}


def street(part: Mapping[str, str]) -> str:
    """The street as one text of one or two lines."""
    return "\n".join(line for line in (part["line1"], part["line2"]) if line)


def address_of(
    read: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    write: Callable[[Mapping[str, str]], dict[str, Any]],
    country_names: Mapping[str, str] | None = None,
) -> Codec:
    """An address whose parts a provider calls otherwise.

    read: its object → our parts, the country as it is written there; write: our parts as texts → its object. An object
    that says nothing is no address. country_names: code → how the provider writes a country.
    """

    def decode(raw: Any) -> dict[str, str] | None:
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            raise ValueError("L’adresse n’a pas la forme prévue (rue, ville, province, code postal, pays).")
        parts = read(raw)
        country = str(parts.get("country") or "").strip()
        address = _decode_address({**parts, "country": COUNTRIES.get(country.casefold(), country)})
        return address if address and any(address.values()) else None

    def encode(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise ValueError("L’adresse à envoyer n’a pas la forme prévue.")
        part = {name: str(value.get(name) or "").strip() for name in ADDRESS_PARTS}
        part["country"] = (country_names or {}).get(part["country"].upper(), part["country"])
        return write(part)

    return Codec(decode, encode)


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
