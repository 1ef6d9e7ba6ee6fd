"""Lists, searches and expansion."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.stripe.simulator import params as read
from connectors.stripe.simulator.ledger import Body, Ledger, public
from connectors.stripe.simulator.params import Params
from connectors.stripe.simulator.problems import Problem, missing
from connectors.stripe.simulator.settling import shown

PAGING = "limit starting_after ending_before"
# What each list can be asked for besides.
FILTERS = {
    "customer": "created email",
    "payment_intent": "created customer",
    "charge": "created customer payment_intent",
    "invoice": "created customer status collection_method due_date",
    "invoiceitem": "created customer invoice",
    "refund": "created charge payment_intent",
    "payment_link": "active",
    "product": "created active",
    "price": "created active product",
    "event": "created type types delivery_success",
    "webhook_endpoint": "",
    "checkout.session": "payment_link payment_intent customer",
}
EXPANDABLE = {
    "latest_charge": "charge", "charge": "charge", "balance_transaction": "balance_transaction",
    "customer": "customer", "invoice": "invoice", "payment_intent": "payment_intent",
}  # fmt: skip
MEMORY = 30 * 86400
MOST_TYPES = 20
_CLAUSE = re.compile(r"(\w+)(?:\['([^']+)'\])?\s*:\s*'((?:[^'\\]|\\.)*)'")


def visible(kind: str, body: Body) -> Body:
    """An object as the API shows it."""
    return shown(body) if kind == "invoice" else public(body)


def listing(ledger: Ledger, kind: str, url: str, given: Params) -> Body:
    """One page, newest first."""
    expand = given.get("expand") or []
    given = read.known(given, f"{PAGING} {FILTERS[kind]}")
    fits = _event_test(ledger, given) if kind == "event" else _test(given)
    low, high = read.between(given, "created")
    found = [one for one in ledger.every(kind) if low <= one.get("created", 0) <= high and fits(one)]
    page, more = paged(found, kind, given)
    shape = [expanded(ledger, visible(kind, one), expand, "data.") for one in page]
    return {"object": "list", "data": shape, "has_more": more, "url": url}


def paged(found: list[Body], kind: str, given: Params) -> tuple[list[Body], bool]:
    """The page that the parameters ask for, and whether there is more in that direction."""
    limit = read.whole(given, "limit", least=1) or 10
    if limit > 100:
        raise Problem("Invalid limit: must be at most 100", param="limit", begun=False)
    ids = [one["id"] for one in found]
    for name in ("starting_after", "ending_before"):
        cursor = given.get(name)
        if cursor and cursor not in ids:
            raise missing(kind, cursor, status=400, param=name)
    if given.get("ending_before"):
        newer = found[: ids.index(given["ending_before"])]
        return newer[-limit:], len(newer) > limit
    if given.get("starting_after"):
        found = found[ids.index(given["starting_after"]) + 1 :]
    return found[:limit], len(found) > limit


def _test(given: Params) -> Callable[[Body], bool]:
    wanted = {name: value for name, value in given.items() if name not in ("created", "due_date", *PAGING.split())}
    low, high = read.between(given, "due_date")

    def fits(one: Body) -> bool:
        if "due_date" in given and not low <= (one.get("due_date") or 0) <= high:
            return False
        return all(_word(one.get(name)) == value for name, value in wanted.items())

    return fits


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _event_test(ledger: Ledger, given: Params) -> Callable[[Body], bool]:
    types = given.get("types") or ([given["type"]] if given.get("type") else [])
    if len(types) > MOST_TYPES:
        raise Problem("You may pass up to 20 types.", param="types", begun=False)
    oldest = ledger.now() - MEMORY

    def fits(one: Body) -> bool:
        if one["created"] < oldest:
            return False
        return not types or any(
            one["type"] == kind or (kind.endswith("*") and one["type"].startswith(kind[:-1])) for kind in types
        )

    return fits


def search(ledger: Ledger, kind: str, url: str, given: Params, delay: int) -> Body:
    """Objects by what they carry; what was written in the last seconds is not found yet."""
    given = read.known(given, "query limit page")
    query = str(given.get("query") or "")
    clauses = _CLAUSE.findall(query)
    if not clauses or _CLAUSE.sub("", query).replace("AND", "").strip():
        raise Problem("We were unable to parse your search query.", param="query", begun=False)
    settled = ledger.now() - delay
    found = [one for one in ledger.every(kind) if one["created"] <= settled and all(_carries(one, c) for c in clauses)]
    limit, start = read.whole(given, "limit", least=1) or 10, read.whole(given, "page") or 0
    page = [visible(kind, one) for one in found[start : start + limit]]
    more = len(found) > start + limit
    following = str(start + limit) if more else None
    return {"object": "search_result", "data": page, "has_more": more, "next_page": following, "url": url}


def _carries(one: Mapping[str, Any], clause: tuple[str, str, str]) -> bool:
    field, key, text = clause
    value = one.get(field)
    if key:
        value = value.get(key) if isinstance(value, Mapping) else None
    return bool(value == re.sub(r"\\(.)", r"\1", text))


def expanded(ledger: Ledger, body: Body, paths: Any, prefix: str = "") -> Body:
    """The object with what `expand` names in the place of ids."""
    for path in paths if isinstance(paths, list) else []:
        if not path.startswith(prefix):
            raise Problem(f"This property cannot be expanded ({path}).", param="expand", begun=False)
        body = _expanded(ledger, body, path[len(prefix) :].split("."))
    return body


def _expanded(ledger: Ledger, body: Body, steps: list[str]) -> Body:
    step, rest = steps[0], steps[1:]
    if step not in EXPANDABLE:
        raise Problem(f"This property cannot be expanded ({step}).", param="expand", begun=False)
    value = body.get(step)
    if isinstance(value, str):
        found = ledger.find(EXPANDABLE[step], value)
        value = visible(EXPANDABLE[step], found) if found else None
    if isinstance(value, dict) and rest:
        value = _expanded(ledger, value, rest)
    return {**body, step: value}
