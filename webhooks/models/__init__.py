"""Where events go, what waits to be sent, and what was tried."""

from webhooks.models.delivery import Attempt, Delivery, DeliveryStatus, PendingEvent, Replay
from webhooks.models.endpoint import DisabledReason, Endpoint

__all__ = ["Attempt", "Delivery", "DeliveryStatus", "DisabledReason", "Endpoint", "PendingEvent", "Replay"]
