"""What follows from Salesforce's objects and is not said by them, and the forms of its identifiers and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.base.resource import Resource

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
ADDRESS_PARTS = ("Street", "City", "State", "PostalCode", "Country")
# Compound addresses as Salesforce shows them, made of its flat fields: field → prefix of the parts.
ADDRESSES = {"BillingAddress": "Billing", "ShippingAddress": "Shipping"}


def id18(value: str) -> str:
    """The 18-character form of an id, which does not depend on upper and lower case; other texts stay."""
    if len(value) != 15 or not value.isascii() or not value.isalnum():
        return value
    blocks = (value[at : at + 5] for at in (0, 5, 10))
    return value + "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(block) if letter.isupper())] for block in blocks
    )


def complete(resource: Resource, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object with 18-character ids, whole addresses, and what we read out of it (names with an underscore)."""
    whole = {name: id18(value) if _is_id(name, value) else value for name, value in raw.items()}
    for name, prefix in ADDRESSES.items():
        if f"{prefix}City" in whole:
            whole[name] = {part: whole[f"{prefix}{part}"] for part in ADDRESS_PARTS if f"{prefix}{part}" in whole}
    if resource.record == "customer":
        whole["_kind"] = "company"
    if "IsClosed" in whole:
        whole["_status"] = "open" if not whole["IsClosed"] else ("won" if whole.get("IsWon") else "lost")
    return whole


def tombstone(deleted: Mapping[str, Any]) -> dict[str, Any]:
    """An element of the list of deletions as an object that is deleted."""
    found = {"IsDeleted": True, "SystemModstamp": deleted.get("deletedDate")}
    return found | ({"Id": id18(str(deleted["id"]))} if deleted.get("id") else {})


def merged_into(raw: Mapping[str, Any]) -> str:
    """The id of the object that a deleted one was merged into."""
    return str(raw.get("MasterRecordId") or "") if raw.get("IsDeleted") else ""


def is_gone(raw: Mapping[str, Any]) -> bool:
    """Whether it was deleted, and not by a merge."""
    return bool(raw.get("IsDeleted")) and not merged_into(raw)


def literal(moment: datetime) -> str:
    """An instant as SOQL writes it, to the second below."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def server_time(header: str | None) -> datetime | None:
    """The provider's clock by its Date header."""
    try:
        moment = parsedate_to_datetime(header or "")
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_id(name: str, value: Any) -> bool:
    return name.endswith("Id") and isinstance(value, str)
