"""HubSpot's objects as the mappings read them: properties lifted to the top, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.resource import Resource, dig

ADDRESS_PARTS = ("address", "city", "state", "zip", "country")
OWN = ("id", "createdAt", "updatedAt", "archived", "archivedAt")
MERGED = "hs_merged_object_ids"
LISTED = ("dealstage", "pipeline", "hubspot_owner_id")
"""Properties that hold the id of an element of a list."""
PRIMARY = frozenset({1, 5})


@dataclass(frozen=True)
class Stage:
    """A stage of a deal: its label, those of its pipeline, and what it says of the outcome."""

    label: str
    pipeline: str
    closed: bool
    probability: Decimal | None

    @property
    def status(self) -> str:
        """open, won or lost."""
        if not self.closed:
            return "open"
        return "won" if self.probability and self.probability > 0 else "lost"


def complete(
    resource: Resource, raw: Mapping[str, Any], company: str | None, stages: Mapping[str, Stage]
) -> dict[str, Any]:
    """One object, flat. company: id of the company that it belongs to; stages: by id, for deals."""
    properties = raw.get("properties")
    whole = {**(properties if isinstance(properties, Mapping) else {})}
    whole |= {name: raw[name] for name in OWN if name in raw}
    if resource.record == "customer":
        whole |= {"name": whole.get("name") or whole.get("domain"), "_kind": "company"}
        whole["_address"] = {part: whole.get(part) for part in ADDRESS_PARTS}
        return whole
    whole["_company"] = company
    if resource.record == "contact":
        names = [str(whole[name]) for name in ("firstname", "lastname") if whole.get(name)]
        whole["_name"] = " ".join(names) or whole.get("email")
        return whole
    stage = stages.get(str(whole.get("dealstage")))
    whole |= {name: {"value": whole[name]} if whole.get(name) else None for name in LISTED}
    whole["_status"] = stage.status if stage else None
    chance = stage.probability if stage else None
    whole["_probability"] = str((chance * 100).normalize().quantize(Decimal("0.01"))) if chance is not None else None
    return whole


def tombstone(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An object of the recycle bin."""
    return {name: raw[name] for name in OWN if name in raw}


def merged(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tombstones of the objects that were merged into this one: HubSpot says nothing more of them."""
    ids = _ids(dig(raw, f"properties.{MERGED}"))
    return [{"id": one, "archived": True, "updatedAt": raw.get("updatedAt")} for one in ids]


def absorbed(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the objects that were merged into this one, as complete() left it."""
    return _ids(raw.get(MERGED))


def _ids(text: Any) -> tuple[str, ...]:
    return tuple(one.strip() for one in str(text or "").split(";") if one.strip())


def company_of_list(raw: Mapping[str, Any]) -> str | None:
    """The company in the associations of a listed object, the primary one first."""
    found = [one for one in dig(raw, "associations.companies.results") or [] if isinstance(one, Mapping)]
    found.sort(key=lambda one: str(one.get("type") or "").endswith("_unlabeled"))
    return str(found[0].get("id")) if found else None


def company_of_links(links: list[Any]) -> str | None:
    """The company among `to` of a batch of associations, the primary one first."""
    found = [one for one in links if isinstance(one, Mapping) and one.get("toObjectId") is not None]

    def is_other(one: Mapping[str, Any]) -> bool:
        kinds = {dig(kind, "typeId") for kind in one.get("associationTypes") or []}
        return not kinds & PRIMARY

    found.sort(key=is_other)
    return str(found[0]["toObjectId"]) if found else None


def stages_of(pipelines: list[Any]) -> dict[str, Stage]:
    """The stages of all pipelines by id."""
    return {
        str(one.get("id")): Stage(
            str(one.get("label") or one.get("id")),
            str(pipeline.get("label") or pipeline.get("id")),
            str(dig(one, "metadata.isClosed")).lower() == "true",
            _number(dig(one, "metadata.probability")),
        )
        for pipeline in pipelines
        for one in pipeline.get("stages") or []
    }


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
