"""Pipedrive when it does not go well: each trouble gets a French sentence and loses nothing."""

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.client import RetryPolicy
from connectors.base.connector import Connection
from connectors.base.errors import (
    AuthExpired,
    Malformed,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.base.limiter import TokenBucket
from connectors.pipedrive import errors
from connectors.pipedrive.connector import Pipedrive
from connectors.pipedrive.errors import SPENT_WAIT, classify
from tests.connectors.pipedrive.conftest import read

STATUSES = [
    (400, {}, Rejected, "rejected"),
    (422, {}, Rejected, "rejected"),
    (401, {}, AuthExpired, "auth_expired"),
    (402, {}, Misconfigured, "locked"),
    (403, {}, Misconfigured, "forbidden"),
    (403, {"code": "feature_capping_deals_limit"}, Misconfigured, "plan_limit"),
    (403, None, RateLimited, "blocked"),
    (404, {}, NotFound, "not_found"),
    (410, {}, NotFound, "not_found"),
    (415, {}, Misconfigured, "bad_form"),
    (429, {}, RateLimited, "rate_limited"),
    (500, {}, Transient, "transient"),
    (503, None, Transient, "transient"),
]


def answer(status, data=None, **headers):
    body = None if data is None else {"success": False, "error": "Their words", "error_info": "More", **data}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer("POST", status, CaseInsensitiveDict(named), body)


@pytest.mark.parametrize(("status", "data", "kind", "code"), STATUSES)
def test_a_status_says_what_happens_next(status, data, kind, code):
    error = classify("Pipedrive", answer(status, data))
    assert type(error) is kind
    assert (error.code, error.status) == (code, status)
    assert error.sentence.endswith(".")
    assert data is None or "Their words" in error.detail


def test_a_refusal_in_a_success_is_a_refusal():
    assert isinstance(classify("Pipedrive", answer(200, {})), Rejected)
    assert classify("Pipedrive", Answer("GET", 200, CaseInsensitiveDict(), {"success": True})) is None


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry_After": "7"}, 7), ({"x_ratelimit_reset": "2"}, 2), ({"x_ratelimit_reset": "bientôt"}, 2), ({}, 2),
     ({"x_daily_ratelimit_token_remaining": "0", "x_ratelimit_reset": "2"}, SPENT_WAIT)],
)  # fmt: skip
def test_the_wait_is_read_wherever_it_stands(headers, wait):
    assert classify("Pipedrive", answer(429, {}, **headers)).retry_after == wait


@pytest.mark.parametrize("retry_after", [0, None])
def test_too_many_requests_are_waited_for(pipedrive, simulator, monkeypatch, retry_after):
    monkeypatch.setattr(errors, "THROTTLED_WAIT", 0.01)
    told = {} if retry_after is None else {"retry_after": retry_after}
    simulator.fault("rate_limit", "/@groupe-lacoste", slug="pipedrive", **told)
    pages = list(pipedrive.pull("deals", None, page_size=500))
    assert len(pages) == 2
    assert [one["status"] for one in simulator.requests("pipedrive")][-3:] == [429, 200, 200]


def test_a_burst_is_throttled(connect, simulator):
    connector = connect(retry=RetryPolicy(max_retries=0))
    simulator.rate_limit(10, 20, slug="pipedrive")
    with pytest.raises(RateLimited, match="trop de demandes") as caught:
        for _ in range(60):
            connector.check()
    assert 1 <= caught.value.retry_after <= 2


def test_the_declared_pace_stays_below_what_is_allowed(connect, simulator):
    connector = connect(limiter=TokenBucket(Pipedrive.limits))
    simulator.rate_limit(10, 20, slug="pipedrive")
    for _ in range(14):
        connector.check()
    assert {one["status"] for one in simulator.requests("pipedrive")} <= {200, 302}


def test_a_day_whose_tokens_are_spent_is_waited_out(connect, simulator):
    connector = connect(retry=RetryPolicy(max_retries=0))
    simulator.configure("pipedrive", daily_tokens=25)
    for _ in range(2):
        read(connector, "persons")
    with pytest.raises(RateLimited) as caught:
        read(connector, "persons")
    assert caught.value.retry_after == SPENT_WAIT


def test_a_closed_door_and_an_unpaid_account_are_told(connect, simulator):
    connector = connect(retry=RetryPolicy(max_retries=0))
    simulator.configure("pipedrive", blocked=True)
    with pytest.raises(RateLimited, match="fermé sa porte"):
        connector.check()
    simulator.configure("pipedrive", blocked=False, locked=True)
    with pytest.raises(Misconfigured, match="paiement"):
        connector.check()


@pytest.mark.parametrize(
    ("kind", "error"),
    [("html", Unreadable), ("truncated", Unreadable), ("error", Transient), ("unavailable", Transient)],
)
def test_a_hiccup_is_tried_again_and_an_outage_is_told(pipedrive, simulator, kind, error):
    simulator.fault(kind, "/@groupe-lacoste", slug="pipedrive")
    assert pipedrive.check().name == "Groupe Lacoste"
    simulator.fault(kind, "/@groupe-lacoste", times=None, slug="pipedrive")
    with pytest.raises(error):
        pipedrive.check()


def test_a_right_that_is_missing_is_a_setting_to_correct(pipedrive, simulator):
    simulator.fault("forbidden", "/@groupe-lacoste", slug="pipedrive")
    with pytest.raises(Misconfigured, match="interdit"):
        pipedrive.check()


def test_a_pull_that_meets_an_outage_goes_on_from_its_last_page(pipedrive, simulator):
    pages = pipedrive.pull("persons", None, page_size=20)
    first = next(pages)
    simulator.fault("unavailable", "/@groupe-lacoste", times=3, slug="pipedrive")
    with pytest.raises(Transient):
        next(pages)
    rest, _, _ = read(pipedrive, "persons", first.cursor, size=20)
    assert len({raw["id"] for raw in first.records} | set(rest)) == 42


def test_an_object_without_an_id_stops_nothing(pipedrive, simulator):
    simulator.fault("missing_field", "/@groupe-lacoste/api/v2/persons", slug="pipedrive")
    page = next(pipedrive.pull("persons", None, page_size=500))
    assert len(page.records) == 42
    with pytest.raises(Malformed, match="sans identifiant"):
        Pipedrive.resource("persons").remote_id(page.records[0])


@pytest.mark.parametrize("body", [b'{"success": true}', b'{"success": true, "data": {"company_id": null}}', b"[]"])
def test_an_account_without_a_company_is_malformed(script, body):
    script.then_answer(200, body)
    connection = Connection("simulator", {"api_token": "a" * 40}, {}, {"api": script.url})
    with pytest.raises(Malformed):
        Pipedrive(connection).check()
