"""Objects that are at the provider already: created by a write whose answer was lost, or by somebody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.base.connector import Connector
from connectors.base.resource import Resource, dig
from connectors.base.writes import PreparedWrite


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
