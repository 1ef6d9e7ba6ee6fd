"""Write docs/providers.md from what the connectors declare: `python scripts/providers.py`, or `make providers`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import connectors  # noqa: E402
from connectors.base.connector import Connector  # noqa: E402
from connectors.base.resource import Resource  # noqa: E402
from connectors.base.webhooks import Webhooks, no_handshake  # noqa: E402

PAGE = ROOT / "docs" / "providers.md"
HEAD = """# The providers, side by side

Written by `make providers` from what the connectors declare; a test tells when it is out of date. How to get
credentials for each provider is in its `connectors/<slug>/setup.md`.
"""
WAYS = {"oauth2": "OAuth 2.0", "api_key": "key"}
PAGING = {
    "cursor": "cursor", "offset": "position", "number": "page number", "link": "link to the next page",
    "after_last": "after the last object", "whole": "whole list",
}  # fmt: skip
CHANGES = {
    "modified_since": "modified since an instant", "modified_day": "modified since a day", "feed": "feed of changes",
    "none": "everything each time",
}  # fmt: skip
DELETIONS = {
    "listed": "in the lists", "feed": "in a feed", "archived": "only archived", "none": "not told",
}  # fmt: skip
SECRETS = {
    "subscribed": "given when subscribed", "app": "of the application", "pasted": "shown by the provider",
    "ours": "made here", "none": "the address",
}  # fmt: skip
GUARDS = {
    "key": "idempotency key", "external_id": "our reference", "lookup": "searched first", "hold": "a person decides",
}  # fmt: skip


def render() -> str:
    """The whole page."""
    every = connectors.all_connectors()
    built = [one for one in every if one.available]
    waiting = ", ".join(one.label for one in every if not one.available)
    columns = (
        "Provider", "Sign-in", "Objects", "Paging", "Page", "Changes", "Deletions", "Upsert", "Batch", "Idempotency",
        "Webhooks",
    )  # fmt: skip
    parts = [HEAD, _table(columns, (_provider(one) for one in built))]
    if waiting:
        parts.append(f"Identities only so far: {waiting}.\n")
    hooks = ("Provider", "Objects announced", "Address", "Secret", "Subscribed", "Time signed", "Address checked")
    parts += ["## Webhooks\n", _table(hooks, (_calls(one.label, one.webhooks) for one in built if one.webhooks))]
    titles = ("Object", "Record", "Read", "Written", "A creation sent twice", "Found by", "Acts")
    for one in built:
        parts += [f"## {one.label}\n", _table(titles, (_object(resource) for resource in one.resources))]
    return "\n".join(parts)


def _provider(connector: type[Connector]) -> list[str]:
    habits = connector.habits
    writable = [one for one in connector.resources if "create" in one.capabilities]
    return [
        connector.label,
        _list(WAYS[way.kind] for way in connector.auth_methods),
        str(len(connector.resources)),
        PAGING[habits.paging] if habits else "",
        _list(str(size) for size in sorted({one.max_page_size for one in connector.resources})),
        CHANGES[habits.changes] if habits else "",
        DELETIONS[habits.deletions] if habits else "",
        "yes" if any("upsert" in one.capabilities for one in connector.resources) else "no",
        str(connector.writes_in_a_request()) if connector.writes_in_a_request() > 1 else "no",
        _list(GUARDS[one.create_guard] for one in writable),
        _webhooks(connector),
    ]


def _calls(label: str, webhooks: Webhooks) -> list[str]:
    every = f", renewed every {webhooks.renew_every.days or 1} d" if webhooks.renew_every else ""
    return [
        label,
        _list(f"`{name}`" for name in webhooks.resources),
        "one for all accounts" if webhooks.app_level else "one for each integration",
        SECRETS[webhooks.secret],
        f"by API{every}" if webhooks.subscribes else "by a person",
        "yes" if webhooks.signs_time else "no",
        "no" if webhooks.handshake is no_handshake else "yes",
    ]


def _webhooks(connector: type[Connector]) -> str:
    if connector.webhooks is None:
        return "none"
    scheme = connector.webhooks.scheme
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(scheme).__name__)
    header = getattr(scheme, "header", "")
    return f"{name}, `{header}`" if header else name


def _object(resource: Resource) -> list[str]:
    can = resource.capabilities
    return [
        f"`{resource.name}`",
        resource.record,
        _list(sorted(can & {"pull", "fetch"}, reverse=True)),
        _list(one for one in ("create", "update", "upsert", "delete") if one in can),
        GUARDS[resource.create_guard] if "create" in can else "",
        _list(f"`{name}`" for name in resource.lookup_fields),
        _list(f"`{act.name}`" for act in resource.acts),
    ]


def _list(words: Iterable[str]) -> str:
    """Each word once, in order."""
    return ", ".join(dict.fromkeys(words))


def _table(columns: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell or '–' for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
