"""A new integration takes some records of each object first, and all of them once a person releases it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from integrations import services
from integrations.core.models import AuditEvent
from integrations.models import Integration, JobStatus, PushOperation, SyncCursor, SyncError
from integrations.records.models import Job, Property, Tenant, Unit
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import KEY, Synchronise, finish

if TYPE_CHECKING:
    from django.test import Client

    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
def fresh(rovida: Integration) -> Integration:
    Integration.objects.filter(pk=rovida.pk).update(released_at=None)
    rovida.refresh_from_db()
    return rovida


def test_a_connected_account_waits_and_one_of_before_does_not(
    administrator: Any, simulator: Control, settings: Any
) -> None:
    settings.SIMULATOR_URL = simulator.url
    new = services.connect(
        "rovida", name="R", environment="simulator", auth_method="api_key", secrets={"api_key": KEY}, config={},
        actor=administrator,
    )  # fmt: skip
    assert new.is_trial
    assert not Integration.objects.create(provider="rovida", name="R2", environment="test").is_trial


def test_the_first_run_takes_twenty_five_of_each_object_and_the_release_brings_the_rest(
    fresh: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    job = synchronise(fresh)
    assert job.status == JobStatus.COMPLETED and not SyncError.objects.exists(), "unknown references wait, unsaid"
    assert max(model.objects.count() for model in (Property, Unit, Tenant, Job)) == 25
    assert all(counts["processed"] <= 25 for counts in job.by_resource.values())
    again = synchronise(fresh)
    assert again.created == 0 and Unit.objects.count() == 25

    job = finish(services.release_and_sync(fresh, actor=administrator))
    assert Unit.objects.count() == len(simulator.objects("units")) > 25 and job.failed == 0
    assert Tenant.objects.count() == len(simulator.objects("tenants"))
    assert AuditEvent.objects.filter(action="integration.released").count() == 1


def test_what_is_read_whole_is_not_read_again(fresh: Integration, simulator: Control, synchronise: Synchronise) -> None:
    synchronise(fresh)
    whole = {"properties"} if len(simulator.objects("properties")) <= 25 else set()
    assert set(SyncCursor.objects.values_list("resource", flat=True)) >= whole
    assert not SyncCursor.objects.filter(resource="units").exists()


def test_sending_is_limited_too_and_creates_nothing_that_may_be_there_already(
    fresh: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    synchronise(fresh)
    Integration.objects.filter(pk=fresh.pk).update(direction="both", conflict_policy="platform")
    some = Property.objects.first()
    assert some is not None
    user = Origin("user", "1")
    apply([Change("unit", action="create", values={"property": some.pk, "number": "999", "kind": "parking"})], user)
    apply([Change("unit", unit.pk, values={"market_rent": 999}) for unit in Unit.objects.exclude(number="999")], user)
    before = len(simulator.objects("units"))
    job = synchronise(fresh)
    assert len(simulator.objects("units")) == before and job.by_resource["units"].get("pushed", 0) <= 25
    waits = PushOperation.objects.get(code="trial")
    assert waits.status == "pending" and "libération" in waits.message

    finish(services.release_and_sync(Integration.objects.get(pk=fresh.pk), actor=administrator))
    assert [unit["number"] for unit in simulator.objects("units")].count("999") == 1


def test_schedules_and_changes_wait_for_the_release(fresh: Integration, synchronise: Synchronise) -> None:
    Integration.objects.filter(pk=fresh.pk).update(
        frequency="hourly", next_sync_at=timezone.now() - timedelta(minutes=1), direction="both"
    )
    assert services.enqueue_scheduled() == 1, "the first records come by the schedule too"
    finish(fresh.jobs.get())
    Integration.objects.filter(pk=fresh.pk).update(next_sync_at=timezone.now() - timedelta(minutes=1))
    apply(
        [Change("tenant", Tenant.objects.values_list("pk", flat=True)[0], values={"given_name": "Zoé"})],
        Origin("user", "1"),
    )
    assert services.enqueue_scheduled() == 0 and services.enqueue_pushes() == 0
    Integration.objects.filter(pk=fresh.pk).update(released_at=timezone.now())
    assert services.enqueue_scheduled() == 1


def test_the_command_line_releases(fresh: Integration, simulator: Control) -> None:
    call_command("sync", str(fresh.pk))
    assert Unit.objects.count() == len(simulator.objects("units"))
    assert not Integration.objects.get(pk=fresh.pk).is_trial


def test_the_page_says_what_came_and_the_button_starts_the_rest(
    fresh: Integration, synchronise: Synchronise, administrator_client: Client, support_client: Client
) -> None:
    address = reverse("integrations:detail", args=[fresh.pk])
    assert "Premiers enregistrements seulement" not in administrator_client.get(address).content.decode()
    job = synchronise(fresh)
    html = administrator_client.get(address).content.decode()
    assert "Premiers enregistrements seulement" in html and str(job.pk) in html and "Libérer" in html
    release = reverse("integrations:release", args=[fresh.pk])
    assert support_client.post(release).status_code in (302, 403)
    assert Integration.objects.get(pk=fresh.pk).is_trial
    answer = administrator_client.post(release)
    assert re.search(r"/integrations/jobs/[0-9a-f-]+$", answer["Location"])
    html = administrator_client.get(address).content.decode()
    assert "Premiers enregistrements seulement" not in html and fresh.jobs.filter(status="pending").count() == 1
