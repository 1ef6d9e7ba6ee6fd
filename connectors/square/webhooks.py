"""Square's calls: one event each, signed by HMAC-SHA256 in base64 of the notification address and the body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from connectors.base import hints
from connectors.base.signatures import HmacBase64
from connectors.base.webhooks import Call, Hint, Unreadable, Webhooks


@dataclass(frozen=True)
class SquareSignature(HmacBase64):
    """The address is the registered one, to the letter. No time is signed: repeats are known by their event_id."""

    header: str = "x-square-hmacsha256-signature"

    def signed(self, body: bytes, url: str) -> bytes:
        """Address and body; an empty body never verifies."""
        if not body:
            raise ValueError("an empty body")
        return url.encode() + body


SUBSCRIBED = (
    "payment.created", "payment.updated", "refund.created", "refund.updated",
    "customer.created", "customer.updated", "customer.deleted",
    "invoice.created", "invoice.published", "invoice.updated", "invoice.payment_made", "invoice.canceled",
    "invoice.refunded", "invoice.deleted", "invoice.scheduled_charge_failed",
)  # fmt: skip
OBJECTS = {"customer": "customers", "invoice": "invoices", "payment": "payments", "refund": "refunds"}
VERSIONED = ("customer", "invoice")
"""A payment's version is an opaque token, which says nothing of order."""


def parse(call: Call) -> list[Hint]:
    """What one event is about; a refund is also about its payment, and a merge about all customers that took part."""
    event = hints.json_of(call.body)
    event_id = hints.word(event.get("event_id")) if isinstance(event, dict) else ""
    kind = hints.word(event.get("type")) if event_id else ""
    if not kind:
        raise Unreadable("L’événement de Square ne dit pas son identifiant ou son genre.")
    data, word = hints.member(event, "data"), kind.partition(".")[0]
    told = hints.member(hints.member(data, "object"), word)
    resource, own = OBJECTS.get(word, ""), hints.word(data.get("id")) or hints.word(told.get("id"))
    if resource and not own:
        raise Unreadable("L’événement de Square ne dit pas de quel objet il parle.")
    account, at = hints.word(event.get("merchant_id")), hints.instant(event.get("created_at"))
    deleted = bool(resource) and (data.get("deleted") is True or kind.endswith(".deleted"))
    lost, survivor = _merge(data) if word == "customer" else ([], "")
    first = Hint(
        resource=resource,
        remote_id=own if resource else "",
        kind=kind,
        dedupe_key=event_id,
        account=account,
        deleted=deleted,
        at=at,
        version=hints.word(told.get("version")) if word in VERSIONED else "",
        merged_into=survivor if deleted and own != survivor else "",
    )
    payment = hints.word(told.get("payment_id")) if word == "refund" else ""
    others = dict.fromkeys([("payments", payment), ("customers", survivor), *(("customers", one) for one in lost)])
    return [first] + [
        replace(
            first,
            resource=name,
            remote_id=one,
            dedupe_key=hints.key(event_id, name, one),
            deleted=one in lost,
            version="",
            merged_into=survivor if one in lost else "",
        )
        for name, one in others
        if one and (name, one) != (resource, own)
    ]


def _merge(data: dict[str, Any]) -> tuple[list[str], str]:
    """The customers that a merge took away, and the one that it left: none where the event is no merge."""
    context = hints.member(hints.member(data, "object"), "event_context")
    merge = hints.member(context, "merge")
    survivor, ids = hints.word(merge.get("to_customer_id")), merge.get("from_customer_ids")
    if not survivor or not isinstance(ids, list):
        return [], survivor
    return [found for one in ids if (found := hints.word(one)) and found != survivor], survivor


WEBHOOKS = Webhooks(
    scheme=SquareSignature(),
    parse=parse,
    secret="subscribed",
    resources=tuple(OBJECTS.values()),
    # The subscription of an application announces every seller that consented to it.
    app_level=True,
    subscribes=True,
)
