"""The demonstration data."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors.pipedrive.simulator import seed_data as data
from connectors.pipedrive.simulator.crm import SLUG, Crm
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store


@dataclass(frozen=True)
class Company:
    """A company account."""

    name: str
    domain: str


COMPANIES = {
    123001: Company("Groupe Lacoste", "groupe-lacoste"),
    123002: Company("Lacoste Toitures inc.", "lacoste-toitures"),
}
USERS = (
    (7, "Geneviève Bélanger", "genevieve.belanger@lacoste.example", True),
    (8, "Mathieu Côté", "mathieu.cote@lacoste.example", True),
    (9, "Élise Thériault", "elise.theriault@lacoste.example", False),
)
REFERENCE_KEYS = {
    "persons": "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e",
    "organizations": "1f4d2b6a9c8e7f0312345678abcdef9012345678",
    "deals": "4a0e5c7b1d2f3948576a6b7c8d9eaf0b1c2d3e4f",
}
# pipeline → stages; both begin alike.
PIPELINES = {
    "Résidentiel": ("Qualification", "Soumission envoyée", "Négociation", "Contrat signé"),
    "Commercial": ("Qualification", "Visite des lieux", "Appel d’offres"),
}
# organizations, persons, deals
SIZES = {123001: (14, 42, 24), 123002: (5, 9, 6)}
BEGIN = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)


def write(store: Store, crm: Crm, at: Callable[[datetime | None], None]) -> None:
    """Both companies. `at` sets the moment at which the next objects are made."""
    for company, sizes in SIZES.items():
        _pipelines(store, company)
        draw, times = random.Random(company), _times()  # noqa: S311 - not for secrets
        try:
            _objects(crm, company, sizes, draw, partial(_tick, at, times))
        finally:
            at(None)


def _tick(at: Callable[[datetime | None], None], times: Iterator[datetime]) -> None:
    at(next(times))


def _times() -> Iterator[datetime]:
    moment = BEGIN
    while True:
        yield moment
        moment += timedelta(hours=7, minutes=13)


def _pipelines(store: Store, company: int) -> None:
    number = 0
    for pipeline, (name, stages) in enumerate(PIPELINES.items(), 1):
        _put(store, "pipelines", company, {"id": pipeline, "name": name, "order_nr": pipeline, "is_deleted": False})
        for place, stage in enumerate(stages, 1):
            number += 1
            about = {"id": number, "name": stage, "order_nr": place, "pipeline_id": pipeline, "is_deleted": False}
            _put(store, "stages", company, about)


def _put(store: Store, kind: str, company: int, body: dict[str, Any]) -> None:
    row = {"id": f"{company}:{body['id']}", "updated_at": stamp(BEGIN), "deleted_at": None, "data": body}
    store.put(SLUG, kind, row)


def _objects(
    crm: Crm, company: int, sizes: tuple[int, int, int], draw: random.Random, tick: Callable[[], None]
) -> None:
    organizations, persons, deals = sizes
    for name, number, street, city, code in data.ORGANIZATIONS[:organizations]:
        tick()
        address = {
            "value": f"{number}, {street}, {city}, QC {code}, Canada", "street_number": number, "route": street,
            "locality": city, "admin_area_level_1": "Québec", "postal_code": code, "country": "Canada",
        }  # fmt: skip
        crm.create(company, "organizations", {"name": name, "address": address}, owner=draw.choice((7, 8)))
    for index in range(persons):
        tick()
        crm.create(company, "persons", _person(index, organizations, draw), owner=draw.choice((7, 8)))
    for index in range(deals):
        tick()
        body = _deal(index, organizations, persons, draw)
        crm.create(company, "deals", body, owner=draw.choice((7, 8)), checked=False)


def _person(index: int, organizations: int, draw: random.Random) -> dict[str, Any]:
    given = data.GIVEN_NAMES[index % len(data.GIVEN_NAMES)]
    family = data.FAMILY_NAMES[(index * 5 + index // 17) % len(data.FAMILY_NAMES)]
    emails = [{"value": f"contact{index + 1:03d}@courriel.example", "primary": True, "label": "work"}]
    phones = [{"value": f"514-555-{1000 + index:04d}", "primary": True, "label": "work"}]
    if index % 4 == 1:
        emails.append({"value": f"contact{index + 1:03d}@maison.example", "primary": False, "label": "home"})
    if index % 3 == 1:
        phones.append({"value": f"438-555-{2000 + index:04d}", "primary": False, "label": "mobile"})
    return {
        "name": f"{given} {family}",
        "org_id": draw.randrange(1, organizations + 1) if index % 5 else None,
        "emails": [] if index % 19 == 18 else emails,
        "phones": phones,
    }


def _deal(index: int, organizations: int, persons: int, draw: random.Random) -> dict[str, Any]:
    status = ("open", "open", "open", "won", "lost")[index % 5]
    org = draw.randrange(1, organizations + 1)
    return {
        "title": f"{data.DEALS[index % len(data.DEALS)]} – {data.ORGANIZATIONS[org - 1][0]}",
        "org_id": org,
        "person_id": draw.randrange(1, persons + 1),
        "stage_id": draw.randrange(1, 8),
        "status": status,
        "lost_reason": draw.choice(data.LOST) if status == "lost" else None,
        "value": round(draw.randrange(80_000, 4_500_000) / 100, 2),
        "currency": "CAD",
        "probability": draw.choice((None, 25, 50, 75)),
        "expected_close_date": f"2027-{1 + index % 12:02d}-15",
        "is_archived": status == "won" and index % 2 == 1,
    }
