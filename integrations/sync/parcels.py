"""Which writes go to the provider in one request. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.base.resource import Resource, dig
from connectors.base.writes import PreparedWrite

Mark = tuple[str, str]
"""What two rows of one request may not share: a name and its value."""


@dataclass
class _Parcel:
    action: str
    places: list[int] = field(default_factory=list)
    marks: set[Mark] = field(default_factory=set)


def parcels(resource: Resource, writes: Sequence[PreparedWrite]) -> list[list[int]]:
    """The places of the writes that go together, as full as the resource's `batch` allows; one alone where it says
    nothing of that action.

    Two writes of one object never go together, nor two that carry the same value by which objects are looked up:
    providers refuse, or mix up, a batch that names one thing twice.
    """
    if resource.batch is None:
        return [[place] for place in range(len(writes))]
    packed: list[_Parcel] = []
    for place, write in enumerate(writes):
        marks = _marks(resource, write)
        fitting = (
            each
            for each in packed
            if each.action == write.action in resource.batch.actions
            and len(each.places) < resource.batch.most
            and marks.isdisjoint(each.marks)
        )
        found = next(fitting, None)
        if found is None:
            packed.append(found := _Parcel(write.action))
        found.places.append(place)
        found.marks |= marks
    return [each.places for each in packed]


def _marks(resource: Resource, write: PreparedWrite) -> set[Mark]:
    found = {("id", write.remote_id)} if write.remote_id else set()
    body = json.loads(write.body) if write.body and resource.lookup_fields else {}
    values = ((name, dig(body, name)) for name in resource.lookup_fields)
    return found | {(name, str(value).casefold()) for name, value in values if value not in (None, "")}
