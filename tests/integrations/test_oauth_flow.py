"""Connecting by consent: the way there and back, and everything that may come back instead."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connection
from django.test import Client
from django.urls import reverse

import connectors
from connectors.base import oauth
from integrations.core.models import AuditEvent, User
from integrations.models import Credential, FieldMapping, Integration, OAuthAttempt, ProviderApp, SyncJob
from integrations.oauth import attempts
from tests.integrations import rows
from tests.integrations.consents import (
    BACK,
    SLUG,
    START,
    changed,
    come_back,
    companies,
    consent,
    live_grants,
    parameter,
    start,
    token_calls,
)
from tests.simulator import Control

pytestmark = pytest.mark.django_db


def sentence(response: Any) -> str:
    """What the page of a failed consent says; it must tell that nothing was stored."""
    assert response.status_code == 400
    html = response.content.decode()
    assert "Rien n’a été enregistré." in html
    assert "Recommencer" in html
    return str(response.context["failure"].sentence)


# --- The way there and back ---------------------------------------------------------------------------------------


def test_the_page_asks_for_a_name_and_goes_on_to_the_provider(intuit: Control, administrator_client: Client) -> None:
    html = administrator_client.get(START).content.decode()
    form = re.search(r'<form class="panel".*?</form>', html, re.DOTALL)
    assert form is not None
    assert "Continuer vers QuickBooks" in form[0]
    assert 'name="name"' in form[0]
    assert 'name="environment"' in form[0]
    assert "credential_" not in form[0]
    assert "hx-" not in form[0], "a consent page cannot be swapped into ours"


def test_the_page_on_the_way_goes_on_by_itself_and_by_a_link(intuit: Control, administrator_client: Client) -> None:
    response = administrator_client.post(START, {"name": "Comptabilité", "environment": "simulator"})
    html = response.content.decode()
    url = response.context["url"]
    assert url.startswith(f"{intuit.url}/quickbooks/connect/oauth2?")
    shown = url.replace("&", "&amp;")
    assert f'<meta http-equiv="refresh" content="0;url={shown}">' in html
    assert f'<a href="{shown}">' in html
    assert "form-action 'self'" in response["Content-Security-Policy"]
    assert response["Cache-Control"].count("no-store") == 1


def test_a_consent_connects_the_company_that_was_chosen(
    intuit: Control, administrator_client: Client, administrator: User
) -> None:
    url = start(administrator_client, name="Toitures")
    assert parameter(url, "redirect_uri") == "http://localhost:8000/integrations/oauth/callback/quickbooks"
    assert parameter(url, "scope") == "com.intuit.quickbooks.accounting"
    second = companies(url)[1]
    response = come_back(administrator_client, consent(url, company=1))
    made = Integration.objects.get()
    assert response.redirect_chain == [(reverse("integrations:detail", args=[made.pk]), 302)]
    assert "QuickBooks est connecté au compte" in rows.said(response)[0]
    assert (made.name, made.account_id, made.status) == ("Toitures", second, "active")
    assert made.account_name
    assert made.credential.auth_method == "oauth2"
    assert set(made.credential.values()) >= {"access_token", "refresh_token", "expires_at", "account_id"}
    assert FieldMapping.objects.filter(integration=made, local_field="customer.name").exists()
    event = AuditEvent.objects.get(action="integration.connected")
    assert (event.actor_id, event.after["account_id"]) == (administrator.pk, second)


def test_the_connected_company_answers_to_a_test(books: Integration, administrator_client: Client) -> None:
    response = administrator_client.post(reverse("integrations:test", args=[books.pk]), follow=True)
    assert "est bien relié" in rows.said(response)[0]


def test_without_an_application_the_page_says_where_to_register_one(
    intuit: Control, administrator_client: Client
) -> None:
    ProviderApp.objects.all().delete()
    response = administrator_client.post(START, {"name": "Comptabilité", "environment": "simulator"})
    (problem,) = response.context["form"].non_field_errors()
    assert problem.startswith("Aucune application n’est inscrite pour QuickBooks (Simulateur).")
    assert reverse("integrations:apps") in response.content.decode()
    assert not OAuthAttempt.objects.exists()


# --- What may come back instead -----------------------------------------------------------------------------------


def test_a_refused_consent_connects_nothing(intuit: Control, administrator_client: Client) -> None:
    response = come_back(administrator_client, consent(start(administrator_client), answer="refuse"))
    assert sentence(response).startswith("L’accès à QuickBooks a été refusé sur la page de consentement")
    assert not Integration.objects.exists()
    assert token_calls(intuit) == 0
    event = AuditEvent.objects.get(action="integration.consent_failed")
    assert event.after["provider"] == SLUG


@pytest.mark.parametrize(
    ("given", "said"), [(None, attempts.NO_STATE), ("", attempts.NO_STATE), ("forged", attempts.UNKNOWN)]
)
def test_a_missing_or_forged_state_is_refused(
    given: str | None, said: str, intuit: Control, administrator_client: Client
) -> None:
    address = changed(consent(start(administrator_client)), state=given)
    assert sentence(come_back(administrator_client, address)) == said
    assert not Integration.objects.exists()
    assert token_calls(intuit) == 0


def test_a_state_serves_once(intuit: Control, administrator_client: Client) -> None:
    address = consent(start(administrator_client))
    come_back(administrator_client, address)
    assert sentence(come_back(administrator_client, address)) == attempts.USED
    assert Integration.objects.count() == 1
    assert token_calls(intuit) == 1


def test_a_state_serves_ten_minutes(intuit: Control, administrator_client: Client) -> None:
    address = consent(start(administrator_client))
    attempt = OAuthAttempt.objects.get()
    OAuthAttempt.objects.update(created_at=attempt.created_at - timedelta(minutes=10, seconds=1))
    assert sentence(come_back(administrator_client, address)) == attempts.EXPIRED
    assert not Integration.objects.exists()


def test_a_state_serves_the_session_and_the_person_that_asked(
    intuit: Control, administrator_client: Client, administrator: User
) -> None:
    address = consent(start(administrator_client))
    other_session = Client()
    other_session.force_login(administrator)
    assert sentence(come_back(other_session, address)) == attempts.FOREIGN

    somebody = Client()
    somebody.force_login(User.objects.create_user("autre@example.com", role="administrator"))
    assert sentence(come_back(somebody, address)) == attempts.FOREIGN
    # Even in a session that was taken over with everything in it.
    OAuthAttempt.objects.update(user=User.objects.get(email="autre@example.com"))
    assert sentence(come_back(administrator_client, address)) == attempts.FOREIGN
    assert not Integration.objects.exists()
    assert token_calls(intuit) == 0


def test_a_state_serves_the_provider_that_it_was_made_for(intuit: Control, administrator_client: Client) -> None:
    address = consent(start(administrator_client))
    OAuthAttempt.objects.update(provider="xero")
    assert sentence(come_back(administrator_client, address)) == attempts.FOREIGN
    assert token_calls(intuit) == 0


def test_the_state_is_kept_as_a_hash_and_the_verifier_goes_once_used(
    intuit: Control, administrator_client: Client
) -> None:
    url = start(administrator_client)
    attempt = OAuthAttempt.objects.get()
    state = parameter(url, "state")
    assert len(state) >= 43
    assert state not in str(vars(attempt))
    come_back(administrator_client, consent(url))
    attempt.refresh_from_db()
    assert attempt.used_at
    assert attempt.code_verifier is None


def test_where_the_provider_does_pkce_the_verifier_follows_its_challenge(
    intuit: Control, administrator_client: Client, monkeypatch: Any
) -> None:
    connector = connectors.get(SLUG)
    monkeypatch.setattr(connector, "oauth", replace(connector.oauth, pkce=True))
    given: list[str] = []
    exchange = oauth.exchange_code

    def watched(*args: Any, code_verifier: str, **kwargs: Any) -> Any:
        given.append(code_verifier)
        return exchange(*args, code_verifier=code_verifier, **kwargs)

    monkeypatch.setattr(oauth, "exchange_code", watched)
    url = start(administrator_client)
    assert parameter(url, "code_challenge_method") == "S256"
    stored = OAuthAttempt.objects.get().code_verifier
    assert stored
    come_back(administrator_client, consent(url))
    assert given == [stored]
    assert parameter(url, "code_challenge") == attempts._challenge(stored)


def test_an_error_of_the_provider_is_told(intuit: Control, administrator_client: Client) -> None:
    address = changed(consent(start(administrator_client)), code=None, error="invalid_scope")
    assert "invalid_scope" in sentence(come_back(administrator_client, address))

    address = changed(consent(start(administrator_client)), code="AB-invented")
    assert "QuickBooks" in sentence(come_back(administrator_client, address))

    address = changed(consent(start(administrator_client)), realmId=None)
    assert "quel compte a été choisi" in sentence(come_back(administrator_client, address))
    assert not Integration.objects.exists()


def test_an_authorization_server_that_is_down_or_refuses_our_application_is_told(
    intuit: Control, administrator_client: Client
) -> None:
    address = consent(start(administrator_client))
    intuit.fault("error", path="/oauth2/v1/tokens/bearer", slug=SLUG, status=503)
    assert "momentanément incapable de répondre (503)" in sentence(come_back(administrator_client, address))

    ProviderApp.objects.update(client_secret="wrong-secret")
    address = consent(start(administrator_client))
    said = sentence(come_back(administrator_client, address))
    assert said.startswith("QuickBooks ne reconnaît pas notre application")
    assert "wrong-secret" not in said
    assert not Integration.objects.exists()


def test_a_realm_that_the_consent_does_not_cover_is_refused_and_its_grant_ended(
    intuit: Control, administrator_client: Client
) -> None:
    url = start(administrator_client)
    address = changed(consent(url, company=0), realmId=companies(url)[1])
    sentence(come_back(administrator_client, address))
    assert not Integration.objects.exists()
    assert live_grants(intuit) == []


def test_a_company_is_connected_once_and_its_integration_lives_on(
    books: Integration, intuit: Control, administrator_client: Client
) -> None:
    response = come_back(administrator_client, consent(start(administrator_client)))
    assert "déjà relié à une autre intégration" in sentence(response)
    assert Integration.objects.count() == 1
    test = administrator_client.post(reverse("integrations:test", args=[books.pk]), follow=True)
    assert "est bien relié" in rows.said(test)[0], "the grant of the integration must not be revoked with the other"


def test_a_visitor_signs_in_without_the_code_in_the_address(intuit: Control, administrator_client: Client) -> None:
    address = consent(start(administrator_client))
    response = Client().get(address)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next=/integrations"
    assert token_calls(intuit) == 0


def test_support_staff_and_other_methods_are_turned_away(support_client: Client, administrator_client: Client) -> None:
    assert support_client.get(f"{BACK}?code=x&state=y").status_code == 403
    assert administrator_client.head(f"{BACK}?code=x&state=y").status_code == 405
    assert administrator_client.get("/integrations/oauth/callback/rovida?state=y").status_code == 404
    assert administrator_client.get("/integrations/oauth/callback/nobody?state=y").status_code == 404


# --- Reconnection and disconnection -------------------------------------------------------------------------------


def test_a_reconnection_lets_the_waiting_work_go_on(
    books: Integration, intuit: Control, administrator_client: Client
) -> None:
    rows.job(books, status="failed", error_code="invalid_grant")
    Integration.objects.update(status="reconnect", status_message="Révoquée.")
    before = books.credential
    card = administrator_client.get(reverse("integrations:dashboard")).content.decode()
    address = reverse("integrations:reconnect", args=[books.pk])
    assert f'href="{address}"' in card
    assert "Continuer vers QuickBooks" in administrator_client.get(address).content.decode()

    response = come_back(administrator_client, consent(start(administrator_client, address)))
    assert rows.said(response) == ["« Comptabilité » est reconnectée et active."]
    books.refresh_from_db()
    assert (books.status, books.status_message) == ("active", "")
    after = Credential.objects.get(integration=books)
    assert after.values()["refresh_token"] != before.values()["refresh_token"]
    assert after.version == before.version + 1
    assert SyncJob.objects.filter(integration=books, status="pending").count() == 1
    assert AuditEvent.objects.filter(action="integration.reconnected", target_id=str(books.pk)).count() == 1


def test_a_reconnection_takes_the_same_company_only(
    books: Integration, intuit: Control, administrator_client: Client
) -> None:
    Integration.objects.update(status="reconnect")
    before = books.credential.values()
    address = reverse("integrations:reconnect", args=[books.pk])
    response = come_back(administrator_client, consent(start(administrator_client, address), company=1))
    assert f"l’intégration est liée à « {books.account_name} »" in sentence(response)
    assert "« Comptabilité » n’est pas reconnectée" in response.content.decode()
    books.refresh_from_db()
    assert books.status == "reconnect"
    assert Credential.objects.get().values() == before
    assert {grant["realm"] for grant in live_grants(intuit)} == {books.account_id}, "the other company's grant is ended"


def test_an_integration_that_was_deleted_meanwhile_is_not_reconnected(
    books: Integration, administrator_client: Client
) -> None:
    address = consent(start(administrator_client, reverse("integrations:reconnect", args=[books.pk])))
    administrator_client.post(reverse("integrations:delete", args=[books.pk]), {"confirmation": books.name})
    assert "supprimée entre-temps" in sentence(come_back(administrator_client, address))
    assert not Credential.objects.exists()


def test_a_disconnection_revokes_the_grant_and_a_reconnection_stays_possible(
    books: Integration, intuit: Control, administrator_client: Client
) -> None:
    rows.job(books)
    administrator_client.post(reverse("integrations:disconnect", args=[books.pk]))
    assert live_grants(intuit) == []
    assert not Credential.objects.exists()
    event = AuditEvent.objects.get(action="integration.disconnected")
    assert event.after == {"revocation": "faite chez le fournisseur"}
    books.refresh_from_db()
    assert (books.status, books.status_message) == ("inactive", "Déconnectée : ses accès ont été effacés.")

    address = reverse("integrations:reconnect", args=[books.pk])
    come_back(administrator_client, consent(start(administrator_client, address)))
    books.refresh_from_db()
    assert books.status == "active"
    assert SyncJob.objects.filter(integration=books, status="pending").exists()


def test_a_provider_that_is_down_keeps_nobody_from_disconnecting(
    books: Integration, intuit: Control, administrator_client: Client
) -> None:
    intuit.fault("error", path="/v2/oauth2/tokens/revoke", slug=SLUG, status=503)
    administrator_client.post(reverse("integrations:disconnect", args=[books.pk]))
    assert not Credential.objects.exists()
    event = AuditEvent.objects.get(action="integration.disconnected")
    assert event.after["revocation"].startswith("impossible : ")


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_asked(
    books: Integration, administrator_client: Client, monkeypatch: Any
) -> None:
    asked: list[tuple[str, bool]] = []
    send = requests.Session.send

    def watched(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        asked.append((str(request.path_url).partition("?")[0], connection.in_atomic_block))
        return send(self, request, **options)

    address = consent(start(administrator_client, reverse("integrations:reconnect", args=[books.pk])))
    monkeypatch.setattr(requests.Session, "send", watched)
    come_back(administrator_client, address)
    administrator_client.post(reverse("integrations:delete", args=[books.pk]), {"confirmation": books.name})
    assert [path.rpartition("/")[2] for path, _ in asked] == ["bearer", books.account_id, "revoke"]
    assert not any(in_transaction for _, in_transaction in asked)


# --- Secrets ------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_a_page_a_log_an_audit_row_an_exchange_or_a_clear_column(
    intuit: Control, administrator_client: Client, caplog: Any, monkeypatch: Any
) -> None:
    caplog.set_level("DEBUG")
    # The guide tells the demonstration's secret, worth nothing elsewhere.
    monkeypatch.setattr(connectors.get(SLUG), "setup_guide", classmethod(lambda cls: ""))
    url = start(administrator_client)
    back = consent(url)
    pages = [come_back(administrator_client, back).content.decode()]
    made = Integration.objects.get()
    first = made.credential.values()
    address = reverse("integrations:reconnect", args=[made.pk])
    pages.append(come_back(administrator_client, consent(start(administrator_client, address))).content.decode())
    second = Credential.objects.get().values()
    seen = [reverse(f"integrations:{name}") for name in ("apps", "audit", "dashboard")]
    seen.append(reverse("integrations:app", args=[SLUG, "simulator"]))
    of_one = ("detail", "jobs", "settings", "log", "reconnect", "disconnect")
    seen += [reverse(f"integrations:{name}", args=[made.pk]) for name in of_one]
    pages += [administrator_client.get(address).content.decode() for address in seen]
    administrator_client.post(reverse("integrations:disconnect", args=[made.pk]))

    basic = base64.b64encode(b"qb-demo-client:qb-demo-secret").decode()
    secrets = {parameter(back, "code"), parameter(url, "state"), "qb-demo-secret", basic}
    secrets |= {tokens[name] for tokens in (first, second) for name in ("access_token", "refresh_token")}
    assert len(secrets) == 8
    everything = "\n".join([*pages, caplog.text, *stored_texts()])
    assert [secret for secret in secrets if secret in everything] == []


def stored_texts() -> list[str]:
    """Every column of every table, as it is stored."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            texts += [str(row) for row in cursor.fetchall()]
    return texts
