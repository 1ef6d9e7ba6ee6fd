"""Intacct's values in the platform's forms. Amounts are texts on both sides of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.base.codecs import address_of, number, objects, read_only
from connectors.base.resource import Codec, dig
from connectors.sage.quirks import amount

_COUNTRY_NAMES = {"CA": "Canada", "US": "United States", "FR": "France"}
_ADDRESS = {
    "line1": "addressLine1", "line2": "addressLine2", "city": "city", "province": "state", "postal_code": "postCode",
    "country": "country",
}  # fmt: skip
_CENT = Decimal("0.01")
RATES: Mapping[str, Mapping[str, Decimal]] = {
    "gst_qst": {"gst": Decimal(5), "qst": Decimal("9.975")},
    "gst": {"gst": Decimal(5)},
    "qst": {"qst": Decimal("9.975")},
    "zero": {},
    "exempt": {},
    "": {},
}
"""Our tax code → the slots of its taxes, and their rates in percent."""


def _read_address(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {ours: raw.get(theirs) for ours, theirs in _ADDRESS.items()}


def _write_address(part: Mapping[str, str]) -> dict[str, str]:
    sent = {theirs: part[ours] for ours, theirs in _ADDRESS.items()}
    return {**sent, "country": part["country"] or _COUNTRY_NAMES["CA"]}


def _decode_lines(raw: Any) -> list[dict[str, Any]]:
    return [_line(line) for line in objects(raw) if not line.get("isSubtotal")]


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    net = number(line.get("txnAmount"), "Le montant de la ligne")
    entries = [entry for entry in line.get("taxEntries") or () if isinstance(entry, Mapping)]
    rates = {amount(entry.get("taxRate")): entry for entry in entries}
    code = next((code for code, taxes in RATES.items() if code and taxes and set(taxes.values()) == set(rates)), None)
    remote = {
        "id": str(line.get("key") or ""),
        "account": str(dig(line, "glAccount.id") or ""),
        "location": str(dig(line, "dimensions.location.id") or ""),
        "department": str(dig(line, "dimensions.department.id") or ""),
    }
    known = {f"entry:{rate.normalize()}": str(entry["key"]) for rate, entry in rates.items() if entry.get("key")}
    item = {
        "description": str(line.get("memo") or ""),
        # A line has an amount only: quantity and price of our own lines stay as they are.
        "subtotal": net,
        "tax_amount": sum((amount(entry.get("txnTaxAmount")) for entry in entries), Decimal(0)),
        "total": net,
        "remote": remote | known,
    }
    return item | ({"tax_code": code} if code else {})


def _encode_lines(items: Any) -> list[dict[str, Any]]:
    return [_sent(item, place) for place, item in enumerate(objects(items), start=1)]


def _sent(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    remote = item.get("remote") or {}
    for name, label in (("account", "compte"), ("location", "emplacement")):
        if not remote.get(name):
            raise ValueError(
                f"La ligne {place} n’a pas de {label} Sage. Choisissez-en un dans la correspondance des comptes."
            )
    net = _net(item)
    dimensions = {name: {"id": str(remote[name])} for name in ("location", "department") if remote.get(name)}
    line = {
        "txnAmount": str(net),
        "glAccount": {"id": str(remote["account"])},
        "memo": str(item.get("description") or item.get("code") or ""),
        "dimensions": dimensions,
        "taxEntries": _entries(str(item.get("tax_code") or ""), net, remote, place),
    }
    return ({"key": str(remote["id"])} if remote.get("id") else {}) | line


def _entries(code: str, net: Decimal, remote: Mapping[str, str], place: int) -> list[dict[str, Any]]:
    if code not in RATES:
        raise ValueError(f"La ligne {place} porte une taxe que cette intégration ne sait pas envoyer à Sage.")
    entries = []
    for slot, rate in RATES[code].items():
        if not remote.get(slot):
            raise ValueError(
                f"La ligne {place} est taxable, mais le détail de taxe de Sage n’est pas choisi. Choisissez ceux de "
                "la TPS "
                "et de la TVQ dans la correspondance des comptes."
            )
        tax = str((net * rate / 100).quantize(_CENT, ROUND_HALF_UP))
        known = remote.get(f"entry:{rate.normalize()}")
        entry = {"txnTaxAmount": tax, "baseTaxAmount": tax, "taxRate": float(rate)}
        entries.append(({"key": known} if known else {}) | entry | {"orderEntryTaxDetail": {"key": str(remote[slot])}})
    return entries


def _net(item: Mapping[str, Any]) -> Decimal:
    net = number(item.get("subtotal"), "Le sous-total")
    if not net:
        kept = (100 - number(item.get("discount_percent"), "Le rabais")) / 100
        quantity = number(item.get("quantity", 1), "La quantité")
        net = quantity * number(item.get("unit_price"), "Le prix unitaire") * kept
    return net.quantize(_CENT, ROUND_HALF_UP)


def _decode_taxes(raw: Any) -> list[dict[str, Any]]:
    return [
        {"name": row["name"], **{name: Decimal(row[name]) for name in ("rate", "base", "amount")}}
        for row in objects(raw)
    ]


ADDRESS = address_of(_read_address, _write_address, _COUNTRY_NAMES)
INVOICE_LINES = Codec(_decode_lines, _encode_lines)
TAXES = Codec(_decode_taxes, read_only("Sage"))
