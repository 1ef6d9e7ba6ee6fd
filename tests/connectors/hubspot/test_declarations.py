"""What HubSpot declares, its error categories, and its values in their two forms."""

from datetime import date

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    Malformed,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
)
from connectors.hubspot import codecs, quirks
from connectors.hubspot.connector import HubSpot
from connectors.hubspot.errors import classify
from connectors.hubspot.objects import only_row
from integrations.records.kinds import KINDS
from tests.connectors.support import read


@pytest.mark.parametrize("resource", HubSpot.resources, ids=lambda resource: resource.name)
def test_a_resources_declarations_hold_together(resource):
    kinds = {kind for kind, _ in HubSpot.option_kinds}
    fields = KINDS[resource.record].fields
    for one in resource.mappings:
        kind, _, name = one.local.partition(".")
        assert kind == resource.record and name in fields
        assert bool(one.values) == (one.type == "enum")
        assert bool(one.target) == (one.type == "reference")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
        assert not one.option or one.option in kinds
        assert set(one.values.values()) <= set(fields[name].choices)
    assert {slot.kind for slot in resource.slots} <= kinds
    assert {name for name, field in fields.items() if field.required} <= {
        one.local.partition(".")[2] for one in resource.mappings
    }


@pytest.mark.parametrize("resource", HubSpot.resources, ids=lambda resource: resource.name)
def test_every_demonstration_object_is_read_by_its_codecs(hubspot, resource):
    for raw in read(hubspot, resource.name)[0].values():
        for one in resource.mappings:
            assert one.remote in raw, one.remote
            if one.codec:
                resource.codecs[one.codec].decode(raw[one.remote])
            if one.values and raw[one.remote] is not None:
                assert raw[one.remote] in one.values


CATEGORIES = [
    (400, "VALIDATION_ERROR", Rejected, "rejected"),
    (401, "EXPIRED_AUTHENTICATION", AuthExpired, "auth_expired"),
    (401, "INVALID_AUTHENTICATION", AuthExpired, "auth_expired"),
    (403, "MISSING_SCOPES", Misconfigured, "missing_scopes"),
    (403, "", Misconfigured, "forbidden"),
    (404, "OBJECT_NOT_FOUND", NotFound, "not_found"),
    (409, "CONFLICT", Conflict, "duplicate"),
    (423, "", Transient, "transient"),
    (429, "RATE_LIMITS", RateLimited, "rate_limited"),
    (477, "", Transient, "transient"),
    (502, "", Transient, "transient"),
    (504, "", Transient, "transient"),
]


def error_of(status, headers=(), **body):
    return classify("HubSpot", Answer("POST", status, CaseInsensitiveDict(headers), {"status": "error", **body}))


@pytest.mark.parametrize(("status", "category", "kind", "name"), CATEGORIES)
def test_a_category_says_what_happens_next(status, category, kind, name):
    error = error_of(status, category=category, message="Their words", correlationId="a43683b0")
    assert type(error) is kind
    assert (error.code, error.status) == (name, status)
    assert "Their words" in error.detail and "a43683b0" in error.detail
    assert error.sentence.endswith(".")


@pytest.mark.parametrize("data", [None, [], "x"])
def test_without_a_body_the_status_decides(data):
    assert isinstance(classify("HubSpot", Answer("GET", 404, CaseInsensitiveDict(), data)), NotFound)
    assert isinstance(classify("HubSpot", Answer("GET", 400, CaseInsensitiveDict(), data)), Rejected)
    assert classify("HubSpot", Answer("GET", 207, CaseInsensitiveDict(), data)) is None


def test_waits_follow_the_policy_and_what_the_provider_names():
    assert 10 <= error_of(429, policyName="TEN_SECONDLY_ROLLING").retry_after <= 12.5
    assert error_of(429, policyName="DAILY").retry_after >= 3600
    assert error_of(429, {"Retry-After": "7"}).retry_after == 7
    assert error_of(423).retry_after == 2
    assert error_of(477, {"Retry-After": "90"}).retry_after == 90


def test_a_row_that_a_batch_refuses_is_that_error():
    row = {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 777"}
    with pytest.raises(Conflict):
        only_row("HubSpot", "POST", {"results": [], "errors": [row]})
    with pytest.raises(Rejected):
        only_row("HubSpot", "POST", {"results": [], "errors": [{"category": "NOUVEAU"}]})
    for data in ({"results": []}, {"results": [{}]}):
        with pytest.raises(Malformed):
            only_row("HubSpot", "POST", data)


def test_the_primary_company_comes_first():
    rows = [{"id": "1", "type": "contact_to_company_unlabeled"}, {"id": "2", "type": "contact_to_company"}]
    assert quirks.company_of_list({"associations": {"companies": {"results": rows}}}) == "2"
    assert quirks.company_of_list({}) is None
    links = [
        {"toObjectId": 3, "associationTypes": [{"typeId": 279}]},
        {"toObjectId": "4", "associationTypes": [{"typeId": 279}, {"typeId": 1}]},
    ]
    assert quirks.company_of_links(links) == "4" and quirks.company_of_links([]) is None


def test_days_and_elements_of_lists_go_both_ways():
    assert codecs.DAY.decode("2026-03-31T00:00:00.000Z") == codecs.DAY.decode("1774915200000") == "2026-03-31"
    assert codecs.DAY.encode(date(2026, 3, 31)) == "2026-03-31T00:00:00.000Z"
    assert codecs.DAY.decode(None) is codecs.DAY.encode(None) is codecs.NAMED.decode(None) is None
    assert codecs.NAMED.decode({"value": "1", "name": "Conclu"}) == "Conclu"
    assert codecs.NAMED.decode({"value": "1"}) == "1"
    assert codecs.NAMED.encode({"value": "1", "name": "Conclu"}) == {"value": "1"}
    assert codecs.OWNER.decode({"value": "9001"}) is None
    assert codecs.OWNER.decode({"value": "9001", "name": "n@lacoste.example"}) == "n@lacoste.example"
    for codec, value in ((codecs.NAMED.encode, {"name": "X"}), (codecs.NAMED.decode, "x"), (codecs.DAY.decode, "hier")):
        with pytest.raises(ValueError, match="«|forme"):
            codec(value)


def test_an_address_goes_both_ways():
    raw = {"address": "1 rue A\nbureau 2", "city": "Laval", "state": "QC", "zip": "h7a1a1", "country": "United States"}
    address = codecs.ADDRESS.decode(raw)
    assert (address["line2"], address["postal_code"], address["country"]) == ("bureau 2", "H7A 1A1", "US")
    assert codecs.ADDRESS.decode(codecs.ADDRESS.encode(address)) == address
    assert codecs.ADDRESS.decode({"city": None}) is codecs.ADDRESS.encode(None) is None
