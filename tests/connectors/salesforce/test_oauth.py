"""Consent, tokens, the organization's own address, renewal and revocation, over HTTP."""

from dataclasses import replace

import pytest

from connectors.base import oauth
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, ConsentRefused, Misconfigured, Transient
from connectors.base.oauth import App, TokenSet
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.simulator.oauth import sign
from tests.connectors.salesforce.conftest import APP, CALLBACK, CHALLENGE, VERIFIER
from tests.connectors.support import QUICK


def test_a_consent_names_the_organization_and_its_address(ask, grant, simulator, connect):
    assert "Groupe Lacoste" in ask().page.text
    tokens = grant()
    assert tokens.extra["instance_url"] == f"{simulator.url}/salesforce"
    assert tokens.expires_at is None
    account = connect(tokens=tokens).check()
    assert (account.name, account.environment) == ("Groupe Lacoste", "simulator")
    assert account.id.startswith("00D") and len(account.id) == 18
    assert tokens.extra["id"].split("/")[-2] == account.id


def test_the_signature_of_a_token_answer_is_the_published_one():
    identity = "https://login.salesforce.com/id/00D5g000004AbCdEAK/0055g00000AbCdEAAV"
    assert sign("3F2504E04F8911D39A0C0305E82C3301", identity, "1767268800456") == (
        "kULt3G+DYpj+446fx02RJCe7mUKf34hEqhFPBC41DC0="
    )


def test_a_refused_consent_is_told(ask, hosts):
    query = ask().answer("refuse")
    assert query["error"] == "access_denied"
    with pytest.raises(ConsentRefused, match="rien n’a été connecté"):
        oauth.exchange_code(Salesforce, APP, hosts, query, redirect_uri=CALLBACK, code_verifier=VERIFIER)


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": "https://ailleurs.example/retour"}, {"app": App("inconnue", "x")}]
)
def test_nobody_is_sent_to_an_address_or_for_an_application_that_is_not_registered(ask, changes):
    page = ask(**changes).page
    assert page.status_code == 400
    assert "n’est pas valable" in page.text


def test_a_code_serves_once_and_only_for_whoever_asked_for_it(ask, hosts):
    def exchange(query, verifier=VERIFIER):
        return oauth.exchange_code(Salesforce, APP, hosts, query, redirect_uri=CALLBACK, code_verifier=verifier)

    query = ask().answer()
    exchange(query)
    with pytest.raises(AuthExpired):
        exchange(query)
    with pytest.raises(AuthExpired):
        exchange(ask().answer(), "x" * 50)


def test_a_wrong_secret_is_a_setting_to_correct(hosts, grant):
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.refresh(Salesforce, App(APP.client_id, "faux"), hosts, grant())


def test_a_session_that_ended_is_renewed_once_and_the_request_goes_again(salesforce, simulator):
    salesforce.check()
    simulator.advance(7201)
    before = salesforce.tokens.tokens
    salesforce.check()
    assert salesforce.tokens.renewals == 1
    assert salesforce.tokens.tokens.refresh_token == before.refresh_token
    assert [one["status"] for one in simulator.requests("salesforce")][-3:] == [401, 200, 200]


def test_a_write_that_met_an_ended_session_is_done_once(salesforce, simulator):
    simulator.act("salesforce", "expire_tokens")
    made = salesforce.push("accounts", {"Name": "Nouveau client"}, idempotency_key="k", reference="r-1")
    assert salesforce.tokens.renewals == 1
    assert [one["Id"] for one in simulator.objects("Account", "salesforce") if one["Name"] == "Nouveau client"] == [
        made["Id"]
    ]


def test_a_rotated_refresh_token_replaces_the_old_one(hosts, grant, simulator):
    simulator.configure("salesforce", rotate_refresh_tokens=True)
    old = grant()
    new = oauth.refresh(Salesforce, APP, hosts, old)
    assert new.refresh_token != old.refresh_token
    with pytest.raises(AuthExpired, match="Reconnectez"):
        oauth.refresh(Salesforce, APP, hosts, old)


def test_a_session_that_stays_refused_is_not_renewed_for_ever(salesforce, simulator):
    simulator.fault("revoked_key", "/services/data", times=None, slug="salesforce")
    with pytest.raises(AuthExpired):
        salesforce.check()
    assert salesforce.tokens.renewals == 1


def test_a_grant_that_was_withdrawn_is_dead_and_an_outage_is_not(hosts, grant, simulator):
    tokens = grant()
    simulator.fault("unavailable", "/services/oauth2", slug="salesforce")
    with pytest.raises(Transient):
        oauth.refresh(Salesforce, APP, hosts, tokens)
    simulator.act("salesforce", "revoke_grants")
    with pytest.raises(AuthExpired) as caught:
        oauth.refresh(Salesforce, APP, hosts, tokens)
    assert caught.value.code == "invalid_grant"


def test_a_revoked_grant_opens_nothing_any_more_and_revoking_it_again_is_no_error(hosts, grant, connect):
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    oauth.revoke(Salesforce, APP, hosts, tokens)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()
    oauth.revoke(Salesforce, APP, hosts, tokens)


# --- Addresses ----------------------------------------------------------------------------------------------------
def test_a_renewal_may_move_the_organization(connect, simulator, script):
    connector = connect()
    connector.check()
    body = b'{"records": [{"Id": "00D5g000004AbCd", "Name": "D\xc3\xa9m\xc3\xa9nag\xc3\xa9e", "IsSandbox": false}]}'
    script.then_answer(200, body)
    moved = {**connector.tokens.tokens.extra, "instance_url": script.url}
    hosts = {"login": script.url, "api": script.url}
    tokens = replace(connector.tokens.tokens, extra=moved)
    account = Salesforce(Connection("test", tokens.to_secrets(), {}, hosts), retry=QUICK).check()
    assert (account.id, account.name) == ("00D5g000004AbCdEAK", "Déménagée")
    assert script.requests[0].startswith(b"GET /services/data/v66.0/query?q=SELECT")


@pytest.mark.parametrize(
    "url", ["http://acme.my.salesforce.com", "https://10.0.0.8", "https://localhost", "ftp://x.ca"]
)
def test_a_token_never_goes_to_an_address_that_is_not_public_and_https(hosts, url):
    tokens = TokenSet("jeton", extra={"instance_url": url})
    with pytest.raises(Misconfigured) as caught:
        Salesforce(Connection("test", tokens.to_secrets(), {}, hosts), retry=QUICK).check()
    assert caught.value.code == "foreign_host"


def test_without_tokens_or_address_nothing_is_asked(hosts, simulator):
    for secrets in ({}, TokenSet("jeton").to_secrets()):
        with pytest.raises(AuthExpired):
            Salesforce(Connection("test", secrets, {}, hosts)).check()
    assert simulator.requests("salesforce") == []


def test_the_servers_own_settings_win_over_the_tokens(simulator, grant, script):
    overrides = {"salesforce.api": script.url, "salesforce.login": f"{simulator.url}/salesforce"}
    hosts = resolve_hosts(Salesforce, "production", {}, overrides, "")
    script.then_answer(200, b'{"records": [{"Id": "00D5g000004AbCd", "Name": "X", "IsSandbox": false}]}')
    assert Salesforce(Connection("production", grant().to_secrets(), {}, hosts)).check().name == "X"


def test_the_login_hosts_are_salesforces_or_those_of_the_organization():
    assert resolve_hosts(Salesforce, "production", {}, {}, "")["login"] == "https://login.salesforce.com"
    assert resolve_hosts(Salesforce, "test", {}, {}, "")["login"] == "https://test.salesforce.com"
    config = {"login_url": "https://acme.my.salesforce.com/"}
    hosts = resolve_hosts(Salesforce, "production", config, {}, "")
    assert hosts["login"] == "https://acme.my.salesforce.com"
    url = oauth.authorize_url(Salesforce, APP, hosts, redirect_uri=CALLBACK, state="s", code_challenge=CHALLENGE)
    assert url.startswith("https://acme.my.salesforce.com/services/oauth2/authorize?response_type=code")
    assert "scope=api+refresh_token" in url and "code_challenge_method=S256" in url


def test_a_sandbox_is_refused_in_production(script, simulator):
    body = b'{"records": [{"Id": "00D5g000004AbCd", "Name": "Essai", "IsSandbox": true}]}'
    hosts = {"login": script.url, "api": script.url}
    tokens = TokenSet("jeton", extra={"instance_url": script.url})
    script.then_answer(200, body).then_answer(200, body)
    with pytest.raises(Misconfigured, match="bac à sable"):
        Salesforce(Connection("production", tokens.to_secrets(), {}, hosts)).check()
    assert Salesforce(Connection("test", tokens.to_secrets(), {}, hosts)).check().environment == "test"


def test_no_token_or_secret_stands_in_an_exchange(connect, grant, simulator, exchanges, hosts, caplog):
    caplog.set_level("DEBUG")
    tokens = grant()
    connector = connect(tokens=tokens)
    simulator.act("salesforce", "expire_tokens")
    connector.check()
    renewed = connector.tokens.tokens
    oauth.revoke(Salesforce, APP, hosts, renewed, on_exchange=exchanges.append)
    kept = repr(exchanges) + caplog.text
    secrets = (tokens.access_token, tokens.refresh_token, renewed.access_token, APP.client_secret, VERIFIER)
    assert not [one for one in secrets if one in kept]
    assert exchanges[-1].status == 200
