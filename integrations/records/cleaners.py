"""From a model column to the type and the cleaner of its field."""

from __future__ import annotations

from typing import Any

from django.db import models

from integrations.records import values
from integrations.records.models.fields import AddressField, MoneyField, PhoneField
from integrations.records.values import Cleaner

_INTEGER_BOUNDS: dict[type[models.Field[Any, Any]], tuple[int, int]] = {
    models.BigIntegerField: (-(2**63), 2**63 - 1),
    models.PositiveIntegerField: (0, 2**31 - 1),
    models.IntegerField: (-(2**31), 2**31 - 1),
}

# First match wins: a subclass stands before its parent.
_TYPES: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (MoneyField, "money"),
    (AddressField, "address"),
    (PhoneField, "phone"),
    (models.EmailField, "email"),
    (models.ForeignKey, "reference"),
    (models.DecimalField, "decimal"),
    (models.BooleanField, "boolean"),
    (models.IntegerField, "integer"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.JSONField, "json"),
    (models.TextField, "text"),
    (models.CharField, "string"),
)


def type_of(column: models.Field[Any, Any]) -> str:
    """Return the field type that a column stands for."""
    if column.choices:
        return "enum"
    return next(name for family, name in _TYPES if isinstance(column, family))


def cleaner_of(column: models.Field[Any, Any]) -> Cleaner:
    """Return the cleaner of a column's values."""
    kind = type_of(column)
    if isinstance(column, models.DecimalField):
        return values.decimal_cleaner(column.max_digits, column.decimal_places)
    if isinstance(column, models.IntegerField):
        return values.integer_cleaner(*next(b for family, b in _INTEGER_BOUNDS.items() if isinstance(column, family)))
    if kind == "enum":
        return values.enum_cleaner(dict(column.flatchoices), blank=column.blank)
    if kind == "email":
        return values.email_cleaner(column.max_length)
    simple: dict[str, Cleaner] = {
        "address": values.clean_address,
        "boolean": values.clean_boolean,
        "datetime": values.clean_datetime,
        "date": values.clean_date,
        "json": values.clean_json_object,
        "reference": values.clean_uuid,
    }
    return simple.get(kind) or values.text_cleaner(column.max_length)
