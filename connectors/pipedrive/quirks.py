"""What follows from Pipedrive's objects and that they do not say themselves. Names begin with an underscore.

The platform keeps one e-mail, one phone and one mobile of a person; Pipedrive keeps lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base.connector import Account, Environment
from connectors.base.errors import Malformed, NotFound
from connectors.base.resource import Resource, dig

Entries = list[dict[str, Any]]
MOBILE = "mobile"
TWIN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "persons": ("name", "_email", "_phone", "org_id"),
    "organizations": ("name",),
    "deals": ("title", "org_id", "person_id"),
}
"""What two objects have in common when one creation made both."""


def is_deleted(raw: Mapping[str, Any]) -> bool:
    """Deals say it in their status too."""
    return raw.get("is_deleted") is True or raw.get("status") == "deleted"


def complete(resource: Resource, raw: Any, reference_field: str = "") -> dict[str, Any]:
    """The object with what follows from it; a tombstone stays as it is."""
    if not isinstance(raw, dict):
        raise Malformed(
            f"Pipedrive n’a pas renvoyé d’objet de « {resource.label} ». Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    if is_deleted(raw):
        return raw
    whole = {**raw, **_derived(resource.name, raw)}
    whole["_twin"] = twin(resource.name, whole)
    if reference_field:
        whole["_reference"] = dig(raw, f"custom_fields.{reference_field}") or ""
    return whole


def alive(raw: dict[str, Any]) -> dict[str, Any]:
    """The object; NotFound when it is the tombstone that Pipedrive may show for 30 days."""
    if is_deleted(raw):
        raise NotFound(
            "Pipedrive ne trouve pas cet élément : il a été supprimé. Relancez une synchronisation pour mettre les "
            "fiches à jour."
        )
    return raw


_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)


def account(me: Any, environment: Environment) -> Account:
    """The company that users/me names."""
    company = dig(me, "data.company_id")
    if not company:
        raise Malformed(
            "Pipedrive n’a pas dit à quelle entreprise l’accès appartient. Réessayez; si cela se répète, prévenez le "
            "fournisseur."
        )
    name = dig(me, "data.company_name") or dig(me, "data.company_domain") or company
    domain = str(dig(me, "data.company_domain") or "")
    return Account(str(company), str(name), environment, domain if _DOMAIN.fullmatch(domain) else "")


def _derived(name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    if name == "persons":
        emails, phones = entries(raw.get("emails")), entries(raw.get("phones"))
        return {
            "_email": value_at(emails, main(emails)),
            "_phone": value_at(phones, main(phones)),
            "_mobile": value_at(phones, mobile(phones)),
        }
    if name == "organizations":
        return {"_kind": "company"}
    return {
        "_stage": _element(raw.get("stage_id")),
        "_pipeline": _element(raw.get("pipeline_id")),
        "_owner": _element(raw.get("owner_id")),
    }


def _element(remote_id: Any) -> dict[str, str] | None:
    return None if remote_id is None else {"value": str(remote_id)}


def twin(name: str, values: Mapping[str, Any]) -> str:
    """One text for what a creation of this object is recognised by."""
    said = {field: str(values[field]).strip().casefold() for field in TWIN_FIELDS[name] if values.get(field)}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def of_twin(text: str) -> dict[str, str]:
    """What twin() wrote, empty when it is anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def entries(raw: Any) -> Entries:
    """E-mails or phones, without what is none."""
    listed = raw if isinstance(raw, list) else []
    return [one for one in listed if isinstance(one, dict) and str(one.get("value") or "").strip()]


def main(listed: Sequence[Mapping[str, Any]]) -> int | None:
    """Place of the primary entry, else of the first that is no mobile."""
    for place, one in enumerate(listed):
        if one.get("primary") is True:
            return place
    return next((place for place, one in enumerate(listed) if one.get("label") != MOBILE), None)


def mobile(phones: Sequence[Mapping[str, Any]]) -> int | None:
    """Place of the first mobile number that is not the primary one."""
    first = main(phones)
    places = (place for place, one in enumerate(phones) if one.get("label") == MOBILE and place != first)
    return next(places, None)


def value_at(listed: Sequence[Mapping[str, Any]], place: int | None) -> str | None:
    """The entry's text."""
    return None if place is None else str(listed[place]["value"]).strip()


def with_value(listed: Entries, place: int | None, value: Any, label: str) -> Entries:
    """The whole list with one value set, added or (empty) taken away: the provider replaces lists whole."""
    kept = [dict(one) for one in listed]
    text = str(value or "").strip()
    if place is None:
        first = label != MOBILE and not any(one.get("primary") for one in kept)
        added = {"value": text, "primary": first, "label": label}
        return [*kept, added] if text else kept
    if text:
        kept[place]["value"] = text
    else:
        del kept[place]
        heir = main(kept)
        if heir is not None:
            kept[heir]["primary"] = True
    return kept
