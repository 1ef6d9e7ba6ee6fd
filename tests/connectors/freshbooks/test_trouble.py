"""FreshBooks when it does not go well, and its consent."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from connectors.base import oauth
from connectors.base.classify import Answer
from connectors.base.connector import resolve_hosts
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
from connectors.freshbooks.connector import FreshBooks
from connectors.freshbooks.errors import classify
from tests.connectors.freshbooks.conftest import APP, CALLBACK, GARDENS, REPAIRS, read


def old(errno, field="userid", message="Their words"):
    error = {"errno": errno, "field": field, "message": message, "object": "client", "value": "134"}
    return {"response": {"errors": [error]}}


def new(errno, field="userid"):
    about = {"object": "client", "message": "Their words", "value": "134", "field": field}
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": errno, "metadata": about}
    return {"code": 5, "message": "Request failed with status_code: 404", "details": [detail]}


VIOLATION = {"code": 3, "message": "Invalid data in this request.", "details": [
    {"@type": "BadRequest", "fieldViolations": [{"field": "email", "description": "Their words"}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "data", "kind", "field"),
    [
        (404, old(1012), NotFound, None),
        (404, new("1012"), NotFound, None),
        (200, old("1012"), NotFound, None),
        (401, old(1003), AuthExpired, None),
        (200, old(1003), AuthExpired, None),
        (401, {"error": "unauthenticated", "error_description": "x"}, AuthExpired, None),
        (403, {"error": "insufficient_scope", "error_description": "x"}, Misconfigured, None),
        (403, old(1038, "due_date"), Rejected, "due_date"),
        (422, old(1015, "status"), Rejected, "status"),
        (200, old(1015, "status"), Rejected, "status"),
        (422, VIOLATION, Rejected, "email"),
        (422, {"errno": 422, "message": "m", "details": ["event: Unrecognized event."]}, Rejected, ""),
        (422, {"response": {"error": {"errno": "1015", "field": "email", "message": "x"}}}, Rejected, "email"),
        (422, old(9999, "invoice_number"), Conflict, None),
        (422, None, Rejected, None),
        (429, None, RateLimited, None),
        (503, None, Transient, None),
    ],
)
def test_an_error_is_known_by_its_content_in_every_shape(status, data, kind, field):
    error = classify("FreshBooks", Answer("POST", status, CaseInsensitiveDict(), data))
    assert type(error) is kind and error.status == status
    assert error.sentence.endswith(".")
    assert field is None or set(error.field_errors) == {field}


@pytest.mark.parametrize("data", [None, [], {}, {"response": {"result": {"clients": []}}}])
def test_a_success_is_no_error(data):
    assert classify("FreshBooks", Answer("GET", 200, CaseInsensitiveDict(), data)) is None


# --- Consent ------------------------------------------------------------------------------------------------------
def test_a_person_consents_for_all_their_businesses_and_chooses_one(consent, hosts, connect):
    query = consent()
    assert query["state"] == "état-1" and set(query) == {"code", "state"}
    tokens = oauth.exchange_code(FreshBooks, APP, hosts, query, redirect_uri=CALLBACK)
    assert tokens.extra["redirect_uri"] == CALLBACK
    assert timedelta(hours=11) < tokens.expires_at - datetime.now(UTC) <= timedelta(hours=12)
    assert {one.id: one.name for one in connect("", tokens=tokens).accounts()} == {
        GARDENS: "Lacoste Paysagement inc.", REPAIRS: "Lacoste Rénovation inc.",
    }  # fmt: skip
    with pytest.raises(Misconfigured, match="choisissez"):
        connect("", tokens=tokens).check()
    with pytest.raises(Misconfigured, match="n’est plus accessible"):
        connect("autre", tokens=tokens).check()


def test_a_refused_consent_and_a_foreign_address_are_told(consent, hosts):
    with pytest.raises(ConsentRefused):
        oauth.exchange_code(FreshBooks, APP, hosts, consent("refuse"), redirect_uri=CALLBACK)
    foreign = "https://ailleurs.example/integrations/oauth/callback/freshbooks"
    for app, back in ((APP, foreign), (oauth.App("inconnue", "x"), CALLBACK)):
        page = requests.get(oauth.authorize_url(FreshBooks, app, hosts, redirect_uri=back, state="é"), timeout=10)
        assert page.status_code == 400 and "n’est pas valable" in page.text


def test_a_code_serves_for_five_minutes(consent, hosts, simulator):
    query = consent()
    simulator.advance(301)
    with pytest.raises(AuthExpired):
        oauth.exchange_code(FreshBooks, APP, hosts, query, redirect_uri=CALLBACK)


def test_a_refresh_token_serves_once_and_with_its_address(hosts, grant):
    first = grant()
    second = oauth.refresh(FreshBooks, APP, hosts, first)
    assert second.refresh_token != first.refresh_token and second.extra["redirect_uri"] == CALLBACK
    with pytest.raises(AuthExpired, match="Reconnectez"):
        oauth.refresh(FreshBooks, APP, hosts, first)
    astray = oauth.TokenSet(second.access_token, second.refresh_token)
    with pytest.raises(AuthExpired):
        oauth.refresh(FreshBooks, APP, hosts, astray)
    assert oauth.refresh(FreshBooks, APP, hosts, second).access_token


def test_a_second_consent_of_the_same_person_ends_the_first(hosts, grant):
    first = grant()
    grant()
    with pytest.raises(AuthExpired):
        oauth.refresh(FreshBooks, APP, hosts, first)


def test_an_access_token_that_ended_is_renewed_once_and_the_write_goes_again(freshbooks, simulator):
    simulator.advance(12 * 3600 + 1)
    made = freshbooks.push("clients", {"_name": "Nouveau client"}, idempotency_key="k")
    assert freshbooks.tokens.renewals == 1
    kept = [one["id"] for one in simulator.objects("Client", "freshbooks") if one["organization"] == "Nouveau client"]
    assert kept == [str(made["id"])]


def test_a_scope_that_is_missing_is_told_and_nothing_is_renewed(connect, simulator):
    answer = simulator.act("freshbooks", "grant", scope="user:profile:read user:clients:read")
    connector = connect(tokens=oauth.TokenSet(answer["access_token"], answer["refresh_token"]))
    assert read(connector, "clients")[0]
    with pytest.raises(Misconfigured, match="portée"):
        read(connector, "payments")
    with pytest.raises(Misconfigured, match="portée"):
        connector.push("clients", {"_name": "x"}, idempotency_key="k")
    assert connector.tokens.renewals == 0


def test_real_hosts_are_freshbooks_own():
    for environment in ("production", "test"):
        hosts = resolve_hosts(FreshBooks, environment, {}, {}, "")
        assert all(url.startswith("https://") and url.endswith(".freshbooks.com") for url in hosts.values())


def test_what_is_kept_of_an_exchange_names_no_token(freshbooks, exchanges, simulator):
    simulator.act("freshbooks", "expire_tokens")
    read(freshbooks, "clients")
    kept = json.dumps([vars(one) for one in exchanges], default=str)
    tokens = freshbooks.tokens.current()
    assert all(secret not in kept for secret in (tokens.access_token, tokens.refresh_token, APP.client_secret))
