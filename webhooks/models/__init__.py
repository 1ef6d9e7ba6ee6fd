"""Where events go, what waits to be sent, and what was tried; what providers sent, and what was refused."""

from webhooks.models.delivery import Attempt, Delivery, DeliveryStatus, PendingEvent, Replay
from webhooks.models.endpoint import DisabledReason, Endpoint
from webhooks.models.inbound import (
    InboundEvent,
    InboundRequest,
    InboundStatus,
    InboundSubscription,
    RefusedCall,
    RefusedSample,
    SubscriptionState,
    UnannouncedChange,
)

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryStatus",
    "DisabledReason",
    "Endpoint",
    "InboundEvent",
    "InboundRequest",
    "InboundStatus",
    "InboundSubscription",
    "PendingEvent",
    "RefusedCall",
    "RefusedSample",
    "Replay",
    "SubscriptionState",
    "UnannouncedChange",
]
