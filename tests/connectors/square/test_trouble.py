"""Square when it does not go well, its fake past the connector, and the judge of its answers."""

import copy
import json

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.client import RetryPolicy
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    CursorExpired,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.square.errors import classify
from tests.connectors.square.judge import OffContract, check
from tests.connectors.support import read


def told(status, code, **more):
    body = {"errors": [{"category": "X", "code": code, "detail": "Their words", **more}]}
    return Answer("POST", status, CaseInsensitiveDict(), body)


CASES = [
    (told(400, "VERSION_MISMATCH"), Conflict, "stale"),
    (told(409, "CONFLICT"), Conflict, "stale"),
    (told(401, "UNAUTHORIZED"), AuthExpired, "auth_expired"),
    (told(401, "ACCESS_TOKEN_EXPIRED"), AuthExpired, "auth_expired"),
    (told(403, "INSUFFICIENT_SCOPES"), Misconfigured, "forbidden"),
    (told(404, "NOT_FOUND"), NotFound, "not_found"),
    (told(400, "INVALID_CURSOR"), CursorExpired, "cursor_expired"),
    (told(400, "VALUE_TOO_LONG", field="given_name"), Rejected, "value_too_long"),
    (told(402, "GENERIC_DECLINE"), Rejected, "generic_decline"),
    (told(400, "SOMETHING_NEW"), Rejected, "something_new"),
    (told(429, "RATE_LIMITED"), RateLimited, "rate_limited"),
    (told(503, "SERVICE_UNAVAILABLE"), Transient, "transient"),
]


@pytest.mark.parametrize(("answer", "kind", "code"), CASES)
def test_the_first_error_says_what_happens_next(answer, kind, code):
    error = classify("Square", answer)
    assert (type(error), error.code, error.status) == (kind, code, answer.status)
    assert "Their words" in error.detail and error.sentence.endswith(".")


@pytest.mark.parametrize("data", [None, [], {"errors": None}, {"errors": []}, {"errors": ["x"]}])
def test_without_errors_the_status_decides(data):
    assert isinstance(classify("Square", Answer("GET", 404, CaseInsensitiveDict(), data)), NotFound)
    assert classify("Square", Answer("GET", 200, CaseInsensitiveDict(), data)) is None


@pytest.mark.parametrize("kind", ["error", "unavailable", "html", "truncated"])
def test_a_hiccup_is_tried_again_and_an_outage_is_told(square, simulator, kind):
    simulator.fault(kind, "/v2/merchants", slug="square")
    assert square.check().name == "Lacoste Rénovation inc."
    simulator.fault(kind, "/v2/merchants", times=None, slug="square")
    with pytest.raises((Transient, Unreadable)):
        square.check()


def test_too_many_requests_wait_as_long_as_asked_or_as_we_think(connect, simulator):
    square = connect(retry=RetryPolicy(max_retries=1, delay_ms=2, multiplier=1))
    simulator.fault("rate_limit", "/v2/merchants", slug="square")
    assert square.check()
    simulator.fault("rate_limit", "/v2/merchants", slug="square", retry_after=40)
    with pytest.raises(RateLimited, match="trop de demandes") as caught:
        square.check()
    assert caught.value.retry_after == 40


def test_the_fake_limits_and_the_declared_pace_stays_below(connect, simulator, api):
    simulator.rate_limit(6, 6, slug="square")
    assert connect(limiter=None).check()
    assert 429 in {api("GET", "locations").status_code for _ in range(12)}


def test_a_right_that_is_missing_is_told(square, simulator):
    simulator.fault("forbidden", "/v2/invoices", slug="square")
    with pytest.raises(Misconfigured, match="permissions"):
        read(square, "invoices")


def test_a_pull_that_meets_an_outage_goes_on_from_its_last_page(square, simulator):
    pages = square.pull("customers", None, page_size=5)
    first = next(pages)
    simulator.fault("unavailable", "/v2", times=3, slug="square")
    with pytest.raises(Transient):
        next(pages)
    rest, _, _ = read(square, "customers", first.cursor, size=5)
    assert len({one["id"] for one in first.records} | set(rest)) == 12


def test_a_read_that_is_too_slow_is_told(connect, simulator):
    hasty = connect(timeout=0.2, retry=RetryPolicy(max_retries=0))
    simulator.fault("slow", "/v2/locations", slug="square", seconds=0.6)
    with pytest.raises(Transient) as caught:
        hasty.options("location")
    assert caught.value.code == "timeout"


def test_what_is_kept_of_exchanges_names_no_token(square, exchanges):
    read(square, "customers")
    square.push("customers", {"_name": "Éloïse"}, idempotency_key="k")
    assert "EAAAl-demo" not in json.dumps([vars(one) for one in exchanges], default=str)


# --- The fake itself ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "spoil",
    [
        lambda seen, body: body["payments"][0].update(total_money={"amount": "12"}),
        lambda seen, body: body["payments"][0].update(id=12),
        lambda seen, body: setattr(seen, "query", "couleur=rouge"),
        lambda seen, body: setattr(seen, "path", "/v2/licornes"),
    ],
)
def test_the_judge_refuses_what_leaves_the_contract(api, recorded, spoil):
    api("GET", "payments", params={"limit": 2})
    seen = copy.deepcopy(recorded[-1])
    check(seen)
    body = json.loads(seen.answer)
    spoil(seen, body)
    seen.answer = json.dumps(body).encode()
    with pytest.raises(OffContract):
        check(seen)


@pytest.mark.parametrize("body", [{"licorne": 1}, {"given_name": 12}, {"address": "ici"}])
def test_the_judge_refuses_bodies_that_leave_the_contract(api, recorded, body):
    api("POST", "customers", json={"given_name": "x"})
    seen = copy.deepcopy(recorded[-1])
    seen.body = json.dumps(body).encode()
    with pytest.raises(OffContract):
        check(seen)


def test_lists_hold_the_last_year_of_the_main_location_unless_told(api, simulator):
    places = {one["location_id"] for one in api("GET", "payments").json()["payments"]}
    assert places == {"LPLATEAU0001"}
    simulator.advance(3 * 365 * 86400)
    assert api("GET", "payments").json() == {}
    assert api("GET", "payments", params={"begin_time": "2009-01-01T00:00:00Z"}).json()["payments"]
    for wrong in ({"limit": 101}, {"limit": "x"}, {"cursor": "x"}, {"begin_time": "hier"}, {"sort_field": "X"}):
        assert api("GET", "payments", params=wrong).status_code == 400


def test_a_cursor_belongs_to_its_question(api):
    first = api("GET", "payments", params={"limit": 2}).json()
    follow = api("GET", "payments", params={"limit": 2, "cursor": first["cursor"]})
    assert follow.status_code == 200 and follow.json()["payments"][0]["id"] != first["payments"][0]["id"]
    other = api("GET", "payments", params={"limit": 3, "cursor": first["cursor"]})
    assert other.json()["errors"][0]["code"] == "INVALID_CURSOR"


def test_a_refused_card_is_402_and_a_failed_payment(api):
    body = {
        "source_id": "cnon:card-nonce-declined",
        "idempotency_key": "k",
        "amount_money": {"amount": 500, "currency": "CAD"},
    }
    refused = api("POST", "payments", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (402, "GENERIC_DECLINE")
    assert api("GET", "payments", params={"limit": 1}).json()["payments"][0]["status"] == "FAILED"


def test_an_access_without_a_scope_is_403(api, simulator):
    token = simulator.act("square", "grant")["access_token"]
    assert api("GET", "customers", key=token).status_code == 200
    assert api("POST", "events", key=token, json={}).status_code == 403
    assert api("GET", "customers", key="").status_code == 401
