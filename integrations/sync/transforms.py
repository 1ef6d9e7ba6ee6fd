"""Named transforms of a mapping: pure functions on a provider's raw value. What one does not understand passes through,
so that the field itself says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.models import DataType
from integrations.sync.values import e164

_TEXTS = (DataType.STRING, DataType.TEXT, DataType.EMAIL, DataType.PHONE)
_NAMES = (DataType.STRING, DataType.TEXT)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True)
class Transform:
    """`label` in French; `types`: the data types that it is offered for; `kinds`: the Python types it works on."""

    label: str
    types: tuple[DataType, ...]
    kinds: tuple[type, ...]
    change: Callable[[Any], Any]


def _first_word(text: str) -> str:
    return text.strip().partition(" ")[0]


def _other_words(text: str) -> str:
    return text.strip().partition(" ")[2].strip()


def _join(values: list[Any]) -> str:
    return ", ".join(str(value).strip() for value in values if value not in (None, "") and str(value).strip())


def _to_iso(text: str) -> str:
    found = _DAY_FIRST.match(text.strip())
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text


def _to_day_first(text: str) -> str:
    found = _ISO.match(text)
    return f"{found[3]}/{found[2]}/{found[1]}" if found else text


def _to_dollars(cents: Any) -> Any:
    amount = _amount(cents)
    return cents if amount is None else str((amount / 100).quantize(Decimal("0.01")))


def _to_cents(dollars: Any) -> Any:
    amount = _amount(dollars)
    return dollars if amount is None or amount * 100 != int(amount * 100) else int(amount * 100)


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and not isinstance(value, bool) else None


_NUMBERS = (int, float, str, Decimal)
_AMOUNTS = (DataType.MONEY, DataType.DECIMAL)
TRANSFORMS = {
    "trim": Transform("Sans espaces autour", _TEXTS, (str,), str.strip),
    "upper": Transform("EN MAJUSCULES", _TEXTS, (str,), str.upper),
    "lower": Transform("en minuscules", _TEXTS, (str,), str.lower),
    "title": Transform("Majuscule À Chaque Mot", _TEXTS, (str,), str.title),
    "phone": Transform("Téléphone international (+1…)", (DataType.STRING, DataType.PHONE), (str,), e164),
    "first_word": Transform("Prénom d’un nom complet", _NAMES, (str,), _first_word),
    "other_words": Transform("Nom de famille d’un nom complet", _NAMES, (str,), _other_words),
    "join": Transform("Plusieurs valeurs, séparées par des virgules", _NAMES, (list,), _join),
    "day_first": Transform("Date : jj/mm/aaaa → aaaa-mm-jj", (DataType.DATE,), (str,), _to_iso),
    "iso_date": Transform("Date : aaaa-mm-jj → jj/mm/aaaa", (DataType.DATE,), (str,), _to_day_first),
    "cents_to_dollars": Transform("Cents → dollars", _AMOUNTS, _NUMBERS, _to_dollars),
    "dollars_to_cents": Transform("Dollars → cents", _AMOUNTS, _NUMBERS, _to_cents),
}


def labels(data_type: str) -> list[tuple[str, str]]:
    """(name, French label) of the transforms that make sense for a data type."""
    return [(name, one.label) for name, one in TRANSFORMS.items() if data_type in one.types]


def transform(name: str, value: Any) -> Any:
    """The value as the named transform makes it; an empty name leaves it alone."""
    return TRANSFORMS[name].change(value) if name and isinstance(value, TRANSFORMS[name].kinds) else value
