"""Why the database refuses a record, in a sentence that a person can act on. Reads, never writes."""

from __future__ import annotations

from typing import Any

from django.db import DataError, IntegrityError
from django.db.models import UniqueConstraint

from integrations.models import Integration, LinkState, RecordLink
from integrations.records.kinds import Kind
from integrations.sync.mapping import CompiledResource
from integrations.sync.plan import Failure, Item


def explain(
    compiled: CompiledResource, integration: Integration, item: Item, error: IntegrityError | DataError
) -> Failure:
    """The failure of an object whose record the database refuses; two or three queries."""
    if found := _taken(compiled, integration, item):
        return found
    return item.failure(
        "database",
        "La base de données de la plateforme refuse cet enregistrement : une de ses valeurs existe déjà ailleurs ou "
        f"n’est pas permise ({type(error).__name__}). Corrigez-la chez le fournisseur, puis réessayez.",
    )


def _taken(compiled: CompiledResource, integration: Integration, item: Item) -> Failure | None:
    """The failure of a document whose number another one bears already; None when that is not the reason."""
    kind = compiled.mapping.kind
    unique = [c for c in kind.model._meta.constraints if isinstance(c, UniqueConstraint) and "number" in c.fields]
    number = str(item.raw_values.get("number") or "").strip()
    if not number or not unique:
        return None
    links = RecordLink.objects.filter(
        integration=integration, resource=compiled.resource.name, remote_id=item.remote_id
    ).exclude(state=LinkState.ARCHIVED)
    live: Any = kind.model.objects.filter(archived_at=None)
    mine = kind.model.objects.filter(pk__in=links.values("record_id")).first()
    others = live.filter(number=number).exclude(pk=mine.pk if mine else None)
    by_division = any("division" in constraint.fields for constraint in unique)
    if by_division:
        others = others.filter(division=mine.division_id if mine else integration.default_division_id)
    other = others.select_related("division").first()
    if other is None:
        return None
    return item.failure("number_taken", _sentence(integration, number, kind, other, by_division=by_division), "number")


def _sentence(integration: Integration, number: str, kind: Kind, other: Any, *, by_division: bool) -> str:
    holder = _holder(integration, kind, other)
    if not by_division:
        return (
            f"Le numéro « {number} » est déjà celui d’un enregistrement {holder}. Changez-le chez le fournisseur ou "
            "sur cet enregistrement, puis réessayez."
        )
    where = f"dans la division « {other.division} »" if other.division_id else "parmi les documents sans division"
    remedy = "une autre « Division par défaut »" if other.division_id else "une « Division par défaut »"
    return (
        f"Le numéro « {number} » est déjà pris {where} par un document {holder}. Choisissez {remedy} dans les "
        f"paramètres de « {integration.name} », ou changez ce numéro chez le fournisseur, puis réessayez."
    )


def _holder(integration: Integration, kind: Kind, other: Any) -> str:
    """Where the record that bears the number came from."""
    links = RecordLink.objects.filter(record_kind=kind.slug, record_id=other.pk).exclude(state=LinkState.ARCHIVED)
    link = links.select_related("integration").first()
    if link is None:
        return "saisi sur la plateforme"
    if link.integration_id == integration.pk:
        return f"de cette même intégration ({link.remote_id})"
    return f"de l’intégration « {link.integration.name} »"
