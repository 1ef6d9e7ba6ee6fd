"""Tokens, consent and account."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import oauth
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, ConsentRefused, Misconfigured, Transient
from connectors.base.oauth import App
from connectors.square.connector import Square
from tests.connectors.square.conftest import APP, CALLBACK, FIRST, SECOND
from tests.connectors.support import QUICK, Store, Unlimited, read


def connected(hosts, tokens, exchanges):
    store = Store(Square, APP, hosts, tokens, exchanges)
    connection = Connection("simulator", {}, {}, hosts, account_id=tokens.account_id)
    return Square(
        connection, token_store=store, retry=QUICK, timeout=5.0, limiter=Unlimited(), on_exchange=exchanges.append
    )


def test_a_personal_token_opens_its_seller(square, connect):
    account = square.check()
    assert (account.id, account.name, account.environment) == (FIRST, "Lacoste Rénovation inc.", "simulator")
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connect(key="EAAA-inconnu").check()


@pytest.mark.parametrize(("environment", "host"), [("production", "squareup"), ("test", "squareupsandbox")])
def test_real_hosts_are_squares_own(environment, host):
    assert resolve_hosts(Square, environment, {}, {}, "") == {"api": f"https://connect.{host}.com"}


def test_a_consent_names_its_seller_and_lives_thirty_days(grant, hosts, exchanges):
    before = datetime.now(UTC)
    tokens = grant(SECOND)
    assert tokens.account_id == SECOND
    assert timedelta(days=29, hours=23) < tokens.expires_at - before <= timedelta(days=30, minutes=1)
    assert tokens.is_fresh(Square.oauth.early, before + timedelta(days=6))
    assert not tokens.is_fresh(Square.oauth.early, before + timedelta(days=7)), "renewed every week"
    connector = connected(hosts, tokens, exchanges)
    assert connector.check().id == SECOND
    assert len(read(connector, "customers")[0]) == 5


def test_the_token_endpoint_takes_json_and_hides_it(grant, exchanges):
    tokens = grant()
    [asked] = [one for one in exchanges if one.url.endswith("/oauth2/token")]
    assert asked.request_headers["Content-Type"] == "application/json"
    assert json.loads(asked.request_body)["grant_type"] == "authorization_code"
    kept = json.dumps([vars(one) for one in exchanges], default=str)
    assert not any(secret in kept for secret in (APP.client_secret, tokens.access_token, tokens.refresh_token))


def test_a_renewal_keeps_the_refresh_token(grant, hosts):
    old = grant()
    new = oauth.refresh(Square, APP, hosts, old)
    assert (new.refresh_token, new.account_id) == (old.refresh_token, FIRST)
    assert new.access_token != old.access_token


def test_a_refused_consent_is_told(consent, hosts):
    with pytest.raises(ConsentRefused):
        oauth.exchange_code(Square, APP, hosts, consent("refuse"), redirect_uri=CALLBACK)


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://ailleurs.example/x"}, {"app": App("x", "y")}])
def test_nobody_is_sent_to_an_address_or_for_an_application_that_is_not_registered(consent, changes):
    with pytest.raises(AssertionError):
        consent(**changes)


def test_a_code_serves_once_and_for_five_minutes(consent, hosts, simulator):
    query = consent()
    oauth.exchange_code(Square, APP, hosts, query, redirect_uri=CALLBACK)
    late = consent()
    simulator.advance(301)
    for used in (query, late):
        with pytest.raises(AuthExpired, match="déjà utilisée"):
            oauth.exchange_code(Square, APP, hosts, used, redirect_uri=CALLBACK)


def test_a_wrong_secret_is_a_setting_to_correct(consent, hosts):
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.exchange_code(Square, App(APP.client_id, "x"), hosts, consent(), redirect_uri=CALLBACK)


def test_a_token_that_is_over_is_renewed_once_and_the_request_repeated(grant, hosts, exchanges, simulator):
    connector = connected(hosts, grant(), exchanges)
    simulator.act("square", "expire_tokens")
    assert connector.check().id == FIRST
    assert connector.tokens.renewals == 1
    simulator.act("square", "expire_tokens")
    assert connector.push("customers", {"_name": "Après"}, idempotency_key="k")["_name"] == "Après"


def test_a_withdrawn_consent_is_dead(grant, hosts, exchanges, simulator):
    connector = connected(hosts, grant(), exchanges)
    simulator.act("square", "revoke_grants")
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()


def test_our_own_disconnection_ends_the_grant_of_that_seller(grant, hosts, exchanges, simulator):
    first, second = grant(FIRST), grant(SECOND)
    oauth.revoke(Square, APP, hosts, first, on_exchange=exchanges.append)
    with pytest.raises(AuthExpired):
        connected(hosts, first, exchanges).check()
    assert connected(hosts, second, exchanges).check().id == SECOND
    assert APP.client_secret not in json.dumps([vars(one) for one in exchanges], default=str)


@pytest.mark.parametrize("kind", ["error", "unavailable", "html"])
def test_an_outage_of_the_authorization_server_is_not_a_dead_grant(hosts, grant, simulator, kind):
    tokens = grant()
    simulator.fault(kind, "/oauth2/token", slug="square")
    with pytest.raises(Transient):
        oauth.refresh(Square, APP, hosts, tokens)
    assert oauth.refresh(Square, APP, hosts, tokens).access_token


def test_every_request_names_the_version(square, recorded):
    square.check()
    read(square, "payments")
    assert {seen.headers.get("Square-Version") for seen in recorded} == {"2025-08-20"}
