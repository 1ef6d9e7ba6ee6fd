"""The fake Pipedrive: two companies, their contacts and deals, and the authorization server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from connectors.pipedrive.simulator import listing, seed
from connectors.pipedrive.simulator.api import add_api_routes
from connectors.pipedrive.simulator.crm import SLUG, Crm
from connectors.pipedrive.simulator.hooks import Hooks
from connectors.pipedrive.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.pipedrive.simulator.problems import Problem, problem_response, unauthorized
from connectors.pipedrive.simulator.schema import KINDS
from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store

DEMO_APP = next(iter(APPS.items()))
DEMO_KEY = "de30c0ffee0000000000000000000000000ac057"
OTHER_KEY = "de30c0ffee00000000000000000000000070175e"


def create(store: Store, clock: Clock) -> Pipedrive:
    """The fake, as the kit finds it."""
    return Pipedrive(store, clock)


class Pipedrive(Provider):
    """Objects are named "<company>:<id>", or "<id>" alone for the first company, to the control API."""

    slug = SLUG
    # The smallest plan: 20 in 2 seconds.
    rate = 10
    burst = 20
    settings = {
        "access_token_seconds": 3600,
        "redirect_uris": [],
        "domains": {},
        "contact_sync": False,
        "deleted_can_be_read": False,
        "update_time_at_creation": True,
        "created_status": 201,
        "daily_tokens": None,
        "blocked": False,
        "locked": False,
    }

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._seeding: datetime | None = None
        self._quiet = False
        self.crm = Crm(store, self.moment, self.setting, lambda kind: frozenset({seed.REFERENCE_KEYS[kind]}))
        self.hooks = Hooks(self)
        self.sender, self.crm.tell = self.hooks.sender, self._tell
        self.grants = Grants(self)
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def companies(self) -> dict[int, seed.Company]:
        """Number → company, by the domain that it has now."""
        renamed = self.setting("domains")
        return {
            number: seed.Company(company.name, renamed.get(str(number), company.domain))
            for number, company in seed.COMPANIES.items()
        }

    def api_domain(self, company: int, host_url: str) -> str:
        """The company's own address."""
        return f"{host_url.rstrip('/')}/{SLUG}/@{self.companies()[company].domain}"

    def api_tokens(self) -> dict[str, int]:
        """API token → company."""
        return dict(zip((DEMO_KEY, OTHER_KEY), seed.COMPANIES, strict=True))

    def created_status(self) -> int:
        """Status of the answer to a creation."""
        return int(self.setting("created_status"))

    def users(self, company: int) -> list[dict[str, Any]]:
        """Users of a company."""
        return [
            {"id": number, "name": name, "email": email, "active_flag": active}
            for number, name, email, active in seed.USERS
        ]

    def me(self, company: int) -> dict[str, Any]:
        """The user that a token speaks for."""
        about = self.companies()[company]
        mine = {name: value for name, value in self.users(company)[0].items() if name != "active_flag"}
        return {
            **mine,
            "company_id": company,
            "company_name": about.name,
            "company_domain": about.domain,
            "default_currency": "CAD",
            "access": [{"app": "sales", "admin": True, "permission_set_id": "1"}],
        }

    def list_page(self, company: int, kind: str, args: Mapping[str, str]) -> dict[str, Any]:
        """A page of pipelines or stages."""
        rows = self.store.select(SLUG, kind, "id >= ? AND id < ?", (f"{company}:", f"{company};"))
        wanted = args.get("pipeline_id")
        found = [row["data"] for row in rows if wanted in (None, str(row["data"].get("pipeline_id")))]
        return listing.page(found, {name: value for name, value in args.items() if name in ("limit", "cursor")})

    def fields(self, kind: str) -> list[dict[str, Any]]:
        """Fields of a kind of object, the custom one too."""
        own = [
            {"field_code": name, "field_name": name, "field_type": "varchar", "is_custom_field": False, "options": None}
            for name in KINDS[kind].fields
        ]
        key = seed.REFERENCE_KEYS[kind]
        label = "Référence Lacoste"
        return [*own, {"field_code": key, "field_name": label, "field_type": "varchar", "is_custom_field": True}]

    # What the kit asks for

    def seed(self) -> None:
        """Both companies' pipelines, organizations, persons and deals."""
        seed.write(self.store, self.crm, self.at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more objects of the first company."""
        if kind not in KINDS:
            raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS)}")
        company, title = next(iter(seed.COMPANIES)), KINDS[kind].title
        self._quiet = True
        try:
            with self.store.transaction():
                for number in range(count):
                    self.crm.create(company, kind, {title: f"En lot {number + 1:05d}"}, owner=seed.USERS[0][0])
        finally:
            self._quiet = False

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as a person would in Pipedrive."""
        company, own_id = self._split(object_id)
        try:
            with self.store.transaction():
                wanted = {**values, **dict.fromkeys(remove)}
                return self.crm.update(company, kind, own_id, wanted, checked=False)
        except Problem as problem:
            raise (KeyError(object_id) if problem.status == 404 else ValueError(problem.error)) from problem

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object as a person would; `company` in the values names the company."""
        if kind not in KINDS:
            raise KeyError(kind)
        body = dict(values)
        company = int(body.pop("company", next(iter(seed.COMPANIES))))
        try:
            with self.store.transaction():
                return self.crm.create(company, kind, body, owner=seed.USERS[0][0], checked=False)
        except Problem as problem:
            raise ValueError(problem.error) from problem

    def remove(self, kind: str, object_id: str) -> None:
        """Delete an object as a person would."""
        company, own_id = self._split(object_id)
        try:
            with self.store.transaction():
                self.crm.delete(company, kind, own_id, source="app")
        except Problem as problem:
            raise KeyError(object_id) from problem

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {company}: tokens without the consent page; expire_tokens: access tokens are over; revoke_grants
        {company}: refresh tokens too; merge {kind, id, into}: as a person does."""
        company = int(values.get("company") or 0)
        if name == "grant":
            return self.grants.issue(DEMO_APP[0], company or next(iter(seed.COMPANIES)))
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end(company)
        elif name == "merge":
            return self._merge(values["kind"], str(values["id"]), str(values["into"]))
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return problem_response(unauthorized() if status == 401 else Problem(status), headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first object (or the one that `record` numbers)."""
        body = json.loads(response.get_data())
        records = body.get("data")
        if kind == "repeated_cursor":
            body["additional_data"] = {"next_cursor": options.get("value", "eyJpZCI6MX0")}
        elif isinstance(records, list) and records:
            record = records[int(options.get("record", 0))]
            name = str(options.get("field") or "id")
            if kind == "missing_field":
                record.pop(name, None)
            else:
                record[name] = options.get("value", 999999 if kind == "unknown_reference" else "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def at(self, moment: datetime | None) -> None:
        """Write as if it were that moment; None for the present."""
        self._seeding = moment

    def _merge(self, kind: str, object_id: str, into: str) -> dict[str, Any]:
        company, own_id = self._split(object_id)
        try:
            with self.store.transaction():
                return self.crm.merge(company, kind, own_id, self._split(into)[1])
        except Problem as problem:
            raise KeyError(object_id) from problem

    def _tell(self, *change: Any, **merge: Any) -> None:
        if not self._quiet:
            self.hooks.tell(*change, **merge)

    def _split(self, object_id: str) -> tuple[int, str]:
        company, _, own_id = object_id.rpartition(":")
        return int(company) if company else next(iter(seed.COMPANIES)), own_id
