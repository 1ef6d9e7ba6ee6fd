"""How a facade in front of Yardi calls us, by its proposed contract. Voyager itself is only polled."""

from __future__ import annotations

from connectors.base import endpoints, hints
from connectors.base.webhooks import Call, Hint, Unreadable, Webhooks

OBJECTS = {"resident": "residents", "work_order": "work_orders"}


def parse(call: Call) -> list[Hint]:
    """One event about one object; a ping asks for nothing. The facade counts versions, Voyager does not: the version
    that it tells says nothing about what will be read."""
    event = endpoints.read(call, OBJECTS)
    if event.kind == "ping":
        return []
    if not event.resource:
        return [event.hint()]
    code, own = hints.word(event.data.get("property_code")), hints.word(event.data.get("id"))
    if not code or not own:
        raise Unreadable("L’événement ne dit pas de quel objet de quel immeuble il parle.")
    return [event.hint(remote_id=hints.key(code, own), versioned=False)]


WEBHOOKS = Webhooks(
    scheme=endpoints.ProposedSignature(),
    parse=parse,
    secret="subscribed",
    resources=tuple(OBJECTS.values()),
    subscribes=True,
    signs_time=True,
    same_bytes=True,
)
