"""From a provider's raw JSON value to one that the record's own field understands, by data type. Pure functions.

Providers write numbers as numbers or text, and leave blanks around text; the field itself (integrations.records.kinds)
then checks the result and says in French what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import phonenumbers

from integrations.models import DataType

_NORTH_AMERICAN = re.compile(r"\+1[2-9]\d{9}", re.ASCII)


def shown(value: Any) -> str:
    """A value as an administrator reads it in a sentence: short, between guillemets."""
    text = str(value)
    return f"« {text[:80]}{'…' if len(text) > 80 else ''} »"


def _text(value: Any) -> Any:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = str(value)
    # NUL is legal in JSON but not in a PostgreSQL text column.
    return value.replace("\x00", "") if isinstance(value, str) else value


def _string(value: Any) -> Any:
    text = _text(value)
    return text.strip() if isinstance(text, str) else text


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _decimal(value: Any) -> Any:
    # JSON has one kind of number: 1.1 arrives as a float whose shortest text is the number that was written.
    return str(value) if isinstance(value, float) else value


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _date(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value


def e164(value: Any) -> Any:
    """E.164 where it reads as a Canadian or international number; otherwise as it came, so that nothing is lost."""
    text = _string(value)
    if isinstance(text, str) and _NORTH_AMERICAN.fullmatch(text):
        return text  # most of them are, and reading one costs more than the rest of a customer
    try:
        number = phonenumbers.parse(text, "CA")
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number) or number.extension:
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _same(value: Any) -> Any:
    return value


LOOSEN: dict[str, Callable[[Any], Any]] = {
    DataType.STRING: _string,
    DataType.TEXT: _text,
    DataType.INTEGER: _integer,
    DataType.DECIMAL: _decimal,
    DataType.MONEY: _decimal,
    DataType.BOOLEAN: _boolean,
    DataType.DATE: _date,
    DataType.DATETIME: _same,
    DataType.EMAIL: _string,
    DataType.PHONE: e164,
    # Lines and addresses are read by the codec that their connector declares.
    DataType.LINES: _same,
    DataType.ADDRESS: _same,
}
