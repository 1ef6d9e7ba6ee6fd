"""`CONNECTOR_HOSTS` points any host of any provider elsewhere, without a change of code."""

from __future__ import annotations

from typing import Any

import pytest

import connectors
from connectors.base.connector import Connector
from integrations.sync.hosts import hosts_of

pytestmark = pytest.mark.bare
ROLES = [
    pytest.param(connector, environment, role, id=f"{connector.slug}-{environment}-{role}")
    for connector in connectors.all_connectors()
    for environment, hosts in connector.hosts.items()
    for role in hosts
]


@pytest.mark.parametrize(("connector", "environment", "role"), ROLES)
def test_any_role_of_any_provider_is_pointed_elsewhere(
    connector: type[Connector], environment: str, role: str, settings: Any
) -> None:
    settings.CONNECTOR_HOSTS = {f"{connector.slug}.{role}": "http://mandataire.example:8080/la"}
    config = {field.name: "https://client.example" for field in connector.config_fields if "url" in field.name}
    assert hosts_of(connector, environment, config)[role] == "http://mandataire.example:8080/la"
