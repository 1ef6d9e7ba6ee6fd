"""Who we are at the provider, and what happens when it no longer knows us."""

from __future__ import annotations

import json

import pytest

from connectors.base.errors import AuthExpired, ConnectorError, Misconfigured
from tests.connectors.suite.desk import Desk
from tests.connectors.suite.french import is_french
from tests.connectors.suite.registry import of_provider


@of_provider
def connect(desk: Desk) -> None:
    """A good credential opens each of the accounts."""
    for account in desk.adapter.accounts:
        assert desk.connect(account).check().environment == "simulator"


@of_provider
def refuse(desk: Desk) -> None:
    """A credential that the provider does not know is told in French, without a second try, and is in no sentence."""
    desk.forget()
    with pytest.raises((AuthExpired, Misconfigured)) as caught:
        desk.connect(bad=True).check()
    assert is_french(caught.value.sentence)
    assert len(desk.requests()) <= 1


@of_provider
def check(desk: Desk) -> None:
    """Who am I: the id and name of the account that was connected."""
    found = desk.connect().check()
    assert (found.id, found.name) == (desk.account, desk.adapter.accounts[desk.account])


@of_provider
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


@of_provider
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


@of_provider
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


@of_provider
def forbidden(desk: Desk) -> None:
    """403 is a right or a setting for a person to correct: neither tried again nor taken for an expired credential."""
    connector = desk.connect()
    desk.fault("forbidden", times=None)
    with pytest.raises(Misconfigured) as caught:
        connector.check()
    assert is_french(caught.value.sentence)


@of_provider
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


@of_provider
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
