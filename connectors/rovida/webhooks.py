"""How ROVIDA calls us, by its proposed contract: whole objects, of which only id and version are believed."""

from __future__ import annotations

from connectors.base import endpoints
from connectors.base.webhooks import Call, Hint, Webhooks

OBJECTS = {"property": "properties", "unit": "units", "tenant": "tenants", "work_order": "work_orders"}


def parse(call: Call) -> list[Hint]:
    """One event about one object; a ping asks for nothing."""
    event = endpoints.read(call, OBJECTS)
    return [] if event.kind == "ping" else [event.hint()]


WEBHOOKS = Webhooks(
    scheme=endpoints.ProposedSignature(),
    parse=parse,
    secret="subscribed",
    resources=tuple(OBJECTS.values()),
    subscribes=True,
    signs_time=True,
    same_bytes=True,
)
