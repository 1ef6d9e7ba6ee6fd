"""Connecting and reconnecting an account with a typed credential."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import connectors
from connectors.base.connector import Account
from connectors.base.errors import AuthExpired, Transient
from integrations.models import Integration
from tests.integrations import rows

pytestmark = pytest.mark.django_db
ADDRESS = "/integrations/connect/rovida"
TYPED = {
    "name": "Immeubles du Nord",
    "environment": "test",
    "credential_api_key": rows.SECRET,
    "config_base_url": "https://rovida.example",
}


@pytest.fixture
def answer(monkeypatch: Any) -> Any:
    """answer(account or error): what the provider says to the next credentials."""

    def set_answer(outcome: Account | Exception) -> None:
        def check(connector: Any) -> Account:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(connectors.get("rovida"), "check", check)

    return set_answer


def test_the_form_asks_for_what_the_connector_declares(administrator_client: Client) -> None:
    html = administrator_client.get(ADDRESS).content.decode()
    connector = connectors.get("rovida")
    for field in connector.auth_methods[0].fields:
        assert f'name="credential_{field.name}"' in html
    for field in connector.config_fields:
        assert f'name="config_{field.name}"' in html
    assert 'type="password"' in html
    assert "rov_test_demo_lacoste" in html  # the setup guide stands beside the form
    assert html.count("<h1") == 1


def test_the_right_key_leads_to_the_integration_and_says_so(administrator_client: Client, answer: Any) -> None:
    answer(Account("acc_1", "Groupe Lacoste", "test"))
    response = administrator_client.post(ADDRESS, TYPED, follow=True)
    made = Integration.objects.get()
    assert response.redirect_chain[-1][0] == reverse("integrations:detail", args=[made.pk])
    assert "ROVIDA est connecté au compte « Groupe Lacoste »." in rows.said(response)[0]
    assert made.credential.values() == {"api_key": rows.SECRET}
    assert made.name == "Immeubles du Nord"


def test_a_refused_key_is_explained_at_the_field_and_never_shown_again(
    administrator_client: Client, answer: Any
) -> None:
    answer(AuthExpired("refusée"))
    response = administrator_client.post(ADDRESS, TYPED)
    (problem,) = response.context["form"].errors["credential_api_key"]
    assert problem.startswith("ROVIDA refuse cet accès")
    html = response.content.decode()
    assert rows.SECRET not in html
    assert 'id="id_credential_api_key_error"' in html
    assert 'aria-invalid="true"' in html
    assert not Integration.objects.exists()


def test_a_provider_that_does_not_answer_is_explained_above_the_form(administrator_client: Client, answer: Any) -> None:
    answer(Transient("ROVIDA ne répond pas. Réessayez dans quelques minutes."))
    response = administrator_client.post(ADDRESS, TYPED)
    assert response.context["form"].non_field_errors() == ["ROVIDA ne répond pas. Réessayez dans quelques minutes."]
    assert rows.SECRET not in response.content.decode()


def test_an_account_is_connected_once(administrator_client: Client, answer: Any) -> None:
    answer(Account("acc_1", "Groupe Lacoste", "test"))
    administrator_client.post(ADDRESS, TYPED)
    response = administrator_client.post(ADDRESS, TYPED)
    assert "déjà relié" in response.context["form"].non_field_errors()[0]
    assert Integration.objects.count() == 1


def test_missing_and_malformed_values_are_said_before_the_provider_is_asked(
    administrator_client: Client, answer: Any
) -> None:
    answer(AssertionError("the provider was asked"))
    wrong = {"name": "", "environment": "moon", "config_base_url": "ftp://x"}
    form = administrator_client.post(ADDRESS, wrong).context["form"]
    assert set(form.errors) == {
        "name",
        "environment",
        "credential_api_key",
        "config_base_url",
    }
    assert form.config_open()
    assert form.errors["config_base_url"] == [
        "Cette valeur n’a pas la forme attendue. Exemple : https://api.exemple.ca"
    ]


def test_the_simulator_is_offered_in_demonstrations_only(administrator_client: Client, settings: Any) -> None:
    assert "Simulateur (démonstration)" in administrator_client.get(ADDRESS).content.decode()
    settings.DEMO = False
    assert "Simulateur (démonstration)" not in administrator_client.get(ADDRESS).content.decode()
    form = administrator_client.post(ADDRESS, TYPED | {"environment": "simulator"}).context["form"]
    assert "environment" in form.errors


def test_what_cannot_be_connected_here_has_no_form(administrator_client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(connectors.get("salesforce"), "available", False)
    for slug in ("salesforce", "nobody"):
        assert administrator_client.get(f"/integrations/connect/{slug}").status_code == 404


def test_the_guide_cannot_bring_html_of_its_own(administrator_client: Client, monkeypatch: Any) -> None:
    guide = (
        "# Titre\n\n## Étapes\n\n<script>alert(1)</script>\n\n![x](https://x.example/x.png) [y](javascript:alert(1))"
    )
    monkeypatch.setattr(connectors.get("rovida"), "setup_guide", classmethod(lambda cls: guide))
    html = administrator_client.get(ADDRESS).content.decode()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;" in html
    assert 'src="https://x.example' not in html
    assert 'href="javascript' not in html
    assert "<h3>Étapes</h3>" in html


def test_a_reconnection_takes_the_same_account_only(administrator_client: Client, answer: Any) -> None:
    made = rows.integration(
        status="reconnect", account_id="acc_1", config={"path_prefix": "v2", "base_url": "https://rovida.example"}
    )
    address = reverse("integrations:reconnect", args=[made.pk])
    html = administrator_client.get(address).content.decode()
    assert 'name="environment"' not in html
    assert 'value="v2"' in html

    answer(Account("acc_2", "Un autre", "test"))
    typed = {"config_base_url": "https://rovida.example", "credential_api_key": "rov_test_new"}
    refused = administrator_client.post(address, typed)
    assert "Cet accès ouvre le compte « Un autre »" in refused.context["form"].non_field_errors()[0]

    answer(Account("acc_1", "Groupe Lacoste", "test"))
    response = administrator_client.post(address, typed, follow=True)
    made.refresh_from_db()
    assert made.status == "active"
    assert made.credential.values() == {"api_key": "rov_test_new"}
    assert rows.said(response) == [f"« {made.name} » est reconnectée et active."]


def test_the_guide_gives_the_return_address_as_it_is_to_be_copied(administrator_client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://integrations.example.com"
    page = administrator_client.get("/integrations/connect/quickbooks").content.decode()
    assert "https://integrations.example.com/integrations/oauth/callback/quickbooks" in page
    assert "SITE_URL" not in page


@pytest.mark.parametrize("connector", connectors.all_connectors(), ids=lambda connector: connector.slug)
def test_the_page_of_a_provider_tells_what_it_can_do(connector: Any, administrator_client: Client) -> None:
    html = administrator_client.get(f"/integrations/connect/{connector.slug}").content.decode()
    section = unescape(html[html.index('id="capabilities-title"') :])
    for resource in connector.resources:
        assert resource.label in section
        assert all(act.label in section for act in resource.acts)
    assert all(method.label in section for method in connector.auth_methods)
    assert ("Webhooks</dt><dd>Oui" in section) == bool(connector.webhooks)
