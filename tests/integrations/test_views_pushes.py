"""What is sent to a provider: its list, its filter, trying again; and the same on a synchronisation's page."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core.models import AuditEvent
from integrations.models import PushOperation, SyncJob
from tests.integrations import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def sending() -> Any:
    """An integration that sends."""
    return rows.integration(direction="both")


def page(client: Client, of: Any, query: str = "") -> str:
    return client.get(reverse("integrations:pushes", args=[of.pk]) + query).content.decode()


def test_the_list_tells_the_record_the_operation_and_the_reason(sending: Any, administrator_client: Client) -> None:
    push = rows.push(sending)
    html = page(administrator_client, sending)
    for word in ("Alice Roy", "Locataires", "Modification", "Téléphone", "Refusé", push.message):
        assert word in html
    assert reverse("integrations:record", args=["tenant", push.record_id]) in html
    assert rows.SECRET not in html
    assert 'Envois <span class="count bad">1</span>' in html


def test_the_filter_keeps_one_state(sending: Any, administrator_client: Client) -> None:
    rows.push(sending)
    rows.push(sending, status="done", message="", action="create", fields=[])
    html = page(administrator_client, sending, "?status=done")
    assert "Création" in html
    assert "ROVIDA refuse" not in html
    counts = re.findall(r"\?status=(\w+)[^>]*>[^<]+<span class=\"count[^\"]*\">(\d+)", html)
    assert counts == [("pending", "0"), ("sending", "0"), ("rejected", "1"), ("held", "0"), ("done", "1")]
    assert "Aucun envoi dans cet état." in page(administrator_client, sending, "?status=held")
    assert "Création" in page(administrator_client, sending, "?status=nonsense")


def test_one_refused_write_is_tried_again(sending: Any, administrator_client: Client) -> None:
    push, other = rows.push(sending), rows.push(sending)
    response = administrator_client.post(reverse("integrations:retry_push", args=[push.pk]), follow=True)
    assert rows.said(response) == ["Nouvel envoi demandé."]
    push.refresh_from_db()
    other.refresh_from_db()
    assert (push.status, push.message, other.status) == ("pending", "", "rejected")
    assert SyncJob.objects.get().status == "pending"


def test_all_refused_writes_are_tried_again(sending: Any, administrator_client: Client) -> None:
    for status in ("rejected", "rejected", "held", "done"):
        rows.push(sending, status=status)
    address = reverse("integrations:retry_pushes", args=[sending.pk])
    assert rows.said(administrator_client.post(address, follow=True)) == ["2\xa0envois à nouveau demandés."]
    assert PushOperation.objects.filter(status="pending").count() == 2
    assert AuditEvent.objects.get(action="push.retried").after == {"records": 2}
    assert rows.said(administrator_client.post(address, follow=True))[0].startswith("Aucun envoi n’est refusé")


@pytest.mark.parametrize("name", ["retry_push", "retry_pushes"])
def test_nothing_is_tried_again_while_the_integration_cannot_synchronise(
    name: str, administrator_client: Client
) -> None:
    made = rows.integration(direction="both", status="reconnect")
    push = rows.push(made)
    wanted = push.pk if name == "retry_push" else made.pk
    response = administrator_client.post(reverse(f"integrations:{name}", args=[wanted]), follow=True)
    assert rows.said(response)[0].startswith("Le fournisseur refuse l’accès enregistré.")
    push.refresh_from_db()
    assert (push.status, push.message) == ("rejected", "ROVIDA refuse le téléphone. Corrigez-le, puis réessayez.")
    assert not AuditEvent.objects.filter(action="push.retried").exists()


def test_the_report_counts_what_was_sent_and_shows_what_was_refused(sending: Any, administrator_client: Client) -> None:
    rows.push(sending)
    counts = {"tenants": {"processed": 4, "pushed": 3, "push_failed": 1}}
    job = rows.job(sending, status="partial", pushed=3, push_failed=1, by_resource=counts)
    html = administrator_client.get(reverse("integrations:job", args=[job.pk])).content.decode()
    cells = dict(re.findall(r'<div class="figure-cell"><dt>(.+?)</dt><dd>([^<]+)', html))
    assert (cells["Envoyés"], cells["Envois refusés"]) == ("3", "1")
    assert 'id="refused"' in html
    assert "ROVIDA refuse le téléphone." in html
    assert '<span class="count bad">1</span>' in page_of_jobs(administrator_client, sending)


def page_of_jobs(client: Client, of: Any) -> str:
    return client.get(reverse("integrations:jobs", args=[of.pk])).content.decode()


def test_the_list_costs_the_same_for_three_rows_and_for_twenty_five(sending: Any, administrator_client: Client) -> None:
    address = reverse("integrations:pushes", args=[sending.pk])
    for _ in range(3):
        rows.push(sending)
    few = rows.statements(administrator_client, address)
    for _ in range(27):
        rows.push(sending)
    assert rows.statements(administrator_client, address) == few <= 9


def test_a_record_that_had_nothing_to_send_is_not_listed_as_sent(sending: Any, administrator_client: Client) -> None:
    rows.push(sending, status="done", message="", action="", fields=[])
    assert "Rien n’a encore été envoyé" in page(administrator_client, sending)
