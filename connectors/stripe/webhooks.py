"""Stripe's calls: `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 of "<t>.<body>"; one event each."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import hints
from connectors.base.signatures import Verdict, out_of_time
from connectors.base.webhooks import Call, Hint, Unreadable, Webhooks

MOST_SIGNATURES = 10


@dataclass(frozen=True)
class StripeSignature:
    """The key is the whole text of the secret, `whsec_` included. While a secret is rolled two signatures come."""

    header: str = "Stripe-Signature"
    tolerance: int = 300

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the raw body with every live secret; `now` in Unix seconds."""
        given = {name.lower(): value for name, value in headers.items()}
        parts = [part.strip().partition("=") for part in given.get(self.header.lower(), "").split(",")]
        stamps = [value for name, _, value in parts if name == "t"]
        offered = [value.encode() for name, _, value in parts if name == "v1"]
        if not any(stamps) or not offered:
            return Verdict("missing_header")
        if len(stamps) > 1 or len(offered) > MOST_SIGNATURES:
            return Verdict("bad_signature")
        [stamp] = stamps
        if untimely := out_of_time(stamp, self.tolerance, now):
            return untimely
        keys = [secret.encode() for secret in secrets if secret]
        if not keys:
            return Verdict("no_secret")
        signed = stamp.encode() + b"." + body
        good = False
        for key in keys:
            wanted = hmac.digest(key, signed, hashlib.sha256).hex().encode()
            for signature in offered:
                good |= hmac.compare_digest(signature, wanted)
        return Verdict() if good else Verdict("bad_signature")


SUBSCRIBED = (
    "customer.created", "customer.updated", "customer.deleted",
    "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled", "payment_intent.processing",
    "charge.succeeded", "charge.failed", "charge.refunded", "charge.refund.updated",
    "refund.created", "refund.updated",
    "invoice.created", "invoice.finalized", "invoice.sent", "invoice.updated", "invoice.paid",
    "invoice.payment_failed", "invoice.voided", "invoice.marked_uncollectible", "invoice.deleted",
    "checkout.session.completed", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
)  # fmt: skip
OBJECTS = {"customer": "customers", "invoice": "invoices", "payment_intent": "payments", "refund": "refunds"}


def parse(call: Call) -> list[Hint]:
    """What one event is about: the object itself, and the payment behind a charge, a refund or a visit to a payment
    link. A charge that was refunded names its refunds only if it lists them; those that it does not name are pulled."""
    event = hints.json_of(call.body)
    event_id = hints.word(event.get("id")) if isinstance(event, dict) else ""
    kind = hints.word(event.get("type")) if event_id else ""
    told = hints.member(hints.member(event, "data"), "object")
    if not kind or not told:
        raise Unreadable("L’événement de Stripe ne dit pas son identifiant, son genre ou son objet.")
    created = event.get("created")
    seconds = created if isinstance(created, int) and not isinstance(created, bool) else None
    found = list(dict.fromkeys(_about(told, kind))) or [("", "")]
    return [
        Hint(
            resource=resource,
            remote_id=remote_id,
            kind=kind,
            dedupe_key=event_id if place == 0 else hints.key(event_id, resource, remote_id),
            account=hints.word(event.get("account")),
            deleted=kind.endswith(".deleted") and place == 0,
            at=hints.of_milliseconds(seconds * 1000) if seconds is not None else "",
        )
        for place, (resource, remote_id) in enumerate(found)
    ]


def _about(told: dict[str, Any], kind: str) -> Iterable[tuple[str, str]]:
    """(resource, id) of what an object concerns."""
    name = hints.word(told.get("object")) or ("refund" if kind.startswith("charge.refund.") else kind.partition(".")[0])
    own, resource = hints.word(told.get("id")), OBJECTS.get(name, "")
    if resource and not own:
        raise Unreadable("L’événement de Stripe ne dit pas de quel objet il parle.")
    if resource:
        yield resource, own
    if name in ("charge", "refund", "checkout.session", "checkout"):
        intent = told.get("payment_intent")
        payment = hints.word(intent.get("id") if isinstance(intent, dict) else intent)
        if payment:
            yield "payments", payment
    if name == "charge":
        listed = hints.member(told, "refunds").get("data")
        for refund in listed if isinstance(listed, list) else ():
            one = hints.word(refund.get("id")) if isinstance(refund, dict) else ""
            if one:
                yield "refunds", one


WEBHOOKS = Webhooks(
    scheme=StripeSignature(),
    parse=parse,
    secret="subscribed",
    resources=tuple(OBJECTS.values()),
    subscribes=True,
    signs_time=True,
)
