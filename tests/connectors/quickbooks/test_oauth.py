"""Consent, tokens, renewal and revocation, over HTTP."""

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.base import oauth
from connectors.base.connector import Connection
from connectors.base.errors import AuthExpired, ConsentRefused, Malformed, Misconfigured, Transient
from connectors.base.oauth import App, OAuth2, TokenSet
from connectors.quickbooks.connector import QuickBooks
from connectors.rovida.connector import Rovida
from tests.connectors.quickbooks.conftest import APP, CALLBACK, PLUMBING, ROOFING
from tests.connectors.support import QUICK, Store


def test_a_person_chooses_the_company_and_the_redirect_names_it(ask, hosts):
    person = ask()
    assert person.page.status_code == 200
    assert "Lacoste Plomberie inc." in person.page.text and "Lacoste Toitures inc." in person.page.text
    query = person.answer(realm=ROOFING)
    assert (query["state"], query["realmId"]) == ("état-1", ROOFING)
    before = datetime.now(UTC)
    tokens = oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK)
    assert tokens.account_id == ROOFING
    assert timedelta(minutes=59) < tokens.expires_at - before < timedelta(minutes=61)
    assert timedelta(days=100) < tokens.refresh_expires_at - before < timedelta(days=102)
    assert tokens.extra == {}


def test_the_connection_is_the_company_that_was_chosen(connect):
    assert connect(ROOFING).check().name == "Lacoste Toitures inc."
    account = connect(PLUMBING).check()
    assert (account.id, account.name, account.environment) == (PLUMBING, "Lacoste Plomberie inc.", "simulator")


def test_a_refused_consent_is_told(ask, hosts):
    query = ask().answer("refuse")
    assert query["error"] == "access_denied"
    with pytest.raises(ConsentRefused, match="rien n’a été connecté"):
        oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://ailleurs.example/integrations/oauth/callback/quickbooks"},
        {"redirect_uri": "http://localhost:8000/autre"},
        {"app": App("inconnue", "x")},
    ],
)
def test_nobody_is_sent_to_an_address_or_for_an_application_that_is_not_registered(ask, changes):
    page = ask(**changes).page
    assert page.status_code == 400
    assert "n’est pas valable" in page.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "code d’autorisation"),
        ({"code": "x"}, "quel compte"),
        ({"code": "", "realmId": "1"}, "code d’autorisation"),
        ({"error": "invalid_scope", "realmId": "1"}, "invalid_scope"),
    ],
)
def test_a_redirect_without_what_it_must_bring_is_refused_before_any_request(hosts, simulator, query, sentence):
    with pytest.raises(Misconfigured, match=sentence):
        oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK)
    assert simulator.requests("quickbooks") == []


def test_a_code_serves_once(ask, hosts):
    query = ask().answer()
    oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK)
    with pytest.raises(AuthExpired, match="déjà utilisée"):
        oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK)


def test_a_code_serves_for_ten_minutes(ask, hosts, simulator):
    query = ask().answer()
    simulator.advance(601)
    with pytest.raises(AuthExpired):
        oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK)


def test_a_code_serves_for_its_own_address_of_return_only(ask, hosts):
    query = ask().answer()
    with pytest.raises(AuthExpired):
        oauth.exchange_code(QuickBooks, APP, hosts, query, redirect_uri=CALLBACK.replace("localhost", "127.0.0.1"))


def test_a_wrong_secret_is_a_setting_to_correct(ask, hosts, grant):
    wrong = App(APP.client_id, "faux")
    with pytest.raises(Misconfigured, match="secret est erroné") as caught:
        oauth.exchange_code(QuickBooks, wrong, hosts, ask().answer(), redirect_uri=CALLBACK)
    assert caught.value.code == "invalid_client"
    with pytest.raises(Misconfigured):
        oauth.refresh(QuickBooks, wrong, hosts, grant())


def test_a_renewal_gives_a_new_pair_and_keeps_the_company(hosts, grant):
    old = grant()
    new = oauth.refresh(QuickBooks, APP, hosts, old)
    assert new.account_id == PLUMBING
    assert old.access_token != new.access_token
    assert old.refresh_token != new.refresh_token
    assert new.expires_at >= old.expires_at


def test_the_old_refresh_token_serves_a_little_longer_then_no_more(hosts, grant, simulator):
    old = grant()
    new = oauth.refresh(QuickBooks, APP, hosts, old)
    again = oauth.refresh(QuickBooks, APP, hosts, old)
    assert again.refresh_token == new.refresh_token
    simulator.advance(3601)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        oauth.refresh(QuickBooks, APP, hosts, old)
    assert oauth.refresh(QuickBooks, APP, hosts, new).access_token


def test_a_provider_that_sends_no_new_refresh_token_keeps_the_old_one(hosts, grant, simulator):
    simulator.configure("quickbooks", rotate_refresh_tokens=False)
    old = grant()
    assert oauth.refresh(QuickBooks, APP, hosts, old).refresh_token == old.refresh_token


def test_a_grant_that_was_withdrawn_is_dead(hosts, grant, simulator):
    tokens = grant()
    simulator.act("quickbooks", "revoke_grants")
    with pytest.raises(AuthExpired) as caught:
        oauth.refresh(QuickBooks, APP, hosts, tokens)
    assert caught.value.code == "invalid_grant"


@pytest.mark.parametrize("kind", ["error", "unavailable", "rate_limit", "html", "truncated"])
def test_an_outage_of_the_authorization_server_is_not_a_dead_grant(hosts, grant, simulator, kind):
    tokens = grant()
    simulator.fault(kind, "/oauth2", slug="quickbooks")
    with pytest.raises(Transient):
        oauth.refresh(QuickBooks, APP, hosts, tokens)
    assert oauth.refresh(QuickBooks, APP, hosts, tokens).access_token


def test_an_authorization_server_that_is_too_slow_or_away_is_an_outage(hosts, grant, simulator):
    tokens = grant()
    simulator.fault("slow", "/oauth2", slug="quickbooks", seconds=2)
    with pytest.raises(Transient) as caught:
        oauth.refresh(QuickBooks, APP, hosts, tokens, timeout=0.2)
    assert caught.value.code == "timeout"
    with pytest.raises(Transient) as caught:
        oauth.refresh(QuickBooks, APP, {**hosts, "token": "http://127.0.0.1:9"}, tokens)
    assert caught.value.code == "unreachable"


def test_tokens_without_a_refresh_token_need_a_person(hosts):
    with pytest.raises(AuthExpired, match="Reconnectez"):
        oauth.refresh(QuickBooks, APP, hosts, TokenSet("accès"))


def test_a_revoked_grant_opens_nothing_any_more_and_revoking_it_again_is_no_error(hosts, grant, connect):
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    oauth.revoke(QuickBooks, APP, hosts, tokens)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()
    oauth.revoke(QuickBooks, APP, hosts, tokens)


def test_revoking_with_a_wrong_secret_is_told(hosts, grant):
    with pytest.raises(Misconfigured):
        oauth.revoke(QuickBooks, App(APP.client_id, "faux"), hosts, grant())


# --- In use -------------------------------------------------------------------------------------------------------
def test_an_access_token_that_ended_is_renewed_once_and_the_request_goes_again(quickbooks, simulator):
    quickbooks.check()
    simulator.advance(3601)
    quickbooks.check()
    assert quickbooks.tokens.renewals == 1
    quickbooks.check()
    assert quickbooks.tokens.renewals == 1
    assert [r["status"] for r in simulator.requests("quickbooks")][-4:] == [401, 200, 200, 200]


def test_a_write_that_met_an_ended_token_is_done_once(quickbooks, simulator):
    simulator.act("quickbooks", "expire_tokens")
    made = quickbooks.push("customers", {"DisplayName": "Nouveau client"}, idempotency_key="k1")
    assert quickbooks.tokens.renewals == 1
    assert [c["Id"] for c in simulator.objects("Customer", "quickbooks") if c["DisplayName"] == "Nouveau client"] == [
        made["Id"]
    ]


def test_a_token_that_is_refused_again_is_not_renewed_for_ever(quickbooks, simulator):
    simulator.fault("revoked_key", "/v3", times=None, slug="quickbooks")
    with pytest.raises(AuthExpired):
        quickbooks.check()
    assert quickbooks.tokens.renewals == 1


def test_fifty_callers_with_an_ended_token_make_one_renewal(connect, simulator, hosts, grant, exchanges):
    store = Store(QuickBooks, APP, hosts, grant(), exchanges)
    connectors = [connect(tokens=store.tokens, token_store=store) for _ in range(50)]
    simulator.act("quickbooks", "expire_tokens")
    names = []
    threads = [threading.Thread(target=lambda c=c: names.append(c.check().name)) for c in connectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["Lacoste Plomberie inc."] * 50
    assert store.renewals == 1


def test_stored_credentials_serve_without_a_store_until_they_end(hosts, grant, simulator):
    connection = Connection("simulator", grant().to_secrets(), {}, hosts)
    connector = QuickBooks(connection, retry=QUICK)
    assert connector.check().id == PLUMBING
    simulator.act("quickbooks", "expire_tokens")
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()


def test_without_tokens_or_company_nothing_is_asked(hosts, simulator):
    with pytest.raises(Misconfigured, match="entreprise"):
        QuickBooks(Connection("simulator", {}, {}, hosts)).check()
    with pytest.raises(AuthExpired, match="Connectez"):
        QuickBooks(Connection("simulator", {}, {}, hosts, account_id=PLUMBING)).check()
    assert simulator.requests("quickbooks") == []


def test_a_token_of_another_company_opens_nothing(connect, grant):
    with pytest.raises(Misconfigured, match="n’a pas accès") as caught:
        connect(ROOFING, tokens=grant(PLUMBING)).check()
    assert caught.value.status == 403


# --- Declarations and forms ---------------------------------------------------------------------------------------
def test_tokens_keep_their_meaning_when_stored():
    now = datetime.now(UTC)
    tokens = TokenSet("a", "r", now, now + timedelta(days=100), "12", {"api": "https://x.example", "n": 1})
    assert TokenSet.from_secrets(tokens.to_secrets()) == tokens
    assert all(isinstance(value, str) for value in tokens.to_secrets().values())
    assert TokenSet.from_secrets(TokenSet("a").to_secrets()) == TokenSet("a")
    shown = repr(TokenSet("acc3s", "rafr4ich")) + repr(App("id", "s3cret"))
    assert not [word for word in ("acc3s", "rafr4ich", "s3cret") if word in shown]


def test_tokens_are_fresh_until_shortly_before_their_end():
    tokens = TokenSet("a", expires_at=datetime.now(UTC) + timedelta(minutes=6))
    assert tokens.is_fresh(timedelta(minutes=5))
    assert not tokens.is_fresh(timedelta(minutes=7))
    assert TokenSet("a").is_fresh(timedelta(days=999))


def test_the_consent_page_of_production_is_intuits():
    url = oauth.authorize_url(QuickBooks, APP, QuickBooks.hosts["production"], redirect_uri=CALLBACK, state="s")
    assert url.startswith("https://appcenter.intuit.com/connect/oauth2?response_type=code&client_id=qb-demo-client&")
    assert "scope=com.intuit.quickbooks.accounting" in url and "state=s" in url
    assert "code_challenge" not in url


def test_a_provider_with_pkce_gets_challenge_and_verifier(hosts, monkeypatch, script, exchanges):
    declared = replace(QuickBooks.oauth, pkce=True, client_auth="body", account_param="")
    monkeypatch.setattr(QuickBooks, "oauth", declared)
    url = oauth.authorize_url(QuickBooks, APP, hosts, redirect_uri=CALLBACK, state="s", code_challenge="défi")
    assert "code_challenge_method=S256" in url and "code_challenge=d%C3%A9fi" in url
    with pytest.raises(ValueError, match="PKCE"):
        oauth.authorize_url(QuickBooks, APP, hosts, redirect_uri=CALLBACK, state="s")
    script.then_answer(200, b'{"access_token": "a1", "expires_in": 60, "instance_url": "https://i.example"}')
    tokens = oauth.exchange_code(
        QuickBooks, APP, {"token": script.url}, {"code": "c0de"}, redirect_uri=CALLBACK, code_verifier="v3rif",
        on_exchange=exchanges.append,
    )  # fmt: skip
    sent = script.requests[0].decode()
    assert "code_verifier=v3rif" in sent and "client_secret=qb-demo-secret" in sent
    assert "authorization:" not in sent.lower()
    assert tokens.extra == {"instance_url": "https://i.example"}
    assert not {"c0de", "v3rif", "a1", "qb-demo-secret"} & set(json.dumps(exchanges[0].request_body).split("="))


@pytest.mark.parametrize("body", [b"[]", b'{"token": 1}', b'{"access_token": 5}', b'"x"'])
def test_an_answer_without_a_token_is_told(script, body):
    script.then_answer(200, body)
    with pytest.raises(Malformed):
        oauth.refresh(QuickBooks, APP, {"token": script.url}, TokenSet("a", "r"))


def test_an_error_in_a_success_is_an_error(script):
    script.then_answer(200, b'{"error": "invalid_grant"}')
    with pytest.raises(AuthExpired):
        oauth.refresh(QuickBooks, APP, {"token": script.url}, TokenSet("a", "r"))


def test_a_redirect_of_the_token_endpoint_is_not_followed(script):
    script.then_answer(302, Location="http://127.0.0.1:9/vol")
    with pytest.raises(Misconfigured, match="autre adresse"):
        oauth.refresh(QuickBooks, APP, {"token": script.url}, TokenSet("a", "r"))
    assert len(script.requests) == 1


def test_tokens_never_cross_the_public_internet_in_clear(simulator):
    with pytest.raises(Misconfigured, match="https"):
        oauth.refresh(QuickBooks, APP, {"token": "http://oauth.exemple.ca"}, TokenSet("a", "r"))


def test_the_simulator_over_http_needs_no_switch_of_the_whole_process(grant):
    grant()
    assert "OAUTHLIB_INSECURE_TRANSPORT" not in os.environ


def test_a_provider_without_oauth_says_so(hosts):
    assert Rovida.oauth is None
    with pytest.raises(Misconfigured, match="OAuth"):
        oauth.authorize_url(Rovida, APP, hosts, redirect_uri=CALLBACK, state="s")
    with pytest.raises(Misconfigured, match="réglée"):
        oauth.refresh(QuickBooks, APP, {}, TokenSet("a", "r"))


def test_where_there_is_no_revocation_nothing_is_asked(monkeypatch, simulator, hosts, grant):
    monkeypatch.setattr(QuickBooks, "oauth", OAuth2(("authorize", "a"), ("token", "t")))
    before = len(simulator.requests("quickbooks"))
    oauth.revoke(QuickBooks, APP, hosts, TokenSet("a", "r"))
    assert len(simulator.requests("quickbooks")) == before


def test_no_token_or_secret_stands_in_an_exchange_or_a_log(connect, grant, simulator, exchanges, hosts, caplog):
    caplog.set_level("DEBUG")
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    simulator.act("quickbooks", "expire_tokens")
    connector.check()
    oauth.revoke(QuickBooks, APP, hosts, connector.tokens.tokens, on_exchange=exchanges.append)
    assert len(exchanges) == 6
    kept = repr(exchanges) + caplog.text
    new = connector.tokens.tokens
    secrets = [tokens.access_token, tokens.refresh_token, new.access_token, new.refresh_token, APP.client_secret]
    for secret in (*secrets, requests.auth._basic_auth_str(*("qb-demo-client", "qb-demo-secret")).split()[1]):
        assert secret not in kept
    assert "/oauth2/v1/tokens/bearer" in kept and "/v2/oauth2/tokens/revoke" in kept
