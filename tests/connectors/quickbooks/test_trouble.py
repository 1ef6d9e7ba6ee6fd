"""QuickBooks when it does not go well: each trouble gets a French sentence and loses nothing."""

import json

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.client import RetryPolicy
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.quickbooks.errors import classify
from tests.connectors.quickbooks.conftest import read


def fault(code, status=400, shape="Fault", detail="Their words", element=""):
    if shape == "Fault":
        body = {"Fault": {"Error": [{"Message": "m", "Detail": detail, "code": code, "element": element}], "type": "X"}}
    else:
        body = {"fault": {"error": [{"message": "m", "detail": detail, "code": code, "element": None}], "type": "X"}}
    return Answer("POST", status, CaseInsensitiveDict(), body)


CODES = [
    ("5010", 400, Conflict, "stale"),
    ("6240", 400, Conflict, "duplicate_name"),
    ("6140", 400, Conflict, "duplicate_number"),
    ("610", 400, NotFound, "not_found"),
    ("2010", 400, Rejected, "rejected"),
    ("2020", 400, Rejected, "rejected"),
    ("2050", 400, Rejected, "rejected"),
    ("2500", 400, Rejected, "invalid_reference"),
    ("6000", 400, Rejected, "business_rule"),
    ("9999", 400, Rejected, "rejected"),
    ("4000", 400, Misconfigured, "bad_query"),
    ("4001", 400, Misconfigured, "bad_query"),
    ("3200", 401, AuthExpired, "auth_expired"),
    ("3100", 403, Misconfigured, "wrong_company"),
    ("3001", 429, RateLimited, "rate_limited"),
    ("3001", 403, RateLimited, "rate_limited"),
    ("10000", 500, Transient, "transient"),
    ("10000", 400, Transient, "transient"),
    ("9999", 503, Transient, "transient"),
]


@pytest.mark.parametrize("shape", ["Fault", "fault"])
@pytest.mark.parametrize(("code", "status", "kind", "name"), CODES)
def test_a_fault_code_says_what_happens_next_in_both_shapes(code, status, kind, name, shape):
    error = classify("QuickBooks", fault(code, status, shape))
    assert type(error) is kind
    assert (error.code, error.status) == (name, status)
    assert error.detail.startswith(code) and "Their words" in error.detail
    assert error.sentence.endswith(".")


def test_a_fault_in_a_success_is_a_fault():
    assert isinstance(classify("QuickBooks", fault("5010", 200)), Conflict)
    assert classify("QuickBooks", Answer("GET", 200, CaseInsensitiveDict(), {"Invoice": {}})) is None


@pytest.mark.parametrize("data", [None, [], {"Fault": None}, {"Fault": {"Error": None}}, {"fault": {"error": ["x"]}}])
def test_without_a_fault_the_status_decides(data):
    assert isinstance(classify("QuickBooks", Answer("GET", 404, CaseInsensitiveDict(), data)), NotFound)
    assert classify("QuickBooks", Answer("GET", 200, CaseInsensitiveDict(), data)) is None


def test_without_a_word_on_the_wait_it_is_a_minute_and_not_the_same_for_everyone():
    waits = {classify("QuickBooks", fault("3001", 429)).retry_after for _ in range(20)}
    assert 60 <= min(waits) < max(waits) <= 75
    told = Answer("GET", 429, CaseInsensitiveDict({"Retry-After": "7"}), None)
    assert classify("QuickBooks", told).retry_after == 7


def test_every_field_that_is_refused_is_named():
    answer = fault("2020", element="Line.Amount")
    answer.data["Fault"]["Error"].append({"Message": "m", "Detail": "", "code": "2050", "element": "DocNumber"})
    error = classify("QuickBooks", answer)
    assert set(error.field_errors) == {"Line.Amount", "DocNumber"}
    assert "« Their words »" in error.field_errors["Line.Amount"]
    assert error.field_errors["DocNumber"] == "Le texte est trop long pour QuickBooks. (« m »)"


def test_too_many_requests_a_second_are_throttled_then_served(connect, simulator):
    simulator.rate_limit(10, 10, slug="quickbooks")
    connector = connect(retry=RetryPolicy(max_retries=0))
    connector._limiter = None
    with pytest.raises(RateLimited, match="trop de demandes") as caught:
        for _ in range(30):
            connector.check()
    assert caught.value.retry_after >= 60


def test_the_declared_pace_stays_below_what_is_allowed(connect, simulator):
    simulator.rate_limit(10, 10, slug="quickbooks")
    connector = connect()
    for _ in range(14):
        connector.check()
    assert {one["status"] for one in simulator.requests("quickbooks")} <= {200, 302}


@pytest.mark.parametrize(
    ("kind", "error"),
    [("html", Unreadable), ("truncated", Unreadable), ("error", Transient), ("unavailable", Transient)],
)
def test_a_hiccup_is_tried_again_and_an_outage_is_told(quickbooks, simulator, kind, error):
    simulator.fault(kind, "/v3", slug="quickbooks")
    assert quickbooks.check().name == "Lacoste Plomberie inc."
    simulator.fault(kind, "/v3", times=None, slug="quickbooks")
    with pytest.raises(error):
        quickbooks.check()


def test_a_company_that_the_application_may_not_open_is_a_setting_to_correct(quickbooks, simulator):
    simulator.fault("forbidden", "/v3", slug="quickbooks")
    with pytest.raises(Misconfigured, match="autre environnement"):
        quickbooks.check()


def test_a_pull_that_meets_an_outage_goes_on_from_its_last_page(quickbooks, simulator):
    pages = quickbooks.pull("customers", None, page_size=10)
    first = next(pages)
    simulator.fault("unavailable", "/v3", times=3, slug="quickbooks")
    with pytest.raises(Transient):
        next(pages)
    rest, _, _ = read(quickbooks, "customers", first.cursor, size=10)
    assert len({raw["Id"] for raw in first.records} | set(rest)) == 30


def test_an_object_that_goes_between_list_and_write_is_told(quickbooks, simulator):
    raw = read(quickbooks, "invoices")[0]["22"]
    simulator.delete("Invoice", "22", "quickbooks")
    with pytest.raises(NotFound, match="supprimé"):
        quickbooks.push("invoices", {"PrivateNote": "x"}, remote_id="22", version=raw["SyncToken"], idempotency_key="k")


def test_what_is_kept_of_an_exchange_is_json_and_names_no_token(quickbooks, exchanges):
    read(quickbooks, "customers")
    kept = json.dumps([vars(one) for one in exchanges], default=str)
    assert quickbooks.tokens.current().access_token not in kept
    assert exchanges[-1].request_headers["Authorization"] == "••••••"
    assert exchanges[-1].response_headers["intuit_tid"]
