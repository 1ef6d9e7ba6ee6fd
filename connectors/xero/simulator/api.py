"""Xero's API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.simulator.clock import stamp
from connectors.xero.simulator import listing, problems
from connectors.xero.simulator.books import IDS, KEPT
from connectors.xero.simulator.money import millis
from connectors.xero.simulator.problems import BadQuery, Invalid, Missing

if TYPE_CHECKING:
    from connectors.xero.simulator.fake import Xero

_ROOT = "/api.xro/2.0"
PATHS = {"Contacts": "Contact", "Invoices": "Invoice", "Payments": "Payment", "Accounts": "Account",
         "TaxRates": "TaxRate"}  # fmt: skip
SCOPES = {"Contact": "contacts", "Invoice": "invoices", "Payment": "payments"}
PAGED = frozenset({"Contact", "Invoice", "Payment"})
KEY_LIFE = timedelta(minutes=6)
MAX_KEY, MAX_ROWS = 128, 50
Body = dict[str, Any]


def add_api_routes(api: Blueprint, fake: Xero) -> None:
    """Below /xero."""

    @api.before_request
    def _enter() -> Response | None:
        below = request.path.removeprefix(f"/{fake.slug}")
        if below.startswith("/connections"):
            return _known(fake)
        return (_known(fake) or _refused(fake)) if below.startswith(_ROOT) else None

    @api.errorhandler(Missing)
    def _missing(error: Missing) -> Response:
        return problems.missing()

    @api.errorhandler(BadQuery)
    def _bad_query(error: BadQuery) -> Response:
        return problems.bad_query(str(error))

    _connection_routes(api, fake)

    @api.get(f"{_ROOT}/Organisation")
    def organisation() -> Response:
        return _answer(fake, "Organisations", [fake.organisation(g.tenant)])

    @api.get(f"{_ROOT}/<path>")
    def read_all(path: str) -> Response:
        return _list(fake, path, _kind(path))

    @api.get(f"{_ROOT}/<path>/<object_id>")
    def read_one(path: str, object_id: str) -> Response:
        kind = _kind(path)
        return _answer(fake, path, [_public(fake, kind, fake.books.get(g.tenant, kind, object_id))])

    @api.route(f"{_ROOT}/<path>", methods=["PUT", "POST"])
    def write(path: str) -> Response:
        return _once(fake, lambda: _write(fake, path, _kind(path)))

    @api.post(f"{_ROOT}/<path>/<object_id>")
    def change(path: str, object_id: str) -> Response:
        return _once(fake, lambda: _change(fake, path, _kind(path), object_id))


def _connection_routes(api: Blueprint, fake: Xero) -> None:
    @api.get("/connections")
    def connections() -> Response:
        event = request.args.get("authEventId", "")
        rows = fake.grants.connections(g.token["client"])
        return problems.answer(200, [row for row in rows if event in ("", row["authEventId"])])

    @api.delete("/connections/<key>")
    def disconnect(key: str) -> Response:
        return Response(status=204 if fake.grants.disconnect(key) else 404)


def _list(fake: Xero, path: str, kind: str) -> Response:
    rows = fake.books.every(g.tenant, kind)
    if kind != "TaxRate":
        moment = listing.since(request.headers.get("If-Modified-Since", ""))
        if moment:
            rows = [row for row in rows if row["updated_at"] >= stamp(moment)]
    if kind == "Contact" and request.args.get("includeArchived") != "true":
        rows = [row for row in rows if row["ContactStatus"] == "ACTIVE"]
    for parameter, name in (("IDs", IDS[kind]), ("InvoiceNumbers", "InvoiceNumber"), ("Statuses", "Status")):
        if request.args.get(parameter):
            wanted = request.args[parameter].split(",")
            rows = [row for row in rows if row.get(name) in wanted]
    if request.args.get("ContactIDs"):
        wanted = request.args["ContactIDs"].split(",")
        rows = [row for row in rows if (row.get("Contact") or {}).get("ContactID") in wanted]
    if request.args.get("searchTerm"):
        words = request.args["searchTerm"].casefold().split()
        rows = [row for row in rows if all(word in str(row.get("Name", row)).casefold() for word in words)]
    rows = listing.matching(rows, request.args.get("where", ""))
    rows = listing.ordered(rows, request.args.get("order", ""))
    shown, figures = listing.page(rows, request.args) if kind in PAGED else (rows, None)
    found = [_public(fake, kind, row) for row in shown]
    light = request.args.get("summaryOnly") == "true" or (kind == "Invoice" and figures is None)
    if light:
        found = [{k: v for k, v in row.items() if k not in ("LineItems", "Addresses", "Phones")} for row in found]
    return _answer(fake, path, found, figures)


def _write(fake: Xero, path: str, kind: str) -> Response:
    """PUT creates; POST changes what an id, a number or a name finds, and creates the rest."""
    if kind == "Account":
        raise Missing
    rows = _rows(path)
    summarize = request.args.get("summarizeErrors", "false") == "true"
    done: list[Body] = []
    refused: list[Body] = []
    for row in rows:
        before = _target(fake, kind, row) if request.method == "POST" else None
        try:
            saved = fake.books.save(g.tenant, kind, _clean(row), before)
            done.append({**_public(fake, kind, saved), "StatusAttributeString": "OK"})
        except Invalid as error:
            bad = problems.element(row, error.messages, IDS[kind])
            refused.append(bad)
            done.append({**bad, "StatusAttributeString": "ERROR"})
    if refused and (summarize or (len(rows) == 1 and "summarizeErrors" not in request.args)):
        raise _Rollback(problems.validation(refused))
    return _answer(fake, path, done)


def _change(fake: Xero, path: str, kind: str, object_id: str) -> Response:
    before = fake.books.get(g.tenant, kind, object_id)
    body = _body()
    row = body if kind == "Payment" and path not in body else _rows(path)[0]
    if row.get(IDS[kind]) not in (None, object_id):
        raise _Rollback(problems.validation([problems.element(row, ("The ids do not match.",), IDS[kind])]))
    try:
        saved = fake.books.save(g.tenant, kind, _clean(row), before)
    except Invalid as error:
        raise _Rollback(problems.validation([problems.element(row, error.messages, IDS[kind])])) from None
    return _answer(fake, path, [_public(fake, kind, saved)])


class _Rollback(Exception):
    """Nothing of the request is done."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def _target(fake: Xero, kind: str, row: Body) -> Body | None:
    if row.get(IDS[kind]):
        return fake.books.get(g.tenant, kind, row[IDS[kind]])
    names = {"Contact": ("ContactNumber", "Name"), "Invoice": ("InvoiceNumber",)}.get(kind, ())
    for name in names:
        for one in fake.books.every(g.tenant, kind):
            if row.get(name) and one.get(name) == row[name]:
                return one
    return None


def _public(fake: Xero, kind: str, row: Body) -> Body:
    """The object as the API shows it."""
    shown = {name: value for name, value in row.items() if name not in KEPT}
    if kind == "Contact":
        found = fake.books.balances(g.tenant, row)
        if any(side["Outstanding"] for side in found.values()):
            shown["Balances"] = found
        shown["HasAttachments"] = shown["HasValidationErrors"] = False
    return shown


def _clean(row: Body) -> Body:
    """What a caller may set: null says nothing."""
    return {name: value for name, value in row.items() if value is not None and name not in KEPT}


def _known(fake: Xero) -> Response | None:
    """A live token."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    g.token = fake.grants.bearer(value) if kind.lower() == "bearer" else None
    if g.token is None:
        now = fake.clock.now().strftime("%m/%d/%Y %H:%M:%S")
        return problems.refused(401, "Unauthorized", f"TokenExpired: token expired at {now}", str(uuid.uuid4()))
    return None


def _refused(fake: Xero) -> Response | None:
    """Scope, organisation and pace."""
    part = request.path.removeprefix(f"/{fake.slug}{_ROOT}/").partition("/")[0]
    scope = f"accounting.{SCOPES.get(PATHS.get(part, ''), 'settings')}"
    held = g.token["scope"].split()
    if scope not in held and not (request.method == "GET" and f"{scope}.read" in held):
        return problems.refused(401, "Unauthorized", "AuthorizationUnsuccessful", str(uuid.uuid4()))
    g.tenant = request.headers.get("xero-tenant-id", "")
    if g.tenant not in {row["tenantId"] for row in fake.grants.connections(g.token["client"])}:
        return problems.refused(403, "Forbidden", "AuthenticationUnsuccessful", str(uuid.uuid4()))
    passes, headers = fake.buckets.take(g.tenant)
    if not passes:
        return problems.too_many("minute", {"Retry-After": headers.get("Retry-After", "60")})
    day, _ = fake.day.take(g.tenant)
    if not day:
        return problems.too_many("day", {"Retry-After": "3600"})
    g.left = headers["X-RateLimit-Remaining"]
    return None


def _once(fake: Xero, work: Callable[[], Response]) -> Response:
    """Do a write; the same Idempotency-Key again, within some minutes, gets the first answer instead."""
    given = request.headers.get("Idempotency-Key", "")
    if len(given) > MAX_KEY:
        return problems.validation([{"ValidationErrors": [{"Message": "Idempotency-Key has at most 128 characters"}]}])
    key = f"{g.tenant}:{given}"
    print_ = hashlib.sha256(request.method.encode() + request.path.encode() + request.get_data()).hexdigest()
    oldest = stamp(fake.clock.now() - KEY_LIFE)
    try:
        with fake.store.transaction():
            rows = fake.store.execute(
                "SELECT fingerprint, status, body FROM answers WHERE provider = ? AND key = ? AND at >= ?",
                (fake.slug, key, oldest),
            )
            if given and rows:
                if rows[0]["fingerprint"] != print_:
                    message = "Idempotency-Key was used for another request."
                    return problems.validation([{"ValidationErrors": [{"Message": message}]}])
                return Response(rows[0]["body"], rows[0]["status"], content_type="application/json; charset=utf-8")
            response = work()
            if given:
                fake.store.execute(
                    "INSERT OR REPLACE INTO answers (provider, key, fingerprint, at, status, body) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (fake.slug, key, print_, stamp(fake.clock.now()), 200, response.get_data(as_text=True)),
                )
            return response
    except _Rollback as back:
        return back.response


def _kind(path: str) -> str:
    if path not in PATHS:
        raise Missing
    return PATHS[path]


def _body() -> Body:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise BadQuery("The body must be a JSON object.")
    return body


def _rows(path: str) -> list[Body]:
    rows = _body().get(path)
    if not isinstance(rows, list) or not rows or len(rows) > MAX_ROWS or not all(isinstance(row, dict) for row in rows):
        raise BadQuery(f"The body must hold 1 to {MAX_ROWS} {path}.")
    return rows


def _answer(fake: Xero, path: str, rows: list[Body], figures: dict[str, int] | None = None) -> Response:
    body: Body = {
        "Id": str(uuid.uuid4()),
        "Status": "OK",
        "ProviderName": "Lacoste Intégrations",
        "DateTimeUTC": millis(fake.clock.now()).replace("+0000", ""),
        **({"pagination": figures} if figures else {}),
        path: rows,
    }
    left = {
        "X-MinLimit-Remaining": g.get("left", "60"),
        "X-DayLimit-Remaining": "4999",
        "X-AppMinLimit-Remaining": "9999",
    }
    return problems.answer(200, body, left)
