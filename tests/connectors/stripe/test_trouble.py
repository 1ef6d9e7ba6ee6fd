"""Stripe when it does not go well: each trouble gets a French sentence and loses nothing."""

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.client import RetryPolicy
from connectors.base.errors import (
    AuthExpired,
    CursorExpired,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.stripe.errors import classify
from tests.connectors.support import read


def told(status, kind="invalid_request_error", headers=None, method="POST", **error):
    body = {"error": {"type": kind, "message": "Their words", **error}}
    return Answer(method, status, CaseInsensitiveDict({"Request-Id": "req_1", **(headers or {})}), body)


CASES = [
    (told(400), Rejected, "rejected"),
    (told(400, code="parameter_missing", param="line_items[0][price]"), Rejected, "parameter_missing"),
    (told(400, code="resource_missing", param="customer"), Rejected, "resource_missing"),
    (told(400, code="resource_missing", param="starting_after"), CursorExpired, "cursor_expired"),
    (told(404, code="resource_missing", param="ending_before"), CursorExpired, "cursor_expired"),
    (told(404, code="resource_missing", param="id"), NotFound, "not_found"),
    (told(401), AuthExpired, "auth_expired"),
    (told(402, "card_error", code="card_declined", decline_code="lost_card"), Rejected, "lost_card"),
    (told(403), Misconfigured, "forbidden"),
    (told(409, code="idempotency_key_in_use"), Transient, "idempotency_key_in_use"),
    (told(400, "idempotency_error"), Rejected, "idempotency_key_reused"),
    (told(429), RateLimited, "rate_limited"),
    (told(429, code="lock_timeout"), RateLimited, "rate_limited"),
    (told(500, "api_error"), Transient, "transient"),
    (told(400, headers={"Stripe-Should-Retry": "true"}), Transient, "rejected"),
]


@pytest.mark.parametrize(("answer", "kind", "code"), CASES)
def test_type_and_code_say_what_happens_next(answer, kind, code):
    error = classify("Stripe", answer)
    assert (type(error), error.code, error.status) == (kind, code, answer.status)
    assert "Their words" in error.detail and "req_1" in error.detail
    assert error.sentence.endswith(".")


def test_a_field_is_named_by_its_path():
    error = classify("Stripe", told(400, code="parameter_missing", param="line_items[0][price]"))
    assert error.field_errors == {"line_items.0.price": "Stripe refuse cette valeur. (« Their words »)"}


def test_what_is_not_worth_another_try_waits():
    assert classify("Stripe", told(500, headers={"Stripe-Should-Retry": "false"})).retry_after >= 60


@pytest.mark.parametrize("data", [None, [], {"error": None}, {"error": "x"}])
def test_without_an_error_the_status_decides(data):
    assert isinstance(classify("Stripe", Answer("GET", 404, CaseInsensitiveDict(), data)), NotFound)
    assert classify("Stripe", Answer("GET", 200, CaseInsensitiveDict(), data)) is None


@pytest.mark.parametrize("kind", ["error", "unavailable", "html", "truncated"])
def test_a_hiccup_is_tried_again_and_an_outage_is_told(stripe, simulator, kind):
    simulator.fault(kind, "/v1/account", slug="stripe")
    assert stripe.check().name == "Lacoste Plomberie inc."
    simulator.fault(kind, "/v1/account", times=None, slug="stripe")
    with pytest.raises((Transient, Unreadable)):
        stripe.check()


def test_too_many_requests_wait_as_long_as_asked_or_as_we_think(connect, simulator):
    stripe = connect(retry=RetryPolicy(max_retries=1, delay_ms=2, multiplier=1))
    simulator.fault("rate_limit", "/v1/account", slug="stripe")
    assert stripe.check()
    simulator.fault("rate_limit", "/v1/account", slug="stripe", retry_after=40)
    with pytest.raises(RateLimited, match="trop de demandes") as caught:
        stripe.check()
    assert caught.value.retry_after == 40


def test_the_declared_pace_stays_below_what_is_allowed(connect, simulator):
    simulator.rate_limit(25, 25, slug="stripe")
    stripe = connect(limiter=None)
    for _ in range(24):
        stripe.check()
    assert {one["status"] for one in simulator.requests("stripe")} == {200}


def test_a_right_that_is_missing_is_told(stripe, simulator):
    simulator.fault("forbidden", "/v1/invoices", slug="stripe")
    with pytest.raises(Misconfigured, match="interdit"):
        read(stripe, "invoices")


def test_a_key_that_was_rolled_is_told(stripe, simulator):
    simulator.fault("revoked_key", "/v1", slug="stripe")
    with pytest.raises(AuthExpired):
        read(stripe, "customers")


def test_a_pull_that_meets_an_outage_goes_on_from_its_last_page(stripe, simulator):
    pages = stripe.pull("customers", None, page_size=8)
    first = next(pages)
    simulator.fault("unavailable", "/v1", times=3, slug="stripe")
    with pytest.raises(Transient):
        next(pages)
    rest, _, _ = read(stripe, "customers", first.cursor, size=8)
    assert len({one["id"] for one in first.records} | set(rest)) == 20


def test_a_read_that_is_too_slow_is_told(connect, simulator):
    hasty = connect(timeout=0.2, retry=RetryPolicy(max_retries=0))
    simulator.fault("slow", "/v1/account", slug="stripe", seconds=0.6)
    with pytest.raises(Transient) as caught:
        hasty.check()
    assert caught.value.code == "timeout"
