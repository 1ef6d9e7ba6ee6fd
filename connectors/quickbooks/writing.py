"""Bodies of writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base.connector import NOTHING
from connectors.base.errors import Rejected
from connectors.base.resource import Resource
from connectors.base.writes import PreparedWrite
from connectors.quickbooks.lines import OURS

MINOR_VERSION = "75"
MAX_REQUEST_ID = 50
# What QuickBooks writes as a JSON number. Everything else that looks like one (ids, document numbers) is text.
NUMBERS = frozenset({
    "Amount", "UnitPrice", "Qty", "TotalAmt", "TaxAmount", "TaxInclusiveAmt", "TaxPercent", "NetAmountTaxable",
    "TotalTax", "DiscountPercent", "ExchangeRate", "Balance", "UnappliedAmt", "LineNum", "DiscountAmt",
})  # fmt: skip
# What it works out itself: given back, an old figure would stand against a new one.
COMPUTED = frozenset({"SubTotalLineDetail"})
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "invoices": {"GlobalTaxCalculation": "TaxExcluded"},
    "purchases": {"GlobalTaxCalculation": "TaxExcluded", "PaymentType": "Cash"},
    "bills": {"GlobalTaxCalculation": "TaxExcluded"},
}


def prepared(
    resource: Resource, action: str, body: Mapping[str, Any], *, path: str, key: str, params: Mapping[str, str]
) -> PreparedWrite:
    """A write that QuickBooks does once for its key."""
    return PreparedWrite(
        method="POST",
        role="api",
        path=path,
        resource=resource.name,
        action=action,
        params={**params, "minorversion": MINOR_VERSION, "requestid": request_id(key)},
        headers={"Content-Type": "application/json"},
        body=dumps(body),
        repeatable=True,
    )


def creation(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Body of a creation: what has no value is left out."""
    return {**DEFAULTS.get(resource.name, {}), **_without_nothing(_ours(values))}


def change(
    resource: Resource, values: Mapping[str, Any], remote_id: str, version: str, base: Mapping[str, Any]
) -> dict[str, Any]:
    """Body of a sparse update: other fields stay. What stands inside a changed field goes along as it was in `base`."""
    body: dict[str, Any] = {}
    for name, value in _ours(values).items():
        if name == "Line":
            body[name] = _lines(value or [], base.get("Line") or [])
        elif isinstance(value, Mapping) and not name.endswith("Ref"):
            body[name] = {**(base.get(name) or {}), **value}
        elif value == {"value": None}:
            body[name] = None
        else:
            body[name] = value
    if resource.name in ("invoices", "purchases", "bills") and "Line" in body:
        body.setdefault("GlobalTaxCalculation", base.get("GlobalTaxCalculation") or "TaxExcluded")
    return {**target(remote_id, version), "sparse": True, **body}


def target(remote_id: str, version: str) -> dict[str, Any]:
    """Which object, and which state of it. Without a known version QuickBooks answers 5010, and it is read again."""
    return {"Id": remote_id, "SyncToken": version or "0"}


def act(resource: Resource, action: str, remote_id: str, version: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Body and parameters of an act."""
    body = target(remote_id, version)
    if action in ("deactivate", "reactivate"):
        return {**body, "sparse": True, "Active": action == "reactivate"}, NOTHING
    if resource.name == "payments":
        return {**body, "sparse": True}, {"operation": "update", "include": "void"}
    return body, {"operation": "void"}


def request_id(key: str) -> str:
    """The idempotency key as QuickBooks takes it: at most 50 characters."""
    return key if len(key) <= MAX_REQUEST_ID else hashlib.sha256(key.encode()).hexdigest()[:MAX_REQUEST_ID]


def dumps(body: Mapping[str, Any]) -> str:
    """JSON text, amounts as exact numbers; Rejected when one of them is none."""
    return json.dumps(_numbered(body), ensure_ascii=False, separators=(",", ":"))


def _numbered(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _numbered(item, key) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbered(item, name) for item in value]
    if isinstance(value, Decimal) or (name in NUMBERS and isinstance(value, str)):
        return _number(value, name)
    return value


def _number(value: Decimal | str, name: str) -> int | float:
    """The JSON number of exactly this value: a float serves up to 15 digits, which is more than any amount has."""
    try:
        exact = Decimal(value)
    except InvalidOperation:
        exact = Decimal("NaN")
    if exact.is_finite():
        number: int | float = int(exact) if exact == exact.to_integral_value() else float(exact)
        if Decimal(repr(number)) == exact:
            return number
    sentence = f"« {value} » n’est pas un nombre que QuickBooks accepte."
    raise Rejected(f"{sentence} Corrigez la fiche, puis réessayez.", field_errors={name: sentence}, code="bad_number")


def _ours(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that we derive ourselves."""
    return {name: value for name, value in values.items() if not name.startswith("_")}


def _without_nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: _without_nothing(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in (None, "", {})}
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    return value


def _lines(lines: list[Any], base: list[Any]) -> list[Any]:
    """The whole array: our lines, each with what it held that we do not map, then the lines that we do not keep."""
    known = {str(line.get("Id")): line for line in base if line.get("Id")}
    merged = [_merged(line, known.get(str(line.get("Id")))) for line in lines]
    return merged + [line for line in base if _foreign(line)]


def _merged(line: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    kind = str(line.get("DetailType") or "")
    if before is None or before.get("DetailType") != kind:
        return dict(line)
    kept = {name: value for name, value in (before.get(kind) or {}).items() if name not in ("Qty", "UnitPrice")}
    rest = {name: value for name, value in before.items() if name != kind}
    return {**rest, **line, kind: {**kept, **(line.get(kind) or {})}}


def _foreign(line: Mapping[str, Any]) -> bool:
    """A line that the platform does not keep: discount, group, remark, or a credit in a payment."""
    kind = line.get("DetailType")
    if kind:
        return kind not in OURS and kind not in COMPUTED
    linked = line.get("LinkedTxn") or []
    return bool(linked) and not any(one.get("TxnType") == "Invoice" for one in linked)
