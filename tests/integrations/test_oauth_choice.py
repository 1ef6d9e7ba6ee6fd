"""A consent that opens several accounts: a person chooses one, an integration that exists keeps its own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import connectors
from connectors.base.connector import Account, Connector
from integrations.core.models import User
from integrations.models import Integration, OAuthAttempt
from integrations.oauth import attempts
from tests.integrations import rows
from tests.integrations.consents import SLUG, changed, come_back, companies, consent, live_grants, start
from tests.simulator import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def realms(intuit: Control, administrator_client: Client, monkeypatch: Any) -> list[str]:
    """QuickBooks as a provider whose redirect names no account, while its tokens open two; their ids."""
    ids = companies(start(administrator_client))
    connector = connectors.get(SLUG)
    monkeypatch.setattr(connector, "oauth", replace(connector.oauth, account_param=""))

    def accounts(self: Connector) -> list[Account]:
        return [Account(realm, f"Compte {realm}", "simulator") for realm in ids]

    monkeypatch.setattr(connector, "accounts", accounts)
    OAuthAttempt.objects.all().delete()
    return ids


def back(client: Client, **options: Any) -> Any:
    """The way to the consent page and back, without the realm in the address."""
    return come_back(client, changed(consent(start(client), **options), realmId=None))


def choose(client: Client, account: str) -> Any:
    address = reverse("integrations:oauth_choose", args=[OAuthAttempt.objects.get().pk])
    return client.post(address, {"account": account}, follow=True)


def test_the_account_is_chosen_among_those_that_the_consent_opens(
    realms: list[str], administrator_client: Client
) -> None:
    response = back(administrator_client, company=1)
    html = response.content.decode()
    assert re.findall(r'type="radio" name="account" required id="[\w-]+" value="(\d+)"', html) == realms
    assert not Integration.objects.exists()
    attempt = OAuthAttempt.objects.get()
    assert attempt.tokens["refresh_token"] not in html

    response = choose(administrator_client, realms[1])
    made = Integration.objects.get()
    assert "QuickBooks est connecté au compte" in rows.said(response)[0]
    assert made.account_id == realms[1]
    assert made.credential.values()["account_id"] == realms[1]
    attempt.refresh_from_db()
    assert attempt.tokens is None
    assert choose(administrator_client, realms[1]).context["failure"].sentence == attempts.UNKNOWN


def test_an_account_that_the_consent_does_not_open_is_refused(
    realms: list[str], intuit: Control, administrator_client: Client
) -> None:
    back(administrator_client)
    assert "n’est pas de ceux" in choose(administrator_client, "123").context["failure"].sentence
    assert not Integration.objects.exists()
    # The consent opens the first company only, whatever the list says.
    assert choose(administrator_client, realms[1]).status_code == 400
    assert not Integration.objects.exists()
    assert live_grants(intuit) == []


def test_the_choice_is_that_of_the_person_and_session_that_consented_and_does_not_last(
    realms: list[str], administrator_client: Client, administrator: User
) -> None:
    back(administrator_client)
    other_session = Client()
    other_session.force_login(administrator)
    assert choose(other_session, realms[0]).context["failure"].sentence == attempts.UNKNOWN
    attempt = OAuthAttempt.objects.get()
    OAuthAttempt.objects.update(created_at=attempt.created_at - timedelta(minutes=21))
    assert choose(administrator_client, realms[0]).context["failure"].sentence == attempts.EXPIRED
    assert not Integration.objects.exists()


def test_accounts_that_are_connected_are_not_offered_again(
    realms: list[str], intuit: Control, administrator_client: Client
) -> None:
    rows.integration(provider=SLUG, environment="simulator", account_id=realms[0])
    back(administrator_client, company=1)
    assert Integration.objects.get(account_id=realms[1]).is_connected, "one was left: nothing to choose"
    response = back(administrator_client)
    assert "déjà relié" in response.context["failure"].sentence


def test_a_reconnection_takes_its_own_account_without_a_question(
    realms: list[str], administrator_client: Client
) -> None:
    back(administrator_client, company=1)
    choose(administrator_client, realms[1])
    made = Integration.objects.get()
    Integration.objects.update(status="reconnect")
    address = reverse("integrations:reconnect", args=[made.pk])
    url = start(administrator_client, address)
    response = come_back(administrator_client, changed(consent(url, company=1), realmId=None))
    assert rows.said(response) == ["« Comptabilité » est reconnectée et active."]

    Integration.objects.update(account_id="another")
    url = start(administrator_client, address)
    response = come_back(administrator_client, changed(consent(url), realmId=None))
    assert "l’intégration est liée à" in response.context["failure"].sentence
