"""What Zoho CRM declares, and its values in their two forms."""

import pytest

from connectors.base.connector import resolve_hosts
from connectors.base.resource import dig
from connectors.zoho import codecs
from connectors.zoho.connector import Zoho
from connectors.zoho.resources import FIELDS
from connectors.zoho.settings import Settings
from tests.connectors.zoho.conftest import read


@pytest.mark.parametrize("resource", Zoho.resources, ids=lambda resource: resource.name)
def test_a_resources_declarations_hold_together(resource):
    for one in resource.mappings:
        assert one.local.startswith(f"{resource.record}.")
        assert bool(one.values) == (one.type == "enum")
        assert bool(one.target) == (one.type == "reference")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
        assert len(set(one.values.values())) == len(one.values)
        top = one.remote.partition(".")[0]
        assert top.startswith("_") or top in FIELDS[resource.name], "what is mapped is asked for"
    assert resource.create_guard == "lookup"
    assert len(FIELDS[resource.name]) <= 50


@pytest.mark.parametrize("resource", Zoho.resources, ids=lambda resource: resource.name)
def test_every_demonstration_object_is_read_by_its_mappings(zoho, resource):
    said = set()
    for raw in read(zoho, resource.name)[0].values():
        for one in resource.mappings:
            value = dig(raw, one.remote)
            if value is not None:
                said.add(one.remote)
            if one.codec:
                resource.codecs[one.codec].decode(value)
            if one.values and value is not None:
                assert value in one.values
    assert {one.remote for one in resource.mappings} == said, "each mapping means something"


@pytest.mark.parametrize("environment", ["production", "test"])
def test_real_hosts_are_zohos_own(environment):
    hosts = resolve_hosts(Zoho, environment, {}, {}, "")
    assert hosts == {"api": "https://www.zohoapis.com", "accounts": "https://accounts.zoho.com"}


def test_an_address_goes_both_ways():
    raw = {"street": "12, rue Principale\napp. 3\nporte B", "city": "Laval", "state": "Québec", "code": "h7a1a1",
           "country": "Canada"}  # fmt: skip
    address = codecs.ADDRESS.decode(raw)
    assert address == {"line1": "12, rue Principale", "line2": "app. 3, porte B", "city": "Laval", "province": "QC",
                       "postal_code": "H7A 1A1", "country": "CA"}  # fmt: skip
    sent = codecs.ADDRESS.encode(address)
    assert sent["street"] == "12, rue Principale\napp. 3, porte B"
    assert codecs.ADDRESS.decode(sent) == address
    assert codecs.ADDRESS.decode(None) is codecs.ADDRESS.encode(None) is codecs.ADDRESS.decode({"city": None}) is None
    for function in (codecs.ADDRESS.decode, codecs.ADDRESS.encode):
        with pytest.raises(ValueError, match="adresse"):
            function("12, rue Principale")


def test_settings_have_their_defaults():
    usual = Settings.of({})
    assert usual.won == {"Closed Won"} and "Closed Lost" in usual.lost
    assert (usual.default_stage, usual.run_workflows, usual.reference_field) == ("Qualification", True, "")
    own = Settings.of({"extra_fields": "Deals.Type, Deals.Lead_Source", "reference_field": " Ref ", "lost_stages": "X"})
    assert own.fields("Deals", ("Deal_Name", "Type")) == "Deal_Name,Type,Ref,Lead_Source"
    assert own.fields("Contacts", ("Last_Name",)) == "Last_Name,Ref"
    assert own.lost == {"X"}
