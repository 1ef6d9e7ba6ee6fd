"""Finding objects by what they carry."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.base.errors import Misconfigured
from connectors.base.resource import Resource
from connectors.stripe.quirks import reference_id
from connectors.stripe.reading import Get, listed
from connectors.stripe.sending import refunds_with

MOST = "100"


def ids(get: Get, resource: Resource, keys: Mapping[str, str]) -> list[str]:
    """Ids of the objects that carry all these values; Misconfigured when they cannot be searched by them."""
    if not keys or set(keys) - set(resource.lookup_fields):
        raise Misconfigured(
            f"Stripe ne permet pas de chercher « {resource.label} » par {', '.join(sorted(keys)) or 'rien'}.",
            code="no_lookup",
        )
    if resource.name == "payments":
        sessions, _ = listed(get("checkout/sessions", payment_link=keys["payment_link"], limit=MOST))
        return [str(intent) for one in sessions if (intent := reference_id(one.get("payment_intent")))]
    if resource.name == "refunds":
        return [str(one["id"]) for one in refunds_with(get, keys["metadata.refund_ref"])]
    # The list tells of what was just written, the search only within a minute or more.
    if set(keys) == {"email"}:
        found, _ = listed(get(resource.path, email=keys["email"], limit=MOST))
    else:
        clauses = " AND ".join(f"{_field(name)}:'{_quoted(value)}'" for name, value in keys.items())
        found, _ = listed(get(f"{resource.path}/search", query=clauses, limit=MOST))
    return [str(one["id"]) for one in found]


def _field(name: str) -> str:
    top, _, key = name.partition(".")
    return f"{top}['{key}']" if key else top


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
