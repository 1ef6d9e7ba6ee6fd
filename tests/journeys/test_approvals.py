"""A mass deletion at the provider waits in the console: looked at, refused for one object, approved for another."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations import services
from integrations.models import Approval, Integration, JobStatus
from integrations.records.models import Tenant, Unit
from tests.integrations.conftest import Synchronise, finish, rovida, synchronise  # noqa: F401 - fixtures
from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_mass_deletion_is_decided_on_in_the_browser(
    page: Page,
    live_server: LiveServer,
    simulator: Control,
    rovida: Integration,
    synchronise: Synchronise,
    sign_in: Callable[[str], None],
    administrator: Any,
) -> None:
    simulator.seed("tenants", 40)
    synchronise(rovida)
    for each in simulator.objects("tenants")[-30:]:
        simulator.delete("tenants", each["id"])
    for each in simulator.objects("units")[:30]:
        simulator.edit("units", each["id"], number=f"Neuf {each['number']}")
    synchronise(rovida)

    sign_in(live_server.url)
    page.goto(f"{live_server.url}/integrations/{rovida.pk}")
    expect(page.get_by_role("main")).to_contain_text("2 changements massifs attendent votre approbation")
    page.get_by_role("link", name="Voir et décider").click()
    expect(page.get_by_role("heading", name="Locataires : suppressions")).to_be_visible()
    page.get_by_text("Les 20 premiers").first.click()
    page.get_by_role("button", name=re.compile("Refuser.*Logements")).click()
    expect(page.get_by_role("main")).to_contain_text("30 changements refusés")
    assert not Unit.objects.filter(number__startswith="Neuf").exists()
    page.get_by_role("button", name=re.compile("Approuver.*suppressions")).click()
    expect(page.get_by_role("main")).to_contain_text("Changements approuvés")
    job = finish(services.request_sync(rovida))
    assert job.status == JobStatus.COMPLETED
    assert Tenant.objects.exclude(archived_at=None).count() == 30
    page.goto(f"{live_server.url}/integrations/{rovida.pk}/approvals?state=decided")
    expect(page.get_by_text("Appliqué").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(administrator.email)
    assert Approval.objects.filter(state="open").count() == 0
