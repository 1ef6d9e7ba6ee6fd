"""FreshBooks' API over HTTP: who may, how often, and what each address does."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from connectors.freshbooks.simulator import callbacks, listing, problems
from connectors.freshbooks.simulator.books import KEPT
from connectors.freshbooks.simulator.problems import BAD_VALUE, NO_RIGHT, Refused

if TYPE_CHECKING:
    from connectors.freshbooks.simulator.fake import FreshBooks

Row = dict[str, Any]
# Path → kind, its name, scope.
PATHS = {
    "users/clients": ("Client", "client", "clients"),
    "invoices/invoices": ("Invoice", "invoice", "invoices"),
    "payments/payments": ("Payment", "payment", "payments"),
    "taxes/taxes": ("Tax", "tax", "taxes"),
    "items/items": ("Item", "item", "billable_items"),
}
LISTS = {"Tax": "taxes"}
WRITABLE = ("Client", "Invoice", "Payment")
_ACCOUNT = "/accounting/account/<account>"


def add_api_routes(api: Blueprint, fake: FreshBooks) -> None:
    """Below /freshbooks."""

    @api.before_request
    def _enter() -> Response | None:
        below = request.path.removeprefix(f"/{fake.slug}")
        if below.startswith("/auth/api/"):
            return _refused(fake, "user:profile:read")
        return _let_in(fake) if below.startswith(("/accounting/", "/events/")) else None

    @api.after_request
    def _leave(response: Response) -> Response:
        response.headers["Date"] = format_datetime(fake.clock.now(), usegmt=True)
        return response

    @api.errorhandler(Refused)
    def _problem(error: Refused) -> Response:
        return error.response()

    @api.get("/auth/api/v1/users/me")
    def me() -> Response:
        return problems.answer(200, {"response": fake.identity()})

    @api.get(f"{_ACCOUNT}/journal_entry_accounts/journal_entry_accounts")
    def ledger(account: str) -> Response:
        rows = [_public(row, lines=True) for row in fake.books.every(account, "Account")]
        return _answer({"journal_entry_accounts": rows})

    @api.get(f"{_ACCOUNT}/<group>/<name>")
    def read_all(account: str, group: str, name: str) -> Response:
        kind, single, _ = _kind(group, name)
        rows = listing.matching(kind, fake.books.every(account, kind), request.args.to_dict(flat=False))
        shown, figures = listing.page(listing.ordered(kind, rows, request.args.get("sort", "")), request.args)
        found = [_public(row, lines=_wants_lines()) for row in shown]
        return _answer({LISTS.get(kind, f"{single}s"): found, **figures})

    @api.get(f"{_ACCOUNT}/<group>/<name>/<int:key>")
    def read_one(account: str, group: str, name: str, key: int) -> Response:
        kind, single, _ = _kind(group, name)
        return _answer({single: _public(fake.books.get(account, kind, key), lines=_wants_lines())})

    @api.post(f"{_ACCOUNT}/<group>/<name>")
    def create(account: str, group: str, name: str) -> Response:
        kind, single, _ = _writable(group, name)
        with fake.store.transaction():
            made = fake.books.create(account, kind, _body(single))
        return _answer({single: _public(made, lines=_wants_lines())})

    @api.put(f"{_ACCOUNT}/<group>/<name>/<int:key>")
    def change(account: str, group: str, name: str, key: int) -> Response:
        kind, single, _ = _writable(group, name)
        with fake.store.transaction():
            made = fake.books.change(account, kind, key, _body(single))
        return _answer({single: _public(made, lines=_wants_lines())})

    @api.delete(f"{_ACCOUNT}/invoices/invoices/<int:key>")
    def delete(account: str, key: int) -> Response:
        with fake.store.transaction():
            fake.books.change(account, "Invoice", key, {"vis_state": 1})
        return problems.answer(200, {"response": {}})

    callbacks.add_routes(api, fake)


def _let_in(fake: FreshBooks) -> Response | None:
    """Token, scope, account and pace."""
    args = request.view_args or {}
    _, _, noun = PATHS.get(f"{args.get('group')}/{args.get('name')}", ("", "", ""))
    noun = noun or ("journal_entries" if "journal_entry" in request.path else "invoices")
    # Webhooks need no right to write.
    reads = request.method == "GET" or "events" in request.path.split("/")
    wrong = _refused(fake, f"user:{noun}:{'read' if reads else 'write'}")
    if wrong:
        return wrong
    if args.get("account") not in fake.businesses():
        message = "The server could not verify that you are authorized to access the URL requested."
        return Refused(NO_RIGHT, message, status=401).response()
    passes, _ = fake.buckets.take(str(args["account"]))
    return None if passes else problems.refusal(429, {})


def _refused(fake: FreshBooks, scope: str) -> Response | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    g.token = fake.grants.bearer(value) if kind.lower() == "bearer" else None
    if g.token is None:
        return problems.auth(401, "unauthenticated", "This action requires authentication to continue.")
    if scope not in g.token["scope"].split():
        return problems.auth(403, "insufficient_scope", f"This request requires the scope {scope}.")
    return None


def _kind(group: str, name: str) -> tuple[str, str, str]:
    found = PATHS.get(f"{group}/{name}")
    if found is None:
        raise problems.missing("resource", "")
    return found


def _writable(group: str, name: str) -> tuple[str, str, str]:
    found = _kind(group, name)
    if found[0] not in WRITABLE:
        raise Refused(BAD_VALUE, "Not allowed.", status=405)
    return found


def _body(single: str) -> Row:
    body = request.get_json(silent=True, force=True)
    given = body.get(single) if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise Refused(BAD_VALUE, f"The body must hold an object {single}.", field=single)
    return {name: value for name, value in given.items() if name not in KEPT and name != "id"}


def _wants_lines() -> bool:
    return "lines" in request.args.getlist("include[]")


def _public(row: Row, *, lines: bool) -> Row:
    """The object as the API shows it."""
    shown = {name: value for name, value in row.items() if name not in KEPT and (lines or name != "lines")}
    return {**shown, "id": int(row["id"])}


def _answer(result: Row) -> Response:
    return problems.answer(200, {"response": {"result": result}})
