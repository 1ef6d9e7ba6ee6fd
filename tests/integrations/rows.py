"""Rows for the tests of the screens, made without any provider; and what those tests ask."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import (
    Conflict,
    Credential,
    Exchange,
    Integration,
    PushOperation,
    RecordLink,
    RemoteOption,
    SyncError,
    SyncJob,
)
from integrations.records.changes import Change, Origin
from integrations.records.services import apply

SECRET = "rov_test_never_to_be_seen_again"
FRAGMENT = {"HX-Request": "true"}
_numbers = count(1)


def integration(*, connected: bool = True, **fields: Any) -> Integration:
    """An integration with ROVIDA, with a secret that no page may show."""
    number = next(_numbers)
    values = {
        "provider": "rovida",
        "name": f"Gestion immobilière {number}",
        "environment": "test",
        "account_id": f"acc_{number}",
        "account_name": f"Compte {number}",
    }
    made = Integration.objects.create(**values | fields)
    if connected:
        Credential.objects.create(integration=made, auth_method="api_key", secrets={"api_key": SECRET})
    return made


def job(of: Integration, **fields: Any) -> SyncJob:
    """A synchronisation, ended without error unless told otherwise."""
    now = timezone.now()
    values = {
        "status": "completed",
        "started_at": now - timedelta(milliseconds=1234),
        "finished_at": now,
        "processed": 4,
        "created": 1,
        "updated": 2,
        "skipped": 1,
        "done": ["properties", "units", "tenants", "work_orders"],
        "by_resource": {"properties": {"processed": 4, "created": 1, "updated": 2, "skipped": 1}},
    }
    return SyncJob.objects.create(integration=of, **values | fields)


def running_job(of: Integration, **fields: Any) -> SyncJob:
    """A synchronisation that runs."""
    return job(of, **{"status": "running", "finished_at": None, "done": ["properties"]} | fields)


def error(of: Integration, met_by: SyncJob | None = None, **fields: Any) -> SyncError:
    """A remote object that could not be taken in."""
    now = timezone.now()
    values = {
        "resource": "tenants",
        "remote_id": f"ten_{next(_numbers)}",
        "code": "required",
        "message": "Le champ obligatoire « Nom de famille » est vide.",
        "payload": {"id": "ten_1", "given_name": "Zoé <script>"},
        "created_at": now,
        "updated_at": now,
    }
    return SyncError.objects.create(integration=of, job=met_by, **values | fields)


def exchange(of: Integration, **fields: Any) -> Exchange:
    """One request and its answer."""
    values = {
        "at": timezone.now(),
        "method": "GET",
        "url": "https://rovida.example/v1/tenants?limit=100",
        "status": 200,
        "duration_ms": 42,
        "request_headers": {"X-API-Key": "••••••••"},
        "response_headers": {"Content-Type": "application/json"},
    }
    return Exchange.objects.create(integration=of, **values | fields)


def record(kind: str, origin: Origin | None = None, **values: Any) -> Any:
    """A record, through the door."""
    (applied,) = apply([Change(kind, action="create", values=values)], origin or Origin("system"))
    return applied.record


def link(of: Integration, kind: str, record_id: UUID, **fields: Any) -> RecordLink:
    """A record's twin at a provider."""
    values = {
        "resource": "tenants",
        "remote_id": f"ten_{next(_numbers)}",
        "raw_hash": "x",
        "synced_at": timezone.now(),
    }
    return RecordLink.objects.create(integration=of, record_kind=kind, record_id=record_id, **values | fields)


def conflict(of: Integration, number: int = 0, **fields: Any) -> Conflict:
    """A tenant's given name that both sides changed."""
    person = record("tenant", Origin("user", "0"), given_name=f"Alice{number}", family_name="Roy")
    values = {
        "link": link(of, "tenant", person.pk, base_local={"given_name": "Zoé"}, base_remote={"given_name": "Zoé"}),
        "record_kind": "tenant",
        "record_id": person.pk,
        "field": "given_name",
        "base": "Zoé",
        "local": f"Alice{number}",
        "remote": f"Béatrice{number}",
        "remote_raw": f"Béatrice{number}",
        "created_at": timezone.now(),
    }
    return Conflict.objects.create(integration=of, **values | fields)


def push(of: Integration, **fields: Any) -> PushOperation:
    """A write of a tenant, refused unless told otherwise."""
    person = record("tenant", given_name="Alice", family_name="Roy")
    PushOperation.objects.filter(record_id=person.pk).delete()
    values = {
        "resource": "tenants",
        "record_kind": "tenant",
        "record_id": person.pk,
        "status": "rejected",
        "action": "update",
        "fields": ["phone"],
        "request": f'{{"body": "{SECRET}"}}',
        "code": "rejected",
        "message": "ROVIDA refuse le téléphone. Corrigez-le, puis réessayez.",
    }
    return PushOperation.objects.create(integration=of, **values | fields)


def option(of: Integration, kind: str, label: str, **fields: Any) -> RemoteOption:
    """An element of a provider's list."""
    values = {"remote_id": str(next(_numbers)), "updated_at": timezone.now()}
    return RemoteOption.objects.create(integration=of, kind=kind, label=label, **values | fields)


def statements(client: Client, address: str) -> int:
    """How many SQL statements a page costs."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def said(response: Any) -> list[str]:
    """The messages on the page that the answer leads to."""
    return [str(message) for message in response.context["messages"]]
