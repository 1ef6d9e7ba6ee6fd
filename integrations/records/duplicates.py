"""Customers that look like the same one twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.records.models import Customer
from integrations.records.phones import e164

REASONS = {"email": "Même courriel", "phone": "Même téléphone", "name": "Même nom et même adresse"}
LEGAL = frozenset(["inc", "ltee", "ltd", "limitee", "limited", "corp", "senc", "sencrl", "llc", "llp", "enr"])
_WORD = re.compile(r"[a-z0-9]+")
FIELDS = ("pk", "email", "phone", "mobile", "name", "billing_address", "service_address")


@dataclass(frozen=True)
class Group:
    """Live customers that share a value: `reason` is a key of REASONS."""

    reason: str
    value: str
    ids: tuple[UUID, ...]


def find() -> list[Group]:
    """The groups, surest reason first; a set of customers comes once. One query."""
    carriers: dict[tuple[str, str], dict[UUID, None]] = {}
    rows = Customer.objects.live().order_by("pk").values_list(*FIELDS)
    for row in rows.iterator(chunk_size=2000):
        customer = dict(zip(FIELDS, row, strict=True))
        for key in _keys(customer):
            carriers.setdefault(key, {})[customer["pk"]] = None
    groups: dict[tuple[UUID, ...], Group] = {}
    for reason in REASONS:
        for (why, value), ids in carriers.items():
            if why == reason and len(ids) > 1:
                groups.setdefault(tuple(ids), Group(reason, value, tuple(ids)))
    return list(groups.values())


def _keys(customer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if email := customer["email"].strip().casefold():
        yield "email", email
    for name in ("phone", "mobile"):
        if number := e164(customer[name]) if customer[name] else "":
            yield "phone", number
    name = normal_name(customer["name"])
    for where in ("billing_address", "service_address"):
        address = _place(customer[where] or {})
        if name and address:
            yield "name", f"{name} · {address}"


def normal_name(text: str) -> str:
    """The words of a name without accents, case, order, punctuation or legal form: "Toitures Côté inc." → "cote
    toitures"."""
    words = [word for word in _words(text) if word not in LEGAL]
    return " ".join(sorted(words))


def _place(address: Mapping[str, str]) -> str:
    code = "".join(_words(address.get("postal_code", "")))
    street = " ".join(_words(address.get("line1", "")))
    return f"{street} {code}" if street and code else ""


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _WORD.findall(plain)
