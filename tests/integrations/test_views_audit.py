"""The audit log's page."""

from typing import Any

import pytest
from django.test import Client

from integrations import services
from integrations.core import audit
from integrations.core.models import AuditEvent
from integrations.templatetags.lacoste import audit_changes
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
    audit.record("integration.slots_changed", target=made, before={"rules": []}, after={"rules": ["a → 1", "b → 2"]})
    html = administrator_client.get("/audit").content.decode()
    assert "tenant.email, en cas de conflit" in html
    assert '<span class="before">—</span> <span class="after">platform</span>' in html
    assert "a → 1, b → 2" in html


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
    assert not {name for name, _, _ in audit_changes(event)} & set(facts)
