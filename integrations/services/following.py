"""What webhooks ask of an integration: to look at objects that its provider says have changed."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.base.limiter import Limiter, TokenBucket
from integrations.models import Integration
from integrations.sync import follow as engine
from integrations.sync.follow import Look, Result, Seen
from integrations.sync.links import LinkKey

__all__ = ["Look", "Result", "Seen", "follow", "limiter_of"]


def follow(integration: Integration, looks: Iterable[Look], *, limiter: Limiter | None = None) -> dict[LinkKey, Seen]:
    """Fetch and merge these objects; what became of each, by (resource, remote id).

    An integration that only sends, or whose settings leave an object out, answers OUTSIDE without a request.
    limiter: one that keeps the provider's limits from call to call.
    """
    asked = list(looks)
    if not integration.receives:
        return {look.key: Seen(Result.OUTSIDE) for look in asked}
    return engine.follow(integration, asked, limiter=limiter)


def limiter_of(integration: Integration) -> Limiter | None:
    """A limiter by the provider's limits, None where it declares none."""
    limits = integration.connector.limits
    return TokenBucket(limits) if limits else None
