"""What Pipedrive's calls say: one event each, in the form of the second version or of the first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.base import hints
from connectors.base.webhooks import Call, Hint, Unreadable

RESOURCES = {"person": "persons", "organization": "organizations", "deal": "deals"}
"""Object of a subscription → ours."""


def parse(call: Call) -> list[Hint]:
    """The event. `data` and `previous` do not have the form of the API, so that only ids are taken from them."""
    body = hints.json_of(call.body)
    if not isinstance(body, dict) or not isinstance(body.get("meta"), dict):
        raise Unreadable("Le contenu de l’appel n’a pas la partie « meta » que Pipedrive documente.")
    return [_first_version(body)] if isinstance(body.get("event"), str) else _second_version(body)


def _second_version(body: dict[str, Any]) -> list[Hint]:
    """A merge is one deletion and one change, each a call of its own that names the other object: either tells all."""
    meta = body["meta"]
    action, entity = hints.word(meta.get("action"), 40), hints.word(meta.get("entity"), 60)
    remote_id = hints.word(meta.get("entity_id")) or _id_in(body, "data", "previous")
    # Repetitions differ by `attempt` only.
    odd = {**body, "meta": {name: value for name, value in meta.items() if name != "attempt"}}
    told = Hint(
        resource=RESOURCES.get(entity, "") if remote_id else "",
        remote_id=remote_id,
        kind=f"{action}.{entity}",
        dedupe_key=hints.word(meta.get("id")) or hints.digest(odd),
        account=hints.word(meta.get("company_id")),
        deleted=action == "delete",
        at=_when(meta.get("timestamp")),
        merged_into=hints.word(meta.get("merged_to_id")) if action == "delete" else "",
    )
    lost = hints.word(meta.get("merged_from_id")) if told.resource and action != "delete" else ""
    if not lost or lost == remote_id:
        return [told]
    key = hints.key(told.dedupe_key, "lost", lost)
    return [told, replace(told, remote_id=lost, dedupe_key=key, deleted=True, merged_into=remote_id)]


def _first_version(body: dict[str, Any]) -> Hint:
    """Subscriptions made before the second version; nothing in them is the event's own id."""
    kind = hints.word(body["event"], 120)
    verb, _, entity = kind.partition(".")
    remote_id = _id_in(body, "current", "previous")
    return Hint(
        resource=RESOURCES.get(entity, "") if remote_id else "",
        remote_id=remote_id,
        kind=kind,
        dedupe_key=hints.digest({name: value for name, value in body.items() if name != "retry"}),
        account=hints.word(body["meta"].get("company_id")),
        deleted=verb == "deleted",
        at=_when(body["meta"].get("timestamp")),
    )


def _id_in(body: dict[str, Any], *names: str) -> str:
    return next((found for name in names if (found := hints.word(hints.member(body, name).get("id")))), "")


def _when(value: Any) -> str:
    """ISO 8601 in every sample, ten digits by the words of the documentation."""
    seconds = hints.word(value)
    if seconds.isascii() and seconds.isdigit() and len(seconds) == 10:
        return hints.of_milliseconds(int(seconds) * 1000)
    return hints.instant(value)
