"""Sage Intacct under the contract suite. Faults and counts bear on the services: an invoice's lines come by its key."""

from decimal import Decimal
from typing import Any

from connectors.sage.connector import Sage
from connectors.sage.quirks import customer_id
from tests.connectors.suite.adapter import ACCENTS, Adapter, Said, Subject
from tests.connectors.suite.desk import Desk

KEY = {
    "client_id": "demo.app.sage.com",
    "client_secret": "s3cr3t-demo-lacoste",
    "company_id": "LacosteQC",
    "user_id": "wsuser",
}
ON_SERVICES = "the suite's faults bear on the query service, as reading an invoice takes a request more; see test_push"


def customer_said(desk: Desk) -> Said:
    mail = f"ap.{desk.number()}@client.example"
    values = {"name": ACCENTS, "contacts": {"default": {"email1": mail}}}
    return Said(values, {"customer.name": ACCENTS, "customer.email": mail})


def owing_said(desk: Desk) -> Said:
    """As Intacct itself knows it, with what is due."""
    said = customer_said(desk)
    return Said({**said.values, "totalDue": "1234.57"}, {**said.expect, "customer.balance": Decimal("1234.57")})


def line(net: str = "100.05") -> dict[str, Any]:
    tax = {
        "txnTaxAmount": "5.00", "baseTaxAmount": "5.00", "taxRate": 5, "orderEntryTaxDetail": {"key": "51"},
    }  # fmt: skip
    return {
        "txnAmount": net, "glAccount": {"id": "4000"}, "memo": "Visite", "dimensions": {"location": {"id": "10"}},
        "taxEntries": [tax],
    }  # fmt: skip


def invoice_said(desk: Desk) -> Said:
    number = f"F-{desk.number()}"
    customer = desk.once("customer", name="Client de l’essai")["id"]
    values = {
        "customer": {"key": customer}, "invoiceNumber": number, "invoiceDate": "2026-05-04", "description": ACCENTS,
        "lines": [line()],
    }  # fmt: skip
    expect = {"invoice.number": number, "invoice.memo": ACCENTS, "invoice.total": Decimal("105.05")}
    return Said(values, expect)


def same_number(desk: Desk) -> Said:
    return Said({**invoice_said(desk).values, "invoiceNumber": "F-unique"})


ADAPTER = Adapter(
    connector=Sage,
    accounts={"LacosteQC": "Sage Intacct, LacosteQC"},
    key=KEY,
    bad_key={**KEY, "client_secret": "secret inconnu"},
    renewable_key=True,
    api="/ia/api/v1/services",
    reads=("POST /ia/api/v1/services/core/query",),
    silent_wait=60,
    subjects={
        "customers": Subject(
            kind="customer",
            new=owing_said,
            change=Said({"name": "Château"}, {"customer.name": "Château"}),
            create=customer_said,
            update=Said({"taxId": "123"}, {"customer.tax_number": "123"}),
            invalid=Said({"name": ""}, {"name": ""}),
            duplicate="reference",
            lookup={"id": customer_id("L-", "NOTRE-1")},
            acts={"deactivate": {}, "reactivate": {"customer.name": ACCENTS}},
            live=lambda raw: not raw["deleted_at"] and raw["object"]["status"] != "inactive",
            object_id=lambda _resource, raw: str(raw["id"]),
        ),
        "invoices": Subject(
            kind="invoice",
            new=invoice_said,
            change=Said({"referenceNumber": "Contrat 88"}, {"invoice.reference": "Contrat 88"}),
            create=invoice_said,
            update=Said({"lines": [line("0.05")]}, {"invoice.subtotal": Decimal("0.05")},
                        moves=("invoice.lines", "invoice.taxes", "invoice.total", "invoice.balance")),
            invalid=lambda desk: Said({**invoice_said(desk).values, "customer": {"key": "999999"}}, {"customer": ""}),
            duplicate=same_number,
            lookup=lambda memory: {"invoiceNumber": memory.get("number", "F-1")},
            acts={"reverse": {"invoice.status": "void"}},
            object_id=lambda _resource, raw: str(raw["id"]),
        ),
    },
    exempt={
        "customers.time_out": ON_SERVICES,
        "invoices.time_out": ON_SERVICES,
        "invoices.delete_seen": "no list of deletions is known: a weekly comparison shows them, see test_pull",
    },
)  # fmt: skip
