"""What Pipedrive declares, and its values in their two forms."""

import pytest

from connectors.base.connector import resolve_hosts
from connectors.base.resource import dig
from connectors.pipedrive import codecs, quirks
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.pipedrive.conftest import read


@pytest.mark.parametrize("resource", Pipedrive.resources, ids=lambda resource: resource.name)
def test_a_resources_declarations_hold_together(resource):
    kinds = {kind for kind, _ in Pipedrive.option_kinds}
    for one in resource.mappings:
        assert one.local.startswith(f"{resource.record}.")
        assert bool(one.values) == (one.type == "enum")
        assert bool(one.target) == (one.type == "reference")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
        assert not one.option or one.option in kinds
        assert len(set(one.values.values())) == len(one.values)
    assert resource.create_guard == "lookup"
    assert "pull" in resource.capabilities and not resource.acts


@pytest.mark.parametrize("resource", Pipedrive.resources, ids=lambda resource: resource.name)
def test_every_demonstration_object_is_read_by_its_mappings(pipedrive, resource):
    said = set()
    for raw in read(pipedrive, resource.name)[0].values():
        for one in resource.mappings:
            value = dig(raw, one.remote)
            if value is not None:
                said.add(one.remote)
            if one.codec:
                resource.codecs[one.codec].decode(value)
            if one.values and value is not None:
                assert value in one.values
    assert {one.remote for one in resource.mappings} - said <= {"job_title"}, "each mapping means something"


@pytest.mark.parametrize("environment", ["production", "test"])
def test_real_hosts_are_pipedrives_own(environment):
    hosts = resolve_hosts(Pipedrive, environment, {}, {}, "")
    assert hosts == {"api": "https://api.pipedrive.com", "oauth": "https://oauth.pipedrive.com"}


def test_an_address_is_read_in_its_parts_or_as_one_text():
    raw = {"value": "1 High St", "street_number": "4215", "route": "rue Saint-Denis", "locality": "Montréal",
           "admin_area_level_1": "Québec", "postal_code": "h2j2k9", "country": "Canada"}  # fmt: skip
    assert codecs.ADDRESS.decode(raw) == {
        "line1": "4215, rue Saint-Denis", "line2": "", "city": "Montréal", "province": "QC", "postal_code": "H2J 2K9",
        "country": "CA",
    }  # fmt: skip
    assert codecs.ADDRESS.decode({"value": "Quelque part"})["line1"] == "Quelque part"
    assert codecs.ADDRESS.decode(None) is codecs.ADDRESS.encode(None) is codecs.ADDRESS.decode({"value": None}) is None
    for function in (codecs.ADDRESS.decode, codecs.ADDRESS.encode):
        with pytest.raises(ValueError, match="adresse"):
            function("12, rue Principale")


def test_an_element_of_a_list_is_kept_by_its_label_and_sent_by_its_id():
    assert codecs.ELEMENT.decode({"value": "3", "name": "Négociation"}) == "Négociation"
    assert codecs.ELEMENT.decode({"value": "3"}) == "3"
    assert codecs.ELEMENT.encode({"value": "3", "name": "Négociation"}) == {"value": "3"}
    assert codecs.ELEMENT.encode(None) is codecs.ELEMENT.decode(None) is None
    for value in ("Inconnue", {"name": "Inconnue"}):
        with pytest.raises(ValueError, match="« Inconnue » n’existe pas"):
            codecs.ELEMENT.encode(value)
    with pytest.raises(ValueError, match="forme prévue"):
        codecs.ELEMENT.decode("3")


def test_an_owner_is_an_address_or_nothing():
    assert codecs.OWNER.decode({"value": "7", "name": "genevieve@lacoste.example"}) == "genevieve@lacoste.example"
    assert codecs.OWNER.decode({"value": "7"}) is None


def entry(value, label="work", primary=False):
    return {"value": value, "label": label, "primary": primary}


def test_the_primary_entry_counts_and_a_mobile_is_another_one():
    phones = [entry("1", "mobile"), entry("2", "home"), entry("3", "work", primary=True)]
    assert (quirks.main(phones), quirks.mobile(phones)) == (2, 0)
    assert quirks.main([entry("1", "mobile"), entry("2")]) == 1
    only = [entry("1", "mobile")]
    assert (quirks.main(only), quirks.mobile(only)) == (None, 0)
    assert quirks.entries([entry(""), entry("  "), "x", entry("1")]) == [entry("1")]
    assert quirks.entries(None) == []


def test_a_list_is_written_whole_with_one_value_changed():
    emails = [entry("a@x.example", primary=True), entry("b@x.example", "home")]
    assert quirks.with_value(emails, 0, "c@x.example", "work")[0] == entry("c@x.example", primary=True)
    assert quirks.with_value(emails, 0, None, "work") == [entry("b@x.example", "home", primary=True)]
    assert quirks.with_value([], None, "a@x.example", "work") == [entry("a@x.example", primary=True)]
    assert quirks.with_value([], None, "", "work") == []
    assert emails[0]["value"] == "a@x.example", "the list that was given stays"
