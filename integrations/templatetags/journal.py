"""How the journal tells an act in French: names of facts, and words for the codes that rows keep."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.contrib.auth import get_user_model

import connectors
from integrations.core.audit import AUDIT_ACTIONS
from integrations.core.models import AuditEvent
from integrations.models import ConflictPolicy, Integration
from integrations.records.kinds import KINDS, Kind
from integrations.sync.transforms import TRANSFORMS
from integrations.templatetags.lacoste import object_label, quand

register = template.Library()

FACTS = {
    "account": "compte",
    "account_id": "identifiant du compte",
    "active": "actif",
    "archived": "archivés",
    "changes": "modifications",
    "client_id": "identifiant client",
    "client_secret": "secret client",
    "elements": "éléments",
    "email": "adresse courriel",
    "environment": "environnement",
    "field": "champ",
    "full": "complète",
    "id": "identifiant",
    "integration": "intégration",
    "is_active": "compte actif",
    "job": "synchronisation",
    "kept": "valeur gardée",
    "kind": "type d’enregistrement",
    "kinds": "types d’enregistrement",
    "left": "laissés tels quels",
    "merged": "fusionnés",
    "platform": "plateforme",
    "preview": "aperçu",
    "provider": "fournisseur",
    "reason": "raison",
    "record": "enregistrement",
    "records": "enregistrements",
    "references": "renvois déplacés",
    "resource": "objet",
    "restored": "rétablis",
    "result": "résultat",
    "revocation": "révocation",
    "role": "rôle",
    "rules": "règles",
    "search": "recherche",
    "side": "côté",
    "since": "depuis",
    "status": "état",
    "stopped_by": "arrêté par",
    "until": "jusqu’au",
    "webhook_secrets": "secrets de webhook",
}
# Options of a single field or object: their facts are named "<kind>.<field>.<option>" or "<object>.<option>".
FIELD_OPTIONS = {
    "conflict_policy": "en cas de conflit",
    "transform_in": "transformation à la réception",
    "transform_out": "transformation à l’envoi",
}
WORDS = {
    "kept": {"platform": "Plateforme", "provider": "Fournisseur", "seen": "Vu"},
    "result": {"ok": "Réussi"},
    "kind": {slug: kind.label for slug, kind in KINDS.items()},
    "conflict_policy": dict(ConflictPolicy.choices),
    "transform_in": {name: one.label for name, one in TRANSFORMS.items()},
    "transform_out": {name: one.label for name, one in TRANSFORMS.items()},
}


@register.filter
def audit_label(action: str) -> str:
    """What the audit log calls an act."""
    return AUDIT_ACTIONS.get(action, action)


@register.filter
def audit_changes(event: AuditEvent, providers: Mapping[str, str] | None = None) -> list[tuple[str, Any, Any]]:
    """The facts that an act touched: name, before, after (None where a side says nothing).

    `providers`: the provider of every integration among the targets, by its id; codes of its objects get their names.
    """
    before, after = event.before or {}, event.after or {}
    provider = (providers or {}).get(event.target_id) if event.target_type == Integration._meta.label_lower else ""
    kind = _kind(event, {**before, **after})
    return [
        (_name(name, kind, provider), *(_fact(name, side.get(name), kind, provider) for side in (before, after)))
        for name in dict.fromkeys([*before, *after])
    ]


def _kind(event: AuditEvent, facts: Mapping[str, Any]) -> Kind | None:
    """The kind of record whose fields the act names: of the target, or told by the act."""
    app, _, model = event.target_type.partition(".")
    return KINDS.get(model if app == "records" else str(facts.get("kind", "")))


def _name(name: str, kind: Kind | None, provider: str | None) -> str:
    if kind and field_label(kind, name):
        return field_label(kind, name)
    return FACTS.get(name) or _options().get(name) or _field_option(name, provider)


def field_label(kind: Kind, name: str) -> str:
    """What a kind of record calls one of its fields; "" when it has none of that name."""
    return kind.fields[name].label if name in kind.fields else ""


def _field_option(name: str, provider: str | None) -> str:
    subject, _, option = name.rpartition(".")
    if option not in FIELD_OPTIONS:
        return name
    kind, _, field = subject.partition(".")
    if kind in KINDS and field in KINDS[kind].fields:
        subject = f"{KINDS[kind].label}, {KINDS[kind].fields[field].label}"
    elif provider:
        subject = object_label(subject, provider)
    return f"{subject}, {FIELD_OPTIONS[option]}"


@cache
def _options() -> dict[str, str]:
    return {field.name: str(field.verbose_name) for field in Integration._meta.get_fields() if field.concrete}


@cache
def _choices() -> dict[str, dict[Any, str]]:
    """The French words for the codes that a fact may hold, by the name of the fact."""
    models = (Integration, get_user_model())
    words = {field.name: dict(field.flatchoices) for model in models for field in model._meta.fields if field.choices}
    return words | WORDS | {"provider": {one.slug: one.label for one in connectors.all_connectors()}}


def _rule(text: str, provider: str) -> str:
    """A rule of account mapping: "invoices.item → 12" in the words of the provider's page."""
    place, arrow, chosen = text.partition(" → ")
    resource, _, slot = place.partition(".")
    for one in connectors.get(provider).resources:
        if one.name == resource:
            label = next((each.label for each in one.slots if each.name == slot), slot)
            return f"{one.label}, {label}{arrow}{chosen}"
    return text


def _moment(text: str) -> str:
    try:
        return quand(datetime.fromisoformat(text))
    except ValueError:
        return text


def _fact(name: str, value: Any, kind: Kind | None, provider: str | None) -> Any:
    words = _choices().get(name.rpartition(".")[2], {})
    if isinstance(value, str) and value in words:
        return words[value]
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return (
            ", ".join(_rule(str(one), provider) if name == "rules" and provider else str(one) for one in value) or "—"
        )
    if isinstance(value, str) and value and (tell := _TELLERS.get(name)):
        return tell(value, kind, provider)
    return "—" if value == "" else value


_TELLERS: dict[str, Callable[[str, Kind | None, str | None], str]] = {
    "resource": lambda value, kind, provider: object_label(value, provider) if provider else value,
    "field": lambda value, kind, provider: (kind and field_label(kind, value)) or value,
    "since": lambda value, kind, provider: _moment(value),
    "depuis": lambda value, kind, provider: _moment(value),
    "until": lambda value, kind, provider: _moment(value),
}
