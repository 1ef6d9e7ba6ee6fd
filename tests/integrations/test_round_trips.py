"""Every object of every provider that both sides may change: an edit there and an edit here, through the engine."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from connectors.base.connector import Connector
from connectors.base.resource import Resource
from integrations import services
from integrations.models import Credential, FieldMapping, Integration, ProviderApp, PushOperation, RecordLink, SyncError
from integrations.records.kinds import KINDS, clean, value_of
from integrations.records.services import Change, Origin, apply
from tests.connectors.suite.adapter import Adapter, Said, adapters
from tests.connectors.suite.desk import Desk, understood
from tests.integrations.conftest import Synchronise
from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
USER = Origin("user", "1", label="Alice")
ADAPTERS = {slug: found for slug, found in adapters().items() if isinstance(found, Adapter)}
BOTH_WAYS = [
    pytest.param(slug, resource, id=f"{slug}-{resource.name}")
    for slug, adapter in ADAPTERS.items()
    for resource in adapter.connector.resources
    if "update" in resource.capabilities
]


@pytest.fixture
def desk(simulator: Control, slug: str) -> Desk:
    """The provider with its demonstration data."""
    desk = Desk(ADAPTERS[slug], simulator, ADAPTERS[slug].ways[0])
    desk.reset()
    return desk


@pytest.fixture
def integration(desk: Desk, administrator: Any, settings: Any) -> Integration:
    """Connected to the first account of the simulator, both ways."""
    settings.SIMULATOR_URL = desk.control.url
    made = Integration.objects.create(
        provider=desk.slug, name=desk.slug, environment="simulator", account_id=desk.account, account_name="Essai",
        direction="both", retry_delay_ms=100, config=dict(desk.adapter.config),
    )  # fmt: skip
    secrets: Mapping[str, str] = desk.adapter.key
    if desk.way == "oauth2":
        app = {"client_id": desk.app.client_id, "client_secret": desk.app.client_secret}
        ProviderApp.objects.update_or_create(provider=desk.slug, environment="simulator", defaults=app)
        secrets = desk.grant().to_secrets()
    Credential.objects.create(integration=made, auth_method=desk.way, secrets=secrets)
    FieldMapping.objects.bulk_create(services.default_mappings(made))
    return made


def simple(resource: Resource, said: Said, way: str) -> dict[str, Any]:
    """What a fact says of fields that go this way and need no other object, by field name."""
    maps = {one.local: one for one in resource.mappings if one.direction in ("both", way)}
    return {
        local.split(".", 1)[1]: value
        for local, value in said.expect.items()
        if local in maps and maps[local].type not in ("reference", "lines")
    }


def here(resource: Resource, record_id: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """The record's values of these fields."""
    kind = KINDS[resource.record]
    record = kind.model.objects.get(pk=record_id)
    return {name: value_of(record, kind.fields[name]) for name in names}


def there(connector: Connector, resource: Resource, link: RecordLink, names: Mapping[str, Any]) -> dict[str, Any]:
    """What the platform would read of the object."""
    read = understood(resource, connector.fetch(resource.name, link.remote_id))
    return {name: read[f"{resource.record}.{name}"] for name in names}


def alike(resource: Resource, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of values are the same to the record's own fields."""
    fields = KINDS[resource.record].fields
    return all(_plain(clean(fields[n], one[n])) == _plain(clean(fields[n], other[n])) for n in {*one, *other})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if each}
    return value.normalize() if isinstance(value, Decimal) else value


def problems() -> list[Any]:
    return [*SyncError.objects.values_list("message"), *PushOperation.objects.exclude(message="").values("message")]


@pytest.mark.parametrize(("slug", "resource"), BOTH_WAYS)
def test_an_edit_on_either_side_reaches_the_other_and_then_all_is_quiet(
    desk: Desk, resource: Resource, integration: Integration, synchronise: Synchronise
) -> None:
    subject, connector = desk.adapter.subjects[resource.name], desk.connect()
    made, _ = desk.new(subject)
    synchronise(integration)
    remote_id = subject.object_id(resource, made)
    link = RecordLink.objects.get(resource=resource.name, remote_id=remote_id, record_kind=resource.record)

    theirs = simple(resource, desk.change(subject, made), "in")
    synchronise(integration)
    assert theirs and alike(resource, here(resource, link.record_id, theirs), theirs), problems()

    # Where an update of the contract changes lines only, the text that was edited there is edited here.
    ours = simple(resource, desk.said(subject.update, f"{resource.name}.update"), "out")
    ours = ours or {name: f"{value} bis" for name, value in theirs.items()}
    apply([Change(resource.record, link.record_id, values=ours)], USER)
    synchronise(integration)
    assert ours and alike(resource, there(connector, resource, link, ours), ours), problems()
    assert alike(resource, here(resource, link.record_id, ours), ours)

    synchronise(integration)  # takes in what the provider made of it by itself
    desk.forget()
    assert synchronise(integration).succeeded == 0
    assert [one for one in desk.requests() if not desk.is_read(one)] == []
