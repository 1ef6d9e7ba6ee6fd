"""The fake Zoho CRM: two organisations in two data centres, their records, and the accounts servers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from connectors.simulator.clock import Clock
from connectors.simulator.provider import Provider
from connectors.simulator.store import Store
from connectors.zoho.simulator import seed
from connectors.zoho.simulator.api import add_api_routes
from connectors.zoho.simulator.channels import Channels
from connectors.zoho.simulator.crm import SLUG, Crm
from connectors.zoho.simulator.oauth import APPS, Grants, add_oauth_routes
from connectors.zoho.simulator.problems import Problem, of_status, problem_response
from connectors.zoho.simulator.schema import MODULES

DEMO_APP = next(iter(APPS.items()))
SCOPES = (
    "ZohoCRM.modules.ALL,ZohoCRM.org.READ,ZohoCRM.users.READ,ZohoCRM.settings.fields.READ,"
    "ZohoSearch.securesearch.READ,ZohoCRM.notifications.ALL"
)
FRENCH_STAGES = {"Closed Won": "Conclue et gagnée", "Closed Lost": "Conclue et perdue"}


def create(store: Store, clock: Clock) -> Zoho:
    """The fake, as the kit finds it."""
    return Zoho(store, clock)


class Zoho(Provider):
    """Records are named "<org>:<id>", or "<id>" alone for the first organisation, to the control API."""

    slug = SLUG
    rate = 10
    burst = 10
    settings = {
        "access_token_seconds": 3600,
        "redirect_uris": [],
        "token_limit": False,
        "token_limit_status": 400,
        "unique_fields": {},
        "pagination_limit": 100_000,
        "search_lag_seconds": 0,
        "failed_row_status": 400,
        "owner": {"name": "Geneviève Bélanger", "id": "554023000000235011", "email": "genevieve@lacoste.example"},
    }

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._seeding: datetime | None = None
        self.crm = Crm(store, self.moment, self.setting, lambda org: seed.ORGANISATIONS[org].time_zone)
        self.grants = Grants(self)
        self.channels = Channels(self)
        self.sender, self.crm.announce = self.channels.sender, self.channels.announce
        self.blueprint = Blueprint(SLUG, __name__)
        add_oauth_routes(self.blueprint, self)
        add_api_routes(self.blueprint, self)

    @property
    def seeding(self) -> bool:
        """Whether what is written belongs to the past: nobody is told."""
        return self._seeding is not None

    def moment(self) -> datetime:
        """Now, or the moment at which the demonstration data is being written."""
        return self._seeding or self.clock.now()

    def organisations(self) -> dict[str, seed.Organisation]:
        """Number → organisation."""
        return seed.ORGANISATIONS

    def centre_of(self, org: str) -> str:
        """Data centre of an organisation."""
        return seed.ORGANISATIONS[org].centre

    def address(self, org: str, host_url: str) -> str:
        """The organisation's data centre, accounts server and API alike."""
        return f"{host_url.rstrip('/')}/{SLUG}/dc/{self.centre_of(org)}"

    def org_info(self, org: str) -> dict[str, Any]:
        """What /org says."""
        about = seed.ORGANISATIONS[org]
        return {
            "id": org,
            "zgid": f"6{org[-9:]}",
            "company_name": about.name,
            "iso_code": about.currency,
            "time_zone": about.time_zone,
            "type": "Production",
        }

    def users(self) -> list[dict[str, Any]]:
        """Active users, the one who consented first."""
        owner = self.setting("owner")
        first = {"id": owner["id"], "email": owner["email"], "full_name": owner["name"]}
        return [first, {"id": "554023000000235012", "email": "mathieu@lacoste.example", "full_name": "Mathieu Côté"}]

    def stage_label(self, name: str) -> str:
        """A stage as people see it."""
        return FRENCH_STAGES.get(name, name)

    # What the kit asks for

    def seed(self) -> None:
        """Both organisations' accounts, contacts and deals."""
        seed.write(self.crm, self.at)
        self.store.set_value(SLUG, "seeded", True)

    def seed_bulk(self, kind: str, count: int) -> None:
        """`count` more records of the first organisation, several of the same second."""
        if kind not in MODULES:
            raise ValueError(f"no module {kind!r}; there are {', '.join(MODULES)}")
        with self.store.transaction():
            for number in range(count):
                row = dict.fromkeys(MODULES[kind].required, f"En lot {number + 1:05d}")
                row |= {"Stage": "Qualification"} if kind == "Deals" else {}
                self.at(seed.bulk_moment(self.clock.now(), number, count))
                self.crm.create(next(iter(seed.ORGANISATIONS)), kind, row, checked=False)
            self.at(None)

    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change a record as a person would in Zoho."""
        org, own_id = self._split(object_id)
        if kind not in MODULES or self.crm.find(org, kind, own_id) is None:
            raise KeyError(object_id)
        try:
            with self.store.transaction():
                row = {**values, **dict.fromkeys(remove), "id": own_id}
                return self.crm.update(org, kind, row, checked=False)
        except Problem as problem:
            raise ValueError(problem.message) from problem

    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add a record as a person would; `org` in the values names the organisation."""
        if kind not in MODULES:
            raise KeyError(kind)
        row = dict(values)
        org = str(row.pop("org", next(iter(seed.ORGANISATIONS))))
        try:
            with self.store.transaction():
                return self.crm.create(org, kind, row, checked=False)
        except Problem as problem:
            raise ValueError(problem.message) from problem

    def remove(self, kind: str, object_id: str) -> None:
        """Delete a record as a person would."""
        org, own_id = self._split(object_id)
        try:
            with self.store.transaction():
                self.crm.delete(org, kind, own_id)
        except Problem as problem:
            raise KeyError(object_id) from problem

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """grant {org, scope}: tokens without the consent page; expire_tokens: access tokens are over;
        revoke_grants {org}: refresh tokens too."""
        org = str(values.get("org") or "")
        if name == "grant":
            chosen, scope = org or next(iter(seed.ORGANISATIONS)), str(values.get("scope") or SCOPES)
            given = self.grants.issue(DEMO_APP[0], chosen, scope)
            # As the redirect would name it.
            return {**given, "token_server": given["api_domain"]}
        if name == "expire_tokens":
            self.grants.expire_access()
        elif name == "revoke_grants":
            self.grants.end(org)
        else:
            raise KeyError(name)
        return {}

    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """An error without particulars."""
        return problem_response(of_status(status), headers)

    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """An answer with something wrong in its first record (or the one that `record` numbers)."""
        body = json.loads(response.get_data() or b"{}")
        records = body.get("data")
        if kind == "repeated_cursor":
            body["info"] = {**body.get("info", {}), "more_records": True, "next_page_token": options.get("value", "x")}
        elif isinstance(records, list) and records:
            record = records[int(options.get("record", 0))]
            name = str(options.get("field") or "id")
            if kind == "missing_field":
                record.pop(name, None)
            elif kind == "unknown_reference":
                record[name] = {"id": options.get("value", "999999"), "name": "?"}
            else:
                record[name] = options.get("value", "inconnu")
        response.set_data(json.dumps(body, ensure_ascii=False))
        return response

    # Inside

    def at(self, moment: datetime | None) -> None:
        """Write as if it were that moment; None for the present."""
        self._seeding = moment

    def _split(self, object_id: str) -> tuple[str, str]:
        org, _, own_id = object_id.rpartition(":")
        return org or next(iter(seed.ORGANISATIONS)), own_id
