"""Column types whose class says what the value means (kinds.py reads it to describe each field)."""

from typing import Any

from django.db import models


class MoneyField(models.DecimalField):
    """An amount of the record's own `currency`, in dollars and cents."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class PhoneField(models.CharField):
    """A phone number, E.164 where it could be read as one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


class AddressField(models.JSONField):
    """`{line1, line2, city, province, postal_code, country}`, all text, or null when nothing is known."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """ISO 4217 code of every amount of the record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault("default", "CAD")
        super().__init__(*args, **kwargs)
