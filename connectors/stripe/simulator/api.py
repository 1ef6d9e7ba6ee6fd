"""Stripe's API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.simulator.clock import stamp
from connectors.stripe.simulator import billing, directory, hooks, lists, payments
from connectors.stripe.simulator.forms import parse
from connectors.stripe.simulator.ledger import Body
from connectors.stripe.simulator.params import Params
from connectors.stripe.simulator.problems import Problem, answer, missing

if TYPE_CHECKING:
    from connectors.stripe.simulator.fake import Stripe

Work = Callable[..., Body]
KINDS = {
    "customers": "customer", "payment_intents": "payment_intent", "charges": "charge", "invoices": "invoice",
    "invoiceitems": "invoiceitem", "refunds": "refund", "payment_links": "payment_link", "products": "product",
    "prices": "price", "events": "event", "checkout/sessions": "checkout.session",
    "webhook_endpoints": hooks.KIND,
}  # fmt: skip
CREATE: dict[str, Work] = {
    "customers": directory.create_customer,
    "products": directory.create_product,
    "prices": directory.create_price,
    "payment_links": directory.create_payment_link,
    "invoices": billing.create,
    "invoiceitems": billing.create_item,
    "payment_intents": payments.create,
    "refunds": payments.refund,
    "webhook_endpoints": hooks.create,
}
UPDATE: dict[str, Work] = {
    "customers": directory.update_customer,
    "payment_links": directory.update_payment_link,
    "invoices": billing.update,
    "invoiceitems": billing.update_item,
    "payment_intents": payments.update,
    "refunds": payments.update_refund,
    "webhook_endpoints": hooks.update,
}
DELETE: dict[str, Work] = {
    "customers": directory.delete_customer,
    "invoices": billing.delete,
    "invoiceitems": billing.delete_item,
    "webhook_endpoints": hooks.delete,
}
ACTS: dict[tuple[str, str], Callable[[Any, str, Params], Body]] = {
    ("invoices", "finalize"): lambda ledger, one, given: billing.finalize(ledger, one),
    ("invoices", "send"): lambda ledger, one, given: billing.send(ledger, one),
    ("invoices", "pay"): billing.pay,
    ("invoices", "void"): lambda ledger, one, given: billing.void(ledger, one),
    ("invoices", "mark_uncollectible"): lambda ledger, one, given: billing.mark_uncollectible(ledger, one),
    ("payment_intents", "capture"): payments.capture,
    ("payment_intents", "cancel"): payments.cancel,
    ("payment_intents", "confirm"): lambda ledger, one, given: payments.attempt(
        ledger, ledger.get("payment_intent", one), given.get("payment_method")
    ),
    ("refunds", "cancel"): lambda ledger, one, given: payments.cancel_refund(ledger, one),
}
_PATH = re.compile(r"(checkout/sessions|\w+)(?:/(\w+))?(?:/(\w+))?")
SEARCHED = ("customers", "invoices")
KEY_LIFE = 24 * 3600


def add_api_routes(api: Blueprint, fake: Stripe) -> None:
    """Below /stripe/v1."""

    @api.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return answer(problem.body, problem.status)

    @api.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE"])
    def call(rest: str) -> Response:
        refused = _enter(fake, rest)
        if refused:
            return refused
        found = _PATH.fullmatch(rest)
        if not found:
            raise Problem(f"Unrecognized request URL ({request.method}: /v1/{rest}).", status=404)
        collection, one, act = found.groups()
        text = request.get_data(as_text=True) if request.method == "POST" else request.query_string.decode()
        with fake.store.transaction():
            fake.ledger.account = g.account
            fake.ledger.request = {"id": None, "idempotency_key": request.headers.get("Idempotency-Key")}
            try:
                if request.method == "POST":
                    return _once(fake, rest, text, lambda: _write(fake, collection, one, act, parse(text)))
                if request.method == "DELETE":
                    return answer(_delete(fake, collection, one or ""))
                return answer(_read(fake, collection, one, act, parse(text)))
            except Problem as problem:
                # What was done is kept: a refused card leaves a charge that failed.
                return answer(problem.body, problem.status)


def _read(fake: Stripe, collection: str, one: str | None, act: str | None, given: Params) -> Body:
    ledger, url = fake.ledger, f"/v1/{collection}"
    if collection == "account" and not one:
        return fake.account(ledger.account)
    kind = KINDS.get(collection)
    if kind is None:
        raise Problem(f"Unrecognized request URL (GET: {url}).", status=404)
    if not one:
        return lists.listing(ledger, kind, url, given)
    if one == "search" and collection in SEARCHED:
        return lists.search(ledger, kind, f"{url}/search", given, int(fake.setting("search_delay_seconds")))
    found = ledger.find(kind, one)
    if found is None or (found["deleted_at"] and kind != "customer"):
        raise missing(kind, one)
    if act == "lines" and kind == "invoice":
        page, more = lists.paged(found["lines"]["data"], "line_item", given)
        return {"object": "list", "data": page, "has_more": more, "url": f"{url}/{one}/lines"}
    if act == "line_items" and kind == "payment_link":
        return {"object": "list", "data": found["_items"], "has_more": False, "url": f"{url}/{one}/line_items"}
    return lists.expanded(ledger, lists.visible(kind, found), given.get("expand"))


def _write(fake: Stripe, collection: str, one: str | None, act: str | None, given: Params) -> Body:
    ledger, kind = fake.ledger, KINDS.get(collection, "")
    if not one and collection in CREATE:
        body = CREATE[collection](ledger, given)
    elif one and not act and collection in UPDATE:
        body = UPDATE[collection](ledger, one, given)
    elif one and act and (collection, act) in ACTS:
        body = ACTS[collection, act](ledger, one, given)
    else:
        raise Problem(f"Unrecognized request URL (POST: /v1/{collection}).", status=404)
    # What was done meanwhile (an item filled the invoice) counts.
    stored = ledger.find(kind, body["id"]) or body
    if kind == hooks.KIND and "secret" in body:
        return lists.visible(kind, body)
    return lists.expanded(ledger, lists.visible(kind, stored), given.get("expand"))


def _delete(fake: Stripe, collection: str, one: str) -> Body:
    if collection not in DELETE:
        raise Problem(f"Unrecognized request URL (DELETE: /v1/{collection}).", status=404)
    return DELETE[collection](fake.ledger, one)


def _once(fake: Stripe, path: str, text: str, work: Callable[[], Body]) -> Response:
    """Do a write; the same Idempotency-Key again gets the first answer instead, for a day."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return answer(work())
    if len(key) > 255:
        raise Problem("Idempotency keys have at most 255 characters.", begun=False)
    own, print_ = f"{fake.ledger.account}:{key}", hashlib.sha256(f"{path}\n{text}".encode()).hexdigest()
    kept = fake.store.execute("SELECT * FROM answers WHERE provider = ? AND key = ?", (fake.slug, own))
    oldest = _ago(fake, KEY_LIFE)
    if kept and kept[0]["at"] > oldest:
        if kept[0]["fingerprint"] != print_:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            )
            raise Problem(message, kind="idempotency_error", begun=False)
        response = Response(kept[0]["body"], kept[0]["status"], content_type="application/json")
        response.headers["Idempotent-Replayed"] = "true"
        return response
    try:
        response = answer(work())
    except Problem as problem:
        if not problem.begun:
            raise
        response = answer(problem.body, problem.status)
    fake.store.execute(
        "INSERT OR REPLACE INTO answers (provider, key, fingerprint, at, status, body) VALUES (?, ?, ?, ?, ?, ?)",
        (fake.slug, own, print_, stamp(fake.clock.now()), response.status_code, response.get_data(as_text=True)),
    )
    return response


def _ago(fake: Stripe, seconds: int) -> str:
    """A moment in the past, as the store writes it."""
    return stamp(fake.clock.now() - timedelta(seconds=seconds))


def _enter(fake: Stripe, rest: str) -> Response | None:
    """Key, right and pace, before anything else."""
    key = _key()
    opened = fake.opens(key, request.headers.get("Stripe-Account", ""))
    if opened is None:
        hidden = f"{key[:8]}****{key[-4:]}" if len(key) > 12 else "****"
        return answer(Problem(f"Invalid API Key provided: {hidden}", status=401).body, 401)
    account, rights = opened
    right = "account" if rest == "account" else "write" if request.method != "GET" else "read"
    if right not in rights:
        message = f"The provided key does not have the required permissions for this endpoint ({right})."
        return answer(Problem(message, status=403).body, 403)
    if not fake.buckets.take(account)[0]:
        problem = Problem("Request rate limit exceeded.", status=429, code="rate_limit")
        return answer(problem.body, 429, {"Stripe-Rate-Limited-Reason": "global-rate"})
    g.account = account
    return None


def _key() -> str:
    """The key of a Bearer header, or of HTTP Basic with an empty password."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    return ""
