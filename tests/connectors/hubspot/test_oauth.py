"""Consent, tokens, renewal and revocation, and the token of a private app, over HTTP."""

import pytest

from connectors.base import oauth
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, ConsentRefused, Misconfigured, Transient
from connectors.base.oauth import App
from connectors.hubspot.connector import HubSpot
from connectors.simulator.app import demo_apps, demo_keys
from tests.connectors.hubspot.conftest import APP, CALLBACK, CHALLENGE, KEY, VERIFIER
from tests.connectors.support import read


def test_its_application_and_its_key_are_known():
    assert demo_apps()["hubspot"] == (APP.client_id, APP.client_secret)
    assert demo_keys()["hubspot"] == KEY


def test_a_consent_names_the_account(ask, grant, connect):
    assert "Groupe Lacoste" in ask().page.text
    tokens = grant()
    assert tokens.extra["hub_id"] == 24011111
    account = connect(tokens=tokens).check()
    assert (account.id, account.name, account.environment) == ("24011111", "Compte HubSpot 24011111", "simulator")


def test_a_refused_consent_is_told(ask, hosts):
    with pytest.raises(ConsentRefused, match="rien n’a été connecté"):
        oauth.exchange_code(
            HubSpot, APP, hosts, ask().answer("refuse"), redirect_uri=CALLBACK, code_verifier=VERIFIER
        )  # fmt: skip


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://ailleurs.example/x"}, {"app": App("inconnue", "x")}])
def test_nobody_is_sent_to_an_address_or_for_an_application_that_is_not_registered(ask, changes):
    page = ask(**changes).page
    assert page.status_code == 400 and "n’est pas valable" in page.text


def test_a_code_serves_once_and_only_for_whoever_asked_for_it(ask, hosts):
    def exchange(query, verifier=VERIFIER):
        return oauth.exchange_code(HubSpot, APP, hosts, query, redirect_uri=CALLBACK, code_verifier=verifier)

    query = ask().answer()
    exchange(query)
    for spent, verifier in ((query, VERIFIER), (ask().answer(), "x" * 50)):
        with pytest.raises(AuthExpired):
            exchange(spent, verifier)


def test_a_wrong_secret_is_a_setting_to_correct(hosts, grant):
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.refresh(HubSpot, App(APP.client_id, "faux"), hosts, grant())


def test_an_access_token_that_ended_is_renewed_once(hubspot, simulator):
    hubspot.check()
    simulator.advance(1801)
    before = hubspot.tokens.tokens.refresh_token
    hubspot.check()
    assert hubspot.tokens.renewals == 1
    assert hubspot.tokens.tokens.refresh_token == before


def test_a_write_that_met_an_ended_token_is_done_once(hubspot, simulator):
    simulator.act("hubspot", "expire_tokens")
    made = hubspot.push("companies", {"name": "Nouveau client"}, idempotency_key="k", reference="r-1")
    assert hubspot.tokens.renewals == 1
    assert [one["id"] for one in simulator.objects("companies", "hubspot") if one["name"] == "Nouveau client"] == [
        made["id"]
    ]


def test_a_dead_refresh_token_is_a_dead_grant_and_an_outage_is_not(hosts, grant, simulator):
    tokens = grant()
    simulator.fault("unavailable", "/oauth", slug="hubspot")
    with pytest.raises(Transient):
        oauth.refresh(HubSpot, APP, hosts, tokens)
    simulator.act("hubspot", "revoke_grants")
    with pytest.raises(AuthExpired, match="Reconnectez") as caught:
        oauth.refresh(HubSpot, APP, hosts, tokens)
    assert caught.value.status == 400


def test_a_refresh_token_that_changes_is_kept(hosts, grant, simulator):
    simulator.configure("hubspot", rotate_refresh_tokens=True)
    old = grant()
    assert oauth.refresh(HubSpot, APP, hosts, old).refresh_token != old.refresh_token


def test_a_revoked_grant_opens_nothing_any_more_and_revoking_it_again_is_no_error(hosts, grant, connect):
    tokens = grant()
    connector = connect(tokens=tokens)
    oauth.revoke(HubSpot, APP, hosts, tokens)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()
    oauth.revoke(HubSpot, APP, hosts, tokens)


def test_the_token_of_a_private_app_opens_the_account_and_a_wrong_one_does_not(private, simulator):
    assert private().check().id == "24011111"
    assert len(read(private(), "companies")[0]) == 10
    with pytest.raises(AuthExpired, match="Reconnectez"):
        private("pat-na1-faux").check()
    with pytest.raises(Misconfigured):
        private("pat-é").check()


def test_a_token_without_the_crm_is_told_when_it_is_tested(private, simulator):
    simulator.fault("forbidden", "/crm", slug="hubspot")
    with pytest.raises(Misconfigured, match="portées") as caught:
        private().check()
    assert caught.value.code == "missing_scopes"


def test_the_consent_page_is_hubspots_or_that_of_another_region():
    hosts = resolve_hosts(HubSpot, "production", {}, {}, "")
    assert hosts == {"authorize": "https://app.hubspot.com", "api": "https://api.hubapi.com"}
    hosts = resolve_hosts(HubSpot, "test", {"authorize_url": "https://app-eu1.hubspot.com"}, {}, "")
    url = oauth.authorize_url(HubSpot, APP, hosts, redirect_uri=CALLBACK, state="s", code_challenge=CHALLENGE)
    assert url.startswith("https://app-eu1.hubspot.com/oauth/authorize?response_type=code")
    assert "scope=oauth+crm.objects.contacts.read" in url


def test_no_token_or_secret_stands_in_an_exchange(connect, private, grant, simulator, exchanges, hosts, caplog):
    caplog.set_level("DEBUG")
    tokens = grant()
    connector = connect(tokens=tokens)
    simulator.act("hubspot", "expire_tokens")
    connector.check()
    private().check()
    renewed = connector.tokens.tokens
    oauth.revoke(HubSpot, APP, hosts, renewed, on_exchange=exchanges.append)
    kept = repr(exchanges) + caplog.text
    secrets = (tokens.access_token, tokens.refresh_token, renewed.access_token, APP.client_secret, VERIFIER, KEY)
    assert not [one for one in secrets if one in kept]


def test_without_a_token_nothing_is_asked(hosts, simulator):
    with pytest.raises(AuthExpired, match="Connectez"):
        HubSpot(Connection("simulator", {}, {}, hosts)).check()
    assert simulator.requests("hubspot") == []
