"""A synchronisation's page: live progress, report, errors and what can be done about them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import SyncJob
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def test_the_report_tells_times_counts_and_duration(administrator_client: Client) -> None:
    made = rows.integration()
    start = timezone.now()
    job = rows.job(made, started_at=start, finished_at=start + timedelta(milliseconds=61_250), failed=2, retries=3)
    html = administrator_client.get(reverse("integrations:job", args=[job.pk])).content.decode()
    cells = dict(re.findall(r'<div class="figure-cell"><dt>(.+?)</dt><dd>([^<]+)', html))
    assert cells == {
        "Traités": "4",
        "Réussis": "3",
        "Ignorés": "1",
        "En erreur": "2",
        "Nouveaux essais": "3",
        "Durée": "1\xa0min\xa001\xa0s",
    }
    assert "61\xa0250&nbsp;ms" in html
    for label in ("Immeubles", "Logements", "Locataires", "Bons de travail"):
        assert f">{label}</th>" in html
    assert "every 2s" not in html


def test_progress_asks_for_itself_until_the_end_then_brings_the_report(administrator_client: Client) -> None:
    job = rows.running_job(rows.integration())
    address = reverse("integrations:job", args=[job.pk])
    assert "Annuler" in administrator_client.get(address).content.decode()
    during = administrator_client.get(address, headers=rows.FRAGMENT)
    assert 'id="progress" data-poll' in during.content.decode()
    assert 'id="report"' not in during.content.decode()
    assert "HX-Request" in during["Vary"]
    states = re.findall(r'<span class="status[^"]*">(Terminé|En cours|En attente)</span>', during.content.decode())
    assert states[:4] == ["Terminé", "En cours", "En attente", "En attente"]
    # The state beside the title follows too.
    assert 'id="job-state" hx-swap-oob="true"' in during.content.decode()

    SyncJob.objects.filter(pk=job.pk).update(status="failed", error_message="ROVIDA ne répond pas.")
    after = administrator_client.get(address, headers=rows.FRAGMENT)
    assert after["HX-Retarget"] == "#report"
    html = after.content.decode()
    assert "every 2s" not in html
    assert "ROVIDA ne répond pas." in html
    assert "Non lu" in html


def test_annuler_stops_a_synchronisation(administrator_client: Client) -> None:
    waiting = rows.running_job(rows.integration(), status="pending", started_at=None)
    running = rows.running_job(rows.integration())
    for job in (waiting, running):
        response = administrator_client.post(reverse("integrations:cancel", args=[job.pk]), follow=True)
        assert rows.said(response)[0].startswith("Annulation demandée")
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert waiting.status == "cancelled"
    assert running.cancel_requested


def test_an_error_shows_its_reason_and_payload_and_can_be_tried_again(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.job(made, status="partial", failed=1)
    error = rows.error(made, job)
    html = administrator_client.get(reverse("integrations:job", args=[job.pk])).content.decode()
    assert error.message in html
    assert "&quot;given_name&quot;: &quot;Zoé &lt;script&gt;&quot;" in html

    response = administrator_client.post(reverse("integrations:retry_error", args=[error.pk]))
    retried = SyncJob.objects.get(status="pending")
    assert response["Location"] == reverse("integrations:job", args=[retried.pk])
    assert retried.resources == ["tenants"]


def test_an_error_can_be_closed_once(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.job(made)
    error = rows.error(made, job)
    address = reverse("integrations:dismiss_error", args=[error.pk])
    response = administrator_client.post(address, follow=True)
    assert response.redirect_chain[-1][0] == reverse("integrations:job", args=[job.pk])
    assert "Réglée" in response.content.decode()
    assert administrator_client.post(address).status_code == 404


def test_a_report_costs_the_same_for_three_errors_and_for_thirty(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.job(made)
    address = reverse("integrations:job", args=[job.pk])
    for _ in range(3):
        rows.error(made, job)
    few = rows.statements(administrator_client, address)
    for _ in range(22):
        rows.error(made, job)
    assert rows.statements(administrator_client, address) == few <= 7


def test_all_errors_are_tried_again_in_one_synchronisation(administrator_client: Client) -> None:
    made = rows.integration()
    address = reverse("integrations:retry_errors", args=[made.pk])
    assert "n’attend" in rows.said(administrator_client.post(address, follow=True))[0]
    rows.error(made, rows.job(made))
    rows.error(made, resource="units")
    rows.error(made, resource="properties", resolved_at=timezone.now())
    assert rows.said(administrator_client.post(address, follow=True)) == ["2\xa0nouveaux essais demandés."]
    assert SyncJob.objects.get(status="pending").resources == ["tenants", "units"]
