"""Our applications at the providers: from the environment or from the page, never with a secret on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.test import Client
from django.urls import reverse

import connectors
from connectors.base.errors import Misconfigured
from integrations.core.models import AuditEvent
from integrations.models import ProviderApp
from integrations.oauth.apps import provider_app, required_app
from tests.integrations import rows
from tests.integrations.consents import SLUG

pytestmark = pytest.mark.django_db
LISTING = "/settings/apps"
ADDRESS = f"/settings/apps/{SLUG}/production"
TYPED = {"client_id": "AB-client", "client_secret": "s3cret-of-ours", "webhook_secrets": "hook-one\n hook-two \n\n"}


def test_the_page_tells_the_redirect_address_and_what_is_missing(administrator_client: Client) -> None:
    html = administrator_client.get(LISTING).content.decode()
    assert "http://localhost:8000/integrations/oauth/callback/quickbooks" in html
    with_oauth = [c for c in connectors.all_connectors() if c.available and c.oauth]
    assert html.count("Non inscrite") == sum(len(c.hosts) for c in with_oauth)
    assert "ROVIDA" not in html, "it has no OAuth"
    assert f'href="{LISTING}" aria-current="page"' in administrator_client.get(ADDRESS).content.decode()


def test_an_application_is_registered_and_its_secrets_are_never_shown(administrator_client: Client) -> None:
    response = administrator_client.post(ADDRESS, TYPED, follow=True)
    assert rows.said(response) == ["L’application de QuickBooks (Production) est enregistrée."]
    found = provider_app(SLUG, "production")
    assert found is not None
    assert (found.client_id, found.client_secret, found.fixed) == ("AB-client", "s3cret-of-ours", False)
    assert found.webhook_secrets == ("hook-one", "hook-two")
    assert "s3cret" not in repr(found)
    assert "hook-one" not in repr(found)
    assert provider_app(SLUG, "test") is None

    seen = response.content.decode() + administrator_client.get(ADDRESS).content.decode()
    assert "AB-client" in seen
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM integrations_providerapp")
        seen += str(cursor.fetchall())
    seen += str(list(AuditEvent.objects.values()))
    assert [secret for secret in ("s3cret-of-ours", "hook-one", "hook-two") if secret in seen] == []


def test_what_was_typed_wrong_does_not_come_back_with_its_secrets(administrator_client: Client) -> None:
    response = administrator_client.post(ADDRESS, TYPED | {"client_id": ""})
    assert response.context["form"].errors["client_id"] == ["L’identifiant client est obligatoire."]
    html = response.content.decode()
    assert "s3cret-of-ours" not in html
    assert "hook-one" not in html
    missing = administrator_client.post(ADDRESS, TYPED | {"client_secret": ""})
    assert missing.context["form"].errors["client_secret"] == ["Le secret client est obligatoire."]
    assert not ProviderApp.objects.exists()


def test_secrets_left_empty_stay_and_each_change_is_audited(administrator_client: Client) -> None:
    administrator_client.post(ADDRESS, TYPED)
    administrator_client.post(ADDRESS, {"client_id": "AB-other"})
    found = provider_app(SLUG, "production")
    assert found is not None
    assert (found.client_id, found.client_secret) == ("AB-other", "s3cret-of-ours")
    assert found.webhook_secrets == ("hook-one", "hook-two")

    administrator_client.post(ADDRESS, {"client_id": "AB-other"})
    events = list(AuditEvent.objects.filter(action="app.saved").order_by("id"))
    assert len(events) == 2, "a save that changes nothing is no act"
    assert events[1].before["client_id"] == "AB-client"

    administrator_client.post(
        ADDRESS, {"client_id": "AB-other", "client_secret": "an0ther", "forget_webhook_secrets": "on"}
    )
    found = provider_app(SLUG, "production")
    assert found is not None
    assert (found.client_secret, found.webhook_secrets) == ("an0ther", ())
    last = AuditEvent.objects.filter(action="app.saved").latest("id")
    assert "modifié" in last.after["client_secret"]
    assert last.after["webhook_secrets"] == ""


def test_the_page_costs_the_same_for_no_application_and_for_many(administrator_client: Client) -> None:
    few = rows.statements(administrator_client, LISTING)
    for provider in ("quickbooks", "xero", "hubspot"):
        ProviderApp.objects.create(provider=provider, environment="test", client_id="a", client_secret=rows.SECRET)
    assert rows.statements(administrator_client, LISTING) == few <= 5


def test_an_application_is_removed(administrator_client: Client) -> None:
    administrator_client.post(ADDRESS, TYPED)
    response = administrator_client.post(f"{ADDRESS}/remove", follow=True)
    assert "L’application de QuickBooks (Production) est retirée." in rows.said(response)
    assert provider_app(SLUG, "production") is None
    assert AuditEvent.objects.filter(action="app.removed").count() == 1
    with pytest.raises(Misconfigured, match="QuickBooks \\(Production\\)"):
        required_app(SLUG, "production")


def test_the_environment_goes_before_the_page_and_cannot_be_changed_there(
    administrator_client: Client, settings: Any
) -> None:
    administrator_client.post(ADDRESS, TYPED)
    settings.PROVIDER_APPS = {
        "quickbooks.production": {
            "client_id": "from-env",
            "client_secret": "env-s3cret",
            "webhook_secrets": ["env-hook"],
        }
    }
    found = provider_app(SLUG, "production")
    assert found is not None
    assert (found.client_id, found.client_secret, found.webhook_secrets) == ("from-env", "env-s3cret", ("env-hook",))
    html = administrator_client.get(LISTING).content.decode()
    assert "Fixée par le serveur" in html
    assert "env-s3cret" not in html
    assert "env-hook" not in html
    assert reverse("integrations:app", args=[SLUG, "production"]) not in html
    assert administrator_client.get(ADDRESS).status_code == 302
    refused = administrator_client.post(f"{ADDRESS}/remove", follow=True)
    assert "PROVIDER_APPS" in rows.said(refused)[-1]
    assert ProviderApp.objects.count() == 1


@pytest.mark.parametrize("path", ["rovida/production", "nobody/production", f"{SLUG}/moon"])
def test_there_is_no_page_for_what_needs_no_application(path: str, administrator_client: Client) -> None:
    assert administrator_client.get(f"/settings/apps/{path}").status_code == 404


@pytest.mark.parametrize("address", [LISTING, ADDRESS, f"{ADDRESS}/remove"])
def test_only_administrators_come_in(address: str, support_client: Client, client: Client) -> None:
    assert support_client.post(address).status_code == 403
    assert client.post(address)["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "apps",
    [
        [],
        {"quickbooks": {"client_id": "a", "client_secret": "b"}},
        {"quickbooks.moon": {"client_id": "a", "client_secret": "b"}},
        {"nobody.test": {"client_id": "a", "client_secret": "b"}},
        {"quickbooks.test": "a"},
        {"quickbooks.test": {"client_id": "a", "client_secret": ""}},
        {"quickbooks.test": {"client_id": "a", "client_secret": "top-s3cret", "webhook_secrets": "x"}},
    ],
)
def test_a_malformed_environment_is_told_before_anything_starts(apps: Any, settings: Any) -> None:
    settings.PROVIDER_APPS = apps
    (fault,) = [check for check in run_checks(tags=[Tags.security]) if check.id == "integrations.E001"]
    assert "PROVIDER_APPS" in str(fault.msg)
    assert "top-s3cret" not in str(fault.msg)
