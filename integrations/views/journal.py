"""How the journal tells an act in French: names of facts, and words for the codes that rows keep."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.html import format_html, strip_tags

import connectors
from integrations.core.models import AuditEvent
from integrations.models import ConflictPolicy, Integration
from integrations.records.kinds import KINDS, FieldInfo, Kind
from integrations.records.selectors import titles
from integrations.sync.transforms import TRANSFORMS
from integrations.templatetags.lacoste import object_label, quand
from integrations.templatetags.records import history_value

SIDES = ("platform", "provider")
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
    "deletion_policy": "en cas de suppression",
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


@dataclass(frozen=True)
class Known:
    """What the codes of some acts mean: the provider of every integration among their targets, by its id, and the
    titles of the records that they name."""

    providers: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[UUID, str] = field(default_factory=dict)


def told(events: Sequence[AuditEvent]) -> list[tuple[AuditEvent, list[tuple[str, Any, Any]]]]:
    """Each act with the facts that it touched; in one query, and one per kind of record that is named."""
    ours = [event.target_id for event in events if event.target_type == Integration._meta.label_lower]
    found = Integration.objects.filter(pk__in=ours).values_list("pk", "provider")
    known = Known({str(pk): provider for pk, provider in found}, titles(_mentioned(events)))
    return [(event, changes(event, known)) for event in events]


def changes(event: AuditEvent, known: Known | None = None) -> list[tuple[str, Any, Any]]:
    """The facts that an act touched: name, before, after (None where a side says nothing)."""
    before, after = _differences(event.before or {}, event.after or {})
    known = known or Known()
    subject = _Subject(
        known.providers.get(event.target_id, "") if event.target_type == Integration._meta.label_lower else "",
        _kind(event, {**before, **after}),
        str({**before, **after}.get("field", "")),
        known.titles,
    )
    return [
        (_name(name, subject), *(_fact(name, side.get(name), subject) for side in (before, after)))
        for name in dict.fromkeys([*before, *after])
    ]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides; of a list that is on both, only what went and what came."""
    old, new = dict(before), dict(after)
    for name in before.keys() & after.keys():
        if isinstance(before[name], list) and isinstance(after[name], list):
            old[name] = [one for one in before[name] if one not in after[name]]
            new[name] = [one for one in after[name] if one not in before[name]]
    return old, new


@dataclass(frozen=True)
class _Subject:
    """What an act is about: the provider whose codes it holds, the kind of record and the field that it names."""

    provider: str
    kind: Kind | None
    field: str
    titles: Mapping[UUID, str]

    @property
    def info(self) -> FieldInfo | None:
        return self.kind.fields.get(self.field) if self.kind else None

    def info_of(self, fact: str) -> FieldInfo | None:
        """The field whose value a fact holds: of the same name, or the one that was in conflict."""
        return self.info if fact in SIDES else self.kind.fields.get(fact) if self.kind and not self.field else None


def _mentioned(events: Iterable[AuditEvent]) -> Iterator[tuple[str, UUID]]:
    """The records that acts name by their ids: the one that they are about, and values of fields that refer to one."""
    for event in events:
        facts = {**(event.before or {}), **(event.after or {})}
        if (kind := _kind(event, facts)) is None:
            continue
        about = kind.fields.get(str(facts.get("field", "")))
        for name, value in facts.items():
            info = about if name in SIDES else kind.fields.get(name)
            slug = kind.slug if name == "record" else info.target if info and info.type == "reference" else ""
            if slug and _is_id(value):
                yield slug, UUID(value)


def _is_id(value: Any) -> bool:
    try:
        return bool(UUID(value))
    except (TypeError, ValueError, AttributeError):
        return False


def _kind(event: AuditEvent, facts: Mapping[str, Any]) -> Kind | None:
    """The kind of record whose fields the act names: of the target, or told by the act."""
    app, _, model = event.target_type.partition(".")
    return KINDS.get(model if app == "records" else str(facts.get("kind", "")))


def _name(name: str, subject: _Subject) -> str:
    if name not in SIDES and (info := subject.info_of(name)):
        return info.label
    return FACTS.get(name) or _options().get(name) or _field_option(name, subject.provider)


def _field_option(name: str, provider: str) -> str:
    subject, _, option = name.rpartition(".")
    if option not in FIELD_OPTIONS:
        return name
    kind, _, of = subject.partition(".")
    if kind in KINDS and of in KINDS[kind].fields:
        subject = f"{KINDS[kind].label}, {KINDS[kind].fields[of].label}"
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


def _fact(name: str, value: Any, subject: _Subject) -> Any:
    words = _choices().get(name.rpartition(".")[2], {})
    if isinstance(value, str) and value in words:
        return words[value]
    if info := subject.info_of(name):
        return None if value is None else _field_value(info, value, subject)
    if isinstance(value, bool):
        return "oui" if value else "non"
    if value in ("", "None"):
        return "—"
    if isinstance(value, list):
        return ", ".join(_rule(str(one), subject) if name == "rules" else str(one) for one in value) or "—"
    if isinstance(value, str) and value and (tell := _TELLERS.get(name)):
        return tell(value, subject)
    return value


def _field_value(info: FieldInfo, value: Any, subject: _Subject) -> Any:
    try:
        shown = history_value(info, value, subject.titles)
        # Two numbers to call, one above the other, would be too small to touch.
        return strip_tags(shown) if info.type in ("email", "phone") else shown
    except (AttributeError, TypeError, ValueError):
        return str(value)  # a row is never lost for being odd


def _rule(text: str, subject: _Subject) -> str:
    """A rule of account mapping: "invoices.item → 12" in the words of the provider's page."""
    place, arrow, chosen = text.partition(" → ")
    resource, _, slot = place.partition(".")
    for one in connectors.get(subject.provider).resources if subject.provider else ():
        if one.name == resource:
            label = next((each.label for each in one.slots if each.name == slot), slot)
            return f"{one.label}, {label}{arrow}{chosen}"
    return text


def _object(name: str, subject: _Subject) -> str:
    return object_label(name, subject.provider) if subject.provider else name


def _field(name: str, subject: _Subject) -> str:
    return subject.info.label if subject.info else name


def _record(pk: str, subject: _Subject) -> str:
    return subject.titles.get(UUID(pk), pk) if _is_id(pk) else pk


def _job(pk: str, subject: _Subject) -> str:
    if not _is_id(pk):
        return pk
    return format_html('<a href="{}">{}</a>', reverse("integrations:job", args=[pk]), "rapport")


def _moment(text: str, subject: _Subject) -> str:
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            return quand(read(text))
    return text


_TELLERS: dict[str, Callable[[str, _Subject], str]] = {
    "resource": _object,
    "field": _field,
    "record": _record,
    "since": _moment,
    "depuis": _moment,
    "until": _moment,
    "date_from": _moment,
    "date_to": _moment,
    "lock_date": _moment,
    "job": _job,
}
