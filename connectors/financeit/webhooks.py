"""How Financeit calls us: by the proposed contract, or by its own kinds of events, which are known by name only."""

from __future__ import annotations

from connectors.base import endpoints
from connectors.base.webhooks import Call, Hint, Webhooks

OBJECTS = {"loan": "loans"}
RENAMED = {"loan_state_event": "loan.state_changed", "funds_released": "loan.funds_released"}


def parse(call: Call) -> list[Hint]:
    """One event about one loan; a ping asks for nothing."""
    event = endpoints.read(call, OBJECTS, RENAMED)
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
