"""Where a request comes from, when proxies stand in front of us."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the caller's address, or "" when it is unknown.

    Each of our `TRUSTED_PROXY_COUNT` proxies appends the address that it saw to X-Forwarded-For. Counted from the
    right, that many entries are true; whatever stands further left was written by the caller and is ignored.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    count = settings.TRUSTED_PROXY_COUNT
    if count < 1:
        return peer
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if len(forwarded) < count:
        return peer
    return _address(forwarded[-count]) or peer


def _address(text: str) -> str:
    """Normalise "1.2.3.4", "1.2.3.4:5678", "[::1]:5678" or "::ffff:1.2.3.4"; "" when it is none of them."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
