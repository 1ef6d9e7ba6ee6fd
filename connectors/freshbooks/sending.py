"""From a prepared write to its answer. FreshBooks has neither idempotency keys nor versions: a creation is never sent
twice without a search in between, and a change is sent after a look at the object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.base.errors import NotFound
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.freshbooks import errors, quirks, reading, writing

if TYPE_CHECKING:
    from connectors.freshbooks.connector import FreshBooks


def prepared(
    resource: Resource, action: str, body: Mapping[str, Any], path: str, *, remote_id: str = "", version: str = ""
) -> PreparedWrite:
    """POST creates, PUT changes; a deletion is a change of vis_state alone, for nothing else in it would count."""
    return PreparedWrite(
        method="PUT" if remote_id else "POST",
        role="api",
        path=f"{path}/{quote(remote_id, safe='')}" if remote_id else path,
        resource=resource.name,
        action=action,
        params={"include[]": "lines"} if resource.name == "invoices" else {},
        headers={"Content-Type": "application/json"},
        body=writing.dumps(body),
        remote_id=remote_id,
        version=version,
    )


def send(connector: FreshBooks, write: PreparedWrite) -> dict[str, Any]:
    """The object as it now is. Conflict when it has moved on since the write was planned."""
    resource = connector.resource(write.resource)
    body = json.loads(write.body)
    if write.action == "create":
        return _create(connector, write, resource, body)
    current = connector.fetch(resource.name, write.remote_id)
    if "vis_state" in body:
        # It stands alone: nothing else in the same request would count.
        done = str(current.get("vis_state")) == str(body["vis_state"])
        return current if done else _put(connector, write, resource, body)
    if quirks.is_deleted(current):
        raise NotFound(
            f"L’élément a été supprimé dans {connector.label}. Relancez une synchronisation pour mettre les fiches à "
            "jour."
        )
    writing.demand_version(connector.label, write.version, resource.version(current))
    return _put(connector, write, resource, writing.finished(resource, body, current))


def _create(connector: FreshBooks, write: PreparedWrite, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    try:
        made = _put(connector, write, resource, writing.finished(resource, body, {}))
    except NotFound as error:
        raise errors.dead_reference(connector.label, error) from error
    if body.get("_status") in writing.SENT and made.get("_status") == "draft":
        sent = {"action_mark_as_sent": True}
        again = prepared(resource, "update", sent, write.path, remote_id=resource.remote_id(made))
        made = _put(connector, again, resource, sent)
    return made


def _put(connector: FreshBooks, write: PreparedWrite, resource: Resource, body: Mapping[str, Any]) -> dict[str, Any]:
    name = resource.path.rpartition("/")[2][:-1]
    answer = connector.client.request(
        write.method,
        write.path,
        params=write.params,
        body=writing.dumps({name: body}).encode(),
        headers=write.headers,
        # A change may be sent twice, a creation may not.
        repeatable=write.method == "PUT",
    )
    return quirks.complete(resource, reading.result_of(answer.data).get(name))
