"""One integration: overview, history, settings, log, and the acts that change or end it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import connectors
from integrations.core.models import AuditEvent
from integrations.forms.options import OptionsForm
from integrations.models import Credential, Integration, RecordLink
from tests.integrations import rows

pytestmark = pytest.mark.django_db

OPTIONS = {
    "name": "Nouveau nom",
    "frequency": "weekly",
    "sync_hour": "4",
    "sync_weekday": "2",
    "batch_size": "250",
    "max_retries": "3",
    "retry_delay_ms": "1500",
    "backoff_multiplier": "1,5",
    "timeout_seconds": "20",
    "default_division": "",
    "direction": "both",
    "conflict_policy": "newest",
    "deletion_policy": "archive",
    "newest_tolerance": "60",
    "push_frequency": "daily",
    "push_hour": "5",
    "push_weekday": "0",
}


def page(client: Client, name: str, made: Any, query: str = "") -> str:
    return client.get(reverse(f"integrations:{name}", args=[made.pk]) + query).content.decode()


def test_the_overview_shows_state_history_errors_and_mappings(administrator_client: Client) -> None:
    made = rows.integration(status="error", status_message="ROVIDA ne répond pas.")
    rows.error(made, rows.job(made, status="partial", failed=1))
    made.field_mappings.create(
        resource="tenants", local_field="tenant.email", remote_path="contact.email", data_type="email"
    )
    html = page(administrator_client, "detail", made)
    assert "ROVIDA ne répond pas." in html
    assert "Terminée avec des erreurs" in html
    assert "Le champ obligatoire « Nom de famille » est vide." in html
    assert "Zoé &lt;script&gt;" in html
    assert "<code>contact.email</code>" in html
    assert "Locataires" in html


def test_the_overview_follows_a_running_synchronisation_then_shows_its_result(administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.running_job(made)
    address = reverse("integrations:detail", args=[made.pk])
    during = administrator_client.get(address, headers=rows.FRAGMENT)
    assert 'hx-trigger="every 2s"' in during.content.decode()
    assert "HX-Retarget" not in during

    job.status = "completed"
    job.save()
    after = administrator_client.get(address, headers=rows.FRAGMENT)
    assert after["HX-Retarget"] == "#live"
    assert "every 2s" not in after.content.decode()
    assert 'id="integration" hx-swap-oob="true"' in after.content.decode()


@pytest.mark.parametrize("name", ["detail", "jobs", "log"])
def test_a_tab_costs_the_same_for_three_rows_and_for_thirty(name: str, administrator_client: Client) -> None:
    made = rows.integration()

    def add(number: int) -> None:
        for _ in range(number):
            job = rows.job(made)
            rows.error(made, job)
            rows.exchange(made, job=job)

    add(3)
    address = reverse(f"integrations:{name}", args=[made.pk])
    few = rows.statements(administrator_client, address)
    add(27)
    assert rows.statements(administrator_client, address) == few <= 10


def test_the_history_is_paged(administrator_client: Client) -> None:
    made = rows.integration()
    for _ in range(26):
        rows.job(made)
    assert "Page 1 de 2" in page(administrator_client, "jobs", made)
    second = page(administrator_client, "jobs", made, "?page=2")
    assert second.count('class="row-link"') == 1


def test_the_log_can_keep_failures_only(administrator_client: Client) -> None:
    made = rows.integration()
    rows.exchange(made, url="https://rovida.example/fine")
    rows.exchange(made, url="https://rovida.example/limited", status=429)
    rows.exchange(made, url="https://rovida.example/silent", status=None, error="Délai dépassé")
    everything, failures = page(administrator_client, "log", made), page(administrator_client, "log", made, "?errors=1")
    assert "rovida.example/fine" in everything
    assert "rovida.example/fine" not in failures
    assert "rovida.example/limited" in failures
    assert "rovida.example/silent" in failures


def test_settings_are_saved_and_plan_the_next_run(administrator_client: Client) -> None:
    made = rows.integration()
    address = reverse("integrations:settings", args=[made.pk])
    response = administrator_client.post(address, OPTIONS, follow=True)
    assert rows.said(response) == ["Les paramètres sont enregistrés."]
    made.refresh_from_db()
    assert (made.name, made.sync_hour, made.sync_weekday, made.batch_size) == ("Nouveau nom", 4, 2, 250)
    assert str(made.backoff_multiplier) == "1.50"
    assert (made.direction, made.conflict_policy, made.create_missing) == ("both", "newest", False)
    assert (made.push_frequency, made.push_hour) == ("daily", 5)
    assert made.next_sync_at is not None and made.next_push_at is not None


def test_every_option_can_be_seen_and_saving_what_is_shown_changes_nothing(administrator_client: Client) -> None:
    """An option that the page forgot would be refused, or cleared, at each save."""
    made = rows.integration(
        direction="both", frequency="daily", create_missing=True, deletion_policies={"tenants": "unlink"}
    )
    made.push_divisions.add(rows.record("division", name="Toiture", code="toiture"))
    address = reverse("integrations:settings", args=[made.pk])
    form = administrator_client.get(address).context["form"]
    html = administrator_client.get(address).content.decode()
    assert [name for name in form.fields if f'name="{name}"' not in html] == []

    values = {field.name: field.value() for field in form}
    shown = {name: value for name, value in values.items() if value is not None and value is not False}
    assert administrator_client.post(address, shown).status_code == 302
    before = {field.name: getattr(made, field.name) for field in made._meta.concrete_fields}
    made.refresh_from_db()
    after = {field.name: getattr(made, field.name) for field in made._meta.concrete_fields}
    assert before | {"next_sync_at": after["next_sync_at"]} == after
    assert made.push_divisions.count() == 1


def test_an_object_gets_a_deletion_policy_of_its_own_and_the_journal_tells_it(administrator_client: Client) -> None:
    made = rows.integration()
    address = reverse("integrations:settings", args=[made.pk])
    form = administrator_client.get(address).context["form"]
    assert [field.label for field in form.deletion_fields()] == [
        "Immeubles",
        "Logements",
        "Locataires",
        "Bons de travail",
    ]
    assert "Comme l’intégration" in administrator_client.get(address).content.decode()

    administrator_client.post(address, OPTIONS | {"deletion-tenants": "ask", "deletion-units": "unlink"})
    made.refresh_from_db()
    assert made.deletion_policies == {"tenants": "ask", "units": "unlink"}
    administrator_client.post(address, OPTIONS | {"deletion-tenants": "ask", "deletion-units": ""})
    made.refresh_from_db()
    assert made.deletion_policies == {"tenants": "ask"}
    event = AuditEvent.objects.latest("pk")
    assert (event.before, event.after) == ({"units.deletion_policy": "unlink"}, {"units.deletion_policy": ""})
    html = administrator_client.get("/audit").content.decode()
    assert "Logements, en cas de suppression" in html and "Garder la fiche, défaire le lien" in html

    administrator_client.post(address, OPTIONS | {"deletion-tenants": "nonsense"})
    made.refresh_from_db()
    assert made.deletion_policies == {"tenants": "ask"}


def test_only_objects_that_are_received_are_offered_a_deletion_policy() -> None:
    for slug in connectors.REGISTRY:
        made = Integration(provider=slug, name=slug, backoff_multiplier=Decimal(2))
        offered = {field.name.removeprefix("deletion-") for field in OptionsForm(instance=made).deletion_fields()}
        assert offered == {each.name for each in made.connector.resources if "pull" in each.capabilities}


def test_settings_out_of_bounds_change_nothing_and_say_why(administrator_client: Client) -> None:
    made = rows.integration()
    wrong = OPTIONS | {
        "batch_size": "5000",
        "max_retries": "-1",
        "sync_hour": "24",
        "backoff_multiplier": "0",
        "name": "",
    }
    response = administrator_client.post(reverse("integrations:settings", args=[made.pk]), OPTIONS | wrong)
    assert set(response.context["form"].errors) == {
        "batch_size",
        "max_retries",
        "sync_hour",
        "backoff_multiplier",
        "name",
    }
    assert f"<h1>{made.name}</h1>" in response.content.decode()
    made.refresh_from_db()
    assert made.batch_size == 100


def test_disable_and_enable(administrator_client: Client) -> None:
    made = rows.integration()
    off = administrator_client.post(reverse("integrations:disable", args=[made.pk]), follow=True)
    made.refresh_from_db()
    assert made.status == "inactive"
    assert "est désactivée" in rows.said(off)[0]
    administrator_client.post(reverse("integrations:enable", args=[made.pk]))
    made.refresh_from_db()
    assert made.status == "active"


def test_a_disconnection_is_confirmed_and_erases_the_access(administrator_client: Client) -> None:
    made = rows.integration()
    address = reverse("integrations:disconnect", args=[made.pk])
    assert "sera effacé" in administrator_client.get(address).content.decode()
    dialog = administrator_client.get(address, headers=rows.FRAGMENT).content.decode()
    assert 'id="dialog-title"' in dialog
    assert "<html" not in dialog
    assert Credential.objects.exists()

    response = administrator_client.post(address, follow=True)
    assert not Credential.objects.exists()
    assert "Reconnecter" in response.content.decode()


def test_a_deletion_asks_for_the_exact_name_and_keeps_the_records(administrator_client: Client) -> None:
    made = rows.integration(name="Immeubles du Nord")
    person = rows.record("contact", name="Zoé")
    rows.link(made, "contact", person.pk)
    address = reverse("integrations:delete", args=[made.pk])
    for typed in ("", "immeubles du nord", "Immeubles"):
        refused = administrator_client.post(address, {"confirmation": typed}, headers=rows.FRAGMENT)
        assert 'id="id_confirmation_error"' in refused.content.decode()
        assert "<html" not in refused.content.decode()
    assert Integration.objects.live().count() == 1

    response = administrator_client.post(address, {"confirmation": " Immeubles du Nord "}, headers=rows.FRAGMENT)
    assert response["HX-Redirect"] == "/integrations"
    assert Integration.objects.live().count() == 0
    assert RecordLink.objects.get().state == "archived"
    assert "Immeubles du Nord" in rows.said(administrator_client.get("/integrations"))[0]
    person.refresh_from_db()
    assert person.archived_at is None
