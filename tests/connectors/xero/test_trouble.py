"""Xero when it does not go well, and its consent."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from connectors.base import oauth
from connectors.base.classify import Answer
from connectors.base.client import RetryPolicy
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import (
    AuthExpired,
    Conflict,
    ConsentRefused,
    Misconfigured,
    NotFound,
    RateLimited,
    Rejected,
    Transient,
)
from connectors.xero.connector import Xero
from connectors.xero.errors import classify
from tests.connectors.xero.conftest import APP, CALLBACK, COOLING, WIRING, read

TAKEN = "The contact name X is already assigned to another contact."


def refusal(*messages):
    elements = [{"ValidationErrors": [{"Message": message} for message in messages]}]
    return {"ErrorNumber": 10, "Type": "ValidationException", "Message": "m", "Elements": elements}


def unauthorized(detail):
    return {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": detail, "Instance": "x", "Extensions": {}}


@pytest.mark.parametrize(
    ("status", "data", "kind", "code"),
    [
        (400, refusal(TAKEN), Conflict, "duplicate_name"),
        (400, refusal("Invoice # must be unique."), Conflict, "duplicate_number"),
        (400, refusal("Email address must be valid."), Rejected, "rejected"),
        (400, refusal(), Rejected, "rejected"),
        (400, None, Rejected, "rejected"),
        (401, unauthorized("TokenExpired: token expired at 05/15/2026 13:16:59"), AuthExpired, "auth_expired"),
        (401, None, AuthExpired, "auth_expired"),
        (401, unauthorized("AuthorizationUnsuccessful"), Misconfigured, "missing_scope"),
        (403, unauthorized("AuthenticationUnsuccessful"), Misconfigured, "tenant_gone"),
        (404, None, NotFound, "not_found"),
        (429, None, RateLimited, "rate_limited"),
        (500, None, Transient, "transient"),
        (503, None, Transient, "transient"),
    ],
)
def test_an_answer_says_what_happens_next(status, data, kind, code):
    error = classify("Xero", Answer("POST", status, CaseInsensitiveDict(), data))
    assert type(error) is kind
    assert (error.code, error.status) == (code, status)
    assert error.sentence.endswith(".")


def test_a_row_that_is_refused_inside_a_success_is_refused():
    row = {"ContactID": "0", "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": TAKEN}]}
    assert isinstance(classify("Xero", Answer("PUT", 200, CaseInsensitiveDict(), {"Contacts": [row]})), Conflict)
    assert classify("Xero", Answer("PUT", 200, CaseInsensitiveDict(), {"Contacts": [{"ContactID": "1"}]})) is None


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"X-Rate-Limit-Problem": "minute"}, 60), ({"X-Rate-Limit-Problem": "day"}, 3600), ({}, None),
     ({"X-Rate-Limit-Problem": "minute", "Retry-After": "7"}, 7), ({"X-Rate-Limit-Problem": "concurrent"}, None)],
)  # fmt: skip
def test_a_limit_says_how_long_to_wait_as_far_as_it_is_known(headers, wait):
    error = classify("Xero", Answer("GET", 429, CaseInsensitiveDict(headers), None))
    assert error.retry_after == wait


def test_too_many_requests_a_minute_are_told_with_the_wait(connect, simulator):
    simulator.rate_limit(1, 60, slug="xero")
    connector = connect(retry=RetryPolicy(max_retries=0))
    with pytest.raises(RateLimited) as caught:
        for _ in range(65):
            connector.get("Organisation")
    assert 1 <= caught.value.retry_after <= 60


def test_the_declared_pace_stays_below_what_is_allowed():
    assert Xero.limits.rate * 60 + Xero.limits.burst <= 60


# --- Consent ------------------------------------------------------------------------------------------------------
def test_a_person_ticks_organisations_and_chooses_one_afterwards(consent, hosts, connect):
    query = consent(COOLING, WIRING)
    assert query["state"] == "état-1" and set(query) == {"code", "state"}
    tokens = oauth.exchange_code(Xero, APP, hosts, query, redirect_uri=CALLBACK)
    assert tokens.account_id == ""
    assert timedelta(minutes=28) < tokens.expires_at - datetime.now(UTC) <= timedelta(minutes=30)
    fresh = Xero(Connection("simulator", {}, {}, hosts), token_store=oauth.FixedTokens(tokens))
    assert {one.id: one.name for one in fresh.accounts()} == {
        COOLING: "Lacoste Climatisation inc.", WIRING: "Lacoste Électricité inc.",
    }  # fmt: skip
    with pytest.raises(Misconfigured, match="choisissez"):
        fresh.check()
    assert connect(WIRING, tokens=tokens).check().name == "Lacoste Électricité inc."


def test_one_organisation_is_one_account(consent, hosts, connect):
    tokens = oauth.exchange_code(Xero, APP, hosts, consent(WIRING), redirect_uri=CALLBACK)
    [only] = connect(WIRING, tokens=tokens).accounts()
    assert only.id == WIRING
    # Its pages are found by the short code, which the list of organisations does not tell.
    assert only.site.startswith("!") and connect(WIRING, tokens=tokens).check() == only
    with pytest.raises(Misconfigured, match="n’est plus reliée"):
        connect(COOLING, tokens=tokens).check()


def test_a_refused_consent_and_a_foreign_application_are_told(consent, hosts):
    with pytest.raises(ConsentRefused):
        oauth.exchange_code(Xero, APP, hosts, consent(answer="refuse"), redirect_uri=CALLBACK)
    foreign = "https://ailleurs.example/integrations/oauth/callback/xero"
    for app, back in ((APP, foreign), (oauth.App("inconnue", "x"), CALLBACK)):
        page = requests.get(oauth.authorize_url(Xero, app, hosts, redirect_uri=back, state="é"), timeout=10)
        assert page.status_code == 400 and "n’est pas valable" in page.text


def test_a_refresh_token_changes_at_every_use_and_the_old_one_serves_for_half_an_hour(hosts, grant, simulator):
    old = grant()
    new = oauth.refresh(Xero, APP, hosts, old)
    assert new.refresh_token != old.refresh_token
    assert oauth.refresh(Xero, APP, hosts, old).refresh_token == new.refresh_token
    simulator.advance(31 * 60)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        oauth.refresh(Xero, APP, hosts, old)
    assert oauth.refresh(Xero, APP, hosts, new).access_token


def test_an_access_token_that_ended_is_renewed_once_and_the_write_goes_again(xero, simulator):
    simulator.advance(31 * 60)
    made = xero.push("contacts", {"Name": "Nouveau client"}, idempotency_key="k1")
    assert xero.tokens.renewals == 1
    assert [c["id"] for c in simulator.objects("Contact", "xero") if c["Name"] == "Nouveau client"] == [
        made["ContactID"]
    ]


def test_a_wrong_secret_is_a_setting_to_correct(hosts, grant):
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.refresh(Xero, oauth.App(APP.client_id, "faux"), hosts, grant())


def test_a_revoked_grant_opens_nothing(hosts, grant, connect):
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    oauth.revoke(Xero, APP, hosts, tokens)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()
    oauth.revoke(Xero, APP, hosts, tokens)


def test_an_organisation_that_was_taken_away_in_xero_is_told(xero, simulator):
    simulator.act("xero", "disconnect", tenant=COOLING)
    for call in (xero.check, lambda: read(xero, "contacts")):
        with pytest.raises(Misconfigured, match="n’est plus reliée"):
            call()


def test_a_scope_that_is_missing_is_told_and_nothing_is_renewed(connect, grant):
    connector = connect(tokens=grant(scope="offline_access accounting.contacts.read accounting.settings.read"))
    assert read(connector, "contacts")[0]
    for call in (
        lambda: read(connector, "payments"),
        lambda: connector.push("contacts", {"Name": "x"}, idempotency_key="k"),
    ):
        with pytest.raises(Misconfigured, match="portée"):
            call()
    assert connector.tokens.renewals == 0


def test_real_hosts_are_xeros_own():
    for environment in ("production", "test"):
        hosts = resolve_hosts(Xero, environment, {}, {}, "")
        assert all(url.startswith("https://") and url.endswith(".xero.com") for url in hosts.values())


def test_what_is_kept_of_an_exchange_names_no_token(xero, exchanges, simulator):
    simulator.act("xero", "expire_tokens")
    read(xero, "contacts")
    kept = json.dumps([vars(one) for one in exchanges], default=str)
    tokens = xero.tokens.current()
    assert all(secret not in kept for secret in (tokens.access_token, tokens.refresh_token, APP.client_secret))
