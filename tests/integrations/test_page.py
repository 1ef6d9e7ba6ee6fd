"""One page is one transaction whose number of statements does not grow with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection

from connectors.base.client import Exchange as ConnectorExchange
from integrations import services
from integrations.models import (
    Credential,
    FieldMapping,
    HeldChange,
    Integration,
    RecordLink,
    SyncCursor,
    SyncError,
    SyncJob,
)
from integrations.records.models import Contact, Event, Property, RecordHistory, Tenant
from integrations.sync.errors import ErrorBook
from integrations.sync.gateway import ExchangeLog
from integrations.sync.lease import LeaseLost, claim
from integrations.sync.page import PageStore
from integrations.sync.parts import compiled_resources
from integrations.sync.progress import Checkpoint
from tests.integrations.payloads import property_, tenant, work_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def integration(transactional_db: None) -> Integration:
    integration = Integration.objects.create(provider="rovida", name="ROVIDA", environment="simulator", account_id="a")
    Credential.objects.create(integration=integration, auth_method="api_key", secrets={"api_key": "rov_test_x"})
    FieldMapping.objects.bulk_create(services.default_mappings(integration))
    return integration


def page_store(integration: Integration, resource: str) -> PageStore:
    """A store for a freshly claimed job."""
    SyncJob.objects.filter(integration=integration).delete()
    job = SyncJob.objects.create(integration=integration)
    held = claim(job.pk)
    assert held is not None
    job = SyncJob.objects.select_related("integration").get(pk=job.pk)
    (compiled,) = compiled_resources(integration, [resource])
    book = ErrorBook(integration.pk, resource)
    return PageStore(integration, job, held, compiled, book, ExchangeLog(integration.pk, job.pk), lambda: 0)


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def counts() -> dict[str, int]:
    """Rows of everything that a quiet page must not touch."""
    tables = (Property, Contact, Tenant, RecordLink, RecordHistory, Event, SyncError)
    return {table.__name__: table._base_manager.count() for table in tables}


@pytest.mark.postgres
@pytest.mark.parametrize("size", [100, 1000])
@pytest.mark.parametrize(
    ("resource", "make", "change"),
    [("tenants", tenant, {"given_name": "Autre"}), ("work_orders", work_order, {"title": "Autre", "priority": "low"})],
)
def test_a_page_costs_at_most_twelve_statements_whatever_its_size(
    integration: Integration, resource: str, make: Callable[..., Any], change: dict[str, Any], size: int, settings: Any
) -> None:
    settings.GUARD_MINIMUM = size  # nothing is set aside: the next test counts that
    page_store(integration, "properties").store([property_(i) for i in range(20)], Checkpoint({}, last=True))
    first = [make(i) for i in range(size)]
    # The worst page: new, changed, unchanged, deleted, refused and no longer refused records together.
    part = size // 5
    mixed = [
        *(make(i) for i in range(part)),
        *(make(i, **change) for i in range(part, 2 * part)),
        *(make(i, deleted_at="2026-02-01T00:00:00Z") for i in range(2 * part, 3 * part)),
        *(make(i, status="inconnu") for i in range(3 * part, 4 * part)),
        *(make(i) for i in range(size, size + part)),
    ]
    with statements() as of_first:
        asked(page_store(integration, resource)).store(first, Checkpoint({"page": 1}))
    store = page_store(integration, resource)
    store.store([make(size * 3, status="inconnu")], Checkpoint({"page": 2}))
    with statements() as of_mixed:
        asked(store).store([*mixed, make(size * 3)], Checkpoint({"page": 3}))
    created, worst = _page_only(of_first), _page_only(of_mixed)
    print(f"\n{size} {resource}: {len(created)} statements for a first page, {len(worst)} for a mixed one")
    assert len(created) <= 12, created
    assert len(worst) <= 12, worst


@pytest.mark.postgres
@pytest.mark.parametrize("size", [100, 1000])
def test_setting_a_mass_change_and_a_mass_deletion_aside_costs_the_same_for_any_size(
    integration: Integration, size: int
) -> None:
    page_store(integration, "properties").store([property_(i) for i in range(20)], Checkpoint({}, last=True))
    page_store(integration, "tenants").store([tenant(i) for i in range(size)], Checkpoint({"page": 1}))
    changed = [tenant(i, given_name="Autre") for i in range(size // 2)]
    deleted = [tenant(i, deleted_at="2026-02-01T00:00:00Z") for i in range(size // 2, size)]
    with statements() as seen:
        page_store(integration, "tenants").store([*changed, *deleted], Checkpoint({"page": 2}))
    assert HeldChange.objects.count() == size and Tenant.objects.filter(given_name="Autre").count() == 0
    assert len(_page_only(seen)) <= 20, _page_only(seen)


def asked(store: PageStore) -> PageStore:
    """With the log of the request that brought the page."""
    store.exchanges(ConnectorExchange("GET", "https://example.ca/v1/x", 1, datetime.now(UTC), status=200))
    return store


def _page_only(sql: list[str]) -> list[str]:
    """Without what claims the job in the test's own set-up."""
    return sql[next(i for i, s in enumerate(sql) if "integrations_recordlink" in s) :]


@pytest.mark.postgres
def test_properties_with_their_managers_stay_within_the_bound_too(integration: Integration) -> None:
    store = page_store(integration, "properties")
    with statements() as seen:
        store.store([property_(i) for i in range(100)], Checkpoint({}, last=True))
    assert len(seen) <= 12, seen
    assert Contact.objects.count() == 7
    assert Property.objects.filter(manager__email="Gestion-3@example.ca").count() == 14


def test_a_page_seen_again_touches_no_record_link_history_or_event(integration: Integration) -> None:
    records = [property_(i) for i in range(5)]
    page_store(integration, "properties").store(records, Checkpoint({}, last=True))
    before = counts(), list(RecordLink.objects.order_by("pk").values()), list(Property._base_manager.values())
    store = page_store(integration, "properties")
    store.store(records, Checkpoint({}, last=True))
    assert (counts(), list(RecordLink.objects.order_by("pk").values()), list(Property._base_manager.values())) == before
    assert (store.job.skipped, store.job.created, store.job.updated) == (5, 0, 0)


def test_a_worker_that_lost_its_lease_writes_nothing(integration: Integration) -> None:
    store = page_store(integration, "properties")
    SyncJob.objects.update(fencing=99)
    before = counts()
    with pytest.raises(LeaseLost):
        store.store([property_(1)], Checkpoint({"page": 1}))
    assert counts() == before
    assert not SyncCursor.objects.exists()


def test_a_record_that_the_database_refuses_does_not_stop_the_others(
    integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = page_store(integration, "properties")
    from integrations.records import services as door

    write = door.Checked.write

    def poisoned(checked: door.Checked) -> Any:
        if any(change.values.get("name") == "Poison" for change in checked.changes):
            raise IntegrityError("refused")
        return write(checked)

    monkeypatch.setattr(door.Checked, "write", poisoned)
    store.store(
        [property_(i, name="Poison" if i == 6 else f"Immeuble {i}") for i in range(10)], Checkpoint({"page": 1})
    )
    assert Property.objects.count() == 9
    error = SyncError.objects.get()
    assert (error.remote_id, error.code) == ("prop_6", "database")
    assert store.job.positions == {"properties": {"page": 1}}
    assert (store.job.created, store.job.failed, store.job.processed) == (9, 1, 10)


def test_an_edit_made_here_stays_until_the_provider_changes_that_field(integration: Integration) -> None:
    from integrations.records.services import Change, Origin, apply

    page_store(integration, "properties").store([property_(1)], Checkpoint({}, last=True))
    ours = Property.objects.get()
    apply([Change("property", ours.pk, values={"code": "À NOUS"})], Origin("user", "1"))
    page_store(integration, "properties").store([property_(1, name="Nouveau nom")], Checkpoint({}, last=True))
    ours.refresh_from_db()
    assert (ours.code, ours.name) == ("À NOUS", "Nouveau nom")
    page_store(integration, "properties").store([property_(1, name="Nouveau nom", code="À EUX")], Checkpoint({}))
    ours.refresh_from_db()
    assert ours.code == "À EUX"


def test_the_last_of_a_record_that_comes_twice_in_a_page_counts(integration: Integration) -> None:
    store = page_store(integration, "properties")
    store.store([property_(1, name="Ancien"), property_(1, name="Récent")], Checkpoint({}, last=True))
    assert Property.objects.get().name == "Récent"
