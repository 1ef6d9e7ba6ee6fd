"""Objects that are at the provider already: created by a write whose answer was lost, or by somebody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from connectors.base.connector import Connector
from connectors.base.errors import Throttled
from connectors.base.resource import Resource, dig
from connectors.base.writes import PreparedWrite

ON_ITS_WAY = (
    "L’issue d’une création déjà envoyée n’est pas encore connue. La suite reprendra d’elle-même; rien ne sera créé en "
    "double."
)


def find_twin(connector: Connector, resource: Resource, prepared: PreparedWrite) -> dict[str, Any] | None:
    """The one object that carries what this creation would carry, by the resource's lookup fields in their order."""
    body: Mapping[str, Any] = json.loads(prepared.body) if prepared.body else {}
    for field in resource.lookup_fields:
        value = dig(body, field)
        if value in (None, ""):
            continue
        found = connector.lookup(resource.name, {field: str(value)})
        if len(found) == 1:
            return found[0]
    return None


def let_arrive(sent_at: datetime, timeout: float) -> None:
    """Throttled while a creation that is not there yet may still be on its way: whoever sent it may have been killed or
    cancelled, and did not wait for its end. Sent again too early, it could be carried out twice."""
    left = sent_at + timedelta(seconds=timeout) - timezone.now()
    if left > timedelta(0):
        raise Throttled(ON_ITS_WAY, retry_after=left.total_seconds())
