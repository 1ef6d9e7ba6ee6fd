"""The dashboard: figures, cards, and what their buttons do; the choice of a provider."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import connectors
from connectors.base.connector import Account
from connectors.base.errors import Transient
from integrations import services
from integrations.models import SyncJob
from tests.integrations import rows

pytestmark = pytest.mark.django_db
DASHBOARD = "/integrations"


def test_an_empty_dashboard_invites_to_connect_a_first_system(administrator_client: Client) -> None:
    html = administrator_client.get(DASHBOARD).content.decode()
    assert "Reliez votre premier système" in html
    assert html.count("Ajouter une intégration") == 1


def test_the_four_figures_count_what_they_say(administrator_client: Client) -> None:
    made = rows.integration()
    rows.integration(status="inactive")
    rows.job(made)
    rows.link(made, "contact", rows.record("contact", name="Zoé").pk)
    html = administrator_client.get(DASHBOARD).content.decode()
    figures = re.findall(r'<div class="figure-cell"><dt>(.+?)</dt><dd>(.+?)</dd>', html)
    assert figures == [
        ("Intégrations actives", "1"),
        ("Syncs aujourd’hui", "1"),
        ("Enregistrements synchronisés", "1"),
        ("Webhooks actifs", "0"),
    ]


@pytest.mark.parametrize(
    ("status", "word", "act"),
    [
        ("active", "Active", "Synchroniser"),
        ("error", "Erreur", "Synchroniser"),
        ("inactive", "Inactive", "Activer"),
        ("reconnect", "Reconnexion requise", "Reconnecter"),
    ],
)
def test_a_card_says_its_state_and_offers_what_helps(
    status: str, word: str, act: str, administrator_client: Client
) -> None:
    rows.integration(status=status, status_message="Voici pourquoi." if status != "active" else "")
    html = administrator_client.get(DASHBOARD).content.decode()
    assert f">{word}</span>" in html
    assert re.search(rf"</svg> {act}<span", html)
    assert ("Voici pourquoi." in html) == (status != "active")
    assert "Mode test" in html


def test_the_dashboard_costs_the_same_for_three_cards_and_for_thirty(administrator_client: Client) -> None:
    for _ in range(3):
        rows.job(rows.integration())
    few = rows.statements(administrator_client, DASHBOARD)
    for _ in range(27):
        rows.job(rows.integration())
    assert rows.statements(administrator_client, DASHBOARD) == few <= 10


def test_a_card_polls_while_a_synchronisation_runs_and_stops_when_it_is_over(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.running_job(made)
    address = f"{DASHBOARD}?card={made.pk}"
    during = administrator_client.get(address, headers=rows.FRAGMENT).content.decode()
    assert 'hx-trigger="every 2s"' in during
    assert "Synchronisation en cours" in during
    assert 'id="figures"' not in during

    SyncJob.objects.filter(pk=job.pk).update(status="completed", finished_at=timezone.now())
    after = administrator_client.get(address, headers=rows.FRAGMENT).content.decode()
    assert "every 2s" not in after
    assert 'id="figures" hx-swap-oob="true"' in after
    assert "<html" not in after


@pytest.mark.parametrize("card", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_a_card_that_does_not_exist_is_not_found(card: str, administrator_client: Client) -> None:
    assert administrator_client.get(f"{DASHBOARD}?card={card}", headers=rows.FRAGMENT).status_code == 404


def test_synchroniser_answers_htmx_with_the_card_and_others_with_the_report(administrator_client: Client) -> None:
    made = rows.integration()
    address = reverse("integrations:sync", args=[made.pk])
    headers = rows.FRAGMENT | {"HX-Target": f"integration-{made.pk}"}
    card = administrator_client.post(address, headers=headers)
    assert "HX-Request" in card["Vary"]
    assert f'id="integration-{made.pk}" tabindex="-1" data-poll' in card.content.decode()
    assert "demandée" in card.content.decode()

    page = administrator_client.post(address)
    assert page["Location"] == reverse("integrations:job", args=[SyncJob.objects.get().pk])


def test_synchroniser_says_why_it_cannot(administrator_client: Client) -> None:
    made = rows.integration(status="inactive")
    response = administrator_client.post(reverse("integrations:sync", args=[made.pk]), follow=True)
    assert rows.said(response) == ["Cette intégration est inactive. Activez-la pour la synchroniser."]
    assert not SyncJob.objects.exists()


def test_tester_tells_what_the_provider_answered(administrator_client: Client, monkeypatch: Any) -> None:
    made = rows.integration()
    address = reverse("integrations:test", args=[made.pk])
    account = Account(made.account_id, made.account_name, "test")
    monkeypatch.setattr(services, "test_connection", lambda integration, *, actor: account)
    assert rows.said(administrator_client.post(address, follow=True)) == [
        f"ROVIDA répond : le compte « {made.account_name} » est bien relié."
    ]

    def refuse(integration: Any, *, actor: Any) -> Account:
        raise Transient("ROVIDA ne répond pas. Réessayez dans quelques minutes.")

    monkeypatch.setattr(services, "test_connection", refuse)
    headers = rows.FRAGMENT | {"HX-Target": f"integration-{made.pk}"}
    fragment = administrator_client.post(address, headers=headers).content.decode()
    assert "ROVIDA ne répond pas. Réessayez dans quelques minutes." in fragment
    assert 'hx-swap-oob="beforeend:#messages"' in fragment
    head = administrator_client.post(address, headers=rows.FRAGMENT | {"HX-Target": "integration"}).content.decode()
    assert head.lstrip().startswith('<header class="page-head" id="integration">')


def test_the_choice_shows_thirteen_providers_under_four_tabs(administrator_client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(connectors.get("salesforce"), "available", False)
    html = administrator_client.get(reverse("integrations:add")).content.decode()
    assert 'href="/integrations/connect/salesforce"' not in html
    assert re.findall(r'role="tab".*?>(.+?) <span class="count">(\d+)', html) == [
        ("CRM", "4"),
        ("Comptabilité", "4"),
        ("Immobilier", "2"),
        ("Paiements", "3"),
    ]
    for connector in connectors.all_connectors():
        assert f"logos/{connector.slug}.svg" in html
        assert connector.description.replace("'", "&#x27;") in html
        assert f'fill="{connector.badge}"' in html
    available = {connector.slug for connector in connectors.all_connectors() if connector.available}
    assert set(re.findall(r'href="/integrations/connect/(\w+)"', html)) <= available
    assert html.count("Pas encore offert") == 13 - len(re.findall(r'href="/integrations/connect/', html))


def test_the_dialog_is_the_same_choice_without_the_page_around_it(administrator_client: Client) -> None:
    response = administrator_client.get(reverse("integrations:add"), headers=rows.FRAGMENT)
    html = response.content.decode()
    assert "<html" not in html
    assert 'id="dialog-title"' in html
    assert html.count('class="provider') >= 13
    assert "HX-Request" in response["Vary"]


def test_a_category_opens_its_own_tab(administrator_client: Client) -> None:
    html = administrator_client.get(reverse("integrations:add") + "?category=payments").content.decode()
    assert 'class="tab-pane show active" id="panel-payments"' in html
    assert 'class="tab-pane show active" id="panel-crm"' not in html


@pytest.mark.parametrize(
    ("environment", "words"),
    [("test", "Mode test"), ("simulator", "Mode test · simulateur"), ("production", "Production")],
)
def test_a_card_says_on_which_data_it_works(environment: str, words: str, administrator_client: Client) -> None:
    rows.integration(environment=environment)
    assert f'<span class="tag {environment}">{words}</span>' in administrator_client.get(DASHBOARD).content.decode()


def test_a_card_always_counts_records_and_errors(administrator_client: Client) -> None:
    made = rows.integration()
    quiet = administrator_client.get(DASHBOARD).content.decode()
    assert "<dt>Enregistrements</dt><dd>0</dd>" in quiet
    assert "<dt>Erreurs</dt><dd>0</dd>" in quiet
    rows.error(made)
    rows.push(made)
    html = administrator_client.get(DASHBOARD).content.decode()
    assert re.search(r'<dt>Erreurs</dt><dd><a class="card-errors" href="[^"]+#errors">1<', html)
    assert "1\xa0envoi refusé" in html


def test_the_empty_dashboard_promises_only_what_holds_both_ways(administrator_client: Client) -> None:
    html = administrator_client.get(DASHBOARD).content.decode()
    assert "ne fait que lire chez le fournisseur, sauf si vous choisissez un autre sens" in html
