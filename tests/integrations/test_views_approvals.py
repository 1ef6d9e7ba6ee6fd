"""What waits for an approval, as pages tell it: on its run, in the list of runs, and where one decides."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from integrations.core.ids import uuid7
from integrations.models import Approval, ApprovalRun, HeldChange, Integration, SyncJob
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def asked(of: Integration, job: SyncJob | None, *, held: int = 12, applied: int = 0, **fields: object) -> Approval:
    values = {"resource": "tenants", "side": "in", "action": "change", "linked": 100, "limit": 25}
    approval = Approval.objects.create(integration=of, **values | fields)
    ApprovalRun.objects.create(approval=approval, job=job, held=held, applied=applied)
    HeldChange.objects.create(
        approval=approval,
        integration=of,
        resource="tenants",
        remote_id=str(uuid7()),
        record_kind="tenant",
        record_id=uuid7(),
    )
    return approval


def text_of(client: Client, name: str, key: object, query: str = "") -> str:
    html = client.get(reverse(f"integrations:{name}", args=[key]) + query).content.decode()
    return html.replace("\xa0", " ")


def test_a_run_says_what_it_set_aside_and_leads_to_the_decision(administrator_client: Client) -> None:
    made = rows.integration()
    job, quiet = rows.job(made), rows.job(made)
    approval = asked(made, job, applied=7)
    html = text_of(administrator_client, "job", job.pk)
    assert "Locataires : remplacements" in html and "12 changements" in html and "7 déjà faits avant" in html
    assert f"{reverse('integrations:approvals', args=[made.pk])}#approval-{approval.pk}" in html
    assert "Mis de côté" not in text_of(administrator_client, "job", quiet.pk)

    Approval.objects.update(state="refused")
    html = text_of(administrator_client, "job", job.pk)
    assert "Refusé" in html and "Voir et décider" not in html


def test_the_list_of_runs_marks_those_of_which_something_waits(administrator_client: Client) -> None:
    made = rows.integration()
    asked(made, rows.job(made))
    rows.job(made)
    table = text_of(administrator_client, "jobs", made.pk).partition("<table")[2]
    assert table.count("À approuver</a>") == 1
    Approval.objects.update(state="done")
    assert "À approuver</a>" not in text_of(administrator_client, "jobs", made.pk).partition("<table")[2]


def test_an_approval_says_how_much_was_done_before_and_leads_to_the_undoing(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.job(made)
    asked(made, job, applied=7)
    asked(made, None, applied=3, action="delete")
    html = text_of(administrator_client, "approvals", made.pk)
    assert "avait déjà fait 7 changements du même genre" in html
    assert f"{reverse('integrations:undo', args=[job.pk])}?kind=tenant" in html
    assert "3 changements du même genre étaient déjà arrivés" in html and "par webhook" in html


def test_the_page_costs_the_same_for_any_number_of_runs(administrator_client: Client) -> None:
    made = rows.integration()
    approval = asked(made, rows.job(made), applied=1)
    address = reverse("integrations:approvals", args=[made.pk])
    few = rows.statements(administrator_client, address)
    for _ in range(10):
        ApprovalRun.objects.create(approval=approval, job=rows.job(made), held=1, applied=1)
    assert rows.statements(administrator_client, address) == few
