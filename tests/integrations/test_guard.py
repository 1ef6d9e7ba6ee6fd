"""Mass changes and deletions wait for a person; deletions follow the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations import services
from integrations.core.models import AuditEvent
from integrations.models import (
    Approval,
    ApprovalState,
    HeldChange,
    Integration,
    LinkState,
    PushOperation,
    PushStatus,
    RecordLink,
)
from integrations.records.models import Job, Tenant
from integrations.records.services import Change, Origin, apply
from integrations.services import notices
from integrations.sync import push
from tests.integrations.conftest import Synchronise, finish

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
USER = Origin("user", "1")


@pytest.fixture
def pulled(rovida: Integration, simulator: Control, synchronise: Synchronise) -> Integration:
    """Forty more tenants than the demonstration's, pulled."""
    simulator.seed("tenants", 40)
    synchronise(rovida)
    return rovida


def tenants_there(simulator: Control, count: int) -> list[dict[str, Any]]:
    return [each for each in simulator.objects("tenants") if not each["deleted_at"]][-count:]


def edit_all(simulator: Control, count: int) -> None:
    for each in tenants_there(simulator, count):
        simulator.edit("tenants", each["id"], given_name=f"Changée {each['id']}")


def changed_here() -> int:
    return Tenant.objects.filter(given_name__startswith="Changée").count()


# --- The guard, coming in ---------------------------------------------------------------------------------------


def test_a_mass_deletion_waits_and_then_applies_exactly_what_was_approved(
    pulled: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    for each in tenants_there(simulator, 30):
        simulator.delete("tenants", each["id"])
    simulator.edit("properties", simulator.objects("properties")[0]["id"], name="Résidence renommée")

    job = synchronise(pulled)

    approval = Approval.objects.get()
    assert (approval.action, approval.side, approval.held.count()) == ("delete", "in", 30)
    assert job.archived == 0 and job.updated == 1, "the rest of the run goes on"
    assert not Tenant.objects.exclude(archived_at=None).exists()

    later = tenants_there(simulator, 1)[0]["id"]
    simulator.delete("tenants", later)
    job = finish(services.approve(approval, actor=administrator))

    approval.refresh_from_db()
    assert approval.state == ApprovalState.DONE and approval.total == 30
    assert Tenant.objects.exclude(archived_at=None).count() == 31, "thirty that were approved, one that is no mass"
    assert not HeldChange.objects.exists() and not Approval.objects.filter(state=ApprovalState.OPEN).exists()


def test_a_few_deletions_pass(pulled: Integration, simulator: Control, synchronise: Synchronise) -> None:
    for each in tenants_there(simulator, 25):
        simulator.delete("tenants", each["id"])
    assert synchronise(pulled).archived == 25
    assert not Approval.objects.exists()


def test_a_mass_change_waits_and_refusing_it_leaves_both_sides(
    pulled: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    edit_all(simulator, 30)
    synchronise(pulled)
    approval = Approval.objects.get()
    assert (approval.action, approval.held.count(), changed_here()) == ("change", 30, 0)
    names = approval.held.first().changes["given_name"]  # type: ignore[union-attr]
    assert names[1].startswith("Changée")

    assert services.refuse(approval, actor=administrator) == 30
    job = synchronise(pulled, full=True)

    assert job.updated == 0 and changed_here() == 0, "what was refused counts as seen"
    assert not Approval.objects.filter(state=ApprovalState.OPEN).exists()
    one = tenants_there(simulator, 1)[0]["id"]
    simulator.edit("tenants", one, given_name="Changée encore")
    synchronise(pulled)
    assert changed_here() == 1, "its next change is looked at anew"


def test_pages_share_their_count_and_what_waits_is_refreshed_or_forgotten(
    pulled: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    pulled.batch_size = 20
    pulled.save()
    before = {each["id"]: each["given_name"] for each in tenants_there(simulator, 38)}
    edit_all(simulator, 38)
    synchronise(pulled)
    held = Approval.objects.get().held
    assert changed_here() + held.count() == 38 and changed_here() <= 25

    first, second = held.values_list("remote_id", flat=True)[:2]
    simulator.edit("tenants", first, given_name="Changée deux fois")
    simulator.edit("tenants", second, given_name=before[second])
    synchronise(pulled)

    assert held.get(remote_id=first).changes["given_name"][1] == "Changée deux fois"
    assert not held.filter(remote_id=second).exists(), "it is again as it was"
    finish(services.approve(Approval.objects.get(), actor=administrator))
    assert Tenant.objects.filter(given_name="Changée deux fois").exists() and changed_here() == 37


def test_an_approval_says_which_run_asked_and_how_much_it_had_done_before(
    pulled: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    pulled.batch_size = 20
    pulled.save()
    edit_all(simulator, 38)
    first = synchronise(pulled)
    run = Approval.objects.get().runs.get()
    assert (run.job_id, run.applied, run.held) == (first.pk, changed_here(), 38 - changed_here())
    assert 0 < run.applied <= 25
    second = synchronise(pulled, full=True)
    again = Approval.objects.get().runs.get(job=second)
    assert (again.applied, again.held) == (0, run.held), "what waits already is met again"


def test_slices_and_processes_share_the_count_of_links_and_of_changes(
    pulled: Integration, simulator: Control, settings: Any
) -> None:
    settings.SLICE_SECONDS = 0  # one page a slice, as if each were of another process
    settings.GUARD_MINIMUM, settings.GUARD_SHARE = 10, 0
    pulled.batch_size = 8
    pulled.save()
    edit_all(simulator, 38)
    with CaptureQueriesContext(connection) as seen:
        job = finish(services.request_sync(pulled, resources=["tenants"]))
    assert job.pages > 4 and changed_here() <= 10
    assert Approval.objects.get().held.count() == 38 - changed_here()
    counted = [one["sql"] for one in seen.captured_queries if "COUNT(" in one["sql"] and "recordlink" in one["sql"]]
    assert len(counted) == 1, "links are counted once in a run"
    assert job.by_resource["tenants"]["linked"] == RecordLink.objects.filter(resource="tenants").count()


def test_a_first_synchronisation_only_creates_and_asks_nothing(pulled: Integration) -> None:
    assert Tenant.objects.count() > 40
    assert not Approval.objects.exists()


def test_the_administrators_are_told_once_and_all_is_audited(
    pulled: Integration, simulator: Control, synchronise: Synchronise, administrator: Any
) -> None:
    edit_all(simulator, 30)
    synchronise(pulled)
    synchronise(pulled, full=True)
    assert notices.send_due() == 1 == len(mail.outbox) and notices.send_due() == 0
    assert "approuver" in mail.outbox[0].subject and str(pulled.pk) in mail.outbox[0].body
    services.refuse(Approval.objects.get(), actor=administrator)
    with pytest.raises(services.Refused):
        services.approve(Approval.objects.get(), actor=administrator)
    asked, refused = AuditEvent.objects.filter(action__startswith="approval.").order_by("pk")
    assert (asked.action, refused.action, refused.after["records"]) == ("approval.asked", "approval.refused", 30)


# --- The guard, going out ---------------------------------------------------------------------------------------


def change_here(count: int) -> None:
    ids = Tenant.objects.order_by("pk").values_list("pk", flat=True)[:count]
    apply([Change("tenant", key, values={"given_name": f"Ici {key}"}) for key in ids], USER)


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_a_mass_change_of_ours_waits_before_it_is_sent(
    pulled: Integration, simulator: Control, synchronise: Synchronise, administrator: Any, decision: str
) -> None:
    Integration.objects.filter(pk=pulled.pk).update(direction="both", conflict_policy="platform")
    change_here(30)
    synchronise(pulled)
    approval = Approval.objects.get()
    assert (approval.side, approval.action, approval.pushes.count()) == ("out", "change", 30)

    def changed_there() -> int:
        return sum(each["given_name"].startswith("Ici") for each in simulator.objects("tenants"))

    assert changed_there() == 0 and PushOperation.objects.filter(status=PushStatus.HELD, code="approval").count() == 30
    if decision == "approve":
        finish(services.approve(approval, actor=administrator))
        approval.refresh_from_db()
        assert changed_there() == 30 and approval.state == ApprovalState.DONE
    else:
        services.refuse(approval, actor=administrator)
        synchronise(pulled)
        assert changed_there() == 0
        change_here(1)
        synchronise(pulled)
        assert not Approval.objects.filter(state=ApprovalState.OPEN).exists()


def test_batches_that_are_sent_count_the_links_once(
    pulled: Integration, synchronise: Synchronise, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(push, "BATCH", 4)
    settings.GUARD_MINIMUM, settings.GUARD_SHARE = 6, 0
    Integration.objects.filter(pk=pulled.pk).update(direction="both", conflict_policy="platform")
    change_here(20)
    with CaptureQueriesContext(connection) as seen:
        job = synchronise(pulled, resources=["tenants"])
    counted = [one["sql"] for one in seen.captured_queries if "COUNT(" in one["sql"] and "recordlink" in one["sql"]]
    assert len(counted) == 1
    run = Approval.objects.get(side="out").runs.get(job=job)
    assert (run.applied, run.held) == (4, 16) and job.pushed == 4


# --- Policies ---------------------------------------------------------------------------------------------------


def one(simulator: Control) -> tuple[str, Tenant]:
    """A tenant with a lease: ROVIDA takes no other."""
    remote_id = next(each["id"] for each in tenants_there(simulator, 1000) if each["lease"])
    return remote_id, Tenant.objects.get(pk=RecordLink.objects.get(remote_id=remote_id).record_id)


def set_policy(integration: Integration, policy: str, **more: Any) -> None:
    Integration.objects.filter(pk=integration.pk).update(deletion_policy=policy, **more)


@pytest.mark.parametrize(("policy", "archived"), [("archive", True), ("unlink", False)])
def test_a_deletion_there_archives_or_unlinks(
    pulled: Integration, simulator: Control, synchronise: Synchronise, policy: str, archived: bool
) -> None:
    set_policy(pulled, policy, direction="both")
    remote_id, tenant = one(simulator)
    apply([Change("tenant", tenant.pk, values={"given_name": "Modifiée ici"})], USER)
    simulator.delete("tenants", remote_id)
    synchronise(pulled)
    synchronise(pulled, full=True)
    tenant.refresh_from_db()
    assert (tenant.archived_at is not None) is archived
    assert RecordLink.objects.get(remote_id=remote_id).state == LinkState.TOMBSTONE
    assert len(tenants_there(simulator, 1000)) == Tenant.objects.filter(archived_at=None).count() - (not archived)


def test_a_deletion_there_is_made_again_where_the_policy_restores(
    pulled: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    set_policy(pulled, "restore", direction="both")
    remote_id, tenant = one(simulator)
    simulator.delete("tenants", remote_id)
    synchronise(pulled)
    synchronise(pulled, full=True)
    tenant.refresh_from_db()
    assert tenant.archived_at is None
    again = RecordLink.objects.get(record_id=tenant.pk, state=LinkState.LIVE)
    assert again.remote_id != remote_id
    assert [each["email"] for each in simulator.objects("tenants") if each["id"] == again.remote_id] == [tenant.email]
    assert len(tenants_there(simulator, 1000)) == Tenant.objects.count(), "made once"


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_a_deletion_waits_where_the_policy_asks(
    pulled: Integration, simulator: Control, synchronise: Synchronise, administrator: Any, decision: str
) -> None:
    set_policy(pulled, "ask")
    remote_id, tenant = one(simulator)
    simulator.delete("tenants", remote_id)
    synchronise(pulled)
    approval = Approval.objects.get()
    assert approval.reason == "policy" and approval.held.get().record_id == tenant.pk
    tenant.refresh_from_db()
    assert tenant.archived_at is None
    if decision == "approve":
        finish(services.approve(approval, actor=administrator))
    else:
        services.refuse(approval, actor=administrator)
        synchronise(pulled, full=True)
    tenant.refresh_from_db()
    assert (tenant.archived_at is not None) is (decision == "approve")
    assert RecordLink.objects.get(remote_id=remote_id).state == LinkState.TOMBSTONE
    assert not Approval.objects.filter(state=ApprovalState.OPEN).exists()


@pytest.mark.parametrize(
    ("policy", "archived", "taken"),
    [("archive", True, True), ("unlink", True, False), ("restore", False, True), ("ask", True, False)],
)
def test_what_was_archived_here_and_changed_there_follows_the_policy(
    pulled: Integration, simulator: Control, synchronise: Synchronise, policy: str, archived: bool, taken: bool
) -> None:
    set_policy(pulled, policy)
    remote_id, tenant = one(simulator)
    apply([Change("tenant", tenant.pk, "archive")], USER)
    for name in ("Changée une fois", "Changée deux fois"):
        simulator.edit("tenants", remote_id, given_name=name)
        synchronise(pulled)
    tenant.refresh_from_db()
    assert (tenant.archived_at is not None, tenant.given_name == "Changée deux fois") == (archived, taken)
    assert Approval.objects.filter(action="revive").count() == (policy == "ask")


@pytest.mark.parametrize(
    ("own", "general"), [("archive", "unlink"), ("unlink", "archive"), ("restore", "archive"), ("ask", "unlink")]
)
def test_an_object_follows_its_own_policy_and_the_others_that_of_the_integration(
    pulled: Integration,
    simulator: Control,
    synchronise: Synchronise,
    administrator_client: Client,
    own: str,
    general: str,
) -> None:
    address = reverse("integrations:settings", args=[pulled.pk])
    form = administrator_client.get(address).context["form"]
    given = {field.name: field.value() for field in form}
    shown = {name: value for name, value in given.items() if value is not None and value is not False}
    values = {"direction": "both", "deletion_policy": general, "deletion-tenants": own}
    answer = administrator_client.post(address, shown | values)
    assert answer.status_code == 302, answer.context["form"].errors

    remote_id, tenant = one(simulator)
    order = simulator.objects("work_orders")[-1]["id"]
    other = RecordLink.objects.get(resource="work_orders", remote_id=order)
    simulator.delete("tenants", remote_id)
    simulator.delete("work_orders", order)
    synchronise(pulled)
    synchronise(pulled, full=True)

    tenant.refresh_from_db()
    other.refresh_from_db()
    assert (tenant.archived_at is not None) is (own == "archive")
    assert (Job._base_manager.get(pk=other.record_id).archived_at is not None) is (general == "archive")
    assert other.state == LinkState.TOMBSTONE
    live = RecordLink.objects.filter(record_id=tenant.pk, state=LinkState.LIVE).values_list("remote_id", flat=True)
    assert [each == remote_id for each in live] == {"restore": [False], "ask": [True]}.get(own, [])
    asked = [(each.resource, each.reason) for each in Approval.objects.all()]
    assert asked == ([("tenants", "policy")] if own == "ask" else [])


def test_deletions_of_the_feed_are_followed_or_ignored(
    pulled: Integration, simulator: Control, synchronise: Synchronise
) -> None:
    Integration.objects.filter(pk=pulled.pk).update(include_deleted=False)
    remote_id, _ = one(simulator)
    simulator.delete("tenants", remote_id)
    assert synchronise(pulled).archived == 0
    assert RecordLink.objects.get(remote_id=remote_id).state == LinkState.LIVE
    Integration.objects.filter(pk=pulled.pk).update(include_deleted=True)
    assert synchronise(pulled, full=True).archived == 1
