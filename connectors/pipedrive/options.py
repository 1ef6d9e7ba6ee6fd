"""The company's own lists: pipelines, stages, users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from connectors.base.errors import Misconfigured
from connectors.base.paginators import CursorPage
from connectors.base.writes import Option
from connectors.pipedrive.reading import Get, rows

KINDS = (("pipeline", "Pipelines"), ("stage", "Étapes"), ("owner", "Responsables"))


def read(get: Get, get_v1: Get, label: str, kind: str) -> list[Option]:
    """Every element of a list, inactive ones too."""
    if kind == "pipeline":
        return [
            Option(str(raw.get("id")), str(raw.get("name") or raw.get("id")), active=_active(raw))
            for raw in _every(get, "pipelines")
        ]
    if kind == "stage":
        return _stages(get)
    if kind == "owner":
        # An owner is kept by e-mail: names are not unique, and an e-mail means something elsewhere too.
        return [
            Option(
                str(raw.get("id")),
                str(raw.get("email") or raw.get("name") or raw.get("id")),
                {"name": raw.get("name") or ""},
                active=raw.get("active_flag") is not False,
            )
            for raw in rows(get_v1("users").data)
        ]
    raise Misconfigured(f"{label} n’a pas de liste « {kind} ».", code="no_options")


def _stages(get: Get) -> list[Option]:
    """Stages by their name; where several pipelines call one alike, the pipeline's name follows."""
    pipelines = {raw.get("id"): str(raw.get("name") or "") for raw in _every(get, "pipelines")}
    stages = _every(get, "stages")
    names = Counter(str(raw.get("name") or "").casefold() for raw in stages)
    found = []
    for raw in stages:
        name, pipeline = str(raw.get("name") or raw.get("id")), pipelines.get(raw.get("pipeline_id"), "")
        shown = f"{name} ({pipeline})" if names[name.casefold()] > 1 and pipeline else name
        data = {"pipeline_id": str(raw.get("pipeline_id") or ""), "pipeline": pipeline}
        found.append(Option(str(raw.get("id")), shown, data, active=_active(raw)))
    return found


def _active(raw: Mapping[str, Any]) -> bool:
    return raw.get("is_deleted") is not True


def _every(get: Get, path: str) -> list[dict[str, Any]]:
    paginator = CursorPage("cursor", "additional_data.next_cursor")
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        answer = get(path, limit="500", **paginator.params(token))
        page = rows(answer.data)
        found += page
        token = paginator.advance(token, answer, len(page))
        if not token:
            return found
