"""One search through every kind of records: names, numbers, e-mail addresses, phone numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from integrations.records.kinds import KINDS, Kind
from integrations.records.phones import e164

SHOWN = 8
WORDS = 6


@dataclass(frozen=True)
class Found:
    """The records of one kind that a search found: the newest few, and whether there are more."""

    kind: Kind
    rows: list[Any]
    more: bool


def everywhere(text: str, also: Mapping[str, Iterable[UUID]]) -> list[Found]:
    """Search all kinds, one query each; `also`: ids by kind that were found otherwise and come first. Archived records
    are found too: what was merged or deleted is often what somebody looks for."""
    found = []
    for slug, kind in KINDS.items():
        known = Q(pk__in=list(also.get(slug, ())))
        rows = kind.model.objects.filter(by_words(kind, text) | _by_phone(kind, text) | known)
        if kind.model.CONTEXT:
            rows = rows.select_related(kind.model.CONTEXT)
        # One too many tells that there are more. Live ones come first.
        newest = list(rows.order_by(F("archived_at").asc(nulls_first=True), "-id")[: SHOWN + 1]) if text.split() else []
        if newest:
            found.append(Found(kind, newest[:SHOWN], len(newest) > SHOWN))
    return found


def by_words(kind: Kind, text: str) -> Q:
    """Every word is somewhere in the fields that are searched; no words narrow nothing."""
    wanted = Q()
    for word in text.split()[:WORDS]:
        somewhere = Q()
        for name in kind.search:
            somewhere |= Q(**{f"{name}__icontains": word})
        wanted &= somewhere
    return wanted


def _by_phone(kind: Kind, text: str) -> Q:
    """The number, however it is written; nothing when the text is none."""
    number = e164(text)
    found = Q(pk__in=[])
    if number:
        for info in kind.scalars:
            if info.type == "phone":
                found |= Q(**{info.attname: number})
    return found
