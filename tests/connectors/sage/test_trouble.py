"""Sage Intacct when it does not go well: tokens, throttles, and errors in three wrappers."""

from urllib.parse import parse_qsl

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.base.classify import Answer
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, Malformed, Misconfigured, RateLimited, Rejected
from connectors.sage import access, errors
from connectors.sage.connector import Sage

ERROR = {
    "code": "invalidRequest",
    "message": "A POST request requires a payload",
    "errorId": "REST-1028",
    "details": [],
}


def judged(status, data, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return errors.classify("Sage", Answer("POST", status, CaseInsensitiveDict(named), data))


def test_the_token_request_is_exactly_the_vector():
    credentials = {
        "client_id": "demo.app.sage.com", "client_secret": "s3cr3t", "company_id": "BorealQC", "user_id": "wsuser",
        "entity_id": "10",
    }  # fmt: skip
    sent = access.token_request(Connection("production", credentials, {}, {}))
    vector = (
        "grant_type=client_credentials&client_id=demo.app.sage.com&client_secret=s3cr3t&username=wsuser%40BorealQC%7C10"
    )
    assert sorted(sent.split("&")) == sorted(vector.split("&"))
    assert dict(parse_qsl(sent)) == dict(parse_qsl(vector))


def test_an_entity_names_the_account_too(connect):
    account = connect(entity_id="10").check()
    assert (account.id, account.name) == ("LacosteQC|10", "Sage Intacct, LacosteQC, entité 10")


@pytest.mark.parametrize("wrong", [{"client_secret": "x"}, {"company_id": "Autre"}, {"entity_id": "99"}])
def test_a_refused_access_is_to_be_reconnected(connect, wrong):
    with pytest.raises(AuthExpired, match="Vérifiez-les"):
        connect(**wrong).check()


def test_an_incomplete_access_is_told_before_anything_is_sent(connect, simulator):
    with pytest.raises(Misconfigured, match="Utilisateur de services Web"):
        connect(user_id=" ").check()
    assert simulator.requests("sage") == []


@pytest.mark.parametrize("status", [400, 401])
def test_a_token_that_is_over_is_renewed_whatever_the_status(connect, simulator, status):
    connect().check()
    simulator.configure("sage", bad_token_status=status)
    simulator.act("sage", "expire_tokens")
    simulator.forget_requests("sage")
    assert connect().check().id == "LacosteQC"
    path = "/ia/api/v1/services/core/session/id"
    assert [one["path"] for one in simulator.requests("sage")] == [path, "/ia/api/v1/oauth2/token", path]


def test_one_token_serves_many_connectors(connect, simulator):
    connect().check()
    simulator.forget_requests("sage")
    for _ in range(3):
        connect().check()
    assert {one["path"] for one in simulator.requests("sage")} == {"/ia/api/v1/services/core/session/id"}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 60),
        ({"Retry_After": "5"}, 5),
        ({"Retry_After": "5", "X_IA_Throttle_Limit_Retry_After": "90", "X_IA_Minute_Rate_Limit_Retry_After": "30"}, 90),
        ({"X_IA_Hour_Rate_Limit_Retry_After": "bientôt"}, 60),
    ],
)
def test_the_longest_wait_that_a_header_asks_for_counts(headers, wait):
    error = judged(429, {"error": {"code": "throttled", "errorId": "GW-0010", "message": "Too many"}}, **headers)
    assert isinstance(error, RateLimited) and error.retry_after == wait


def test_the_fakes_own_throttle_is_understood(connect, simulator):
    connect().check()
    simulator.rate_limit(0.2, 1, slug="sage")
    connect().check()
    with pytest.raises(RateLimited) as caught:
        connect().check()
    assert caught.value.retry_after == 5


WRAPPERS = [lambda e: {"ia::result": {"ia::error": e}}, lambda e: {"ia::error": e}, lambda e: {"error": e}]


@pytest.mark.parametrize("wrap", WRAPPERS)
@pytest.mark.parametrize("status", [200, 400, 422])
def test_an_error_is_found_in_each_wrapper_even_in_a_success(wrap, status):
    error = judged(status, wrap(ERROR))
    assert isinstance(error, Rejected) and "requires a payload" in error.sentence
    assert error.detail == "REST-1028 A POST request requires a payload"


def test_the_nested_errors_are_the_ones_that_say_what_is_wrong():
    info = {"messageId": "IA", "placeholders": {}, "propertySet": {"glAccount.id": "9"}}
    inner = {"message": "Account 9 is unknown", "additionalInfo": info}
    error = judged(422, {"ia::result": {"ia::error": {**ERROR, "details": [inner]}}})
    assert error.sentence.startswith("Sage refuse la demande : « Account 9 is unknown")
    assert set(error.field_errors) == {"glAccount.id"}


def test_a_missing_right_tells_intacts_words():
    error = judged(403, {"error": {"errorId": "XL03000006", "message": "Invalid Web Services Authorization"}})
    assert isinstance(error, Misconfigured) and "« Invalid Web Services Authorization »" in error.sentence


def test_an_answer_of_another_form_is_malformed(sage, monkeypatch):
    answer = Answer("GET", 200, CaseInsensitiveDict(), {"ia::result": "rien"})
    monkeypatch.setattr(type(sage.client), "request", lambda *_a, **_k: answer)
    with pytest.raises(Malformed, match="ia::result"):
        sage.fetch("customers", "1")
    with pytest.raises(Malformed, match="ia::result"):
        next(iter(sage.pull("customers", None, page_size=5)))


def test_every_company_is_behind_one_address():
    for environment in ("production", "test"):
        hosts = resolve_hosts(Sage, environment, {}, {}, "")
        assert hosts == {"api": "https://api.intacct.com/ia/api/v1"}


def test_no_part_of_the_access_stands_in_any_exchange(connect, exchanges, simulator):
    connect().check()
    simulator.act("sage", "expire_tokens")
    connect().check()
    with pytest.raises(AuthExpired):
        connect(client_secret="l'autre & secret").check()
    kept = repr(exchanges)
    assert any("oauth2/token" in one.url for one in exchanges)
    for secret in ("s3cr3t-demo-lacoste", "l'autre & secret", "l%27autre+%26+secret", "Bearer ey", "Bearer Wy"):
        assert secret not in kept
