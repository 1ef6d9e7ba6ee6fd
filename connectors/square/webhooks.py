"""Square's calls: one event each, signed by HMAC-SHA256 in base64 of the notification address and the body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
    """What one event is about; a refund is also about its payment, and a merged customer about the one that is left."""
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
    first = Hint(
        resource=resource,
        remote_id=own if resource else "",
        kind=kind,
        dedupe_key=event_id,
        account=account,
        deleted=bool(resource) and (data.get("deleted") is True or kind.endswith(".deleted")),
        at=at,
        version=hints.word(told.get("version")) if word in VERSIONED else "",
    )
    more = _besides(word, data, told)
    return [first] + [
        Hint(name, one, kind, hints.key(event_id, name, one), account, at=at) for name, one in more if one != own
    ]


def _besides(word: str, data: dict[str, Any], told: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """(resource, id) of what else has changed."""
    payment = hints.word(told.get("payment_id")) if word == "refund" else ""
    if payment:
        yield "payments", payment
    context = hints.member(hints.member(data, "object"), "event_context")
    left = hints.word(hints.member(context, "merge").get("to_customer_id")) if word == "customer" else ""
    if left:
        yield "customers", left


WEBHOOKS = Webhooks(
    scheme=SquareSignature(),
    parse=parse,
    secret="subscribed",
    resources=tuple(OBJECTS.values()),
    # The subscription of an application announces every seller that consented to it.
    app_level=True,
    subscribes=True,
)
