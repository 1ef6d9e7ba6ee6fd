"""What QuickBooks declares, and its values in their two forms."""

from decimal import Decimal

import pytest

from connectors.base.connector import resolve_hosts
from connectors.quickbooks import codecs
from connectors.quickbooks.connector import QuickBooks
from connectors.quickbooks.quirks import method_of
from tests.connectors.quickbooks.conftest import read


def test_the_first_mappings_of_a_customer_are_those_that_were_promised():
    first = [
        (m.local, m.remote, m.type, m.required, m.direction) for m in QuickBooks.resource("customers").mappings[:3]
    ]
    assert first == [
        ("customer.name", "DisplayName", "string", True, "both"),
        ("customer.email", "PrimaryEmailAddr.Address", "email", False, "both"),
        ("customer.phone", "PrimaryPhone.FreeFormNumber", "phone", False, "both"),
    ]


@pytest.mark.parametrize("resource", QuickBooks.resources, ids=lambda resource: resource.name)
def test_a_resources_declarations_hold_together(resource):
    kinds = {kind for kind, _ in QuickBooks.option_kinds}
    names = {other.name for other in QuickBooks.resources}
    assert set(resource.depends_on) <= names
    for one in resource.mappings:
        assert one.local.startswith(f"{resource.record}.")
        assert bool(one.values) == (one.type == "enum")
        assert bool(one.target) == (one.type == "reference")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
        assert not one.option or one.option in kinds
        assert one.direction == "in" or not one.remote.startswith("_"), "what we derive cannot be written"
    assert {slot.kind for slot in resource.slots} <= kinds
    assert resource.create_guard == "key"
    assert ("act" in resource.capabilities) == bool(resource.acts)


@pytest.mark.parametrize("resource", QuickBooks.resources, ids=lambda resource: resource.name)
def test_every_demonstration_object_is_read_by_its_codecs(quickbooks, resource):
    for raw in read(quickbooks, resource.name)[0].values():
        for one in resource.mappings:
            value = raw
            for step in one.remote.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if one.codec:
                resource.codecs[one.codec].decode(value)
            if one.values and value is not None:
                assert value in one.values


@pytest.mark.parametrize("name", ["invoices", "purchases", "bills", "payments"])
def test_lines_that_are_read_and_written_back_change_nothing(quickbooks, name):
    resource = QuickBooks.resource(name)
    [codec] = [one.codec for one in resource.mappings if one.remote == "Line"]
    for raw in read(quickbooks, name)[0].values():
        if raw["_status"] in ("void", "failed"):
            continue
        items = resource.codecs[codec].decode(raw["Line"])
        again = resource.codecs[codec].decode(resource.codecs[codec].encode(items))
        drop = ("code", "account")  # names of what the ids stand for
        assert [{k: v for k, v in i.items() if k not in drop} for i in again] == [
            {k: v for k, v in i.items() if k not in drop} for i in items
        ]


@pytest.mark.parametrize("environment", ["production", "test"])
def test_real_hosts_are_intuits_own(environment):
    hosts = resolve_hosts(QuickBooks, environment, {}, {}, "")
    assert all(url.startswith("https://") and url.endswith(".intuit.com") for url in hosts.values())
    assert ("sandbox" in hosts["api"]) == (environment == "test")


def test_an_address_goes_both_ways():
    raw = {"Line1": "12 rue Principale", "Line2": "app. 3", "Line3": "Porte B", "City": "Laval",
           "CountrySubDivisionCode": "QC", "PostalCode": "h7a1a1", "Country": "Canada", "Id": "4"}  # fmt: skip
    address = codecs.ADDRESS.decode(raw)
    assert address == {"line1": "12 rue Principale", "line2": "app. 3, Porte B", "city": "Laval", "province": "QC",
                       "postal_code": "H7A 1A1", "country": "CA"}  # fmt: skip
    sent = codecs.ADDRESS.encode(address)
    assert (sent["Line2"], sent["Line3"], sent["Country"]) == ("app. 3, Porte B", "", "Canada")
    assert codecs.ADDRESS.decode(sent) == address
    assert codecs.ADDRESS.decode(None) is codecs.ADDRESS.encode(None) is codecs.ADDRESS.decode({"Id": "4"}) is None
    for function in (codecs.ADDRESS.decode, codecs.ADDRESS.encode):
        with pytest.raises(ValueError, match="adresse"):
            function("12 rue Principale")


def test_an_element_of_a_list_is_kept_by_its_label_and_sent_by_its_id():
    assert codecs.NAMED.decode({"value": "35", "name": "Compte courant"}) == "Compte courant"
    assert codecs.NAMED.decode({"value": "35"}) == "35"
    assert codecs.NAMED.encode({"value": "35", "name": "Compte courant"}) == {"value": "35"}
    assert codecs.SUPPLIER.encode({"value": "7"}) == {"value": "7", "type": "Vendor"}
    assert codecs.NAMED.encode(None) is codecs.SUPPLIER.encode("") is codecs.NAMED.decode(None) is None
    for value in ("Inconnu inc.", {"name": "Inconnu inc."}):
        with pytest.raises(ValueError, match="« Inconnu inc[.] » n’existe pas"):
            codecs.NAMED.encode(value)


@pytest.mark.parametrize(
    ("name", "method"),
    [("Chèque", "cheque"), ("VISA", "card"), ("Virement Interac", "interac"), ("Argent comptant", "cash"),
     ("Dépôt direct", "eft"), ("Troc", "other"), ("Check", "cheque"), ("Financement", "financing")],
)  # fmt: skip
def test_a_payment_method_is_known_by_its_name(name, method):
    assert method_of(name) == method
    assert codecs.METHOD.decode({"value": "4", "name": name}) == method
    assert codecs.METHOD.decode({"value": "4"}) == "other"
    assert codecs.METHOD.decode(None) is None


def test_a_tax_of_elsewhere_is_called_by_its_rate():
    line = {"Amount": "7.50", "TaxLineDetail": {"TaxPercent": "7.5", "NetAmountTaxable": 100}}
    [row] = codecs.TAXES.decode([line])
    assert (row["name"], row["rate"], row["base"], row["amount"]) == (
        "Taxe 7,5 %", Decimal("7.5"), Decimal(100), Decimal("7.50"),
    )  # fmt: skip
    assert codecs.TAXES.decode(None) == []


@pytest.mark.parametrize("codec", ["taxes", "inclusive", "method"])
def test_what_quickbooks_works_out_is_only_read(codec):
    with pytest.raises(ValueError, match="lecture seule"):
        QuickBooks.resource("invoices").codecs[codec].encode([])


@pytest.mark.parametrize("raw", ["x", {"a": 1}, [1]])
def test_lines_of_another_form_are_refused(raw):
    for name in ("invoice_lines", "expense_lines", "allocations", "taxes"):
        with pytest.raises(ValueError, match="forme prévue"):
            QuickBooks.resource("invoices").codecs[name].decode(raw)


def test_an_amount_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="n’est pas un nombre : « abc »"):
        QuickBooks.resource("invoices").codecs["invoice_lines"].decode(
            [{"DetailType": "SalesItemLineDetail", "Amount": "abc"}]
        )
