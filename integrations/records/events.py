"""The catalogue of events as data, and which of them a change tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from integrations.core.ids import uuid7
from integrations.records import event_schemas as schemas
from integrations.records.changes import Applied, Origin
from integrations.records.kinds import content


class NewEvent(NamedTuple):
    """An event as the row of its table, in the order of the columns; the payload holds canonical values."""

    id: UUID
    type: str
    kind: str
    record_id: UUID | None
    payload: Mapping[str, Any]
    origin: str
    occurred_at: datetime


@dataclass(frozen=True)
class EventType:
    """One type of event: French label and group for people, JSON schema and sample of its payload for programs."""

    name: str
    label: str
    group: str
    schema: Mapping[str, Any]
    sample: Mapping[str, Any]


def _of_record(kind: str, group: str, labels: Mapping[str, str]) -> Iterator[EventType]:
    schema = schemas.record_schema(kind)
    for name, label in labels.items():
        yield EventType(name, label, group, schema, schemas.record_sample(kind, name))


def _catalogue() -> Iterator[EventType]:
    yield from _of_record(
        "customer",
        "Clients",
        {
            "customer.created": "Client créé",
            "customer.updated": "Client modifié",
            "customer.deleted": "Client supprimé",
        },
    )
    yield from _of_record(
        "job",
        "Travaux",
        {
            "job.created": "Travail créé",
            "job.updated": "Travail modifié",
            "job.completed": "Travail terminé",
            "job.cancelled": "Travail annulé",
        },
    )
    yield from _of_record(
        "invoice",
        "Factures",
        {
            "invoice.created": "Facture créée",
            "invoice.sent": "Facture envoyée",
            "invoice.paid": "Facture payée",
            "invoice.overdue": "Facture en souffrance",
        },
    )
    yield from _of_record(
        "payment",
        "Paiements",
        {
            "payment.received": "Paiement reçu",
            "payment.failed": "Paiement échoué",
            "payment.refunded": "Paiement remboursé",
        },
    )
    yield from _of_record(
        "opportunity",
        "Références",
        {
            "referral.captured": "Référence captée",
            "referral.converted": "Référence convertie",
            "referral.lost": "Référence perdue",
        },
    )
    yield EventType(
        "sync.completed", "Synchronisation terminée", "Synchronisations", schemas.SYNC_SCHEMA, schemas.SYNC_COMPLETED
    )
    yield EventType(
        "sync.failed", "Synchronisation échouée", "Synchronisations", schemas.SYNC_FAILED_SCHEMA, schemas.SYNC_FAILED
    )
    yield EventType(
        "integration.error", "Erreur d’intégration", "Intégrations", schemas.ERROR_SCHEMA, schemas.INTEGRATION_ERROR
    )


CATALOGUE: dict[str, EventType] = {each.name: each for each in _catalogue()}


def check_payload(name: str, payload: Mapping[str, Any]) -> None:
    """Raise ValueError when the catalogue has no such event or the payload lacks a key that its schema requires."""
    known = CATALOGUE.get(name)
    if known is None:
        raise ValueError(f"no event is called {name}")
    missing = [key for key in known.schema["required"] if key not in payload]
    if missing:
        raise ValueError(f"the payload of {name} lacks {', '.join(missing)}")


def derive(applied: Sequence[Applied], origin: Origin, at: datetime) -> list[NewEvent]:
    """Return the events that these changes tell, in order, not yet saved. Pure: it reads the given records only."""
    events: list[NewEvent] = []
    for each in applied:
        names = _RULES[each.kind](each) if each.kind in _RULES else ()
        if not names:
            continue
        payload = {
            "kind": each.kind,
            "record": content(each.record),
            "previous": {} if each.action == "created" else {name: old for name, (old, _) in each.changed.items()},
        }
        events += [NewEvent(uuid7(), name, each.kind, each.id, payload, origin.code, at) for name in names]
    return events


def _entered(applied: Applied, field: str) -> Any:
    """Return the new value of a field that changed, else None."""
    return applied.changed[field][1] if field in applied.changed else None


def _old(applied: Applied, field: str) -> Any:
    """Return a field's value before the change (None for a new record)."""
    if applied.action == "created":
        return None
    return applied.changed[field][0] if field in applied.changed else getattr(applied.record, field)


def _customer(applied: Applied) -> list[str]:
    verb = {"created": "created", "archived": "deleted"}.get(applied.action, "updated")
    return [f"customer.{verb}"]


def _job(applied: Applied) -> list[str]:
    names = ["job.created" if applied.action == "created" else "job.updated"]
    status = _entered(applied, "status")
    return names + ([f"job.{status}"] if status in ("completed", "cancelled") else [])


def _invoice(applied: Applied) -> list[str]:
    names = ["invoice.created"] if applied.action == "created" else []
    status = _entered(applied, "status")
    # From "partial" back to "sent" nobody sent anything: a payment was withdrawn.
    if status == "sent" and _old(applied, "status") in (None, "draft"):
        names.append("invoice.sent")
    if status == "paid":
        names.append("invoice.paid")
    if _entered(applied, "overdue_since") and _old(applied, "overdue_since") is None:
        names.append("invoice.overdue")
    return names


def _payment(applied: Applied) -> list[str]:
    status, before = _entered(applied, "status"), _old(applied, "status")
    refunds = ("refunded", "partially_refunded")
    if status == "failed":
        return ["payment.failed"]
    if status == "cleared" and before not in refunds:
        return ["payment.received"]
    old, new = applied.changed.get("refunded_amount", (0, 0))
    return ["payment.refunded"] if status in refunds or new > (old or 0) else []


def _refund(applied: Applied) -> list[str]:
    """A refund of a payment shows on the payment itself; one on its own is told here."""
    alone = applied.record.payment_id is None  # type: ignore[attr-defined]
    return ["payment.refunded"] if alone and _entered(applied, "status") == "succeeded" else []


def _referral_state(to_division: Any, referral_status: str | None, status: str | None) -> str:
    if to_division is None:
        return ""
    if referral_status in ("converted", "lost"):
        return referral_status
    return {"won": "converted", "lost": "lost"}.get(status or "", "captured")


def _opportunity(applied: Applied) -> list[str]:
    record: Any = applied.record
    new = _referral_state(record.to_division_id, record.referral_status, record.status)
    before = (
        applied.changed["to_division"][0]
        if "to_division" in applied.changed
        else (None if applied.action == "created" else record.to_division_id)
    )
    old = _referral_state(before, _old(applied, "referral_status"), _old(applied, "status"))
    if not new or new == old:
        return []
    # A referral that arrives already decided was captured too.
    return ["referral.captured", f"referral.{new}"] if not old and new != "captured" else [f"referral.{new}"]


_RULES: dict[str, Callable[[Applied], list[str]]] = {
    "customer": _customer,
    "job": _job,
    "invoice": _invoice,
    "payment": _payment,
    "refund": _refund,
    "opportunity": _opportunity,
}
