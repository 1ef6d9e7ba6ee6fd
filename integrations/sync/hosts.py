"""The addresses of a provider for one connection, as this server is set."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from connectors.base.connector import Connector, resolve_hosts


def hosts_of(connector: type[Connector], environment: str, config: Mapping[str, str]) -> dict[str, str]:
    """Role → base URL; Misconfigured when one is missing or refused."""
    return resolve_hosts(connector, environment, config, settings.CONNECTOR_HOSTS, settings.SIMULATOR_URL)
