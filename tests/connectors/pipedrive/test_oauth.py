"""Consent, tokens and API tokens, over HTTP."""

import json

import pytest
import requests

from connectors.base import oauth
from connectors.base.connector import Connection, resolve_hosts
from connectors.base.errors import AuthExpired, ConsentRefused, Misconfigured, Transient
from connectors.base.oauth import App, TokenSet
from connectors.pipedrive import access
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.pipedrive.conftest import API_TOKEN, APP, CALLBACK, GROUP, ROOFING, read


def test_a_consent_gives_tokens_and_the_companys_own_address(grant, simulator):
    tokens = grant(ROOFING)
    assert tokens.extra["api_domain"] == f"{simulator.url}/pipedrive/@lacoste-toitures"
    assert tokens.refresh_token and tokens.expires_at


def test_the_connection_is_the_company_that_was_chosen(connect, simulator):
    account = connect(ROOFING).check()
    assert (account.id, account.name, account.environment) == (ROOFING, "Lacoste Toitures inc.", "simulator")
    assert simulator.requests("pipedrive")[-1]["path"] == "/@lacoste-toitures/api/v1/users/me"
    assert connect(GROUP).accounts()[0].id == GROUP


def test_an_api_token_works_at_the_common_address(by_key, simulator):
    account = by_key().check()
    assert (account.id, account.name) == (GROUP, "Groupe Lacoste")
    assert simulator.requests("pipedrive")[-1]["path"] == "/v1/users/me"
    assert len(read(by_key(), "persons")[0]) == 42


def test_a_wrong_api_token_needs_a_person(by_key):
    with pytest.raises(AuthExpired, match="Reconnectez"):
        by_key("0" * 40).check()


def test_a_refused_consent_is_told(consent, hosts):
    query = consent("refuse")
    assert query["error"] == "access_denied"
    with pytest.raises(ConsentRefused, match="rien n’a été connecté"):
        oauth.exchange_code(Pipedrive, APP, hosts, query, redirect_uri=CALLBACK)


def test_neither_scope_nor_challenge_is_sent():
    url = oauth.authorize_url(Pipedrive, APP, Pipedrive.hosts["production"], redirect_uri=CALLBACK, state="s")
    assert url.startswith("https://oauth.pipedrive.com/oauth/authorize?")
    assert "client_id=pd-demo-client" in url and "state=s" in url
    assert "scope" not in url and "code_challenge" not in url


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"redirect_uri": "https://ailleurs.example/x"}, "adresse de retour"), ({"client_id": "inconnue"}, "inconnue")],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(hosts, changes, wrong):
    asked = {"client_id": APP.client_id, "redirect_uri": CALLBACK, "state": "s", **changes}
    page = requests.get(f"{hosts['oauth']}/oauth/authorize", params=asked, timeout=10)
    assert page.status_code == 400 and wrong in page.text


def test_a_code_serves_once_and_for_five_minutes(consent, hosts, simulator):
    query = consent()
    oauth.exchange_code(Pipedrive, APP, hosts, query, redirect_uri=CALLBACK)
    with pytest.raises(AuthExpired, match="déjà utilisée"):
        oauth.exchange_code(Pipedrive, APP, hosts, query, redirect_uri=CALLBACK)
    query = consent()
    simulator.advance(301)
    with pytest.raises(AuthExpired):
        oauth.exchange_code(Pipedrive, APP, hosts, query, redirect_uri=CALLBACK)


def test_a_wrong_secret_and_a_wrong_address_are_settings_to_correct(consent, hosts, grant):
    wrong = App(APP.client_id, "faux")
    with pytest.raises(Misconfigured, match="secret est erroné"):
        oauth.exchange_code(Pipedrive, wrong, hosts, consent(), redirect_uri=CALLBACK)
    with pytest.raises(Misconfigured, match="une seule"):
        oauth.exchange_code(Pipedrive, APP, hosts, consent(), redirect_uri=CALLBACK.replace("localhost", "127.0.0.1"))
    with pytest.raises(Misconfigured):
        oauth.refresh(Pipedrive, wrong, hosts, grant())


def test_a_renewal_gives_a_new_pair_and_the_old_one_is_dead(hosts, grant):
    old = grant()
    new = oauth.refresh(Pipedrive, APP, hosts, old)
    assert old.access_token != new.access_token and old.refresh_token != new.refresh_token
    with pytest.raises(AuthExpired, match="Reconnectez") as caught:
        oauth.refresh(Pipedrive, APP, hosts, old)
    assert caught.value.code == "invalid_grant"


def test_a_company_that_is_renamed_is_followed(hosts, grant, connect, simulator):
    old = grant()
    simulator.configure("pipedrive", domains={GROUP: "lacoste-et-fils"})
    new = oauth.refresh(Pipedrive, APP, hosts, old)
    assert new.extra["api_domain"].endswith("/@lacoste-et-fils")
    assert connect(tokens=new).check().name == "Groupe Lacoste"


def test_a_refresh_token_ends_after_sixty_days(hosts, grant, simulator):
    tokens = grant()
    simulator.advance(60 * 86400 + 1)
    with pytest.raises(AuthExpired):
        oauth.refresh(Pipedrive, APP, hosts, tokens)


def test_a_grant_that_was_withdrawn_is_dead(hosts, grant, simulator):
    tokens = grant()
    simulator.act("pipedrive", "revoke_grants")
    with pytest.raises(AuthExpired):
        oauth.refresh(Pipedrive, APP, hosts, tokens)


@pytest.mark.parametrize("kind", ["error", "unavailable", "rate_limit", "html"])
def test_an_outage_of_the_authorization_server_is_not_a_dead_grant(hosts, grant, simulator, kind):
    tokens = grant()
    simulator.fault(kind, "/oauth", slug="pipedrive")
    with pytest.raises(Transient):
        oauth.refresh(Pipedrive, APP, hosts, tokens)
    assert oauth.refresh(Pipedrive, APP, hosts, tokens).access_token


def test_an_access_token_that_ended_is_renewed_once_and_the_request_goes_again(pipedrive, simulator):
    pipedrive.check()
    simulator.advance(3601)
    pipedrive.check()
    assert pipedrive.tokens.renewals == 1
    assert [one["status"] for one in simulator.requests("pipedrive")][-3:] == [401, 200, 200]


def test_a_write_that_met_an_ended_token_is_done_once(pipedrive, simulator):
    simulator.act("pipedrive", "expire_tokens")
    made = pipedrive.push("organizations", {"name": "Une fois inc."}, idempotency_key="k")
    assert pipedrive.tokens.renewals == 1
    stored = [row["data"]["id"] for row in simulator.objects("organizations", "pipedrive")
              if row["data"]["name"] == "Une fois inc."]  # fmt: skip
    assert stored == [made["id"]]


def test_a_revoked_grant_opens_nothing_any_more(hosts, grant, connect):
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    oauth.revoke(Pipedrive, APP, hosts, tokens)
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connector.check()
    oauth.revoke(Pipedrive, APP, hosts, tokens)


def test_an_access_token_opens_its_own_company_only(connect, grant):
    tokens = grant(ROOFING)
    other = tokens.extra["api_domain"].replace("lacoste-toitures", "groupe-lacoste")
    with pytest.raises(AuthExpired):
        connect(GROUP, tokens=TokenSet(tokens.access_token, extra={"api_domain": other})).check()


# --- Addresses ----------------------------------------------------------------------------------------------------
def test_the_companys_address_counts_when_it_is_pipedrives_own():
    assert access.company_address(access.COMMON, "https://acme.pipedrive.com/") == "https://acme.pipedrive.com"
    for bad in ("", None, "http://acme.pipedrive.com", "https://acme.pipedrive.com.vol.example", "https://vol.example",
                "https://a.b.pipedrive.com", "https://acme.pipedrive.com/x"):  # fmt: skip
        with pytest.raises(Misconfigured):
            access.company_address(access.COMMON, bad)


def test_the_servers_own_settings_win_over_the_companys_address():
    assert access.company_address("http://127.0.0.1:9", "https://acme.pipedrive.com") == "http://127.0.0.1:9"
    hosts = resolve_hosts(Pipedrive, "production", {}, {"pipedrive.api": "http://127.0.0.1:9/pd"}, "")
    connection = Connection("production", {}, {}, hosts)
    tokens = oauth.FixedTokens(TokenSet("a", extra={"api_domain": "https://acme.pipedrive.com"}))
    assert Pipedrive(connection, token_store=tokens).reach()["api"] == "http://127.0.0.1:9/pd"
    plain = Connection("production", {}, {}, resolve_hosts(Pipedrive, "production", {}, {}, ""))
    assert Pipedrive(plain, token_store=tokens).reach()["api"] == "https://acme.pipedrive.com"


def test_without_tokens_nothing_is_asked(hosts, simulator):
    with pytest.raises(AuthExpired, match="Connectez"):
        Pipedrive(Connection("simulator", {}, {}, hosts)).check()
    assert simulator.requests("pipedrive") == []


def test_no_token_or_secret_stands_in_an_exchange_or_a_log(connect, by_key, grant, simulator, exchanges, hosts, caplog):
    caplog.set_level("DEBUG")
    tokens = grant()
    connector = connect(tokens=tokens)
    connector.check()
    simulator.act("pipedrive", "expire_tokens")
    connector.check()
    by_key().check()
    oauth.revoke(Pipedrive, APP, hosts, connector.tokens.tokens, on_exchange=exchanges.append)
    kept = json.dumps([vars(one) for one in exchanges], default=str) + caplog.text
    new = connector.tokens.tokens
    for secret in (tokens.access_token, tokens.refresh_token, new.access_token, new.refresh_token, APP.client_secret,
                   API_TOKEN):  # fmt: skip
        assert secret not in kept
    assert "/oauth/token" in kept and "/oauth/revoke" in kept
