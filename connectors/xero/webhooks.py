"""Xero's calls: about contacts and documents of any of the organisations that use our application."""

from __future__ import annotations

from typing import Any

from connectors.base import hints
from connectors.base.signatures import HmacBase64
from connectors.base.webhooks import Call, Hint, Unreadable, Webhooks

# An event does not tell a sale from a purchase: both are looked at, and the one that it is not is not found.
_RESOURCES = {"CONTACT": ("contacts",), "INVOICE": ("invoices", "bills")}


def parse(call: Call) -> list[Hint]:
    """The events of a call; none when Xero checks that we tell its signatures apart (intent to receive): an authentic
    call is answered by 200 and any other by 401, which is the whole check."""
    body = hints.json_of(call.body)
    if not isinstance(body, dict) or "events" not in body:
        raise Unreadable("Le contenu de l’appel n’a pas la liste « events » que Xero documente.")
    return [hint for event in hints.objects(body["events"]) for hint in _event(event)]


def _event(event: dict[str, Any]) -> list[Hint]:
    """Events have no id of their own. Void, deleted and archived objects come as UPDATE."""
    category, type_ = hints.word(event.get("eventCategory"), 40), hints.word(event.get("eventType"), 40)
    tenant, remote_id = hints.word(event.get("tenantId")), hints.word(event.get("resourceId"))
    moment = hints.word(event.get("eventDateUtc"), 60)
    known = (tenant, remote_id, type_, moment)
    dedupe_key = hints.key(*known) if all(known) else hints.digest(event)
    names = _RESOURCES.get(category, ("",)) if remote_id else ("",)
    return [
        Hint(
            resource=name,
            remote_id=remote_id,
            kind=f"{category}.{type_}",
            dedupe_key=dedupe_key if len(names) == 1 else hints.key(dedupe_key, name),
            account=tenant,
            at=hints.instant(moment),
        )
        for name in names
    ]


WEBHOOKS = Webhooks(
    scheme=HmacBase64("x-xero-signature"),
    parse=parse,
    secret="app",
    resources=tuple(name for names in _RESOURCES.values() for name in names),
    app_level=True,
)
