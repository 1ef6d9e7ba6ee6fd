"""What a loan may hold, and the steps of its approval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

STATUSES = (
    "draft", "invited", "in_progress", "under_review", "approved", "conditionally_approved", "declined",
    "documents_pending", "documents_signed", "ready_to_fund", "funded", "expired", "cancelled",
)  # fmt: skip
FINAL = frozenset({"funded", "expired", "cancelled"})
EARLY = frozenset({"draft", "invited"})
EXPIRING = frozenset({
    "invited", "in_progress", "under_review", "approved", "conditionally_approved", "declined", "documents_pending",
})  # fmt: skip
MOVES: Mapping[str, frozenset[tuple[str, str]]] = {
    "send_invite": frozenset({("draft", "invited"), ("invited", "invited")}),
    "submit": frozenset({("in_progress", "under_review"), ("declined", "under_review")}),
    "request_funding": frozenset({("documents_signed", "ready_to_fund")}),
    "cancel": frozenset((status, "cancelled") for status in STATUSES if status not in FINAL),
    "open": frozenset({("invited", "in_progress")}),
    "approve": frozenset({("under_review", "approved")}),
    "approve_conditionally": frozenset({("under_review", "conditionally_approved")}),
    "decline": frozenset({("under_review", "declined")}),
    "accept": frozenset({("approved", "documents_pending"), ("conditionally_approved", "documents_pending")}),
    "sign": frozenset({("documents_pending", "documents_signed")}),
    "fund": frozenset({("ready_to_fund", "funded")}),
    "expire": frozenset((status, "expired") for status in EXPIRING),
}
"""Step → (from, to). The first four are the caller's, the others the customer's or Financeit's."""
OURS = ("send_invite", "submit", "cancel", "request_funding")
DECISIONS = {"approve": "approved", "approve_conditionally": "conditionally_approved", "decline": "declined"}

Errors = dict[str, tuple[str, str]]
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
WRITABLE = ("amount_requested", "purchase_description", "applicant", "co_applicant", "funding_date", "reference_id",
            "metadata")  # fmt: skip


def check(body: Mapping[str, Any], *, new: bool) -> Errors:
    """What is wrong with a creation, or with a merge patch."""
    allowed = {*WRITABLE, *(("partner_id", "send_invite") if new else ())}
    errors: Errors = {name: ("unknown", "is not a field that can be written") for name in body if name not in allowed}
    for name in ("amount_requested", "applicant"):
        if body.get(name) is None and (new or name in body):
            errors[name] = ("required", "is required")
    errors |= _money(body.get("amount_requested"))
    errors |= _text(body, "purchase_description", 500) | _text(body, "reference_id", 100)
    errors |= _person(body.get("applicant"), "applicant.", whole=new)
    errors |= _person(body.get("co_applicant"), "co_applicant.", whole=True)
    day = body.get("funding_date")
    if day is not None and not _is_day(day):
        errors["funding_date"] = ("format", "must be a date")
    pairs = body.get("metadata", {})
    if not isinstance(pairs, dict) or any(not isinstance(one, str | None) for one in pairs.values()):
        errors["metadata"] = ("type", "must be string pairs")
    return errors


def _money(value: Any) -> Errors:
    if value is None:
        return {}
    good = isinstance(value, dict) and set(value) == {"amount", "currency"} and isinstance(value["amount"], int)
    if not good or isinstance(value["amount"], bool):
        return {"amount_requested": ("type", "must be minor units with a currency")}
    return {} if value["amount"] >= 0 else {"amount_requested": ("minimum", "must not be negative")}


def _text(body: Mapping[str, Any], name: str, longest: int, prefix: str = "") -> Errors:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, str):
        return {f"{prefix}{name}": ("type", "must be text")}
    return {f"{prefix}{name}": ("too_long", f"has at most {longest} characters")} if len(value) > longest else {}


def _person(value: Any, prefix: str, *, whole: bool) -> Errors:
    if value is None:
        return {}
    if not isinstance(value, dict):
        return {prefix.rstrip("."): ("type", "must be an object")}
    errors: Errors = {}
    for name in ("given_name", "family_name"):
        if not value.get(name) and (whole or name in value):
            errors[f"{prefix}{name}"] = ("required", "is required")
        errors |= _text(value, name, 100, prefix)
    mail, phone = value.get("email"), value.get("phone")
    if mail is not None and not _MAIL.fullmatch(str(mail)):
        errors[f"{prefix}email"] = ("format", "must be an e-mail address")
    if phone is not None and not _PHONE.fullmatch(str(phone)):
        errors[f"{prefix}phone"] = ("format", "must be E.164")
    if value.get("language", "en") not in ("fr", "en"):
        errors[f"{prefix}language"] = ("enum", "must be one of fr, en")
    return errors


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
