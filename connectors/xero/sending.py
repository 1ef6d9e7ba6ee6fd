"""From a prepared write to its answer.

Xero remembers an Idempotency-Key for some minutes only, so that a prepared creation does not call itself repeatable:
whoever comes back to it later must look for its twin first. Within one send(), seconds apart, the key does its work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.xero import access, writing

if TYPE_CHECKING:
    from connectors.xero.connector import Xero


def prepared(
    resource: Resource, action: str, body: Mapping[str, Any], key: str, *, remote_id: str = "", version: str = ""
) -> PreparedWrite:
    """PUT creates, POST to the object changes it."""
    params = {"summarizeErrors": "true"} if not remote_id else {}
    if resource.path == "Invoices":
        params["unitdp"] = "4"
    below = f"{resource.path}/{quote(remote_id, safe='')}" if remote_id else resource.path
    return PreparedWrite(
        method="POST" if remote_id else "PUT",
        role="api",
        path=access.path(below),
        resource=resource.name,
        action=action,
        params=params,
        headers=writing.key(key),
        body=writing.dumps(body),
        remote_id=remote_id,
        version=version,
    )


def send(connector: Xero, write: PreparedWrite, body: dict[str, Any]) -> dict[str, Any]:
    """The object as it now is. Conflict when it has moved on since the write was planned."""
    resource = connector.resource(write.resource)
    if write.action == "update" or (resource.name != "contacts" and write.action != "create"):
        current = connector.fetch(resource.name, write.remote_id)
        if write.action == "update":
            writing.demand_version(connector.label, write.version, resource.version(current))
        else:
            body["Status"] = writing.end_of(resource, current)
            if not body["Status"]:
                return current
    answer = connector.client.request(
        write.method,
        write.path,
        params=write.params,
        body=writing.wire(resource, body),
        headers=connector.named(write.headers),
        repeatable=True,
    )
    return connector.whole(resource, answer, connector.rates_if_any(resource))
