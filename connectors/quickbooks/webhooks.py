"""QuickBooks' calls: CloudEvents, and the older notifications, about any of the companies that use our application."""

from __future__ import annotations

from typing import Any

from connectors.base import hints
from connectors.base.signatures import HmacBase64
from connectors.base.webhooks import Call, Hint, Unreadable, Webhooks
from connectors.quickbooks.resources import RESOURCES

# Entities stand in lower case in CloudEvents ("salesreceipt"), and as in the API in the older form.
_RESOURCES = {resource.path.lower(): resource.name for resource in RESOURCES}


def parse(call: Call) -> list[Hint]:
    """A list is CloudEvents, an object with `eventNotifications` the older form. A merge asks for two looks: at the
    object that stays, and at the one that went."""
    body = hints.json_of(call.body)
    if isinstance(body, list):
        return [hint for event in hints.objects(body) for hint in _cloud_event(event)]
    if isinstance(body, dict) and "eventNotifications" in body:
        return [
            hint
            for notification in hints.objects(body["eventNotifications"])
            for entity in hints.objects(hints.member(notification, "dataChangeEvent").get("entities"))
            for hint in _entity(hints.word(notification.get("realmId")), entity)
        ]
    raise Unreadable("Le contenu de l’appel n’est ni une liste d’événements CloudEvents ni une ancienne notification.")


def _cloud_event(event: dict[str, Any]) -> list[Hint]:
    """`qbo.invoice.updated.v1`; the time has nine decimals."""
    kind = hints.word(event.get("type"), 120)
    parts = kind.split(".")
    entity, verb = (parts[1], parts[2]) if len(parts) == 4 and parts[0] == "qbo" else ("", "")
    return _hints(
        entity,
        hints.word(event.get("intuitentityid")),
        lost=hints.word(hints.member(event, "data").get("deletedid")) if verb == "merged" else "",
        kind=kind,
        dedupe_key=hints.word(event.get("id")) or hints.digest(event),
        account=hints.word(event.get("intuitaccountid")),
        deleted=verb == "deleted",
        at=hints.instant(event.get("time")),
    )


def _entity(realm: str, entity: dict[str, Any]) -> list[Hint]:
    """An entity of the older form, whose events have no id."""
    name, operation = hints.word(entity.get("name"), 60), hints.word(entity.get("operation"), 40)
    remote_id, updated = hints.word(entity.get("id")), hints.word(entity.get("lastUpdated"), 60)
    known = (realm, name, remote_id, operation, updated)
    return _hints(
        name.lower(),
        remote_id,
        lost=hints.word(entity.get("deletedId")) if operation == "Merge" else "",
        kind=f"{name}.{operation}",
        dedupe_key=hints.key(*known) if all(known) else hints.key(realm, hints.digest(entity)),
        account=realm,
        deleted=operation == "Delete",
        at=hints.instant(updated),
    )


def _hints(
    entity: str, remote_id: str, *, lost: str, kind: str, dedupe_key: str, account: str, deleted: bool, at: str
) -> list[Hint]:
    resource = _RESOURCES.get(entity, "")
    found = [Hint(resource if remote_id else "", remote_id, kind, dedupe_key, account, deleted, at)]
    if lost:
        found.append(
            Hint(resource, lost, kind, hints.key(dedupe_key, "lost", lost), account, True, at, merged_into=remote_id)
        )
    return found


WEBHOOKS = Webhooks(
    scheme=HmacBase64("intuit-signature"),
    parse=parse,
    secret="app",
    resources=tuple(_RESOURCES.values()),
    app_level=True,
    content_types=("application/json", "application/cloudevents+json"),
)
