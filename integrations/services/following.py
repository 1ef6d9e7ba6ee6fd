"""What webhooks ask of an integration: to look at objects that its provider says have changed."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.models import Integration
from integrations.sync import follow as engine
from integrations.sync.follow import Look, Result, Seen, seen_of
from integrations.sync.links import LinkKey

__all__ = ["Look", "Result", "Seen", "follow", "seen_of"]


def follow(integration: Integration, looks: Iterable[Look]) -> dict[LinkKey, Seen]:
    """Fetch and merge these objects; what became of each, by (resource, remote id).

    An integration that only sends, or whose settings leave an object out, answers OUTSIDE without a request.
    """
    asked = list(looks)
    if not integration.receives:
        return {look.key: Seen(Result.OUTSIDE) for look in asked}
    return engine.follow(integration, asked)
