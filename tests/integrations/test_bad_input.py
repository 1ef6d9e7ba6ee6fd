"""Whatever the provider does, the administrator reads why in French, and nothing is lost: the next run completes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base.errors import ConnectorError
from integrations import services
from integrations.models import Exchange, Integration, JobStatus, RecordLink, Status, SyncError, SyncJob
from integrations.records.models import Event, Property, Tenant, Unit
from integrations.sync.runner import run_slice
from tests.integrations.conftest import Synchronise, connect_rovida

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH = re.compile(r"\b(error|failed|invalid|unauthorized|timeout|retry|traceback)\b", re.IGNORECASE)


def is_french(sentence: str) -> bool:
    """A real sentence, with what to do or what happens next, and no word of a stack trace."""
    return len(sentence) > 40 and sentence.endswith(".") and not ENGLISH.search(sentence)


def everything_arrives(integration: Integration, synchronise: Synchronise) -> None:
    job = synchronise(integration)
    assert job.status == JobStatus.COMPLETED, job.error_message
    assert RecordLink.objects.exclude(resource="property_managers").count() == 362
    assert not SyncError.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("rov_test_wrong", "401"),
        ("rov_test_revoked", "401"),
        ("rov_test_forbidden", "403"),
        ("clé é", "caractères"),
        ("   ", "vide"),
    ],
)
def test_a_key_that_cannot_serve_stores_nothing(
    administrator: Any, simulator: Control, settings: Any, key: str, words: str
) -> None:
    settings.SIMULATOR_URL = simulator.url
    with pytest.raises(ConnectorError) as refused:
        connect_rovida(administrator, key)
    assert words in refused.value.sentence
    assert is_french(refused.value.sentence)
    assert not Integration.objects.exists()


def test_a_provider_that_is_down_stores_nothing_at_the_connection(administrator: Any, settings: Any) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:9"
    with pytest.raises(ConnectorError) as refused:
        connect_rovida(administrator, "rov_test_demo_lacoste")
    assert "injoignable" in refused.value.sentence
    assert not Integration.objects.exists()


def test_a_key_revoked_later_asks_for_a_reconnection_and_the_sync_goes_on_after_it(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    rovida.batch_size = 20
    rovida.save()
    simulator.fault("revoked_key", path="/v1/tenants", times=None)
    job = synchronise(rovida)
    rovida.refresh_from_db()
    assert (job.status, rovida.status) == (JobStatus.FAILED, Status.RECONNECT)
    assert is_french(job.error_message) and rovida.status_message == job.error_message
    assert Unit.objects.count() == 140
    with pytest.raises(services.Refused, match="Reconnectez"):
        services.request_sync(rovida)
    assert set(Event.objects.values_list("type", flat=True)) == {"sync.failed", "integration.error"}
    simulator.clear_faults()
    services.reconnect(
        rovida, auth_method="api_key", secrets={"api_key": "rov_test_demo_lacoste"}, config={}, actor=administrator
    )
    everything_arrives(rovida, synchronise)


def test_a_short_outage_is_waited_out_within_the_run(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    simulator.fault("error", path="/v1/units", times=2)
    everything_arrives(rovida, synchronise)
    job = SyncJob.objects.get()
    assert job.retries == 2
    assert Exchange.objects.filter(job=job, status=500).count() == 2


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("error", {}, "500"),
        ("unavailable", {}, "503"),
        ("html", {}, "page Web"),
        ("truncated", {}, "incomplète"),
        ("slow", {"seconds": 3}, "délai"),
        ("rate_limit", {}, "429"),
        ("rate_limit", {"retry_after": 1}, "429"),
    ],
)
def test_a_provider_that_stays_broken_fails_the_run_with_a_reason_and_loses_nothing(
    rovida: Integration, synchronise: Synchronise, simulator: Control, fault: str, options: Any, words: str
) -> None:
    rovida.timeout_seconds, rovida.max_retries = 1, 1
    rovida.save()
    simulator.fault(fault, path="/v1/tenants", times=None, **options)
    job = synchronise(rovida)
    rovida.refresh_from_db()
    assert (job.status, rovida.status) == (JobStatus.FAILED, Status.ERROR)
    assert words in job.error_message and is_french(job.error_message)
    assert Unit.objects.count() == 140 and not Tenant.objects.exists()
    simulator.clear_faults()
    everything_arrives(rovida, synchronise)
    rovida.refresh_from_db()
    assert rovida.status == Status.ACTIVE


def test_a_long_retry_after_frees_the_worker_and_is_kept(rovida: Integration, simulator: Control) -> None:
    simulator.fault("rate_limit", path="/v1/properties", times=1, retry_after=90)
    job = services.request_sync(rovida)
    assert run_slice(job.pk) == JobStatus.PENDING
    job.refresh_from_db()
    assert job.not_before is not None
    assert 80 < (job.not_before - job.created_at).total_seconds() < 100
    assert run_slice(job.pk) is None, "not before its time"


def test_a_cursor_that_repeats_stops_the_run_instead_of_going_round_for_ever(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    rovida.batch_size = 20
    rovida.save()
    simulator.fault("repeated_cursor", path="/v1/tenants", times=None)
    simulator.forget_requests()
    job = synchronise(rovida)
    assert job.status == JobStatus.FAILED
    assert is_french(job.error_message)
    asked = [r for r in simulator.requests() if r["path"] == "/v1/tenants"]
    assert len(asked) < 10
    simulator.clear_faults()
    everything_arrives(rovida, synchronise)


@pytest.mark.parametrize(
    ("kind", "change", "code", "words"),
    [
        ("units", {"remove": ["number"]}, "required", "obligatoire"),
        ("units", {"property_id": "prop_inconnu"}, "reference", "« prop_inconnu »"),
        ("units", {"status": "hante"}, "enum", "« hante »"),
        ("tenants", {"email": "pas une adresse"}, "value", "courriel"),
        ("tenants", {"move_in_date": "hier"}, "value", "date"),
        ("units", {"market_rent": {"amount": 10, "currency": "USD"}}, "value", "USD"),
        ("units", {"number": "x" * 500}, "value", "500"),
    ],
)
def test_one_bad_record_is_kept_with_its_reason_and_the_others_arrive(
    rovida: Integration, synchronise: Synchronise, simulator: Control, kind: str, change: Any, code: str, words: str
) -> None:
    good = simulator.objects(kind)[3]
    simulator.provider().edit(
        kind, good["id"], {k: v for k, v in change.items() if k != "remove"}, change.get("remove", [])
    )
    job = synchronise(rovida)
    assert (job.status, job.by_resource[kind]["failed"]) == (JobStatus.PARTIAL, 1)
    error = SyncError.objects.get(remote_id=good["id"])
    assert error.code == code
    assert words in error.message and is_french(error.message), error.message
    assert error.payload["id"] == good["id"]
    # What refers to it waits with it, each with its own reason.
    waiting = SyncError.objects.exclude(pk=error.pk)
    assert {other.code for other in waiting} <= {"reference"}
    assert RecordLink.objects.exclude(resource="property_managers").count() == 362 - job.failed
    simulator.edit(kind, good["id"], **{k: good[k] for k in ({*change, "number"} & {*good}) if k != "remove"})
    everything_arrives(rovida, synchronise)
    assert synchronise(rovida).failed == 0


def test_a_record_without_an_id_is_an_error_of_its_own(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    simulator.fault("missing_field", path="/v1/properties", times=1, field="id", record=0)
    job = synchronise(rovida, resources=["properties"])
    assert (job.status, job.failed, Property.objects.count()) == (JobStatus.PARTIAL, 1, 11)
    error = SyncError.objects.get()
    assert error.remote_id.startswith("?") and is_french(error.message)
    services.dismiss_error(error, actor=rovida_actor())
    everything_arrives_after_full(rovida, synchronise)


def rovida_actor() -> Any:
    from integrations.core.models import User

    return User.objects.get(role="administrator")


def everything_arrives_after_full(integration: Integration, synchronise: Synchronise) -> None:
    assert synchronise(integration, full=True).status == JobStatus.COMPLETED
    assert Property.objects.count() == 12


@pytest.mark.postgres
def test_a_character_that_no_database_stores_does_not_stop_a_page(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    some = simulator.objects("properties")[0]
    simulator.create("properties", id="prop_\0x", name="Le\0Phare", type=some["type"], address=some["address"])
    synchronise(rovida)
    assert Property.objects.filter(name="LePhare").exists()
    assert not SyncError.objects.exists()
