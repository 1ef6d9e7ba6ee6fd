"""The audit log's page."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from integrations import services
from integrations.core import audit
from integrations.core.models import AuditEvent
from integrations.views.journal import changes
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def test_the_log_says_who_did_what_and_can_be_filtered(administrator_client: Client, administrator: Any) -> None:
    audit.record("user.created", actor=administrator, after={"role": "support", "password": rows.SECRET})
    audit.record("user.deleted", actor=administrator)
    everything = administrator_client.get("/audit").content.decode()
    assert '<td class="fw-medium">Personne ajoutée</td>' in everything
    assert administrator.email in everything
    assert rows.SECRET not in everything
    filtered = administrator_client.get("/audit?action=user.deleted").content.decode()
    assert '<td class="fw-medium">Personne supprimée</td>' in filtered
    assert '<td class="fw-medium">Personne ajoutée</td>' not in filtered


def test_the_log_costs_the_same_for_three_acts_and_for_thirty(administrator_client: Client) -> None:
    for _ in range(3):
        audit.record("user.updated", before={"role": "support"}, after={"role": "administrator"})
    few = rows.statements(administrator_client, "/audit")
    for _ in range(27):
        audit.record("user.updated", before={"role": "support"}, after={"role": "administrator"})
    assert rows.statements(administrator_client, "/audit") == few <= 5


def test_the_log_speaks_of_lists_and_of_single_fields_in_words(administrator_client: Client) -> None:
    made = rows.integration()
    audit.record(
        "mapping.changed",
        target=made,
        before={"tenant.email.conflict_policy": ""},
        after={"tenant.email.conflict_policy": "platform"},
    )
    books = rows.integration(provider="quickbooks")
    rules = ["invoices.item → 1", "invoices.gone → 2"]
    audit.record(
        "integration.slots_changed",
        target=books,
        before={"rules": ["bills.item → 9"]},
        after={"rules": [*rules, "bills.item → 9"]},
    )
    html = administrator_client.get("/audit").content.decode()
    assert "Locataire, Courriel, en cas de conflit" in html
    assert '<span class="before">—</span> <span class="after">La plateforme l’emporte</span>' in html
    # What stays as it was is not repeated.
    assert '<span class="after">Factures, Article ou service → 1, Factures, gone → 2</span>' in html


def test_the_log_names_objects_and_fields_as_their_provider_does(administrator_client: Client) -> None:
    made = rows.integration()
    audit.record("sync.error_retried", target=made, after={"resource": "tenants", "id": "t1"})
    audit.record("mapping.changed", target=made, before={"tenants.conflict_policy": ""}, after={})
    audit.record("conflict.resolved", target=made, after={"kind": "tenant", "field": "email", "kept": "provider"})
    audit.record("sync.error_retried", after={"resource": "tenants"})
    html = administrator_client.get("/audit").content.decode()
    assert '<span class="quiet">Objet</span>  <span class="after">Locataires</span>' in html
    assert "Locataires, en cas de conflit" in html
    assert '<span class="after">Courriel</span>' in html
    assert '<span class="after">Fournisseur</span>' in html
    # Without an integration among the targets nobody knows whose object it is.
    assert '<span class="after">tenants</span>' in html


def test_a_resolved_conflict_is_told_with_the_titles_of_records(
    administrator_client: Client, administrator: Any
) -> None:
    luc, lucie = (rows.record("customer", name=name) for name in ("Luc Roy", "Lucie Roy"))
    who = rows.record("contact", name="Ana Gil", customer=luc.pk)
    audit.record(
        "conflict.resolved",
        target=rows.integration(),
        before={"platform": str(luc.pk), "provider": str(lucie.pk)},
        after={"kind": "contact", "record": str(who.pk), "field": "customer", "kept": "platform"},
    )
    html = administrator_client.get("/audit").content.decode()
    for words in ("Ana Gil", "Luc Roy", "Lucie Roy", "Personne-ressource"):
        assert words in html
    assert str(lucie.pk) not in html


def test_a_merge_is_told_by_fields_of_the_record(administrator_client: Client) -> None:
    division = rows.record("division", code="ELE", name="Électricité")
    kept = rows.record("customer", name="Luc Roy")
    changed = {
        "phone": "+15145550142",
        "division": str(division.pk),
        "billing_address": {"line1": "12, rue Ontario"},
        "references": 3,
    }
    audit.record("customers.merged", target=kept, before={"division": None}, after=changed)
    html = administrator_client.get("/audit").content.decode()
    assert '<span class="after">Électricité</span>' in html
    assert "12, rue Ontario" in html and "line1" not in html
    assert "Renvois déplacés" in html
    assert "514 555-0142" in html.replace("\xa0", " ") and "tel:" not in html


def test_an_option_without_a_value_is_a_dash(administrator_client: Client, administrator: Any) -> None:
    made = rows.integration()
    services.change_options(made, {"lock_date": date(2026, 7, 1)}, actor=administrator)
    html = administrator_client.get("/audit").content.decode()
    assert '<span class="before">—</span> <span class="after">1er juill. 2026</span>' in html


def test_the_log_speaks_of_moments_in_local_time() -> None:
    event = AuditEvent(action="emergency.resumed", before={"since": "2026-11-26T02:30:00+00:00"})
    assert changes(event) == [("depuis", "25 nov. 2026, 21\xa0h\xa030", None)]


def test_the_log_speaks_of_options_in_words(administrator_client: Client) -> None:
    made = rows.integration()
    facts = {"provider": "quickbooks", "environment": "simulator", "direction": "both"}
    audit.record("integration.changed", target=made, before={"direction": "in"}, after=facts)
    html = administrator_client.get("/audit").content.decode()
    assert '<span class="before">Vers la plateforme</span> <span class="after">Dans les deux sens</span>' in html
    assert '<span class="after">QuickBooks</span>' in html
    assert '<span class="after">simulator</span>' not in html


def test_the_log_says_yes_and_no_of_a_switch(administrator_client: Client, administrator: Any) -> None:
    made = rows.integration()
    services.change_options(made, {"webhooks_enabled": True}, actor=administrator)
    html = administrator_client.get("/audit").content.decode()
    assert '<span class="before">non</span> <span class="after">oui</span>' in html


def test_the_facts_of_stops_merges_and_approvals_have_french_names() -> None:
    facts = ("stopped_by", "since", "merged", "references", "reason", "side", "changes", "kinds", "restored", "left")
    event = AuditEvent(action="emergency.resumed", before=dict.fromkeys(facts, 1))
    assert not {name for name, _, _ in changes(event)} & set(facts)
