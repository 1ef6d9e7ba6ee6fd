"""Both ways with ROVIDA's simulator: what changed here goes there, what changed there comes here, then quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integrations import services
from integrations.models import (
    Conflict,
    Integration,
    JobStatus,
    LinkState,
    PushOperation,
    PushStatus,
    RecordLink,
    SyncJob,
)
from integrations.records.models import Event, Property, RecordHistory, Tenant, Unit
from integrations.records.services import Change, Origin, apply
from integrations.sync import push, runner
from tests.integrations.conftest import Synchronise, finish

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1", label="Alice")


@pytest.fixture
def both(rovida: Integration, synchronise: Synchronise) -> Integration:
    """ROVIDA both ways, after its first synchronisation."""
    rovida.direction = "both"
    rovida.save()
    assert synchronise(rovida).status == JobStatus.COMPLETED
    return rovida


def tenant_of(simulator: Control, place: int = 0) -> tuple[dict[str, Any], Tenant]:
    there = simulator.objects("tenants")[place]
    link = RecordLink.objects.get(resource="tenants", remote_id=there["id"])
    return there, Tenant.objects.get(pk=link.record_id)


def remote(simulator: Control, kind: str, object_id: str) -> dict[str, Any]:
    return next(o for o in simulator.objects(kind) if o["id"] == object_id)


def writes(simulator: Control) -> list[str]:
    return [f"{r['method']} {r['path']}" for r in simulator.requests() if r["method"] != "GET"]


def state() -> list[Any]:
    models = (Property, Unit, Tenant, RecordLink, RecordHistory, Event)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def test_the_first_sync_both_ways_writes_nothing_there(both: Integration, simulator: Control) -> None:
    assert writes(simulator) == []


def test_edits_on_both_sides_of_one_record_meet_and_then_all_is_quiet(
    both: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle"})], USER)
    simulator.edit("tenants", there["id"], family_name="Côté-Roy")
    simulator.forget_requests()
    job = synchronise(both)
    assert (job.status, job.pushed, job.updated) == (JobStatus.COMPLETED, 1, 1)
    assert writes(simulator) == [f"PATCH /v1/tenants/{there['id']}"]
    after = remote(simulator, "tenants", there["id"])
    here.refresh_from_db()
    assert (after["given_name"], after["family_name"]) == ("Maëlle", "Côté-Roy")
    assert (here.given_name, here.family_name) == ("Maëlle", "Côté-Roy")
    simulator.forget_requests()
    before = state()
    third = synchronise(both)
    assert (third.pushed, third.succeeded) == (0, 0)
    assert writes(simulator) == [] and state() == before


def test_only_changed_fields_are_sent(both: Integration, synchronise: Synchronise, simulator: Control) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"phone": "+15145559876"})], USER)
    services.request_sync(both)
    operation = PushOperation.objects.get()
    assert (operation.status, operation.record_id) == (PushStatus.PENDING, here.pk)
    finish(SyncJob.objects.get(status="pending"))
    operation.refresh_from_db()
    assert (operation.status, operation.fields, operation.request) == (PushStatus.DONE, ["phone"], None)
    assert remote(simulator, "tenants", there["id"])["phone"] == "+15145559876"


def test_one_run_sends_batch_after_batch_each_record_once(
    both: Integration, synchronise: Synchronise, simulator: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "BATCH", 2)
    tenants = Tenant.objects.order_by("pk")[:7]
    apply([Change("tenant", tenant.pk, values={"given_name": "Léa"}) for tenant in tenants], USER)
    simulator.forget_requests()
    job = synchronise(both)
    assert (job.status, job.pushed) == (JobStatus.COMPLETED, 7)
    assert len(writes(simulator)) == len(set(writes(simulator))) == 7


def test_what_came_from_a_provider_is_not_sent_back_to_it(
    both: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    there, _ = tenant_of(simulator)
    simulator.edit("tenants", there["id"], given_name="Noémie")
    synchronise(both)
    assert not PushOperation.objects.exists()


def test_a_field_that_both_sides_changed_waits_and_the_others_go_on(
    both: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Alice", "phone": "+15145550001"})], USER)
    simulator.edit("tenants", there["id"], given_name="Béatrice", family_name="Roy")
    synchronise(both)
    here.refresh_from_db()
    after = remote(simulator, "tenants", there["id"])
    assert (here.given_name, here.family_name) == ("Alice", "Roy")
    assert (after["given_name"], after["phone"]) == ("Béatrice", "+15145550001")
    conflict = Conflict.objects.get()
    assert (conflict.field, conflict.local, conflict.remote) == ("given_name", "Alice", "Béatrice")
    services.resolve_conflict(conflict, "platform", actor=administrator)
    synchronise(both)
    assert remote(simulator, "tenants", there["id"])["given_name"] == "Alice"
    with pytest.raises(services.Refused, match="déjà résolu"):
        services.resolve_conflict(conflict, "provider", actor=administrator)


def test_a_conflict_resolved_for_the_provider_changes_only_this_side(
    both: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Alice"})], USER)
    simulator.edit("tenants", there["id"], given_name="Béatrice")
    synchronise(both)
    services.resolve_conflict(Conflict.objects.get(), "provider", actor=administrator)
    simulator.forget_requests()
    synchronise(both)
    here.refresh_from_db()
    assert here.given_name == "Béatrice" == remote(simulator, "tenants", there["id"])["given_name"]
    assert writes(simulator) == []


@pytest.mark.parametrize(("policy", "winner"), [("platform", "Alice"), ("provider", "Béatrice")])
def test_a_policy_decides_without_a_person(
    both: Integration, synchronise: Synchronise, simulator: Control, policy: str, winner: str
) -> None:
    both.conflict_policy = policy
    both.save()
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Alice"})], USER)
    simulator.edit("tenants", there["id"], given_name="Béatrice")
    synchronise(both)
    here.refresh_from_db()
    assert here.given_name == winner == remote(simulator, "tenants", there["id"])["given_name"]
    assert not Conflict.objects.exists()


def test_a_new_record_is_created_there_with_its_parents_first(
    both: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    address = {"line1": "1, rue Neuve", "city": "Québec", "province": "QC", "postal_code": "G1A 1A1", "country": "CA"}
    place, unit = (
        apply(
            [Change("property", action="create", values={"name": "Tour Neuve", "kind": "rental", "address": address})],
            USER,
        )[0].id,
        None,
    )
    unit = apply(
        [Change("unit", action="create", values={"property": place, "number": "101", "kind": "apartment"})], USER
    )[0].id
    PushOperation.objects.filter(record_id=place).delete()  # as if its push had been lost: the unit asks for it
    simulator.forget_requests()
    job = synchronise(both)
    assert (job.status, job.pushed, job.created) == (JobStatus.COMPLETED, 2, 0)
    assert writes(simulator) == ["POST /v1/properties", "POST /v1/units"]
    link = RecordLink.objects.get(record_id=unit)
    created = remote(simulator, "units", link.remote_id)
    assert created["property_id"] == RecordLink.objects.get(record_id=place).remote_id
    before = state()
    simulator.forget_requests()
    assert synchronise(both).succeeded == 0
    assert writes(simulator) == [] and state() == before


@pytest.mark.parametrize("after", [True, False])
def test_a_time_out_after_a_create_never_makes_a_second_one(
    both: Integration, synchronise: Synchronise, simulator: Control, after: bool
) -> None:
    both.timeout_seconds, both.max_retries = 1, 2
    both.save()
    some = Property.objects.first()
    assert some is not None
    apply([Change("unit", action="create", values={"property": some.pk, "number": "999", "kind": "parking"})], USER)
    simulator.fault("slow", path="/v1/units", method="POST", times=1, seconds=3, after=after)
    job = synchronise(both)
    assert (job.status, job.created) == (JobStatus.COMPLETED, 0)
    assert len([u for u in simulator.objects("units") if u["number"] == "999"]) == 1
    assert Unit.objects.filter(number="999").count() == 1


def test_a_write_whose_outcome_is_unknown_is_sent_again_before_anything_is_read(
    both: Integration, synchronise: Synchronise, simulator: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = Property.objects.first()
    assert some is not None
    apply([Change("unit", action="create", values={"property": some.pk, "number": "998", "kind": "parking"})], USER)
    from integrations.sync.landing import Landing

    def killed(*args: Any) -> None:
        raise SystemExit("as a kill between the answer and the commit")

    monkeypatch.setattr(Landing, "store_answers", killed)
    job = services.request_sync(both)
    with pytest.raises(SystemExit):
        runner.run_slice(job.pk)
    monkeypatch.undo()
    assert PushOperation.objects.get().status == PushStatus.SENDING
    SyncJob.objects.update(lease_until="2026-01-01T00:00:00Z")
    assert finish(job).status == JobStatus.COMPLETED
    assert len([u for u in simulator.objects("units") if u["number"] == "998"]) == 1
    made = Unit.objects.get(number="998")
    assert RecordLink.objects.filter(record_id=made.pk, state=LinkState.LIVE).count() == 1


def test_a_refused_write_waits_with_its_reason_and_goes_when_the_record_changes(
    both: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"phone": "poste 12"})], USER)
    job = synchronise(both)
    assert (job.status, job.push_failed) == (JobStatus.PARTIAL, 1)
    operation = PushOperation.objects.get()
    assert operation.status == PushStatus.REJECTED and operation.message
    assert synchronise(both).push_failed == 0, "it waits until something changes"
    apply([Change("tenant", here.pk, values={"phone": "+15145551212"})], USER)
    assert synchronise(both).pushed == 1
    assert remote(simulator, "tenants", there["id"])["phone"] == "+15145551212"


def test_a_stale_version_is_read_again_merged_and_sent(
    both: Integration, synchronise: Synchronise, simulator: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle"})], USER)
    from integrations.sync.parts import Parts

    pull = Parts.pull

    def pull_then_change(self: Parts) -> bool:
        done = pull(self)
        simulator.edit("tenants", there["id"], family_name="Entre-temps")
        return done

    monkeypatch.setattr(Parts, "pull", pull_then_change)
    job = synchronise(both)
    here.refresh_from_db()
    after = remote(simulator, "tenants", there["id"])
    assert job.status == JobStatus.COMPLETED
    assert (after["given_name"], after["family_name"]) == ("Maëlle", "Entre-temps")
    assert (here.given_name, here.family_name) == ("Maëlle", "Entre-temps")


def test_a_record_deleted_there_meanwhile_is_told(
    both: Integration, synchronise: Synchronise, simulator: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle"})], USER)
    from integrations.sync.parts import Parts

    pull = Parts.pull

    def pull_then_delete(self: Parts) -> bool:
        done = pull(self)
        simulator.delete("tenants", there["id"])
        return done

    monkeypatch.setattr(Parts, "pull", pull_then_delete)
    job = synchronise(both)
    monkeypatch.undo()
    operation = PushOperation.objects.get()
    assert (job.status, operation.status) == (JobStatus.PARTIAL, PushStatus.HELD)
    assert "supprimé" in operation.message
    here.refresh_from_db()
    assert here.given_name == "Maëlle", "nothing of ours is lost"


def test_an_integration_that_only_receives_sends_nothing(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    synchronise(rovida)
    _, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle"})], USER)
    assert not PushOperation.objects.exists()
    simulator.forget_requests()
    synchronise(rovida)
    assert writes(simulator) == []


def test_a_preview_writes_nothing_on_either_side_and_tells_what_would_be(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    rovida.direction = "both"
    rovida.save()
    simulator.forget_requests()
    before = state()
    job = synchronise(rovida, dry_run=True)
    assert state() == before and writes(simulator) == [] and not PushOperation.objects.exists()
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert {name: part["create"] for name, part in job.report["in"].items()} == {
        "properties": 12, "units": 140, "tenants": 150, "work_orders": 60,
    }  # fmt: skip
    rovida.refresh_from_db()
    assert rovida.last_sync_at is None
    real = synchronise(rovida)
    assert real.created == 362
    _, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle"})], USER)
    again = synchronise(rovida, dry_run=True)
    again.refresh_from_db()
    assert again.report["out"]["tenants"]["update"] == 1
    assert PushOperation.objects.get().status == PushStatus.PENDING


def test_a_change_is_sent_by_itself_but_a_provider_that_is_down_is_left_in_peace(
    both: Integration, simulator: Control
) -> None:
    assert services.enqueue_pushes() == 0
    _, here = tenant_of(simulator)
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle"})], USER)
    Integration.objects.update(max_retries=0)
    simulator.fault("error", path="/v1/tenants", times=None)
    assert services.enqueue_pushes() == 1
    job = SyncJob.objects.get(status="pending")
    assert (job.trigger, services.enqueue_pushes()) == ("change", 0)
    assert finish(job).status == JobStatus.FAILED
    assert services.enqueue_pushes() == 0
    simulator.clear_faults()
    SyncJob.objects.filter(pk=job.pk).update(finished_at="2026-01-01T00:00:00Z")
    assert services.enqueue_pushes() == 1
    assert finish(SyncJob.objects.get(status="pending")).pushed == 1


def test_an_integration_that_only_sends_takes_nothing_in_even_when_the_other_side_moved(
    both: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    Integration.objects.update(direction="out")
    there, here = tenant_of(simulator)
    simulator.edit("tenants", there["id"], family_name="Là-bas", company_name="Là-bas inc.")
    apply([Change("tenant", here.pk, values={"given_name": "Maëlle", "family_name": "Ici"})], USER)
    job = synchronise(both)
    assert (job.status, job.pushed) == (JobStatus.COMPLETED, 1)
    after = remote(simulator, "tenants", there["id"])
    here.refresh_from_db()
    assert (after["given_name"], after["family_name"], after["company_name"]) == ("Maëlle", "Ici", "Là-bas inc.")
    assert (here.family_name, here.company_name) == ("Ici", "")
