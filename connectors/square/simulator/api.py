"""Square's API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request

from connectors.simulator.clock import stamp
from connectors.square.simulator import books as directory
from connectors.square.simulator import hooks, lists, sales
from connectors.square.simulator.books import Body, public
from connectors.square.simulator.problems import Problem, answer

if TYPE_CHECKING:
    from connectors.square.simulator.fake import Square

KEY_LENGTHS = {"payments": 45, "refunds": 45, "invoices": 128, "orders": 192, "online-checkout": 192}
RIGHTS = {
    "customers": "CUSTOMERS", "payments": "PAYMENTS", "refunds": "PAYMENTS", "orders": "ORDERS",
    "invoices": "INVOICES", "locations": "MERCHANT_PROFILE", "merchants": "MERCHANT_PROFILE",
    "online-checkout": "ORDERS",
}  # fmt: skip
READING = ("search", "batch-retrieve")
LINKS = "/v2/online-checkout/payment-links"


def add_api_routes(api: Blueprint, fake: Square) -> None:
    """Below /square/v2."""

    @api.before_request
    def _enter() -> Response | None:
        if not request.path.startswith(f"/{fake.slug}/v2/"):
            return None
        return _refused(fake)

    @api.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return answer(problem.body, problem.status)

    _customer_routes(api, fake)
    _money_routes(api, fake)
    _order_routes(api, fake)
    _invoice_routes(api, fake)
    _other_routes(api, fake)
    hooks.add_routes(api, fake)


def _customer_routes(api: Blueprint, fake: Square) -> None:
    @api.get("/v2/customers")
    def customers() -> Response:
        return _read(fake, lambda: lists.customers(fake.books, _as_search(), fake.clock.now(), fake.indexed()))

    @api.post("/v2/customers/search")
    def search() -> Response:
        return _read(fake, lambda: lists.customers(fake.books, _body(), fake.clock.now(), fake.indexed()))

    @api.post("/v2/customers")
    def new_customer() -> Response:
        return _write(fake, "customer", lambda body: directory.create_customer(fake.books, body))

    @api.route("/v2/customers/<one>", methods=["GET", "PUT", "DELETE"])
    def customer(one: str) -> Response:
        if request.method == "GET":
            return _read(fake, lambda: {"customer": public(fake.books.get("customer", one))})
        if request.method == "PUT":
            return _write(fake, "customer", lambda body: directory.update_customer(fake.books, one, body))
        return _write(fake, "", lambda body: directory.delete_customer(fake.books, one, request.args.get("version")))


def _money_routes(api: Blueprint, fake: Square) -> None:
    @api.get("/v2/payments")
    def payments() -> Response:
        return _read(fake, lambda: lists.changed(fake.books, "payment", request.args, fake.clock.now()))

    @api.post("/v2/payments")
    def pay() -> Response:
        return _write(fake, "payment", lambda body: sales.create_payment(fake.books, body))

    @api.get("/v2/payments/<one>")
    def payment(one: str) -> Response:
        return _read(fake, lambda: {"payment": public(fake.books.get("payment", one))})

    @api.post("/v2/payments/<one>/<act>")
    def payment_act(one: str, act: str) -> Response:
        work = {"complete": sales.complete, "cancel": sales.cancel}.get(act)
        if work is None:
            raise Problem("NOT_FOUND", "Resource not found.", status=404)
        return _write(fake, "payment", lambda body: work(fake.books, one, body))

    @api.get("/v2/refunds")
    def refunds() -> Response:
        return _read(fake, lambda: lists.changed(fake.books, "refund", request.args, fake.clock.now()))

    @api.post("/v2/refunds")
    def refund() -> Response:
        return _write(fake, "refund", lambda body: sales.refund(fake.books, body))

    @api.get("/v2/refunds/<one>")
    def one_refund(one: str) -> Response:
        return _read(fake, lambda: {"refund": public(fake.books.get("refund", one))})


def _order_routes(api: Blueprint, fake: Square) -> None:
    @api.post("/v2/orders")
    def order() -> Response:
        return _write(fake, "order", lambda body: sales.create_order(fake.books, body))

    @api.post("/v2/orders/batch-retrieve")
    def orders() -> Response:
        ids = _body().get("order_ids") or []
        if not 1 <= len(ids) <= 100:
            raise Problem("ARRAY_LENGTH_TOO_LONG", "1 to 100 orders.", field="order_ids")
        return _read(fake, lambda: {"orders": [public(o) for i in ids if (o := fake.books.find("order", i))]})

    @api.route("/v2/orders/<one>", methods=["GET", "PUT"])
    def one_order(one: str) -> Response:
        if request.method == "GET":
            return _read(fake, lambda: {"order": public(fake.books.get("order", one))})
        return _write(fake, "order", lambda body: sales.update_order(fake.books, one, body))


def _invoice_routes(api: Blueprint, fake: Square) -> None:
    @api.get("/v2/invoices")
    def invoices() -> Response:
        return _read(fake, lambda: lists.invoices(fake.books, request.args, fake.clock.now()))

    @api.post("/v2/invoices")
    def new_invoice() -> Response:
        return _write(fake, "invoice", lambda body: sales.create_invoice(fake.books, body))

    @api.route("/v2/invoices/<one>", methods=["GET", "PUT", "DELETE"])
    def invoice(one: str) -> Response:
        if request.method == "GET":
            return _read(fake, lambda: {"invoice": public(fake.books.get("invoice", one))})
        if request.method == "PUT":
            return _write(fake, "invoice", lambda body: sales.update_invoice(fake.books, one, body))
        return _write(fake, "", lambda body: sales.delete_invoice(fake.books, one, request.args.get("version")))

    @api.post("/v2/invoices/<one>/<act>")
    def invoice_act(one: str, act: str) -> Response:
        work = {"publish": sales.publish, "cancel": sales.cancel_invoice}.get(act)
        if work is None:
            raise Problem("NOT_FOUND", "Resource not found.", status=404)
        return _write(fake, "invoice", lambda body: work(fake.books, one, body))


def _other_routes(api: Blueprint, fake: Square) -> None:
    @api.get("/v2/locations")
    def locations() -> Response:
        return _read(fake, lambda: {"locations": [public(one) for one in fake.books.every("location")]})

    @api.get("/v2/merchants/<one>")
    def merchant(one: str) -> Response:
        if one not in ("me", g.merchant):
            raise Problem("NOT_FOUND", "Merchant not found.", status=404)
        return _read(fake, lambda: {"merchant": fake.merchant(g.merchant)})

    @api.post(LINKS)
    def link() -> Response:
        return _write(fake, "payment_link", lambda body: sales.create_link(fake.books, body))

    @api.route(f"{LINKS}/<one>", methods=["GET", "DELETE"])
    def one_link(one: str) -> Response:
        if request.method == "GET":
            return _read(fake, lambda: {"payment_link": public(fake.books.get("payment_link", one))})
        return _write(fake, "", lambda body: sales.delete_link(fake.books, one))

    @api.post("/v2/events")
    def events() -> Response:
        if not fake.setting("events_enabled"):
            raise Problem("FORBIDDEN", "Events are not enabled.", status=403)
        return _read(fake, lambda: lists.events(fake.books, _body(), fake.clock.now()))


def _as_search() -> Body:
    """A plain list as the search that it is."""
    sort = {"field": request.args.get("sort_field", "DEFAULT"), "order": request.args.get("sort_order", "ASC")}
    asked: Body = {name: request.args[name] for name in ("cursor", "limit") if name in request.args}
    return {**asked, "query": {"sort": sort}}


def _body() -> Body:
    body = request.get_json(silent=True, force=True) if request.data else {}
    if not isinstance(body, dict):
        raise Problem("EXPECTED_JSON_BODY", "Expected a JSON body.")
    return body


def _read(fake: Square, work: Callable[[], Body]) -> Response:
    with fake.store.transaction():
        fake.books.merchant = g.merchant
        return answer(work())


def _write(fake: Square, name: str, work: Callable[[Body], Body]) -> Response:
    """Do a write; the same idempotency_key again gets the first answer instead."""
    body = _body()
    key = body.get("idempotency_key")
    most = KEY_LENGTHS.get(request.path.split("/")[3], 192)
    if key is not None and (not isinstance(key, str) or not 1 <= len(key) <= most):
        raise Problem("VALUE_TOO_LONG", f"The key has 1 to {most} characters.", field="idempotency_key")
    path = request.path
    own = f"{g.merchant}:{path}:{key}"
    print_ = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    with fake.store.transaction():
        fake.books.merchant = g.merchant
        kept = fake.store.execute("SELECT * FROM answers WHERE provider = ? AND key = ?", (fake.slug, own))
        if key and kept:
            if kept[0]["fingerprint"] != print_:
                detail = "The idempotency key can only be retried with the same request data."
                return answer(Problem("IDEMPOTENCY_KEY_REUSED", detail, field="idempotency_key").body, 400)
            return Response(kept[0]["body"], kept[0]["status"], content_type="application/json")
        try:
            made = work(body)
            response = answer({name: public(made)} if name else made)
        except Problem as problem:
            # What was done is kept: a refused card leaves a payment that failed.
            return answer(problem.body, problem.status)
        if key:
            fake.store.execute(
                "INSERT INTO answers (provider, key, fingerprint, at, status, body) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    fake.slug,
                    own,
                    print_,
                    stamp(fake.clock.now()),
                    response.status_code,
                    response.get_data(as_text=True),
                ),
            )
        return response


def _refused(fake: Square) -> Response | None:
    """Token, right and pace, before anything else."""
    opened = fake.grants.bearer(bearer())
    if opened is None:
        return answer(Problem("UNAUTHORIZED", "This request could not be authorized.", status=401).body, 401)
    parts = request.path.split("/")
    reads = request.method == "GET" or parts[-1] in READING
    right = f"{RIGHTS[parts[3]]}_{'READ' if reads else 'WRITE'}" if parts[3] in RIGHTS else ""
    personal = opened["scopes"] is None
    if (right and not personal and right not in opened["scopes"]) or (
        parts[3] in ("events", "webhooks") and not personal
    ):
        detail = f"The merchant has not given your application sufficient permissions: {right or parts[3].upper()}."
        return answer(Problem("INSUFFICIENT_SCOPES", detail, status=403).body, 403)
    if not fake.buckets.take(opened["merchant"])[0]:
        return answer(Problem("RATE_LIMITED", "Too many requests.", status=429).body, 429)
    g.merchant = opened["merchant"]
    return None


def bearer() -> str:
    """The token of the request."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def later(fake: Square, life: timedelta) -> str:
    """A moment to come, as Square writes it."""
    return stamp(fake.clock.now() + life)
