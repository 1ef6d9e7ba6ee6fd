"""Which addresses a delivery may go to. Every address that a name resolves to is vetted, and only a vetted one is used.

`ipaddress.is_global` is not relied on: it calls several metadata services and translated private addresses global.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DENIED_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
DENIED_V6 = [
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]


class BlockedAddress(Exception):
    """A delivery may not go there. The sentence never tells which address a name resolved to."""

    sentence = "Cette adresse n’est pas permise : elle mène à un réseau privé ou réservé."


@dataclass(frozen=True)
class Permission:
    """A network that is permitted on one port though it is private."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    port: int


def permissions() -> list[Permission]:
    """WEBHOOK_ALLOWED_NETWORKS, read: "127.0.0.1/32:8001", "[::1/128]:8001", "10.1.0.0/16:443"."""
    return [parse_permission(text) for text in settings.WEBHOOK_ALLOWED_NETWORKS]


@lru_cache
def parse_permission(text: str) -> Permission:
    """One entry of WEBHOOK_ALLOWED_NETWORKS; a port is always demanded. ImproperlyConfigured when it cannot be read."""
    network, colon, port = text.strip().rpartition(":")
    try:
        if not colon or not 0 < int(port) < 65536:
            raise ValueError
        return Permission(ipaddress.ip_network(network.strip("[]")), int(port))
    except ValueError:
        raise ImproperlyConfigured(
            f"WEBHOOK_ALLOWED_NETWORKS holds {text!r}; write network and port: 127.0.0.1/32:8001"
        ) from None


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        return address in GLOBAL_V6 and not any(address in network for network in DENIED_V6)
    return not any(address in network for network in DENIED_V4)


def permitted(address: Address, port: int) -> bool:
    """Whether a delivery may connect there."""
    plain = (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
    for permission in permissions():
        if plain.version == permission.network.version and plain in permission.network and port == permission.port:
            return True
    return is_public(address) and (port in (80, 443) or port >= 1024)


def vet(addresses: Iterable[str], port: int) -> None:
    """Raise BlockedAddress unless every address may be connected to; one with a scope (fe80::1%eth0) never is."""
    found = list(addresses)
    for text in found:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise BlockedAddress from None
        if not permitted(address, port):
            raise BlockedAddress
    if not found:
        raise BlockedAddress


def url_problem(url: str) -> str:
    """A French sentence about an address that can never be sent to, "" when nothing speaks against it.

    Names are not looked up here: what they resolve to is vetted at each connection.
    """
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        return "L’adresse contient une espace ou un caractère interdit."
    try:
        parts = parse_url(url)
    except LocationParseError:
        return "Cette adresse est illisible. Exemple : https://exemple.ca/webhooks"
    if parts.scheme not in ("http", "https") or not parts.host or "://" not in url:
        return "L’adresse commence par https:// ou http://, suivi du nom d’un serveur."
    if parts.auth is not None or "@" in (parts.netloc or ""):
        return "N’écrivez ni nom ni mot de passe dans l’adresse : utilisez un en-tête."
    if parts.fragment is not None:
        return "Retirez ce qui suit le « # » : il n’est jamais envoyé."
    return _host_problem(parts.host.strip("[]").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80))


def _host_problem(host: str, port: int) -> str:
    try:
        address: Address | None = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is not None:
        return "" if permitted(address, port) else BlockedAddress.sentence
    last = host.rpartition(".")[2].lower()
    if not last or last.isdigit() or last.startswith("0x"):
        # 127.1, 2130706433, 0x7f000001: other spellings of an address.
        return BlockedAddress.sentence
    allowed_ports = {permission.port for permission in permissions()}
    if last == "localhost" and port not in allowed_ports:
        return BlockedAddress.sentence
    if port not in (80, 443) and port < 1024 and port not in allowed_ports:
        return "Ce port n’est pas permis : utilisez 80, 443, ou un port à partir de 1024."
    return ""
