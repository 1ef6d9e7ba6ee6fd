"""What HubSpot's events say: a list of up to 100, of any of the accounts that use our application."""

from __future__ import annotations

from typing import Any

from connectors.base import hints
from connectors.base.webhooks import Call, Hint

_BY_NAME = {"contact": "contacts", "company": "companies", "deal": "deals"}
_BY_TYPE = {"0-1": "contacts", "0-2": "companies", "0-3": "deals"}
RESOURCES = tuple(_BY_NAME.values())
_DELETIONS = ("deletion", "privacyDeletion")


def parse(call: Call) -> list[Hint]:
    """A merge asks for a look at every object that took part (whether the id of one that went still answers, as the one
    that stays, only a look can tell), a change of an association for one at this event's side: the other side has an
    event of its own."""
    return [hint for event in hints.objects(hints.json_of(call.body)) for hint in _event(event)]


def _event(event: dict[str, Any]) -> list[Hint]:
    kind = hints.word(event.get("subscriptionType"), 120) or hints.word(event.get("eventType"), 120)
    name, _, verb = kind.partition(".")
    resource = _BY_TYPE.get(hints.word(event.get("objectTypeId")), "") if name == "object" else _BY_NAME.get(name, "")
    object_id = hints.word(event.get("objectId")) or hints.word(event.get("fromObjectId"))
    portal = hints.word(event.get("portalId"))
    event_id, occurred = hints.word(event.get("eventId")), hints.word(event.get("occurredAt"))
    # The event id alone is not unique.
    known = (portal, kind, object_id, event_id, occurred)
    more = (hints.word(event.get("propertyName")), hints.word(event.get("toObjectId")))
    dedupe_key = hints.key(*known, *(one for one in more if one)) if all(known) else _key_of_odd(event)
    gone = dict.fromkeys(_lost(event)) if verb == "merge" else {}
    stays = hints.word(event.get("newObjectId")) or hints.word(event.get("primaryObjectId")) or object_id
    looks = [(stays if gone else object_id, verb in _DELETIONS), *((one, False) for one in gone if one != stays)]
    return [
        Hint(
            resource=resource if remote_id else "",
            remote_id=remote_id,
            kind=kind,
            dedupe_key=dedupe_key if place == 0 else hints.key(dedupe_key, "lost", remote_id),
            account=portal,
            deleted=deleted,
            at=hints.of_milliseconds(event.get("occurredAt")),
            merged_into=stays if place else "",
        )
        for place, (remote_id, deleted) in enumerate(looks)
    ]


def _lost(event: dict[str, Any]) -> list[str]:
    """The objects that a merge may have taken away: the one that stays is among them where it kept its number."""
    merged = event.get("mergedObjectIds")
    ids = [event.get("primaryObjectId"), *(merged if isinstance(merged, list) else [])]
    return [found for one in ids if (found := hints.word(one))]


def _key_of_odd(event: dict[str, Any]) -> str:
    """The attempt's number differs from repetition to repetition."""
    return hints.digest({name: value for name, value in event.items() if name != "attemptNumber"})
