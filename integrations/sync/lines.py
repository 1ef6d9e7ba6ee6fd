"""Lines of documents: one field for the merge, many rows with their own ids at each provider. Pure functions.

A connector's codec decodes lines into items with the platform's field names and a `remote` dict: the line's own id at
the provider ("id"), ids of what it refers to, and the slots that account mapping fills. `remote_ids` of our items keep
only the line's id, by integration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from integrations.records.kinds import FieldInfo, to_json

Item = dict[str, Any]
OURS = frozenset({"id", "remote_ids"})
"""Keys of an item that are not content."""


def canonical(info: FieldInfo, value: Any) -> Any:
    """Canonical JSON of a field's value for comparisons; ids of lines, ours and theirs, do not count."""
    if info.type != "lines":
        return to_json(value)
    return [{key: to_json(part) for key, part in item.items() if key not in OURS} for item in value or []]


def references_of(info: FieldInfo, items: Sequence[Item], resource_of_kind: Mapping[str, str]) -> set[tuple[str, str]]:
    """(resource, remote id) of everything that decoded items refer to."""
    wanted = {sub.name: resource_of_kind[sub.target] for sub in info.items if sub.target in resource_of_kind}
    return {
        (resource, str(item["remote"][name]))
        for item in items
        for name, resource in wanted.items()
        if item.get("remote", {}).get(name)
    }


def incoming(
    info: FieldInfo,
    items: Sequence[Item],
    *,
    integration: str,
    references: Mapping[tuple[str, str], UUID],
    resource_of_kind: Mapping[str, str],
    local_value: Callable[[str, Mapping[str, Any]], str],
) -> list[Item]:
    """Decoded items as ours: references resolved, account mapping read backwards, the line's remote id kept.

    KeyError names an unknown reference.
    """
    names = {sub.name: resource_of_kind[sub.target] for sub in info.items if sub.target in resource_of_kind}
    taken = []
    for item in items:
        remote = item.get("remote", {})
        ours = {key: value for key, value in item.items() if key != "remote"}
        for name, resource in names.items():
            if remote.get(name):
                ours[name] = references[resource, str(remote[name])]
        for sub in info.items:
            if sub.name not in ours and (value := local_value(sub.name, remote)):
                ours[sub.name] = value
        ours["remote_ids"] = {integration: str(remote["id"])} if remote.get("id") else {}
        taken.append(ours)
    return taken


def keep_unmapped(local: Sequence[Item], items: Sequence[Item], integration: str) -> list[Item]:
    """Give each incoming item the fields that the provider does not know, from the local line that it continues."""
    by_remote = {item["remote_ids"][integration]: item for item in local if integration in item["remote_ids"]}
    kept = []
    for place, item in enumerate(items):
        before = by_remote.get(item["remote_ids"].get(integration, ""))
        if before is None and place < len(local) and integration not in local[place]["remote_ids"]:
            before = local[place]
        content = {key: value for key, value in (before or {}).items() if key not in OURS}
        kept.append({**content, **item})
    return kept


def outgoing(
    items: Sequence[Item],
    *,
    integration: str,
    base: Sequence[Item],
    remote_ids: Mapping[str, Mapping[UUID, str]],
) -> list[Item]:
    """Our items with the `remote` dict that the codec encodes: what the provider's line held when last read (`base`,
    decoded), its own id, and the ids of what it refers to (`remote_ids`: field → record id → remote id)."""
    known = {str(item["remote"]["id"]): item["remote"] for item in base if item.get("remote", {}).get("id")}
    sent = []
    for item in items:
        line_id = item["remote_ids"].get(integration, "")
        remote = dict(known.get(line_id, {}))
        for name, ids in remote_ids.items():
            if item.get(name) is not None:
                remote[name] = ids[item[name]]
        content = {key: value for key, value in item.items() if key not in OURS}
        sent.append({**content, "remote": remote})
    return sent
