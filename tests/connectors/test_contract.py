"""One contract for all connectors: every check of tests/connectors/suite, on every provider and resource.

What a provider must say for it stands in its own folder's contract.py; see README.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import connectors
from connectors.base.errors import ConnectorError
from tests.connectors.suite import access, batches, reading, trouble, writing
from tests.connectors.suite.adapter import Adapter, Missing, adapters
from tests.connectors.suite.desk import Desk
from tests.connectors.suite.registry import PROVIDER_CHECKS, RESOURCE_CHECKS, Case
from tests.simulator import Control

CHECKS = (access, reading, writing, batches, trouble)  # importing them fills the registry
FOUND = adapters()
ADAPTERS = {slug: found for slug, found in FOUND.items() if isinstance(found, Adapter)}

PROVIDERS = [
    pytest.param(slug, way, name, id=f"{slug}-{way}-{name}")
    for slug, adapter in ADAPTERS.items()
    for way in adapter.ways
    for name, (_, ways) in PROVIDER_CHECKS.items()
    if way in ways
]
RESOURCES = [
    pytest.param(slug, resource.name, name, id=f"{slug}-{resource.name}-{name}")
    for slug, adapter in ADAPTERS.items()
    for resource in adapter.connector.resources
    for name, (_, applies) in RESOURCE_CHECKS.items()
    if resource.name in adapter.subjects and applies(resource)
]


@pytest.fixture
def desks(simulator_server: Control) -> Callable[[str, str], Desk]:
    """Make a desk with fresh demonstration data."""

    def make(slug: str, way: str) -> Desk:
        desk = Desk(ADAPTERS[slug], simulator_server, way)
        desk.reset()
        return desk

    return make


def judge(adapter: Adapter, resource: str, name: str, run: Callable[[], None]) -> None:
    """Run a check; one that is exempted must fail, or its exemption is out of date."""
    reason = adapter.reason(resource, name)
    if reason is None:
        run()
        return
    try:
        run()
    except (AssertionError, ConnectorError, NotImplementedError, pytest.fail.Exception):
        pytest.skip(reason)
    pytest.fail(f"{adapter.slug}: {resource}.{name} holds by now; take its exemption away ({reason})")


@pytest.mark.parametrize(("slug", "way", "name"), PROVIDERS)
def test_provider(desks: Callable[[str, str], Desk], slug: str, way: str, name: str) -> None:
    desk = desks(slug, way)
    judge(desk.adapter, way, name, lambda: PROVIDER_CHECKS[name][0](desk))


@pytest.mark.parametrize(("slug", "resource", "name"), RESOURCES)
def test_resource(desks: Callable[[str, str], Desk], slug: str, resource: str, name: str) -> None:
    desk = desks(slug, ADAPTERS[slug].ways[0])
    case = Case(desk, desk.adapter.connector.resource(resource), desk.adapter.subjects[resource])
    judge(desk.adapter, resource, name, lambda: RESOURCE_CHECKS[name][0](case))


# --- The adapters themselves --------------------------------------------------------------------------------------
@pytest.mark.parametrize("slug", sorted({*connectors.REGISTRY, *FOUND}))
def test_a_connector_with_resources_is_under_the_contract(slug: str) -> None:
    connector = connectors.get(slug)
    if not connector.available:
        pytest.skip(f"{connector.label} has no resources yet")
    found = FOUND.get(slug)
    if isinstance(found, Exception):
        raise found
    assert found is not None, f"tests/connectors/{slug}/contract.py is missing; see tests/connectors/README.md"
    assert found.connector is connector
    assert found.ways, "neither by consent nor by key"
    assert set(found.subjects) == {resource.name for resource in connector.resources}


@pytest.mark.parametrize("slug", ADAPTERS)
def test_an_exemption_names_a_check_and_gives_its_reason(slug: str) -> None:
    adapter = ADAPTERS[slug]
    known = {*PROVIDER_CHECKS, *RESOURCE_CHECKS}
    for name, reason in adapter.exempt.items():
        owner, _, check = name.rpartition(".")
        assert check in known, f"{name}: no such check"
        assert owner in {"", *adapter.ways, *adapter.subjects}, f"{name}: no such resource"
        assert len(re.findall(r"\w+", reason)) >= 4, f"{name}: the reason tells nothing"


@pytest.mark.parametrize("slug", ADAPTERS)
def test_a_writable_resource_declares_what_guards_its_creation(slug: str) -> None:
    for resource in ADAPTERS[slug].connector.resources:
        if "create" in resource.capabilities:
            assert resource.create_guard in ("key", "external_id", "lookup", "hold")
            assert resource.create_guard != "lookup" or resource.lookup_fields


@pytest.mark.parametrize("slug", ADAPTERS)
def test_what_goes_in_a_request_of_many_can_be_found_again(slug: str) -> None:
    for resource in ADAPTERS[slug].connector.resources:
        if batch := resource.batch:
            assert batch.most > 1 and batch.actions <= resource.capabilities
            assert not (batch.keyed and "create" in batch.actions) or "lookup" in resource.capabilities


def test_a_check_that_would_pass_may_not_be_exempted() -> None:
    adapter = ADAPTERS["rovida"]
    stale = Adapter(adapter.connector, adapter.accounts, {}, exempt={"check": "said to be impossible here"})
    with pytest.raises(pytest.fail.Exception, match="take its exemption away"):
        judge(stale, "api_key", "check", lambda: None)
    with pytest.raises(pytest.skip.Exception, match="impossible"):
        judge(stale, "api_key", "check", _says_nothing)
    with pytest.raises(Missing):
        judge(stale, "api_key", "refuse", _says_nothing)


def _says_nothing() -> None:
    raise Missing("nothing was said")
