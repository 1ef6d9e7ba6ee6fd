"""The request loop against a server that misbehaves in every way."""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests.exceptions

from connectors.base.client import MAX_BODY, RetryPolicy
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    Malformed,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
    Unreadable,
)
from connectors.base.limiter import Limits, TokenBucket
from tests.connectors.conftest import SECRET


def test_a_success_is_one_request_and_one_exchange(script, make_client, exchanges):
    script.then_answer(200, b'{"nom": "Zo\xc3\xa9"}')
    answer = make_client().request("GET", "v1/ping", params={"q": "é"})
    assert answer.data == {"nom": "Zoé"}
    assert script.requests[0].startswith(b"GET /v1/ping?q=%C3%A9 HTTP/1.1\r\n")
    [exchange] = exchanges
    assert (exchange.method, exchange.status, exchange.attempt, exchange.error) == ("GET", 200, 1, "")
    assert exchange.response_body == ""
    assert exchange.started_at.tzinfo is UTC


def test_characters_that_no_database_stores_are_taken_out_of_an_answer(script, make_client):
    script.then_answer(200, rb'{"a\u0000b": ["x\u0000\ud83d\ude00", "\ud800y", {"n": 1.50}], "plain": "\\u0000"}')
    answer = make_client().request("GET", "v1/ping")
    assert answer.data == {"ab": ["x😀", "\ufffdy", {"n": 1.5}], "plain": r"\u0000"}


def test_a_failure_of_the_server_is_tried_again(script, make_client, exchanges, naps):
    script.then_answer(500).then_answer(200)
    client = make_client()
    client.request("GET", "v1/ping")
    assert client.retries == 1
    assert [exchange.status for exchange in exchanges] == [500, 200]
    assert [exchange.attempt for exchange in exchanges] == [1, 2]
    assert exchanges[0].error
    assert 0.5 <= naps[0] <= 1.0


def test_waits_grow_with_each_attempt():
    policy = RetryPolicy(delay_ms=1000, multiplier=3)
    for attempt, nominal in enumerate((1, 3, 9), start=1):
        delays = [policy.delay(attempt) for _ in range(50)]
        assert nominal / 2 <= min(delays) < max(delays) <= nominal


def test_a_wait_that_is_too_long_is_handed_to_the_caller(script, make_client, naps):
    script.then_answer(429, Retry_After="120")
    with pytest.raises(RateLimited) as caught:
        make_client().request("GET", "v1/ping")
    assert caught.value.retry_after == 120
    assert naps == []
    assert len(script.requests) == 1


def test_retry_after_may_be_an_http_date(script, make_client):
    at = datetime.now(UTC) + timedelta(seconds=90)
    script.then_answer(503, Retry_After=format_datetime(at, usegmt=True))
    with pytest.raises(Transient) as caught:
        make_client().request("GET", "v1/ping")
    assert 85 < caught.value.retry_after <= 90


def test_a_short_retry_after_is_slept(script, make_client, naps):
    script.then_answer(429, Retry_After="1").then_answer(200)
    make_client().request("GET", "v1/ping")
    assert naps == [1.0]


def test_attempts_come_to_an_end_with_a_wait_for_the_caller(script, make_client):
    for _ in range(5):
        script.then_answer(500)
    with pytest.raises(Transient) as caught:
        make_client(retry=RetryPolicy(max_retries=2, delay_ms=10)).request("GET", "v1/ping")
    assert len(script.requests) == 3
    assert caught.value.retry_after > 0


def test_a_write_without_a_key_is_not_sent_twice_when_its_outcome_is_unknown(script, make_client):
    script.then_answer(500).then_answer(200)
    with pytest.raises(Transient):
        make_client().request("POST", "v1/things", json={})
    assert len(script.requests) == 1


def test_a_write_without_a_key_is_sent_again_when_it_was_not_let_in(script, make_client):
    script.then_answer(429, Retry_After="1").then_answer(200)
    make_client().request("POST", "v1/things", json={})
    assert len(script.requests) == 2


def test_a_write_with_a_key_is_sent_again_with_the_same_bytes(script, make_client):
    script.then_answer(500).then_answer(200)
    make_client().request("POST", "v1/things", json={"nom": "Zoé"}, headers={"Idempotency-Key": "k"})
    first, second = script.requests
    assert first == second
    assert "Zoé".encode() in first


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, Misconfigured),
        (400, Rejected),
        (401, AuthExpired),
        (403, Misconfigured),
        (404, NotFound),
        (405, Misconfigured),
        (409, Conflict),
        (410, NotFound),
        (412, Conflict),
        (422, Rejected),
    ],
)
def test_a_refusal_is_an_error_named_by_what_happens_next(script, make_client, status, error):
    script.then_answer(status, Location="https://ailleurs.example/")
    with pytest.raises(error) as caught:
        make_client().request("GET", "v1/ping")
    assert caught.value.status == status
    assert str(status) in caught.value.sentence
    assert len(script.requests) == 1


def test_an_html_page_in_place_of_data_is_explained(script, make_client):
    for _ in range(2):
        script.then_answer(200, b"<!DOCTYPE html><html></html>", Content_Type="text/html")
    with pytest.raises(Unreadable, match="page Web") as caught:
        make_client(retry=RetryPolicy(max_retries=1)).request("GET", "v1/ping")
    assert caught.value.code == "html"


def test_half_a_document_is_explained(script, make_client):
    script.then_answer(200, b'{"data": [{"id": "1"}, {"i')
    with pytest.raises(Unreadable, match="incomplète") as caught:
        make_client(retry=RetryPolicy(max_retries=0)).request("GET", "v1/ping")
    assert caught.value.code == "truncated"


def test_a_connection_cut_in_the_middle_is_transient(script, make_client):
    script.then(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    with pytest.raises(Transient) as caught:
        make_client(retry=RetryPolicy(max_retries=0)).request("GET", "v1/ping")
    assert caught.value.code == "unreachable"


def test_another_kind_of_data_is_malformed_and_not_tried_again(script, make_client):
    script.then_answer(200, b'["une liste"]')
    with pytest.raises(Malformed, match="forme prévue"):
        make_client().request("GET", "v1/ping")
    assert len(script.requests) == 1


def test_no_answer_within_the_timeout_is_transient(script, make_client, exchanges):
    script.then(3.0)
    with pytest.raises(Transient, match="délai prévu") as caught:
        make_client(timeout=0.2, retry=RetryPolicy(max_retries=0)).request("GET", "v1/ping")
    assert caught.value.code == "timeout"
    assert exchanges[0].status is None
    assert exchanges[0].duration_ms >= 200


def test_an_answer_that_trickles_is_given_up(script, make_client, monkeypatch):
    monkeypatch.setattr("connectors.base.client.CONNECT_TIMEOUT", 0.1)
    script.then(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b" ", 0.05] * 60)
    begun = time.monotonic()
    with pytest.raises(Transient) as caught:
        make_client(timeout=0.3, retry=RetryPolicy(max_retries=0)).request("GET", "v1/ping")
    assert caught.value.code == "timeout"
    assert time.monotonic() - begun < 2


def test_an_answer_that_is_too_large_is_not_read_to_its_end(script, make_client):
    script.then(b"HTTP/1.1 200 OK\r\n\r\n", *[b"[" * 1024 * 1024] * 40)
    with pytest.raises(Malformed, match="20 Mo"):
        make_client().request("GET", "v1/ping")
    assert MAX_BODY == 20 * 1024 * 1024


def test_a_server_that_is_not_there_is_transient(script, make_client):
    script.close()
    with pytest.raises(Transient, match="injoignable"):
        make_client(retry=RetryPolicy(max_retries=0)).request("GET", "v1/ping")


def test_a_bad_certificate_is_not_tried_again(make_client, monkeypatch, naps):
    def refuse(*_args, **_kwargs):
        raise requests.exceptions.SSLError("certificate verify failed")

    monkeypatch.setattr("requests.Session.send", refuse)
    with pytest.raises(Misconfigured, match="certificat"):
        make_client().request("GET", "v1/ping")
    assert naps == []


def test_the_key_never_leaves_the_declared_hosts(script, make_client):
    for url in ("https://ailleurs.example/v1", script.url.replace("127.0.0.1", "localhost"), script.url + "0/x"):
        with pytest.raises(Misconfigured):
            make_client().request("GET", url)
    assert script.requests == []


def test_a_whole_url_on_a_declared_host_is_followed(script, make_client):
    script.then_answer(200)
    make_client().request("GET", f"{script.url}/v1/next?page=2")
    assert script.requests[0].startswith(b"GET /v1/next?page=2 ")


def test_a_role_without_an_address_is_a_setting_to_correct(make_client):
    with pytest.raises(Misconfigured):
        make_client().request("GET", "v1/ping", role="files")


def test_the_limiter_makes_the_loop_wait_a_little(script, make_client, naps):
    script.then_answer(200).then_answer(200)
    clock = iter([0.0, 0.0, 0.0, 1.0, 1.0])
    client = make_client(limiter=TokenBucket(Limits(rate=1, burst=1), clock=lambda: next(clock)))
    client.request("GET", "v1/ping")
    client.request("GET", "v1/ping")
    assert naps == [1.0]


def test_a_long_wait_for_the_limiter_is_handed_to_the_caller(script, make_client):
    script.then_answer(200)
    client = make_client(limiter=TokenBucket(Limits(rate=0.1, burst=1)))
    client.request("GET", "v1/ping")
    with pytest.raises(RateLimited) as caught:
        client.request("GET", "v1/ping")
    assert 9 < caught.value.retry_after <= 10
    assert len(script.requests) == 1


def test_a_refusal_for_rate_closes_the_limiter_for_everyone(script, make_client):
    script.then_answer(429, Retry_After="60")
    bucket = TokenBucket(Limits(rate=100, burst=100))
    with pytest.raises(RateLimited):
        make_client(limiter=bucket).request("GET", "v1/ping")
    assert 59 < bucket.acquire() <= 60


def test_a_bucket_gives_each_token_to_one_thread_only():
    bucket = TokenBucket(Limits(rate=0.001, burst=50))
    taken = []

    def work():
        taken.extend(bucket.acquire() == 0 for _ in range(40))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 50


def test_no_credential_stands_in_an_exchange(script, make_client, exchanges):
    echo = f'{{"vu": "{SECRET}", "access_token": "jeton-neuf", "url": "/?api_key=abc"}}'.encode()
    script.then_answer(400, echo, Set_Cookie="session=biscuit")
    with pytest.raises(Rejected):
        make_client().request("POST", "v1/x", params={"clef": SECRET}, json={"password": "mot-de-passe", "k": SECRET})
    kept = repr(exchanges[0])
    assert exchanges[0].request_body and exchanges[0].response_body
    for secret in (SECRET, SECRET[:-3], "jeton-neuf", "biscuit", "mot-de-passe", "=abc"):
        assert secret not in kept
    assert "v1/x" in kept


def test_at_most_four_kibibytes_of_a_body_are_kept(script, make_client, exchanges):
    script.then_answer(400, b'{"t": "' + "é".encode() * 9000 + b'"}')
    with pytest.raises(Rejected):
        make_client().request("GET", "v1/x")
    assert 4090 <= len(exchanges[0].response_body.encode()) <= 4096


def test_a_key_at_the_edge_of_what_is_kept_is_still_masked(script, make_client, exchanges):
    script.then_answer(400, b'{"t": "' + b"x" * (4096 - 7 - len(SECRET) // 2) + SECRET.encode() + b'"}')
    with pytest.raises(Rejected):
        make_client().request("GET", "v1/x")
    assert exchanges[0].response_body
    assert SECRET[:8] not in exchanges[0].response_body
