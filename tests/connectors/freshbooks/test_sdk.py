"""The freshbooks-sdk as a judge: it reads what the connector wrote, and writes what the connector reads."""

from decimal import Decimal

import pytest
from freshbooks import Client, FilterBuilder, FreshBooksError, IncludesBuilder, PaginateBuilder, VisState

from connectors.freshbooks import codecs
from connectors.freshbooks.connector import FreshBooks
from tests.connectors.freshbooks.conftest import APP, CALLBACK, GARDENS, read


@pytest.fixture
def sdk(simulator, monkeypatch):
    """The SDK on the simulator, with a token of its own."""
    monkeypatch.setenv("FRESHBOOKS_API_URL", f"{simulator.url}/freshbooks")
    token = simulator.act("freshbooks", "grant")
    client = Client(
        APP.client_id, client_secret=APP.client_secret, redirect_uri=CALLBACK, access_token=token["access_token"],
        refresh_token=token["refresh_token"], auto_retry=False,
    )  # fmt: skip
    client.refresh_access_token()
    return client


@pytest.fixture
def freshbooks(connect, sdk):
    """A connector by the tokens that the SDK has just renewed: a consent more would end them."""
    from connectors.base.oauth import TokenSet

    return connect(tokens=TokenSet(sdk.access_token, sdk.refresh_token))


def test_it_knows_who_we_are(sdk):
    me = sdk.current_user()
    assert me.full_name == "Marie Roy"
    assert GARDENS in {one.business.account_id for one in me.business_memberships}


def test_it_reads_what_the_connector_wrote(freshbooks, sdk):
    client = freshbooks.push("clients", {"_name": "Œuvre d’Anaïs", "email": "oe@courriel.example"}, idempotency_key="k")
    found = sdk.clients.get(GARDENS, client["id"])
    assert (found.organization, found.email) == ("Œuvre d’Anaïs", "oe@courriel.example")
    items = [{"description": "Pavé", "quantity": Decimal(3), "unit_price": Decimal("33.35"), "tax_code": "gst_qst"}]
    values = {"customerid": str(client["id"]), "create_date": "2026-05-04", "due_date": "2026-06-03",
              "invoice_number": "QC-77", "_status": "sent", "lines": codecs.LINES.encode(items)}  # fmt: skip
    invoice = freshbooks.push("invoices", values, idempotency_key="k")
    lines = IncludesBuilder().include("lines")
    seen = sdk.invoices.get(GARDENS, invoice["id"], includes=lines)
    assert (seen.amount.amount, seen.due_date.isoformat(), seen.lines[0].name) == (
        "115.03",
        "2026-06-03",
        "Pavé",
    )
    paid = {"amount": codecs.MONEY.encode(Decimal("115.03")), "date": "2026-05-15", "type": "Check", "note": "CHQ-9",
            "_allocations": [{"invoiceid": str(invoice["id"]), "amount": "115.03"}]}  # fmt: skip
    payment = freshbooks.push("payments", paid, idempotency_key="k")
    assert sdk.payments.get(GARDENS, payment["id"]).amount.amount == "115.03"
    assert sdk.invoices.get(GARDENS, invoice["id"]).payment_status == "paid"


def test_the_connector_reads_what_it_wrote_changed_and_deleted(freshbooks, sdk):
    _, cursor, _ = read(freshbooks, "clients")
    made = sdk.clients.create(GARDENS, {"organization": "Par la trousse inc.", "email": "t@courriel.example"})
    sdk.clients.update(GARDENS, made.id, {"fname": "Éloïse"})
    seen = read(freshbooks, "clients", cursor)[0][str(made.id)]
    assert (seen["_name"], seen["fname"]) == ("Par la trousse inc.", "Éloïse")
    sdk.clients.delete(GARDENS, made.id)
    dead = read(freshbooks, "clients", cursor)[0][str(made.id)]
    assert FreshBooks.resource("clients").is_deleted(dead)
    assert sdk.clients.get(GARDENS, made.id).vis_state == VisState.DELETED


def test_it_deletes_an_invoice_in_its_own_way(freshbooks, sdk):
    records, cursor, _ = read(freshbooks, "invoices")
    key = next(iter(records))
    sdk.invoices.delete(GARDENS, int(key))
    dead = read(freshbooks, "invoices", cursor)[0][key]
    assert FreshBooks.resource("invoices").is_deleted(dead)


def test_it_pages_and_searches_as_documented(sdk):
    page = sdk.clients.list(GARDENS, [PaginateBuilder(2, 5)])
    assert (page.pages.page, page.pages.pages, page.pages.total, len(page)) == (2, 3, 12, 5)
    found = sdk.invoices.list(GARDENS, [FilterBuilder().equals("invoice_number", "QC-1042")])
    assert [one.invoice_number for one in found] == ["QC-1042"]
    assert len(sdk.clients.list(GARDENS, [FilterBuilder().equals("vis_state", 1)])) == 1


def test_it_understands_a_refusal(sdk):
    with pytest.raises(FreshBooksError) as caught:
        sdk.clients.get(GARDENS, 404)
    assert (caught.value.status_code, caught.value.error_code, str(caught.value)) == (404, 1012, "Client not found.")
