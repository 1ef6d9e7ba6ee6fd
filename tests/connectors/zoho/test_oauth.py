"""Consent, data centres, tokens, renewal and revocation, over HTTP."""

import json

import pytest
import requests

from connectors.base import oauth
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, ConsentRefused, Misconfigured, RateLimited, Transient
from connectors.base.oauth import SERVER, App, FixedTokens, TokenSet
from connectors.zoho import access
from connectors.zoho.connector import Zoho
from tests.connectors.zoho.conftest import APP, CALLBACK, EUROPE, GROUP


@pytest.mark.parametrize(("org", "centre"), [(GROUP, "ca"), (EUROPE, "eu")])
def test_the_redirect_names_the_data_centre_and_the_token_comes_from_there(consent, hosts, simulator, org, centre):
    query = consent(org=org)
    assert (query["location"], query["accounts-server"]) == (centre, f"{simulator.url}/zoho/dc/{centre}")
    tokens = oauth.exchange_code(Zoho, APP, hosts, query, redirect_uri=CALLBACK)
    assert tokens.extra["api_domain"] == tokens.extra[SERVER] == f"{simulator.url}/zoho/dc/{centre}"
    assert simulator.requests("zoho")[-1]["path"] == f"/dc/{centre}/oauth/v2/token"


def test_the_connection_is_the_organisation_that_was_chosen(connect, simulator):
    account = connect(EUROPE).check()
    assert (account.id, account.name, account.environment) == (EUROPE, "Lacoste Europe SAS", "simulator")
    assert simulator.requests("zoho")[-1]["path"] == "/dc/eu/crm/v8/org"
    assert connect(GROUP).accounts()[0].id == GROUP


def test_scopes_are_separated_by_commas_and_offline_access_is_asked_for():
    hosts = resolve_hosts(Zoho, "production", {}, {}, "")
    url = oauth.authorize_url(Zoho, APP, hosts, redirect_uri=CALLBACK, state="s")
    assert url.startswith("https://accounts.zoho.com/oauth/v2/auth?response_type=code&client_id=1000.zohodemoclient")
    assert "scope=ZohoCRM.modules.accounts.ALL%2CZohoCRM.modules.contacts.ALL" in url
    assert "access_type=offline" in url and "prompt=consent" in url


def test_client_id_and_secret_stand_in_the_form(script):
    script.then_answer(200, b'{"access_token": "a", "expires_in": 3600}')
    oauth.refresh(Zoho, APP, {"accounts": script.url}, TokenSet("a", "r"))
    sent = script.requests[0].decode()
    assert "client_secret=zoho-demo-secret" in sent and "authorization:" not in sent.lower()


def test_a_refused_consent_is_told(consent, hosts):
    query = consent("refuse")
    with pytest.raises(ConsentRefused, match="rien n’a été connecté"):
        oauth.exchange_code(Zoho, APP, hosts, query, redirect_uri=CALLBACK)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"redirect_uri": "https://ailleurs.example/x"}, "adresse de retour"), ({"client_id": "x"}, "inconnue"),
     ({"scope": "ZohoCRM.modules.ALL ZohoCRM.org.READ"}, "portée"), ({"response_type": "token"}, "genre de réponse")],
)  # fmt: skip
def test_a_wrong_request_is_refused_on_the_page(hosts, changes, wrong):
    asked = {"client_id": APP.client_id, "redirect_uri": CALLBACK, "response_type": "code",
             "scope": "ZohoCRM.modules.ALL", **changes}  # fmt: skip
    page = requests.get(f"{hosts['accounts']}/oauth/v2/auth", params=asked, timeout=10)
    assert page.status_code == 400 and wrong in page.text


def test_a_code_serves_once_and_for_two_minutes(consent, hosts, simulator):
    query = consent()
    oauth.exchange_code(Zoho, APP, hosts, query, redirect_uri=CALLBACK)
    with pytest.raises(AuthExpired, match="déjà utilisée") as caught:
        oauth.exchange_code(Zoho, APP, hosts, query, redirect_uri=CALLBACK)
    assert caught.value.status == 200, "Zoho says it in a success"
    query = consent()
    simulator.advance(121)
    with pytest.raises(AuthExpired):
        oauth.exchange_code(Zoho, APP, hosts, query, redirect_uri=CALLBACK)


def test_a_wrong_secret_and_a_wrong_address_are_settings_to_correct(consent, hosts, grant):
    wrong = App(APP.client_id, "faux")
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.exchange_code(Zoho, wrong, hosts, consent(), redirect_uri=CALLBACK)
    with pytest.raises(Misconfigured, match="adresse de retour"):
        oauth.exchange_code(Zoho, APP, hosts, consent(), redirect_uri=CALLBACK.replace("localhost", "127.0.0.1"))
    with pytest.raises(Misconfigured):
        oauth.refresh(Zoho, wrong, hosts, grant())


def test_a_renewal_keeps_the_refresh_token_and_the_data_centre(hosts, grant, simulator):
    old = grant(EUROPE)
    new = oauth.refresh(Zoho, APP, hosts, old)
    assert old.access_token != new.access_token and old.refresh_token == new.refresh_token
    assert new.extra[SERVER] == old.extra[SERVER]
    assert simulator.requests("zoho")[-1]["path"] == "/dc/eu/oauth/v2/token"
    assert oauth.refresh(Zoho, APP, hosts, old).access_token, "the same refresh token serves again"


def test_a_grant_that_was_withdrawn_is_dead(hosts, grant, simulator):
    tokens = grant()
    simulator.act("zoho", "revoke_grants")
    with pytest.raises(AuthExpired, match="Reconnectez") as caught:
        oauth.refresh(Zoho, APP, hosts, tokens)
    assert caught.value.code == "invalid_code"


@pytest.mark.parametrize("status", [400, 200])
def test_too_many_token_calls_are_waited_out_and_say_nothing_of_the_grant(hosts, grant, simulator, status):
    tokens = grant()
    simulator.configure("zoho", token_limit=True, token_limit_status=status)
    with pytest.raises(RateLimited, match="reste valable") as caught:
        oauth.refresh(Zoho, APP, hosts, tokens)
    assert 900 <= caught.value.retry_after <= 1800
    simulator.configure("zoho", token_limit=False)
    assert oauth.refresh(Zoho, APP, hosts, tokens).access_token


@pytest.mark.parametrize("kind", ["error", "unavailable", "rate_limit", "html", "truncated"])
def test_an_outage_of_the_accounts_server_is_not_a_dead_grant(hosts, grant, simulator, kind):
    tokens = grant()
    simulator.fault(kind, "/dc/ca/oauth", slug="zoho")
    with pytest.raises(Transient):
        oauth.refresh(Zoho, APP, hosts, tokens)
    assert oauth.refresh(Zoho, APP, hosts, tokens).access_token


def test_an_access_token_that_ended_is_renewed_once_and_the_request_goes_again(zoho, simulator):
    zoho.check()
    simulator.advance(3601)
    zoho.check()
    assert zoho.tokens.renewals == 1
    assert [one["status"] for one in simulator.requests("zoho")][-3:] == [401, 200, 200]


def test_a_write_that_met_an_ended_token_is_done_once(zoho, simulator):
    simulator.act("zoho", "expire_tokens")
    made = zoho.push("accounts", {"Account_Name": "Une fois inc."}, idempotency_key="k")
    assert zoho.tokens.renewals == 1
    stored = [row["data"]["id"] for row in simulator.objects("Accounts", "zoho")
              if row["data"]["Account_Name"] == "Une fois inc."]  # fmt: skip
    assert stored == [made["id"]]


def test_a_revoked_grant_opens_nothing_any_more(hosts, grant, connect, simulator):
    tokens = grant(EUROPE)
    connector = connect(EUROPE, tokens=tokens)
    connector.check()
    oauth.revoke(Zoho, APP, hosts, tokens)
    assert simulator.requests("zoho")[-1]["path"] == "/dc/eu/oauth/v2/token/revoke"
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()
    oauth.revoke(Zoho, APP, hosts, tokens)


def test_a_scope_that_is_missing_needs_a_new_consent_and_no_renewal(connect, simulator):
    given = simulator.act("zoho", "grant", scope="ZohoCRM.org.READ")
    connector = connect(tokens=TokenSet(given["access_token"], given["refresh_token"], extra={
        "api_domain": given["api_domain"]}))  # fmt: skip
    assert connector.check().id == GROUP
    with pytest.raises(AuthExpired, match="portée manque") as caught:
        connector.fetch("deals", "1")
    assert caught.value.code == "scope_missing" and connector.tokens.renewals == 0


# --- Addresses ----------------------------------------------------------------------------------------------------
REAL = {"accounts": "https://accounts.zoho.com", "api": access.USUAL_API}


@pytest.mark.parametrize("bad", ["https://accounts.zoho.com.vol.example", "https://vol.example",
                                 "http://accounts.zoho.eu", "https://accounts.zoho.eu/x"])  # fmt: skip
def test_a_strange_accounts_server_never_gets_the_code(bad):
    query = {"code": "c", "accounts-server": bad}
    with pytest.raises(Misconfigured, match="serveur inconnu") as caught:
        oauth.exchange_code(Zoho, APP, REAL, query, redirect_uri=CALLBACK)
    assert caught.value.code == "foreign_host"


def test_where_the_server_replaced_the_address_the_named_one_does_not_count(script):
    script.then_answer(200, b'{"access_token": "a"}')
    query = {"code": "c", "accounts-server": "https://accounts.zoho.eu"}
    tokens = oauth.exchange_code(Zoho, APP, {"accounts": script.url}, query, redirect_uri=CALLBACK)
    assert SERVER not in tokens.extra and len(script.requests) == 1


def test_a_stored_server_counts_only_while_it_may(script):
    script.then_answer(200, b'{"access_token": "b"}')
    stored = TokenSet("a", "r", extra={SERVER: "https://accounts.zoho.eu"})
    assert oauth.refresh(Zoho, APP, {"accounts": script.url}, stored).access_token == "b"


@pytest.mark.parametrize(
    ("named", "environment", "edition", "address"),
    [("https://www.zohoapis.ca", "production", "sandbox", "https://www.zohoapis.ca"),
     ("https://www.zohoapis.com.au/", "test", "sandbox", "https://sandbox.zohoapis.com.au"),
     ("https://www.zohoapis.eu", "test", "developer", "https://developer.zohoapis.eu"),
     ("https://sandbox.zohoapis.in", "test", "sandbox", "https://sandbox.zohoapis.in")],
)  # fmt: skip
def test_the_api_is_in_the_data_centre_that_the_token_names(named, environment, edition, address):
    assert access.api_address(access.USUAL_API, named, environment, edition) == address


@pytest.mark.parametrize("bad", ["", None, "https://vol.example", "http://www.zohoapis.eu", "https://www.zohoapis.eu.x",
                                 "https://x.zohoapis.eu"])  # fmt: skip
def test_a_strange_api_address_is_refused(bad):
    with pytest.raises(Misconfigured, match="centre de données"):
        access.api_address(access.USUAL_API, bad, "production", "sandbox")


def test_the_servers_own_settings_win():
    hosts = resolve_hosts(Zoho, "production", {}, {"zoho.api": "http://127.0.0.1:9/z"}, "")
    tokens = FixedTokens(TokenSet("a", extra={"api_domain": "https://www.zohoapis.ca"}))
    assert Zoho(Connection("production", {}, {}, hosts), token_store=tokens).reach()["api"] == "http://127.0.0.1:9/z"


def test_an_application_of_one_data_centre_starts_there():
    hosts = resolve_hosts(Zoho, "production", {"accounts_host": "accounts.zohocloud.ca"}, {}, "")
    assert hosts["accounts"] == "https://accounts.zohocloud.ca"
    assert hosts["accounts"] in Zoho.oauth.servers


def test_no_token_or_secret_stands_in_an_exchange_or_a_log(connect, grant, simulator, exchanges, hosts, caplog):
    caplog.set_level("DEBUG")
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    simulator.act("zoho", "expire_tokens")
    connector.check()
    oauth.revoke(Zoho, APP, hosts, connector.tokens.tokens, on_exchange=exchanges.append)
    kept = json.dumps([vars(one) for one in exchanges], default=str) + caplog.text
    for secret in (tokens.access_token, tokens.refresh_token, connector.tokens.tokens.access_token, APP.client_secret):
        assert secret not in kept
    assert "/oauth/v2/token" in kept and "/oauth/v2/token/revoke" in kept
    assert exchanges[-2].request_headers["Authorization"] == "••••••"
