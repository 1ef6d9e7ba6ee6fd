"""The fake Financeit: loans, their approval, and the merchants of one account. HTTP is in api.py."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import Response, request

from connectors.financeit.simulator import seed, tokens
from connectors.financeit.simulator.api import financeit_blueprint
from connectors.financeit.simulator.problems import Problem, invalid
from connectors.financeit.simulator.schema import DECISIONS, EARLY, FINAL, MOVES, check
from connectors.simulator.clock import Clock, stamp
from connectors.simulator.endpoints import Endpoints
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_KEY = "fit_demo_app / fit_demo_secret"
LIFE = timedelta(days=30)
EVENTS = ("loan.created", "loan.state_changed", "loan.funds_released")
Loan = dict[str, Any]


def create(store: Store, clock: Clock) -> Financeit:
    """The fake, as the kit finds it."""
    return Financeit(store, clock)


class Financeit(Provider):
    """Loans and partners of one account."""

    slug = "financeit"
    rate = 10
    burst = 10
    settings = {"token_seconds": 43200}

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.endpoints = Endpoints(store, clock, self.slug, EVENTS, _refusal)
        self.sender = self.endpoints.sender
        self.blueprint = financeit_blueprint(self)

    # What the API does

    def find(self, kind: str, own_id: str) -> dict[str, Any]:
        """An object; Problem 404 when there is none."""
        found = self.store.get(self.slug, kind, own_id)
        if found is None or found.get("deleted_at"):
            raise Problem(404, "No such object")
        return found

    def create_checked(self, body: dict[str, Any]) -> Loan:
        """POST."""
        self._refuse_wrong(check(body, new=True), body)
        self._refuse_taken(body.get("reference_id"))
        return self._add(body)

    def patch(self, own_id: str, body: dict[str, Any], version: str) -> Loan:
        """PATCH: a merge patch, for the version given in If-Match."""
        found = self.find("loans", own_id)
        if version and version.strip('"') != str(found["version"]):
            raise Problem(412, f"The current version is {found['version']}")
        self._refuse_wrong(check(body, new=False), body)
        self._refuse_late(found, body)
        if body.get("reference_id"):
            self._refuse_taken(body["reference_id"], own_id)
        return self._change(found, _merged(found, body))

    def replace(self, reference: str, body: dict[str, Any]) -> tuple[Loan, bool]:
        """PUT by reference: the loan, and whether it is new. Only a draft or an invitation is replaced."""
        self._refuse_wrong(check(body, new=True), body)
        found = self.store.by_reference(self.slug, "loans", reference)
        if found is None:
            return self._add({**body, "reference_id": reference}), True
        if found["status"] not in EARLY:
            raise invalid({"status": ("state", f"is {found['status']}")})
        kept = ("id", "status", "loan_number", "application_url", "expires_at", "created_at", "version", "updated_at")
        whole = seed.blank(found["id"], self.clock.now()) | {name: found[name] for name in kept}
        return self._change(found, _merged(whole, {**body, "reference_id": reference})), False

    def move(self, own_id: str, step: str, note: str = "", amount: int | None = None, *, new: bool = False) -> Loan:
        """A step of the approval; Problem 422 from a wrong state. A `new` loan is announced as such afterwards."""
        found = self.find("loans", own_id)
        target = dict(MOVES[step]).get(found["status"])
        if target is None or (step == "submit" and found["status"] == "declined" and not found["co_applicant"]):
            raise invalid({"status": ("state", f"is {found['status']}")})
        now, moved = self.clock.now(), {**found, "status": target}
        if step == "send_invite":
            moved |= {"application_url": seed.page_of(own_id), "expires_at": stamp(now + LIFE)}
        if step in DECISIONS:
            asked = found["amount_requested"]["amount"] if amount is None else amount
            moved["decision"] = seed.decision(DECISIONS[step], now, asked, found["expires_at"])
            if step != "decline":
                moved["loan_number"] = str(2000000 + self.store.next_number(self.slug, "loan_number"))
        if step == "fund":
            moved |= {"funded_amount": found["decision"]["amount_approved"], "funded_at": stamp(now)}
        self._tell(own_id, found["status"], target, note)
        return self._change(found, moved, moving=not new, new=new)

    # What the kit asks for

    def seed(self) -> None:
        """Three partners, sixty loans."""
        for kind, bodies in seed.demonstration().items():
            self.store.put(self.slug, kind, *bodies)
        self.store.set_value(self.slug, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more drafts."""
        if kind != "loans":
            raise ValueError(f"cannot seed {kind}")
        now = self.clock.now()
        made = []
        for index in range(count):
            at = now - timedelta(seconds=count - index)
            own = {"amount_requested": {"amount": 100000 + index, "currency": "CAD"}, "applicant": seed.person(
                given_name="Zoé", family_name=f"Bérubé {index}", email=f"lot.{index}@courriel.example")}  # fmt: skip
            made.append(seed.blank(self._new_id(), at) | own)
        self.store.put(self.slug, kind, *made)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change a loan as Financeit's people would."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        merged = {name: value for name, value in _merged(found, values).items() if name not in remove}
        return self._change(found, merged)

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add a loan in the same way."""
        if kind != "loans":
            raise KeyError(kind)
        return self._add(values)

    def remove(self, kind: str, object_id: str) -> None:
        """Take a loan away: the contract knows no such thing, a loan that is not there is."""
        found = self.store.get(self.slug, kind, object_id)
        if found is None:
            raise KeyError(object_id)
        now = stamp(self.clock.now())
        self.store.put(self.slug, kind, {**found, "updated_at": now, "deleted_at": now})

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """expire_tokens; or a step of the approval: open, approve (with `amount`, in part), approve_conditionally,
        decline, accept, sign, fund, expire {id}."""
        if name == "expire_tokens":
            tokens.expire(self)
            return {}
        if name not in MOVES:
            raise KeyError(name)
        try:
            with self.store.transaction():
                return self.move(str(values["id"]), name, str(values.get("note") or ""), values.get("amount"))
        except Problem as problem:
            raise KeyError(f"{name}: {problem.detail}") from problem

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """A problem without particulars."""
        return Problem(status, headers=headers).response()

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """A list with something wrong in one of its loans, or a page that repeats."""
        body = json.loads(response.get_data())
        records = body.get("data", [body])
        if kind == "repeated_cursor":
            body |= {"has_more": True, "next_cursor": request.args.get("cursor") or body["next_cursor"] or "encore"}
        elif records:
            record = records[int(options.get("record", 0))]
            name = str(options.get("field") or "status")
            if kind == "missing_field":
                record.pop(name, None)
            else:
                record[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def _add(self, body: dict[str, Any]) -> Loan:
        given = dict(body)
        invite = given.pop("send_invite", False)
        made = seed.blank(self._new_id(), self.clock.now()) | given
        made["applicant"] = seed.person(**(given.get("applicant") or {}))
        self.store.put(self.slug, "loans", made)
        self._tell(made["id"], None, "draft", "")
        made = self.move(made["id"], "send_invite", new=True) if invite else made
        self.endpoints.announce("loan.created", made)
        return made

    def _change(self, found: Loan, merged: Loan, *, moving: bool = False, new: bool = False) -> Loan:
        if merged == found and not moving:
            return found
        changed = {**merged, "version": found["version"] + 1, "updated_at": stamp(self.clock.now())}
        self.store.put(self.slug, "loans", changed)
        if moving or (changed["status"] != found["status"] and not new):
            self.endpoints.announce("loan.state_changed", changed)
        if changed["status"] == "funded" != found["status"]:
            self.endpoints.announce("loan.funds_released", changed)
        return changed

    def _tell(self, own_id: str, before: str | None, after: str, note: str) -> None:
        number, now = self.store.next_number(self.slug, "event"), stamp(self.clock.now())
        event = {"id": f"evt_{number:08d}", "loan_id": own_id, "from_status": before, "to_status": after}
        self.store.put(self.slug, "events", {**event, "occurred_at": now, "note": note or None, "updated_at": now})

    def _refuse_wrong(self, errors: dict[str, tuple[str, str]], body: dict[str, Any]) -> None:
        partner = body.get("partner_id")
        if partner and not self.store.get(self.slug, "partners", str(partner)):
            errors = {**errors, "partner_id": ("not_found", "is unknown")}
        if errors:
            raise invalid(errors)

    def _refuse_late(self, found: Loan, body: dict[str, Any]) -> None:
        """Amount, description and names change early only; nothing changes at the end."""
        if found["status"] in FINAL:
            late = set(body)
        elif found["status"] in EARLY:
            return
        else:
            late = {"amount_requested", "purchase_description"} & set(body)
            names = {"given_name", "family_name"} & set(body.get("applicant") or {})
            late |= {f"applicant.{name}" for name in names}
        if late:
            raise invalid(dict.fromkeys(sorted(late), ("immutable", f"cannot change in {found['status']}")))

    def _refuse_taken(self, reference: str | None, own_id: str = "") -> None:
        taken = self.store.by_reference(self.slug, "loans", reference) if reference else None
        if taken and taken["id"] != own_id:
            raise Problem(
                409, "reference_id is already in use", errors={"reference_id": ("conflict", "is already in use")}
            )

    def _new_id(self) -> str:
        return f"ln_{secrets.token_hex(13).upper()}"


def _refusal(status: int, detail: str, errors: Any) -> Problem:
    return Problem(status, detail, errors=errors)


def _merged(found: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A merge patch: members of the applicant and pairs of the metadata one by one, everything else whole."""
    merged = dict(found)
    for name, value in patch.items():
        if name == "metadata" and isinstance(value, dict):
            both = {**(found.get(name) or {}), **value}
            merged[name] = {key: text for key, text in both.items() if text is not None}
        elif name == "applicant" and isinstance(value, dict):
            merged[name] = seed.person(**{**(found.get(name) or {}), **value})
        else:
            merged[name] = value
    return merged
