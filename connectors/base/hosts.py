"""Which address each role of a provider has, for one environment and one connection's settings."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.base.errors import Misconfigured

if TYPE_CHECKING:
    from connectors.base.connector import Connector


def resolve_hosts(
    connector: type[Connector],
    environment: str,
    config: Mapping[str, str],
    overrides: Mapping[str, str],
    simulator_url: str,
) -> dict[str, str]:
    """Role → base URL without a final slash.

    `overrides` ("slug.role" → URL) come from the server's own settings and win unchecked. Addresses that a person typed
    must be public and https: the credential travels there. Misconfigured when one is missing or refused.
    """
    declared = connector.hosts.get(environment)
    if not declared:
        raise Misconfigured(f"{connector.label} n’offre pas cet environnement. Choisissez-en un autre.", code="no_host")
    hosts = {}
    for role, template in declared.items():
        override = overrides.get(f"{connector.slug}.{role}")
        if override:
            hosts[role] = override.rstrip("/")
        elif environment == "simulator":
            hosts[role] = template.format(simulator_url=_simulator(connector, simulator_url))
        elif filled := _filled(connector, template, config):
            hosts[role] = _public(connector, filled)
    return hosts


def _simulator(connector: type[Connector], url: str) -> str:
    if not url:
        raise Misconfigured(
            f"Aucun simulateur n’est en service ici : connectez {connector.label} en mode test ou en production.",
            code="no_simulator",
        )
    return url.rstrip("/")


def _filled(connector: type[Connector], template: str, config: Mapping[str, str]) -> str:
    """The template with its settings: `{name}` must have a value, `{name:default}` need not; "" when `{name!o}` has
    none: a connection may do without that role."""
    labels = {field.name: field.label for field in connector.config_fields}
    parts = []
    for text, name, default, optional in string.Formatter().parse(template):
        value = config.get(name or "", "").strip() or default or ""
        if name and not value and optional:
            return ""
        if name and not value:
            raise Misconfigured(
                f"« {labels.get(name, name)} » est vide : {connector.label} n’a pas d’adresse publique connue. "
                "Demandez l’adresse au fournisseur et inscrivez-la dans les options avancées.",
                code="no_host",
            )
        parts += [text, value]
    return "".join(parts).rstrip("/")


def _public(connector: type[Connector], url: str) -> str:
    """The URL, when it is https towards a public name; a settings form must not open a way into our own network."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme != "https" or not host or parts.username or parts.query or parts.fragment:
        raise Misconfigured(
            f"L’adresse de {connector.label} doit avoir la forme https://nom.du.serveur, sans rien après. Corrigez-la "
            "dans les options avancées.",
            code="bad_host",
        )
    if not is_public(host):
        raise Misconfigured(
            f"L’adresse de {connector.label} désigne un réseau privé ({host}), ce qui est refusé. Corrigez-la dans les "
            "options avancées.",
            code="private_host",
        )
    return url


def is_public(host: str) -> bool:
    """Whether a host name or address is one of the public Internet, as far as its text tells."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        return "." in name and not name.endswith((".localhost", ".local", ".internal")) and not name[-1].isdigit()
