"""Who may see what: administrators all of it, support staff and visitors nothing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.integrations import rows

pytestmark = pytest.mark.django_db

PAGES = [
    "dashboard",
    "add",
    "connect",
    "detail",
    "jobs",
    "settings",
    "log",
    "disconnect",
    "reconnect",
    "delete",
    "job",
    "preview",
    "conflicts",
    "pushes",
    "slots",
    "mappings",
    "records",
    "records_kind",
    "record",
    "audit",
    "apps",
]
ACTS = [
    "test",
    "sync",
    "enable",
    "disable",
    "cancel",
    "retry_error",
    "dismiss_error",
    "resolve_conflicts",
    "retry_pushes",
    "retry_push",
    "refresh_options",
]


@pytest.fixture
def address() -> Any:
    """address(name): the address of a page or an act about things that exist."""
    made = rows.integration()
    job = rows.job(made)
    error = rows.error(made, job)
    person = rows.record("contact", name="Zoé Tremblay")
    rows.conflict(made)
    refused = rows.push(made)
    made.field_mappings.create(resource="tenants", local_field="tenant.email", remote_path="email", data_type="email")
    books = rows.integration(provider="quickbooks")
    arguments: dict[str, list[Any]] = {
        "connect": ["rovida"],
        "records_kind": ["contact"],
        "record": ["contact", person.pk],
        "mappings": [made.pk, "tenants"],
        "retry_push": [refused.pk],
        "slots": [books.pk],
        "refresh_options": [books.pk],
    }
    for name in ("dashboard", "add", "records", "audit", "apps"):
        arguments[name] = []
    for name in ("job", "cancel"):
        arguments[name] = [job.pk]
    for name in ("retry_error", "dismiss_error"):
        arguments[name] = [error.pk]
    return lambda name: reverse(f"integrations:{name}", args=arguments.get(name, [made.pk]))


@pytest.mark.parametrize("name", PAGES)
def test_an_administrator_sees_every_page(name: str, address: Any, administrator_client: Client) -> None:
    response = administrator_client.get(address(name))
    assert response.status_code == 200
    assert '<html lang="fr-CA">' in response.content.decode()


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_support_staff_get_the_french_refusal(name: str, address: Any, support_client: Client) -> None:
    response = support_client.post(address(name)) if name in ACTS else support_client.get(address(name))
    assert response.status_code == 403
    assert "réservée à l’administration" in response.content.decode()


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_a_visitor_is_sent_to_sign_in(name: str, address: Any, client: Client) -> None:
    response = client.post(address(name)) if name in ACTS else client.get(address(name))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_never_done_by_following_a_link(name: str, address: Any, administrator_client: Client) -> None:
    assert administrator_client.get(address(name)).status_code == 405


@pytest.mark.parametrize(
    "name",
    ["detail", "jobs", "settings", "log", "job", "disconnect", "reconnect", "delete", "preview", "conflicts", "pushes"],
)
def test_a_deleted_integration_has_no_page(name: str, administrator_client: Client) -> None:
    made = rows.integration()
    job = rows.job(made)
    made.deleted_at = job.created_at
    made.save()
    wanted = job.pk if name == "job" else made.pk
    assert administrator_client.get(reverse(f"integrations:{name}", args=[wanted])).status_code == 404


def test_no_page_shows_a_secret(administrator_client: Client, address: Any) -> None:
    for name in PAGES:
        assert rows.SECRET not in administrator_client.get(address(name)).content.decode()
