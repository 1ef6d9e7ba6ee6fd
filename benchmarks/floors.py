"""What the engine is compared with: the same pages of the same server by plain `requests`, kept by the least code that
keeps them. No links, no history, no events, no resumption, no validation.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

Raw = dict[str, Any]
COLUMNS = {
    "remote_id": "varchar(255) PRIMARY KEY",
    "name": "varchar(200)",
    "email": "varchar(254)",
    "phone": "varchar(20)",
    "billing_address": "jsonb",
    "language": "varchar(2)",
    "tax_exempt": "boolean",
}
"""The columns that the engine fills from a customer of Stripe."""


def pages(url: str) -> Iterator[list[Raw]]:
    """Every page of customers, one request after the other on one connection."""
    session, after = requests.Session(), ""
    while True:
        params = {"limit": "100", **({"starting_after": after} if after else {})}
        answer = session.get(f"{url}/stripe/v1/customers", params=params, timeout=30).json()
        yield answer["data"]
        if not answer["has_more"]:
            return
        after = answer["data"][-1]["id"]


def values(raw: Raw) -> list[Any]:
    """One customer in the order of COLUMNS."""
    address = json.dumps(raw["address"]) if raw["address"] else None
    locales = raw["preferred_locales"]
    language = locales[0][:2] if locales else None
    return [raw["id"], raw["name"], raw["email"], raw["phone"], address, language, raw["tax_exempt"] == "exempt"]


def raw(url: str) -> None:
    """HTTP and JSON alone."""
    for _ in pages(url):
        pass


def floor(url: str) -> None:
    """requests and one upsert per page: `INSERT … VALUES (…), (…) … ON CONFLICT DO UPDATE`, committed at once."""
    from django.db import connection

    _make_table()
    columns = ", ".join(COLUMNS)
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name != "remote_id")
    row = f"({', '.join(['%s'] * len(COLUMNS))})"
    for page in pages(url):
        places = ", ".join([row] * len(page))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO floor ({columns}) VALUES {places} ON CONFLICT (remote_id) DO UPDATE SET {updates}",
                [value for each in page for value in values(each)],
            )


def floor_orm(url: str) -> None:
    """The same by Django's `bulk_create(update_conflicts=True)` on the same table."""
    from django.db import models

    _make_table()

    class Floor(models.Model):  # noqa: DJ008 - nobody reads it
        remote_id = models.CharField(max_length=255, primary_key=True)
        name = models.CharField(max_length=200, null=True)  # noqa: DJ001
        email = models.CharField(max_length=254, null=True)  # noqa: DJ001
        phone = models.CharField(max_length=20, null=True)  # noqa: DJ001
        billing_address = models.JSONField(null=True)
        language = models.CharField(max_length=2, null=True)  # noqa: DJ001
        tax_exempt = models.BooleanField()

        class Meta:
            app_label = "benchmarks"
            db_table = "floor"

    updated = [name for name in COLUMNS if name != "remote_id"]
    for page in pages(url):
        rows = []
        for each in page:
            given = dict(zip(COLUMNS, values(each), strict=True)) | {"billing_address": each["address"]}
            rows.append(Floor(**given))
        Floor.objects.bulk_create(rows, update_conflicts=True, unique_fields=["remote_id"], update_fields=updated)


def push_floor(url: str, records: int) -> None:
    """Every tenant changed by plain requests, 8 at once: threads with a session each, nothing planned or remembered."""
    local = threading.local()

    def send(number: int) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        answer = local.session.patch(f"{url}/rovida/v1/tenants/ten_{number}", json={"given_name": "Léa"}, timeout=30)
        answer.json()

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(send, range(records)):
            pass


def push_batch_floor(url: str, records: int) -> None:
    """Every company changed by plain requests of 100, 8 at once."""
    local = threading.local()

    def send(start: int) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        ids = range(start, min(start + 100, records))
        rows = [{"id": str(n), "objectWriteTraceId": str(n), "properties": {"phone": "+15145550101"}} for n in ids]
        address = f"{url}/hubspot/crm/v3/objects/companies/batch/update"
        assert len(local.session.post(address, json={"inputs": rows}, timeout=30).json()["results"]) == len(rows)

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(send, range(0, records, 100)):
            pass


def _make_table() -> None:
    from django.db import connection

    definitions = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS floor; CREATE TABLE floor ({definitions})")
