"""Who we are at the provider, and what happens when it no longer knows us."""

from __future__ import annotations

import json

import pytest

from connectors.base import oauth
from connectors.base.errors import AuthExpired, ConnectorError, ConsentRefused, Misconfigured
from tests.connectors.suite import browser
from tests.connectors.suite.desk import Desk
from tests.connectors.suite.french import is_french
from tests.connectors.suite.registry import of_provider

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def consent(desk: Desk, chosen: dict[str, str]) -> dict[str, str]:
    """What the redirect brings back when a person answers the consent page so."""
    callback = f"http://localhost:8000/integrations/oauth/callback/{desk.slug}"
    url = oauth.authorize_url(
        desk.adapter.connector, desk.app, desk.hosts, redirect_uri=callback, state="état-1", code_challenge=CHALLENGE
    )
    back = browser.answer(url, chosen)
    assert back.startswith(f"{callback}?")
    query = browser.query_of(back)
    assert query["state"] == "état-1"
    return query


def exchange(desk: Desk, query: dict[str, str]) -> oauth.TokenSet:
    """Tokens for the code of a redirect."""
    callback = f"http://localhost:8000/integrations/oauth/callback/{desk.slug}"
    tokens = oauth.exchange_code(
        desk.adapter.connector, desk.app, desk.hosts, query, redirect_uri=callback, code_verifier=VERIFIER,
        on_exchange=desk.exchanges.append,
    )  # fmt: skip
    desk.keep_secret(tokens.access_token, tokens.refresh_token, query["code"])
    return tokens


@of_provider("oauth2")
def consent_given(desk: Desk) -> None:
    """A person allows it on the provider's page: the code gives tokens that open the account, and only once."""
    query: dict[str, str] = {}
    for account in desk.adapter.accounts:
        query = consent(desk, {**desk.adapter.allow, desk.adapter.grant_param: account})
        tokens = exchange(desk, query)
        assert tokens.account_id in ("", account)
        assert desk.connect(account, tokens=tokens).check().id == account
    with pytest.raises(ConnectorError) as caught:
        exchange(desk, query)
    assert is_french(caught.value.sentence)
    kept = json.dumps([vars(one) for one in desk.exchanges], default=str, ensure_ascii=False)
    assert [secret for secret in (*desk.secrets, desk.app.client_secret) if secret in kept] == []


@of_provider("oauth2")
def consent_refused(desk: Desk) -> None:
    """A person says no: nothing is connected, and it is no error of ours."""
    with pytest.raises(ConsentRefused) as caught:
        exchange(desk, consent(desk, dict(desk.adapter.deny)))
    assert is_french(caught.value.sentence)


@of_provider("oauth2")
def disconnect(desk: Desk) -> None:
    """Where a grant can be ended from here, the tokens are worth nothing afterwards; ending it twice is no trouble."""
    connector = desk.connect()
    connector.check()
    if desk.adapter.connector.oauth and desk.adapter.connector.oauth.revoke is None:
        return
    for _ in range(2):
        oauth.revoke(desk.adapter.connector, desk.app, desk.hosts, connector.tokens.current())
    with pytest.raises(AuthExpired):
        connector.check()


@of_provider()
def connect(desk: Desk) -> None:
    """A good credential opens each of the accounts."""
    for account in desk.adapter.accounts:
        assert desk.connect(account).check().environment == "simulator"


@of_provider()
def refuse(desk: Desk) -> None:
    """A credential that the provider does not know is told in French, without a second try, and is in no sentence."""
    desk.forget()
    with pytest.raises((AuthExpired, Misconfigured)) as caught:
        desk.connect(bad=True).check()
    assert is_french(caught.value.sentence)
    assert len(desk.requests()) <= 1


@of_provider()
def check(desk: Desk) -> None:
    """Who am I: the id and name of the account that was connected."""
    found = desk.connect().check()
    assert (found.id, found.name) == (desk.account, desk.adapter.accounts[desk.account])


@of_provider()
def choose_account(desk: Desk) -> None:
    """Every account that the consent opened can be chosen, and is then the one that is read.

    Where the consent page itself asks (the redirect names the account), only that one is opened.
    """
    asked_already = desk.way == "oauth2" and desk.adapter.connector.oauth.account_param  # type: ignore[union-attr]
    for account, name in desk.adapter.accounts.items():
        connector = desk.connect(account)
        listed = {one.id: one.name for one in connector.accounts()}
        assert listed == ({account: name} if asked_already else dict(desk.adapter.accounts))
        assert connector.check().id == account


@of_provider()
def renewal(desk: Desk) -> None:
    """401 → refresh → retry, once; without anything to renew, a person is asked to reconnect."""
    connector = desk.connect()
    connector.check()
    if desk.adapter.renews(desk.way):
        desk.expire()
        assert connector.check().id == desk.account
        assert desk.renewals == (1 if desk.way == "oauth2" else 0)
        return
    desk.fault("revoked_key")
    with pytest.raises(AuthExpired) as caught:
        connector.check()
    assert is_french(caught.value.sentence)


@of_provider()
def revoked(desk: Desk) -> None:
    """A grant that was taken back is no endless loop: AuthExpired, in French."""
    connector = desk.connect()
    connector.check()
    desk.revoke()
    desk.forget()
    with pytest.raises(AuthExpired) as caught:
        connector.check()
    assert is_french(caught.value.sentence)
    assert len(desk.requests()) <= 2


@of_provider()
def forbidden(desk: Desk) -> None:
    """403 is a right or a setting for a person to correct: neither tried again nor taken for an expired credential."""
    connector = desk.connect()
    desk.fault("forbidden", times=None)
    with pytest.raises(Misconfigured) as caught:
        connector.check()
    assert is_french(caught.value.sentence)


@of_provider()
def masked(desk: Desk) -> None:
    """No credential stands in what is kept of an exchange, or in an error."""
    errors: list[ConnectorError] = []
    connector = desk.connect()
    connector.check()
    for resource in connector.resources[:1]:
        next(iter(connector.pull(resource.name, None, page_size=5)))
    if desk.adapter.renews(desk.way):
        desk.expire()
        connector.check()
    desk.revoke()
    for refused in (connector, desk.connect(bad=True)):
        with pytest.raises(ConnectorError) as caught:
            refused.check()
        errors.append(caught.value)
    kept = json.dumps([vars(one) for one in (*desk.exchanges, *errors)], default=str, ensure_ascii=False)
    assert len(desk.exchanges) >= 3
    assert desk.secrets
    assert [secret for secret in desk.secrets if secret in kept] == []
    if desk.way == "oauth2":
        assert desk.app.client_secret not in kept


@of_provider()
def options(desk: Desk) -> None:
    """Every list of the account can be read: elements known by id and label, JSON-serialisable."""
    connector = desk.connect()
    for kind, label in connector.option_kinds:
        found = connector.options(kind)
        assert found and label
        assert len({one.id for one in found}) == len(found)
        assert all(one.id and one.label for one in found)
        json.dumps([dict(one.data) for one in found])
    with pytest.raises(Misconfigured) as caught:
        connector.options("licornes")
    assert is_french(caught.value.sentence)
