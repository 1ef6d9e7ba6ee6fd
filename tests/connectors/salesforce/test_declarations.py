"""What Salesforce declares, its error codes, and its values in their two forms."""

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    CursorExpired,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
)
from connectors.salesforce import codecs
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.errors import classify
from connectors.salesforce.quirks import id18, server_time
from integrations.records.kinds import KINDS
from tests.connectors.salesforce.conftest import read


@pytest.mark.parametrize("resource", Salesforce.resources, ids=lambda resource: resource.name)
def test_a_resources_declarations_hold_together(resource):
    kinds = {kind for kind, _ in Salesforce.option_kinds}
    fields = KINDS[resource.record].fields
    for one in resource.mappings:
        kind, _, name = one.local.partition(".")
        assert kind == resource.record
        assert name in fields, one.local
        assert bool(one.values) == (one.type == "enum")
        assert bool(one.target) == (one.type == "reference")
        assert not one.target or one.target in resource.depends_on
        assert not one.codec or one.codec in resource.codecs
        assert one.direction in ("in", "create") or not one.remote.startswith("_")
        assert set(one.values.values()) <= set(fields[name].choices)
    assert {slot.kind for slot in resource.slots} <= kinds
    assert resource.create_guard == "external_id"
    required = {name for name, field in fields.items() if field.required}
    assert required <= {one.local.partition(".")[2] for one in resource.mappings}


@pytest.mark.parametrize("resource", Salesforce.resources, ids=lambda resource: resource.name)
def test_every_demonstration_object_is_read_by_its_codecs(salesforce, resource):
    for raw in read(salesforce, resource.name)[0].values():
        for one in resource.mappings:
            value = raw
            for step in one.remote.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if one.codec:
                decoded = resource.codecs[one.codec].decode(value)
                assert resource.codecs[one.codec].decode(resource.codecs[one.codec].encode(decoded)) == decoded
            if one.values and value is not None:
                assert value in one.values


# The first is printed in Salesforce's own documentation.
@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("001D000000IqhSL", "001D000000IqhSLIAZ"),
        ("00D5g000004AbCd", "00D5g000004AbCdEAK"),
        ("0035g00000PqRsT", "0035g00000PqRsTAAV"),
    ],
)
def test_an_id_gets_its_checksum(short, whole):
    assert id18(short) == id18(whole) == whole
    assert id18("autre") == "autre" and id18("0035g00000PqRs!") == "0035g00000PqRs!"


def test_a_clock_is_read_when_there_is_one():
    assert server_time("Thu, 01 Jan 2026 12:00:00 GMT").isoformat() == "2026-01-01T12:00:00+00:00"
    assert server_time(None) is server_time("hier") is None


def test_an_address_of_several_lines_and_countries():
    raw = {"Street": "1 rue A\r\nbureau 2\nporte 3", "City": "Laval", "PostalCode": "h7a1a1", "Country": "États-Unis"}
    address = codecs.ADDRESS.decode(raw)
    assert (address["line1"], address["line2"], address["country"]) == ("1 rue A", "bureau 2, porte 3", "US")
    assert codecs.ADDRESS.decode(codecs.ADDRESS.encode(address)) == address
    assert codecs.ADDRESS.decode(None) is codecs.ADDRESS.encode(None) is codecs.ADDRESS.decode({"City": None}) is None
    for function in (codecs.ADDRESS.decode, codecs.ADDRESS.encode):
        with pytest.raises(ValueError, match="adresse"):
            function("1 rue A")


CODES = [
    ("INVALID_SESSION_ID", 401, "GET", AuthExpired, "auth_expired"),
    ("REQUEST_LIMIT_EXCEEDED", 403, "GET", RateLimited, "rate_limited"),
    ("REQUEST_LIMIT_EXCEEDED", 400, "PATCH", RateLimited, "rate_limited"),
    ("API_DISABLED_FOR_ORG", 403, "GET", Misconfigured, "api_disabled"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403, "GET", Misconfigured, "forbidden"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403, "PATCH", Rejected, "forbidden"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 400, "PATCH", Rejected, "forbidden"),
    ("UNABLE_TO_LOCK_ROW", 400, "PATCH", Transient, "transient"),
    ("QUERY_TIMEOUT", 400, "GET", Transient, "transient"),
    ("UNKNOWN_EXCEPTION", 500, "GET", Transient, "transient"),
    ("SERVER_UNAVAILABLE", 503, "GET", Transient, "transient"),
    ("NOT_FOUND", 404, "GET", NotFound, "not_found"),
    ("ENTITY_IS_DELETED", 404, "DELETE", NotFound, "not_found"),
    ("ENTITY_IS_DELETED", 400, "PATCH", NotFound, "not_found"),
    ("DUPLICATE_VALUE", 400, "PATCH", Conflict, "duplicate"),
    ("DUPLICATES_DETECTED", 400, "PATCH", Conflict, "duplicate"),
    ("INVALID_CROSS_REFERENCE_KEY", 400, "PATCH", Rejected, "invalid_reference"),
    ("REQUIRED_FIELD_MISSING", 400, "PATCH", Rejected, "rejected"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400, "PATCH", Rejected, "rejected"),
    ("INVALID_FIELD", 400, "PATCH", Rejected, "rejected"),
    ("INVALID_FIELD", 400, "GET", Misconfigured, "bad_query"),
    ("MALFORMED_QUERY", 400, "GET", Misconfigured, "bad_query"),
    ("INVALID_QUERY_LOCATOR", 400, "GET", CursorExpired, "cursor_expired"),
    ("INVALID_REPLICATION_DATE", 400, "GET", CursorExpired, "cursor_expired"),
    ("EXCEEDED_ID_LIMIT", 400, "GET", CursorExpired, "cursor_expired"),
    ("PRECONDITION_FAILED", 412, "PATCH", Conflict, "conflict"),
]


@pytest.mark.parametrize(("code", "status", "method", "kind", "name"), CODES)
def test_an_error_code_says_what_happens_next(code, status, method, kind, name):
    body = [{"message": "Their words", "errorCode": code}]
    error = classify("Salesforce", Answer(method, status, CaseInsensitiveDict(), body))
    assert type(error) is kind
    assert (error.code, error.status) == (name, status)
    assert code in error.detail and "Their words" in error.detail
    assert error.sentence.endswith(".")


@pytest.mark.parametrize(
    "words",
    ["This session is not valid for use with the REST API", "Connected app is not attached to Agent"],
)
def test_a_session_that_a_rule_refuses_is_not_renewed(words):
    body = [{"message": words, "errorCode": "INVALID_SESSION_ID"}]
    error = classify("Salesforce", Answer("GET", 401, CaseInsensitiveDict(), body))
    assert (type(error), error.status, error.code) == (AuthExpired, None, "session_refused")


@pytest.mark.parametrize("data", [None, {}, [], ["x"], [{"errorCode": None}]])
def test_without_a_code_the_status_decides(data):
    assert isinstance(classify("Salesforce", Answer("GET", 404, CaseInsensitiveDict(), data)), NotFound)
    assert isinstance(classify("Salesforce", Answer("GET", 502, CaseInsensitiveDict(), data)), Transient)
    assert classify("Salesforce", Answer("GET", 200, CaseInsensitiveDict(), data)) is None
