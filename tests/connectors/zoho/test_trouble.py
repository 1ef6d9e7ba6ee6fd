"""Zoho CRM when it does not go well: each trouble gets a French sentence and loses nothing."""

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.client import RetryPolicy
from connectors.base.connector import Connection
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    CursorExpired,
    Malformed,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.base.limiter import TokenBucket
from connectors.base.oauth import FixedTokens, TokenSet
from connectors.zoho.connector import Zoho
from connectors.zoho.errors import Duplicate, classify
from tests.connectors.zoho.conftest import read

CODES = [
    ("INVALID_TOKEN", 401, AuthExpired, "auth_expired"),
    ("AUTHENTICATION_FAILURE", 401, AuthExpired, "auth_expired"),
    ("OAUTH_SCOPE_MISMATCH", 401, AuthExpired, "scope_missing"),
    ("NO_PERMISSION", 403, Misconfigured, "forbidden"),
    ("INVALID_DATA", 400, Rejected, "invalid_data"),
    ("MANDATORY_NOT_FOUND", 400, Rejected, "mandatory_not_found"),
    ("MULTIPLE_OR_MULTI_ERRORS", 400, Rejected, "rejected"),
    ("INVALID_MODULE", 400, Misconfigured, "bad_address"),
    ("INVALID_URL_PATTERN", 404, Misconfigured, "bad_address"),
    ("DUPLICATE_DATA", 400, Duplicate, "duplicate"),
    ("RECORD_LOCKED", 400, Transient, "locked"),
    ("ALREADY_MODIFIED", 412, Conflict, "stale"),
    ("RECORD_MODIFIED", 412, Conflict, "stale"),
    ("EXPIRED_VALUE", 400, CursorExpired, "cursor_expired"),
    ("TOKEN_BOUND_DATA_MISMATCH", 400, CursorExpired, "cursor_expired"),
    ("PAGINATION_LIMIT_EXCEEDED", 400, CursorExpired, "cursor_expired"),
    ("REQUIRED_PARAM_MISSING", 400, Rejected, "rejected"),
    ("TOO_MANY_REQUESTS", 429, RateLimited, "rate_limited"),
    ("RATE_LIMIT_EXCEEDED", 429, RateLimited, "rate_limited"),
    ("INTERNAL_ERROR", 500, Transient, "transient"),
    ("UNHEARD_OF", 500, Transient, "transient"),
    ("UNHEARD_OF", 404, NotFound, "not_found"),
]


def answer(code, status=400, *, row=False, **details):
    body = {"code": code, "details": details, "message": "Their words", "status": "error"}
    return Answer("POST", status, CaseInsensitiveDict(), {"data": [body]} if row else body)


@pytest.mark.parametrize("row", [False, True])
@pytest.mark.parametrize(("code", "status", "kind", "name"), CODES)
def test_a_code_says_what_happens_next_for_a_call_and_for_a_row(code, status, kind, name, row):
    error = classify("Zoho CRM", answer(code, status, row=row))
    assert type(error) is kind
    assert error.code == name
    assert error.status == (None if code == "OAUTH_SCOPE_MISMATCH" else status)
    assert error.sentence.endswith(".") and "Their words" in error.detail


@pytest.mark.parametrize("status", [200, 202, 207])
def test_a_row_that_failed_in_a_success_is_a_failure(status):
    error = classify("Zoho CRM", answer("MANDATORY_NOT_FOUND", status, row=True, api_name="Last_Name"))
    assert isinstance(error, Rejected) and set(error.field_errors) == {"Last_Name"}
    good = {"data": [{"code": "SUCCESS", "status": "success", "details": {"id": "1"}}]}
    assert classify("Zoho CRM", Answer("POST", status, CaseInsensitiveDict(), good)) is None


@pytest.mark.parametrize("status", [204, 304])
def test_no_content_and_not_modified_are_successes(status):
    assert classify("Zoho CRM", Answer("GET", status, CaseInsensitiveDict(), None)) is None


@pytest.mark.parametrize("data", [None, [], {"data": None}, {"data": ["x"]}, {"data": [{"status": "error"}]}])
def test_without_a_code_the_status_decides(data):
    assert isinstance(classify("Zoho CRM", Answer("GET", 404, CaseInsensitiveDict(), data)), NotFound)
    assert classify("Zoho CRM", Answer("GET", 200, CaseInsensitiveDict(), data)) is None


def test_a_duplicate_names_the_other_object_in_both_shapes():
    new = classify("Zoho CRM", answer("DUPLICATE_DATA", row=True, api_name="Email", duplicate_record={"id": "12"}))
    old = classify("Zoho CRM", answer("DUPLICATE_DATA", row=True, api_name="Email", id="12"))
    assert (new.remote_id, old.remote_id) == ("12", "12") and "Email" in new.sentence


@pytest.mark.parametrize("retry_after", [0, None])
def test_too_many_requests_are_waited_for(zoho, simulator, retry_after):
    told = {} if retry_after is None else {"retry_after": retry_after}
    simulator.fault("rate_limit", "/dc/ca/crm", times=2, slug="zoho", **told)
    assert zoho.check().name == "Groupe Lacoste"
    assert [one["status"] for one in simulator.requests("zoho")][-3:] == [429, 429, 200]


def test_the_declared_pace_stays_below_what_is_allowed(connect, simulator):
    connector = connect(limiter=TokenBucket(Zoho.limits))
    simulator.rate_limit(10, 10, slug="zoho")
    for _ in range(14):
        connector.check()
    assert {one["status"] for one in simulator.requests("zoho")} <= {200, 302}


def test_a_burst_is_throttled(connect, simulator):
    connector = connect(retry=RetryPolicy(max_retries=0))
    simulator.rate_limit(10, 5, slug="zoho")
    with pytest.raises(RateLimited, match="trop de demandes"):
        for _ in range(60):
            connector.check()


@pytest.mark.parametrize(
    ("kind", "error"),
    [("html", Unreadable), ("truncated", Unreadable), ("error", Transient), ("unavailable", Transient)],
)
def test_a_hiccup_is_tried_again_and_an_outage_is_told(zoho, simulator, kind, error):
    simulator.fault(kind, "/dc/ca/crm", slug="zoho")
    assert zoho.check().name == "Groupe Lacoste"
    simulator.fault(kind, "/dc/ca/crm", times=None, slug="zoho")
    with pytest.raises(error):
        zoho.check()


def test_a_right_that_is_missing_is_a_setting_to_correct(zoho, simulator):
    simulator.fault("forbidden", "/dc/ca/crm", slug="zoho")
    with pytest.raises(Misconfigured, match="interdit"):
        zoho.check()


def test_a_pull_that_meets_an_outage_goes_on_from_its_last_page(zoho, simulator):
    pages = zoho.pull("contacts", None, page_size=20)
    first = next(pages)
    simulator.fault("unavailable", "/dc/ca/crm", times=3, slug="zoho")
    with pytest.raises(Transient):
        next(pages)
    rest, _, _ = read(zoho, "contacts", first.cursor, size=20)
    assert len({raw["id"] for raw in first.records} | set(rest)) == 34


def test_an_object_without_an_id_stops_nothing(zoho, simulator):
    simulator.fault("missing_field", "/dc/ca/crm/v8/Contacts", slug="zoho")
    page = next(zoho.pull("contacts", None, page_size=200))
    assert len(page.records) == 34
    with pytest.raises(Malformed, match="sans identifiant"):
        Zoho.resource("contacts").remote_id(page.records[0])


@pytest.mark.parametrize("body", [b'{"org": []}', b'{"org": [{"company_name": "X"}]}', b'{"x": 1}', b"[]"])
def test_an_account_without_an_organisation_is_malformed(script, body):
    script.then_answer(200, body)
    tokens = FixedTokens(TokenSet("a", extra={"api_domain": script.url}))
    with pytest.raises(Malformed):
        Zoho(Connection("simulator", {}, {}, {"api": script.url}), token_store=tokens).check()


def test_the_header_has_zohos_own_word(script):
    script.then_answer(200, b'{"org": [{"id": "1"}]}')
    tokens = FixedTokens(TokenSet("1000.abc.def", extra={"api_domain": script.url}))
    Zoho(Connection("simulator", {}, {}, {"api": script.url}), token_store=tokens).check()
    assert b"Authorization: Zoho-oauthtoken 1000.abc.def\r\n" in script.requests[0]
