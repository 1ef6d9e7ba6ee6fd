"""Keys, consent and account."""

import json

import pytest

from connectors.base import oauth
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, ConsentRefused, Misconfigured, Transient
from connectors.base.oauth import App
from connectors.stripe.connector import Stripe
from tests.connectors.stripe.conftest import APP, CALLBACK, FIRST, SECOND
from tests.connectors.support import QUICK, Store, Unlimited, read


def test_a_key_opens_its_account(stripe):
    account = stripe.check()
    assert (account.id, account.name, account.environment) == (FIRST, "Lacoste Plomberie inc.", "simulator")


def test_an_unknown_key_is_refused(connect):
    with pytest.raises(AuthExpired, match="refuse la clé"):
        connect(key="sk_test_inconnue").check()


@pytest.mark.parametrize(
    ("key", "environment", "code"),
    [
        ("sk_live_x", "test", "wrong_mode"),
        ("sk_live_x", "simulator", "wrong_mode"),
        ("rk_test_x", "production", "wrong_mode"),
        ("pk_live_x", "production", "publishable_key"),
    ],
)
def test_a_key_of_another_mode_or_kind_is_refused_before_any_request(connect, simulator, key, environment, code):
    simulator.forget_requests("stripe")
    with pytest.raises(Misconfigured) as caught:
        connect(key=key, environment=environment).check()
    assert caught.value.code == code
    assert simulator.requests("stripe") == []


def test_a_restricted_key_is_named_by_the_settings(connect):
    with pytest.raises(Misconfigured, match="connected_account_read"):
        connect(key="rk_test_demo_lacoste").check()
    assert connect(key="rk_test_demo_lacoste", config={"account_id": FIRST}).check().id == FIRST


def test_a_key_without_the_right_to_write_is_told(connect):
    reader = connect(key="rk_test_demo_lecture")
    assert len(read(reader, "customers")[0]) == 20
    with pytest.raises(Misconfigured, match="interdit"):
        reader.push("customers", {"name": "X"}, idempotency_key="k")


@pytest.mark.parametrize("environment", ["production", "test"])
def test_real_hosts_are_stripes_own(environment):
    hosts = resolve_hosts(Stripe, environment, {}, {}, "")
    assert hosts == {"api": "https://api.stripe.com", "connect": "https://connect.stripe.com"}


def connected(hosts, tokens, exchanges):
    store = Store(Stripe, APP, hosts, tokens, exchanges)
    connection = Connection("simulator", {}, {}, hosts, account_id=tokens.account_id)
    return Stripe(
        connection, token_store=store, retry=QUICK, timeout=5.0, limiter=Unlimited(), on_exchange=exchanges.append
    )


def test_a_consent_names_its_account(grant, hosts, exchanges):
    tokens = grant(SECOND)
    assert (tokens.account_id, tokens.expires_at, tokens.extra["livemode"]) == (SECOND, None, False)
    assert connected(hosts, tokens, exchanges).check().id == SECOND


def test_a_refused_consent_is_told(consent, hosts):
    with pytest.raises(ConsentRefused):
        oauth.exchange_code(Stripe, APP, hosts, consent("refuse"), redirect_uri=CALLBACK)


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://ailleurs.example/x"}, {"app": App("ca_x", "y")}])
def test_nobody_is_sent_to_an_address_or_for_an_application_that_is_not_registered(consent, changes):
    with pytest.raises(AssertionError):
        consent(**changes)


def test_a_code_serves_once_and_for_five_minutes(consent, hosts, simulator):
    query = consent()
    oauth.exchange_code(Stripe, APP, hosts, query, redirect_uri=CALLBACK)
    with pytest.raises(AuthExpired):
        oauth.exchange_code(Stripe, APP, hosts, query, redirect_uri=CALLBACK)
    late = consent()
    simulator.advance(301)
    with pytest.raises(AuthExpired):
        oauth.exchange_code(Stripe, APP, hosts, late, redirect_uri=CALLBACK)


def test_a_wrong_platform_key_is_a_setting_to_correct(consent, hosts):
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.exchange_code(Stripe, App(APP.client_id, "sk_test_x"), hosts, consent(), redirect_uri=CALLBACK)


def test_a_key_that_is_over_is_renewed_once_and_the_request_repeated(grant, hosts, exchanges, simulator):
    connector = connected(hosts, grant(), exchanges)
    simulator.act("stripe", "expire_tokens")
    assert connector.check().id == FIRST
    assert connector.tokens.renewals == 1
    assert connector.tokens.tokens.account_id == FIRST
    simulator.act("stripe", "expire_tokens")
    made = connector.push("customers", {"name": "Après renouvellement"}, idempotency_key="k")
    assert made["name"] == "Après renouvellement"


def test_a_withdrawn_consent_is_dead(grant, hosts, exchanges, simulator):
    connector = connected(hosts, grant(), exchanges)
    simulator.act("stripe", "revoke_grants")
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()


def test_our_own_disconnection_ends_the_grant_of_that_account(grant, hosts, exchanges, simulator):
    first, second = grant(FIRST), grant(SECOND)
    oauth.revoke(Stripe, APP, hosts, first, on_exchange=exchanges.append)
    with pytest.raises(AuthExpired):
        connected(hosts, first, exchanges).check()
    assert connected(hosts, second, exchanges).check().id == SECOND
    assert APP.client_secret not in json.dumps([vars(one) for one in exchanges], default=str)


@pytest.mark.parametrize("kind", ["error", "unavailable", "html"])
def test_an_outage_of_the_authorization_server_is_not_a_dead_grant(hosts, grant, simulator, kind):
    tokens = grant()
    simulator.fault(kind, "/oauth/token", slug="stripe")
    with pytest.raises(Transient):
        oauth.refresh(Stripe, APP, hosts, tokens)
    assert oauth.refresh(Stripe, APP, hosts, tokens).access_token


def test_the_platforms_key_acts_for_a_connected_account(connect, grant):
    grant(SECOND)
    connector = connect(key=APP.client_secret, config={"connected_account": SECOND})
    assert connector.check().id == SECOND
    with pytest.raises(AuthExpired):
        connect(key=APP.client_secret, config={"connected_account": FIRST}).check()


def test_every_request_names_the_version(stripe, recorded):
    stripe.check()
    read(stripe, "refunds")
    stripe.push("customers", {"name": "X"}, idempotency_key="k")
    assert {seen.headers.get("Stripe-Version") for seen in recorded} == {"2023-08-16"}


def test_what_is_kept_of_exchanges_names_no_key(stripe, exchanges):
    read(stripe, "customers")
    stripe.push("customers", {"name": "Éloïse"}, idempotency_key="k")
    kept = json.dumps([vars(one) for one in exchanges], default=str)
    assert "sk_test_demo_lacoste" not in kept
    assert exchanges[-1].request_headers["Authorization"] == "••••••"
