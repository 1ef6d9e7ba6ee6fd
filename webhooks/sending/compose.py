"""The request of a delivery: body, headers, signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.records.models import Event
from webhooks import payload, signing
from webhooks.models import Endpoint
from webhooks.sending.policy import Schedule

USER_AGENT = "Lacoste-Integrations-Webhooks/1"


@dataclass(frozen=True)
class Request:
    """What is posted."""

    body: bytes
    headers: dict[str, str]


def request_of(endpoint: Endpoint, event: Event, at: datetime) -> Request:
    """The request of one attempt: the body never changes, the time of signature does."""
    return signed(endpoint, payload.message_id(event.pk), payload.body_of(event), at)


def signed(endpoint: Endpoint, message_id: str, body: bytes, at: datetime) -> Request:
    """A signed request; ours go last, so that no custom header ever replaces one of them."""
    ours = {
        "Content-Type": payload.CONTENT_TYPE,
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        **signing.headers(endpoint.live_secrets(at), message_id, int(at.timestamp()), body),
    }
    taken = {name.lower() for name in ours}
    custom = {name: value for name, value in endpoint.headers.items() if name.lower() not in taken}
    return Request(body, custom | ours)


def schedule_of(endpoint: Endpoint) -> Schedule:
    """How the endpoint wants failures to be tried again."""
    return Schedule(endpoint.max_retries, endpoint.delay_ms, float(endpoint.multiplier), endpoint.slow_retry)
