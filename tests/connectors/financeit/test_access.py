"""Getting in: the application's token, or a key, each with everything that is still to be confirmed."""

import json
from urllib.parse import parse_qs

import pytest

from connectors.base.connector import resolve_hosts
from connectors.base.errors import AuthExpired, Malformed, Misconfigured
from connectors.financeit.connector import Financeit
from tests.connectors.financeit.conftest import API_KEY


def token_calls(recorded):
    return [seen for seen in recorded if seen.path.endswith("create_user_oauth_token")]


def test_the_token_call_has_the_published_fields(connect, recorded):
    connect(password="démo & finance", config={"token_path": "accounts/create_user_oauth_token", "x": "1"}).check()
    connect(config={"x": "2"}, login="", app_secret="fit_demo_secret").check()
    bodies = [json.loads(seen.body) for seen in token_calls(recorded)]
    app = {"app_id": "fit_demo_app", "app_secret": "fit_demo_secret"}
    assert app | {"anonymous_user": True} in bodies
    assert all(set(one) <= {"app_id", "app_secret", "login", "password", "anonymous_user"} for one in bodies)


def test_the_token_call_may_be_a_form(connect, recorded):
    connector = connect("test", config={"token_body": "form", "path_prefix": "v1"})
    connector.check()
    [seen] = token_calls(recorded)
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen.body.decode())["password"] == ["démo & finance"]


def test_one_token_serves_many_connectors_and_is_renewed_when_it_is_over(connect, simulator, recorded):
    for _ in range(3):
        connect().check()
    assert len(token_calls(recorded)) <= 1
    simulator.act("financeit", "expire_tokens")
    connect().check()
    assert len(token_calls(recorded)) <= 2
    recorded[:] = [seen for seen in recorded if seen.status != 401]


@pytest.mark.parametrize("wrong", [{"app_secret": "x"}, {"app_id": "x"}, {"password": "x"}])
def test_a_refused_application_is_to_be_reconnected(connect, wrong, simulator):
    with pytest.raises(AuthExpired, match="Vérifiez-les") as caught:
        connect(**wrong).check()
    assert caught.value.detail.startswith("Invalid")
    assert [one["path"] for one in simulator.requests("financeit")] == ["/accounts/create_user_oauth_token"]


def test_a_token_in_another_field_is_told(connect):
    with pytest.raises(Malformed, match="champ du jeton"):
        connect("test", config={"token_field": "jeton"}, login="").check()


def test_a_key_in_a_header_serves_too(connect, recorded):
    connector = connect(config={"auth_mode": "api_key"}, api_key=API_KEY)
    assert connector.check().name == "Lacoste Finance (démonstration)"
    assert recorded[-1].headers["X-Api-Key"] == API_KEY
    with pytest.raises(AuthExpired):
        connect(config={"auth_mode": "api_key"}, api_key="fit_inconnue").check()


def test_at_the_vendor_the_token_call_is_the_check(connect, simulator):
    account = connect("test").check()
    assert (account.id, account.name) == ("fit_demo_app", "Financeit, application fit_demo_app")
    assert [one["path"] for one in simulator.requests("financeit")] == ["/accounts/create_user_oauth_token"]
    with pytest.raises(Misconfigured, match="vérification"):
        connect("test", config={"auth_mode": "api_key"}, api_key=API_KEY).check()


def test_an_account_of_another_environment_is_refused(connect):
    with pytest.raises(Misconfigured, match="environnement"):
        connect("production", config={"ping_path": "ping", "path_prefix": "v1"}).check()


def test_the_vendors_addresses_are_the_usual_ones_and_a_setting():
    found = {name: resolve_hosts(Financeit, name, {}, {}, "")["api"] for name in ("production", "test")}
    assert found == {
        "production": "https://www.financeit.ca/en/api/v3",
        "test": "https://training.financeit.ca/en/api/v3",
    }
    own = resolve_hosts(Financeit, "test", {"base_url": "https://api.exemple.ca/v4/"}, {}, "")
    assert own == {"api": "https://api.exemple.ca/v4"}


def test_no_part_of_the_access_stands_in_any_exchange(connect, exchanges):
    connect().check()
    with pytest.raises(AuthExpired):
        connect(app_secret="sec\"ret'été").check()
    connect("test", config={"token_body": "form"}).check()
    kept = repr(exchanges)
    assert len(exchanges) >= 3
    for secret in ("fit_demo_secret", "démo & finance", "d%C3%A9mo+%26+finance", "sec\"ret'été", "access_token': 'f"):
        assert secret not in kept
    assert "eyJ" not in kept and "Bearer fit_" not in kept
