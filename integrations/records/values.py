"""Canonical values: what each field type accepts, and how it is written as JSON. Nothing here touches the database.

A cleaner takes a value that a caller gave and returns the canonical Python value, or raises `BadValue` with a French
sentence. Cleaning a clean value returns it unchanged.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any
from uuid import UUID

Cleaner = Callable[[Any], Any]

ADDRESS_PARTS = ("line1", "line2", "city", "province", "postal_code", "country")
_ADDRESS_KEYS = frozenset(ADDRESS_PARTS)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
BAD_TEXT = re.compile("[\0\ud800-\udfff]")
"""What no text column of the database takes: NUL, half of a surrogate pair."""
_INTEGER = re.compile(r"[+-]?\d{1,18}")


class BadValue(ValueError):
    """A value that its field cannot hold; `sentence` tells an administrator why, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def clean_text(value: Any) -> str:
    """Return text as given; characters that a database cannot store are refused."""
    if not isinstance(value, str):
        raise BadValue("Un texte est attendu.")
    # Plain ASCII is the common case and cheap to recognise.
    if (not value.isascii() or "\0" in value) and BAD_TEXT.search(value):
        raise BadValue("Le texte contient un caractère impossible à enregistrer.")
    return value


def text_cleaner(max_length: int | None) -> Cleaner:
    """Return a cleaner of text of at most `max_length` characters."""

    def clean(value: Any) -> str:
        text = clean_text(value)
        if max_length is not None and len(text) > max_length:
            raise BadValue(f"Au plus {max_length} caractères; il y en a {len(text)}.")
        return text

    return clean


def email_cleaner(max_length: int | None) -> Cleaner:
    """Return a cleaner of e-mail addresses."""
    clean_string = text_cleaner(max_length)

    def clean(value: Any) -> str:
        text: str = clean_string(value)
        if text and not _EMAIL.fullmatch(text):
            raise BadValue("Cette adresse courriel n’est pas valide.")
        return text

    return clean


def enum_cleaner(choices: Mapping[str, str], *, blank: bool) -> Cleaner:
    """Return a cleaner of one of `choices` (value → French label)."""
    allowed = frozenset(choices) | ({""} if blank else frozenset())

    def clean(value: Any) -> str:
        if isinstance(value, str) and value in allowed:
            return str(value)
        raise BadValue(f"« {value} » n’est pas un choix possible ({', '.join(choices)}).")

    return clean


def decimal_cleaner(max_digits: int, decimal_places: int) -> Cleaner:
    """Return a cleaner of exact numbers; it never rounds, so more decimals than the field holds are refused."""
    quantum = Decimal(1).scaleb(-decimal_places)
    limit = Decimal(10) ** (max_digits - decimal_places)

    def clean(value: Any) -> Decimal:
        if type(value) is not Decimal:
            if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal):
                raise BadValue("Un nombre décimal exact est attendu.")
            try:
                value = Decimal(value)
            except InvalidOperation:
                raise BadValue(f"« {value} » n’est pas un nombre.") from None
        if not value.is_finite() or abs(value) >= limit:
            raise BadValue(f"Le nombre doit être plus petit que {limit:f}.")
        exact = value.quantize(quantum)
        if exact != value:
            raise BadValue(f"Au plus {decimal_places} décimales.")
        # "-0.00" would differ from "0.00" once written as text.
        return exact if exact else abs(exact)

    return clean


def integer_cleaner(minimum: int, maximum: int) -> Cleaner:
    """Return a cleaner of whole numbers within the bounds of their column."""

    def clean(value: Any) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadValue("Un nombre entier est attendu.")
        if not minimum <= value <= maximum:
            raise BadValue(f"Le nombre doit être entre {minimum} et {maximum}.")
        return value

    return clean


def clean_boolean(value: Any) -> bool:
    """Return a boolean as given."""
    if not isinstance(value, bool):
        raise BadValue("Vrai ou faux est attendu.")
    return value


def clean_date(value: Any) -> date:
    """Return a plain date, given as one or as "YYYY-MM-DD"."""
    if type(value) is date:
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise BadValue("Une date (AAAA-MM-JJ) est attendue.")


def clean_datetime(value: Any) -> datetime:
    """Return an instant in UTC, given as an aware datetime or as ISO 8601 text with its offset."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise BadValue("Une date et une heure (ISO 8601) sont attendues.") from None
    if not isinstance(value, datetime):
        raise BadValue("Une date et une heure sont attendues.")
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise BadValue("Le fuseau horaire de la date et de l’heure manque.")
    return value.astimezone(UTC)


def clean_uuid(value: Any) -> UUID:
    """Return a record id, given as one or as text."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise BadValue("Un identifiant d’enregistrement est attendu.") from None


def clean_address(value: Any) -> dict[str, str] | None:
    """Return the six parts of an address, or None when all of them are empty."""
    if not isinstance(value, Mapping):
        raise BadValue("Une adresse est attendue.")
    if unknown := value.keys() - _ADDRESS_KEYS:
        raise BadValue(f"Partie d’adresse inconnue : {min(unknown, key=str)}.")
    parts = {part: "" if (text := value.get(part)) is None else clean_text(text) for part in ADDRESS_PARTS}
    if max(map(len, parts.values())) > 255:
        raise BadValue("Au plus 255 caractères par partie d’adresse.")
    return parts if any(parts.values()) else None


def clean_json_object(value: Any) -> dict[str, Any]:
    """Return an object of plain JSON values (text keys, no float that JSON cannot write)."""
    if not isinstance(value, Mapping):
        raise BadValue("Un objet JSON est attendu.")
    return {str(clean_text(key)): _clean_json(item) for key, item in value.items()}


def _clean_json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, Mapping):
        return clean_json_object(value)
    if isinstance(value, list | tuple):
        return [_clean_json(item) for item in value]
    raise BadValue("Cette valeur ne s’écrit pas en JSON.")


def _same(value: Any) -> Any:
    return value


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: to_json(item) for key, item in value.items()}


def _array(value: Any) -> list[Any]:
    return [to_json(item) for item in value]


# By exact type: this runs for every field of every history row.
_PLAIN = frozenset({type(None), str, bool, int, float})
_WRITERS: dict[type, Callable[[Any], Any]] = {
    type(None): _same,
    str: _same,
    bool: _same,
    int: _same,
    float: _same,
    Decimal: str,
    UUID: str,
    datetime: _instant,
    date: date.isoformat,
    dict: _object,
    list: _array,
    tuple: _array,
}


def to_json(value: Any) -> Any:
    """Return the canonical JSON of a canonical value: Decimal and UUID as text, instants in UTC with "Z"."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    writer = _WRITERS.get(kind)
    if writer is None:
        # A subclass (an enumeration's member, say) is written like its parent.
        writer = next((_WRITERS[parent] for parent in type(value).__mro__ if parent in _WRITERS), None)
        if writer is None:
            raise TypeError(f"{type(value).__name__} has no canonical JSON")
        value = str(value) if writer is _same and isinstance(value, str) else value
    return writer(value)
