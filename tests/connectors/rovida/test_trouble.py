"""ROVIDA when it does not go well: each trouble gets a French sentence and loses nothing."""

import pytest

from connectors.base.client import RetryPolicy
from connectors.base.errors import AuthExpired, Malformed, Misconfigured, RateLimited, Transient, Unreadable
from tests.connectors.rovida.test_pull import read


def test_the_account_is_known_by_its_key(rovida):
    account = rovida.check()
    assert (account.id, account.environment) == ("acct_lacoste", "simulator")
    assert "Lacoste" in account.name


@pytest.mark.parametrize("key", ["rov_test_revoked", "rov_test_inconnue"])
def test_a_wrong_key_must_be_replaced(connect, key):
    with pytest.raises(AuthExpired, match="Reconnectez"):
        connect(key).check()


def test_a_key_without_the_right_is_a_setting_to_correct(connect):
    with pytest.raises(Misconfigured, match="interdit"):
        connect("rov_test_forbidden").check()


@pytest.mark.parametrize(
    ("key", "environment"),
    [("rov_live_x", "test"), ("rov_live_x", "simulator"), ("rov_test_demo_lacoste", "production")],
)
def test_a_key_of_the_other_mode_is_refused_before_it_is_sent(connect, simulator, key, environment):
    with pytest.raises(Misconfigured, match="clé ROVIDA est une clé"):
        connect(key, environment).check()
    assert simulator.requests() == []


def test_a_test_account_is_refused_in_production(connect, simulator, monkeypatch):
    monkeypatch.setattr("connectors.rovida.quirks.KEY_MODES", {})
    with pytest.raises(Misconfigured, match="compte de test"):
        connect(environment="production").check()
    assert connect(environment="test").check().environment == "test"


def test_header_and_prefix_are_settings(connect, recorded):
    connect(config={"auth_header": "Authorization", "auth_prefix": "Bearer"}).check()
    assert recorded[-1].headers["Authorization"] == "Bearer rov_test_demo_lacoste"
    recorded.clear()  # the contract's own header is X-API-Key


def test_the_path_prefix_is_a_setting(connect, simulator, recorded):
    with pytest.raises(Exception, match="ne trouve pas"):
        connect(config={"path_prefix": "/v9/"}).check()
    assert simulator.requests()[-1]["path"] == "/v9/ping"
    recorded.clear()  # no path of the contract


def test_a_rate_limit_with_a_wait_is_handed_to_the_caller(rovida, simulator):
    simulator.fault("rate_limit", "/v1/tenants", retry_after=30)
    with pytest.raises(RateLimited) as caught:
        read(rovida, "tenants")
    assert caught.value.retry_after == 30


def test_a_rate_limit_with_a_date_is_understood(rovida, simulator):
    simulator.fault("rate_limit", "/v1/tenants", retry_after=40, as_date=True)
    with pytest.raises(RateLimited) as caught:
        read(rovida, "tenants")
    assert 30 < caught.value.retry_after <= 40


def test_a_rate_limit_without_a_wait_is_tried_again_a_little_later(rovida, simulator):
    simulator.fault("rate_limit", "/v1/tenants", times=2)
    assert len(read(rovida, "tenants")[0]) == 150
    assert rovida.retries == 2


def test_the_true_rate_limit_is_respected_without_a_single_refusal(connect, simulator):
    simulator.rate_limit(10, 20)
    connector = connect()
    for _ in range(22):
        connector.check()
    assert {row["status"] for row in simulator.requests()} == {200}


def test_the_true_rate_limit_refuses_who_does_not_respect_it(api, simulator):
    simulator.rate_limit(0.5, 2)
    answers = [api("GET", "ping") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "2"
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]


@pytest.mark.parametrize("kind", ["error", "unavailable"])
def test_a_failure_then_a_success_is_a_success(rovida, simulator, kind):
    simulator.fault(kind, "/v1/tenants")
    assert len(read(rovida, "tenants")[0]) == 150
    assert rovida.retries == 1


def test_an_outage_is_transient(rovida, simulator):
    simulator.fault("error", times=None, status=502)
    with pytest.raises(Transient, match="502"):
        rovida.check()
    assert len(simulator.requests()) == 3


def test_a_provider_that_hangs_is_given_up(connect, simulator):
    simulator.fault("timeout", seconds=1)
    with pytest.raises(Transient, match="délai") as caught:
        connect(timeout=0.2, retry=RetryPolicy(max_retries=0)).check()
    assert caught.value.code == "timeout"


def test_a_slow_provider_is_waited_for(connect, simulator, exchanges):
    simulator.fault("slow", seconds=0.3)
    connect().check()
    assert exchanges[0].duration_ms >= 300


def test_a_web_page_in_place_of_data(rovida, simulator):
    simulator.fault("html", "/v1/tenants", times=None)
    with pytest.raises(Unreadable, match="page Web"):
        read(rovida, "tenants")


def test_half_a_page(rovida, simulator):
    simulator.fault("truncated", "/v1/tenants", times=None)
    with pytest.raises(Unreadable, match="incomplète"):
        read(rovida, "tenants")
    simulator.clear_faults()
    assert len(read(rovida, "tenants")[0]) == 150


def test_half_a_page_once_is_read_again(rovida, simulator):
    simulator.fault("truncated", "/v1/tenants")
    assert len(read(rovida, "tenants")[0]) == 150


def test_a_key_revoked_in_the_middle_stops_the_pull(rovida, simulator):
    pages = rovida.pull("tenants", None, page_size=50)
    next(pages)
    simulator.fault("revoked_key", times=None)
    with pytest.raises(AuthExpired):
        next(pages)


@pytest.mark.parametrize(
    ("kind", "options", "proof"),
    [
        ("missing_field", {}, lambda record: "family_name" not in record),
        ("missing_field", {"field": "id"}, lambda record: "id" not in record),
        ("unknown_reference", {}, lambda record: record["property_id"] == "prop_INCONNU"),
        ("unknown_value", {}, lambda record: record["status"] == "inconnu"),
        ("missing_field", {"field": "updated_at"}, lambda record: "updated_at" not in record),
    ],
)
def test_a_bad_record_reaches_the_engine_and_the_others_too(rovida, simulator, kind, options, proof):
    simulator.fault(kind, "/v1/tenants", record=2, **options)
    records, cursor = read(rovida, "tenants")
    assert [index for index, record in enumerate(records) if proof(record)] == [2]
    assert len(records) == 150
    assert cursor["high_water"]


def test_a_value_that_the_tables_do_not_know_is_not_in_them(rovida):
    for resource in rovida.resources:
        assert all("inconnu" not in one.values for one in resource.mappings)


@pytest.mark.parametrize("body", [{"data": {}}, {"data": [1]}, {"donnees": []}])
def test_a_list_of_another_form_is_malformed(rovida, monkeypatch, body):
    answer = type("A", (), {"data": body})
    monkeypatch.setattr(type(rovida.client), "request", lambda *_a, **_k: answer)
    with pytest.raises(Malformed, match="liste"):
        read(rovida, "tenants")


def test_an_account_without_a_name_is_malformed(rovida, monkeypatch):
    answer = type("A", (), {"data": {"id": "a", "environment": "lune"}})
    monkeypatch.setattr(type(rovida.client), "request", lambda *_a, **_k: answer)
    with pytest.raises(Malformed, match="à qui appartient"):
        rovida.check()


def test_no_key_stands_in_any_exchange(connect, exchanges, simulator):
    key = "rov_test_demo_lacoste"
    connector = connect(config={"auth_header": "X-Jeton-Maison"})
    with pytest.raises(AuthExpired):
        connector.check()
    connect().check()
    simulator.edit("properties", "prop_01DEMO0001", name=f"Immeuble {key}")
    connect().fetch("properties", "prop_01DEMO0001")
    with pytest.raises(AuthExpired) as caught:
        connect("rov_test_revoked").check()
    kept = repr(exchanges) + repr(vars(caught.value))
    assert len(exchanges) == 4
    assert key not in kept
    assert "rov_test_revoked" not in kept
