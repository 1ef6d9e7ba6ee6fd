"""Undoing a run: what nobody changed since comes back, on both sides; the rest is left alone and says why."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations import services
from integrations.core.models import AuditEvent
from integrations.models import Integration, LinkState, PushOperation, RecordLink, RunUndo, SyncJob
from integrations.records.models import Customer, Event, Invoice, Job, Property, RecordHistory, Tenant, Unit
from integrations.records.services import Change, Origin, apply
from integrations.services import Refused, undoing
from tests.integrations import rows
from tests.integrations.conftest import Synchronise

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

USER = Origin("user", "1", label="Alice")
WATCHED = (Property, Unit, Tenant, Job, RecordLink, RecordHistory, Event, PushOperation, RunUndo, AuditEvent)


def state() -> list[Any]:
    return [list(model._base_manager.order_by("pk").values()) for model in WATCHED]


def writes(simulator: Control) -> list[str]:
    return [f"{r['method']} {r['path']}" for r in simulator.requests() if r["method"] != "GET"]


@pytest.fixture
def both(rovida: Integration, synchronise: Synchronise) -> Integration:
    """ROVIDA both ways, after its first synchronisation."""
    rovida.direction = "both"
    rovida.save()
    synchronise(rovida)
    return rovida


@pytest.fixture
def undo(administrator: Any) -> Any:
    """undo(job, *kinds): ask for the undoing and let the worker's loop do it."""

    def go(job: SyncJob, *kinds: str) -> RunUndo:
        asked = services.request_undo(job, kinds, actor=administrator)
        undoing.work_undos()
        asked.refresh_from_db()
        return asked

    return go


def pair(simulator: Control, place: int = 0) -> tuple[str, Tenant]:
    there = simulator.objects("tenants")[place]["id"]
    return there, Tenant.objects.get(pk=RecordLink.objects.get(resource="tenants", remote_id=there).record_id)


def remote(simulator: Control, kind: str, object_id: str) -> dict[str, Any]:
    return next(o for o in simulator.objects(kind) if o["id"] == object_id)


def test_a_preview_lists_both_sides_and_writes_nothing(
    both: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    there, here = pair(simulator)
    before = here.given_name
    simulator.edit("tenants", there, given_name="Noémie")
    job = synchronise(both)
    was = state()
    simulator.forget_requests()
    preview = services.preview_undo(job)
    assert state() == was and simulator.requests() == []
    assert [each.id for each in preview.restored] == [here.pk] and not preview.archived and not preview.left
    (write,) = preview.writes
    assert (write.integration, write.action, write.changes) == (both, "update", [("given_name", "Noémie", before)])


def test_values_come_back_go_to_the_provider_and_a_second_undoing_does_nothing(
    both: Integration, synchronise: Synchronise, simulator: Control, undo: Any
) -> None:
    there, here = pair(simulator)
    before = here.given_name
    simulator.edit("tenants", there, given_name="Noémie")
    job = synchronise(both)
    asked = undo(job)
    here.refresh_from_db()
    assert (here.given_name, asked.restored, asked.archived, asked.left) == (before, 1, 0, 0)
    history = RecordHistory.objects.filter(record_id=here.pk).order_by("-version")[0]
    assert history.origin.startswith("user:") and history.job_id is None and "annulation" in history.origin_label
    synchronise(both)
    assert remote(simulator, "tenants", there)["given_name"] == before
    was, version = RecordHistory.objects.count(), here.version
    again = undo(job)
    here.refresh_from_db()
    assert (again.restored, again.archived, RecordHistory.objects.count(), here.version) == (0, 0, was, version)
    simulator.forget_requests()
    assert synchronise(both).succeeded == 0 and writes(simulator) == []


def test_a_later_edit_is_left_alone_with_the_reason(
    both: Integration, synchronise: Synchronise, simulator: Control, undo: Any
) -> None:
    there, here = pair(simulator)
    family = here.family_name
    simulator.edit("tenants", there, given_name="Noémie", family_name="Côté")
    job = synchronise(both)
    apply([Change("tenant", here.pk, values={"given_name": "Alice"})], USER)
    (left,) = services.preview_undo(job).left
    assert (left.name, left.now, left.since["by"]) == (
        "given_name",
        "Alice",
        "user:1",
    ) and "Modifié depuis" in left.reason
    asked = undo(job)
    here.refresh_from_db()
    assert (here.given_name, here.family_name, asked.left) == ("Alice", family, 1)


def test_what_the_first_run_created_is_archived_and_stays_so_at_no_cost_to_the_provider(
    both: Integration, synchronise: Synchronise, simulator: Control, undo: Any
) -> None:
    job = SyncJob.objects.get()
    tenants, places = Tenant.objects.count(), Property.objects.count()
    asked = undo(job)
    assert asked.archived == job.created + RecordHistory.objects.filter(kind="contact", action="created").count()
    assert not Tenant.objects.live().exists() and not Property.objects.live().exists()
    assert set(RecordLink.objects.values_list("state", flat=True)) == {LinkState.SET_ASIDE}
    simulator.forget_requests()
    again = synchronise(both, full=True)
    assert writes(simulator) == [] and again.succeeded == 0
    assert (len(simulator.objects("tenants")), len(simulator.objects("properties"))) == (tenants, places)
    there, here = pair(simulator)
    simulator.edit("tenants", there, given_name="Noémie")
    synchronise(both)
    here.refresh_from_db()
    assert (here.given_name, here.archived_at) == ("Noémie", None)
    assert RecordLink.objects.get(record_id=here.pk).state == LinkState.LIVE


def test_a_created_record_that_somebody_uses_or_changed_stays(both: Integration, undo: Any) -> None:
    job = SyncJob.objects.get()
    used, changed = Property.objects.order_by("pk")[:2]
    rows.record("unit", property=used.pk, number="à nous")
    apply([Change("property", changed.pk, values={"year_built": 1931})], USER)
    undo(job)
    assert set(Property.objects.live().values_list("pk", flat=True)) == {used.pk, changed.pk}
    reasons = {left.record_id: left.reason for left in services.preview_undo(job).left}
    assert "y renvoient (logement)" in reasons[used.pk] and "modifié depuis" in reasons[changed.pk]


def test_what_a_run_archived_is_restored(
    both: Integration, synchronise: Synchronise, simulator: Control, undo: Any
) -> None:
    order = simulator.objects("work_orders")[0]["id"]
    here = Job.objects.get(pk=RecordLink.objects.get(resource="work_orders", remote_id=order).record_id)
    simulator.delete("work_orders", order)
    job = synchronise(both)
    here.refresh_from_db()
    assert not Job.objects.live().filter(pk=here.pk).exists()
    undo(job)
    assert Job.objects.live().filter(pk=here.pk).exists()
    assert synchronise(both).succeeded == 0


def test_what_a_run_sent_is_taken_back_on_both_sides(
    both: Integration, synchronise: Synchronise, simulator: Control, undo: Any
) -> None:
    there, here = pair(simulator)
    before = here.phone
    apply([Change("tenant", here.pk, values={"phone": "+15145559876"})], USER)
    job = synchronise(both)
    assert remote(simulator, "tenants", there)["phone"] == "+15145559876"
    undo(job)
    synchronise(both)
    here.refresh_from_db()
    assert here.phone == before
    assert remote(simulator, "tenants", there)["phone"] == before


def test_one_kind_can_be_undone_alone(
    both: Integration, synchronise: Synchronise, simulator: Control, undo: Any
) -> None:
    there, here = pair(simulator)
    place = simulator.objects("properties")[0]["id"]
    simulator.edit("tenants", there, given_name="Noémie")
    simulator.edit("properties", place, name="Autre nom")
    job = synchronise(both)
    undo(job, "property")
    here.refresh_from_db()
    assert here.given_name == "Noémie" and not Property.objects.filter(name="Autre nom").exists()


def test_an_interrupted_undoing_goes_on_where_it_was(both: Integration, undo: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(undoing, "BATCH", 25)
    job, whole, batches = SyncJob.objects.get(), undoing.undo.undo_batch, []

    def dies(*args: Any) -> Any:
        batches.append(args)
        if len(batches) == 4:
            raise RuntimeError("killed")
        return whole(*args)

    monkeypatch.setattr(undoing.undo, "undo_batch", dies)
    with pytest.raises(RuntimeError):
        undo(job)
    half = RunUndo.objects.get()
    assert half.finished_at is None and 0 < half.archived < job.created
    assert undoing.work_undos() == 0
    RunUndo.objects.update(lease_until=None)
    assert undoing.work_undos() == 1
    half.refresh_from_db()
    assert half.archived == RecordHistory.objects.filter(action="archived").count()
    assert not Tenant.objects.live().exists() and not Property.objects.live().exists()


def test_a_value_that_is_taken_meanwhile_is_left_and_the_rest_comes_back(administrator: Any, undo: Any) -> None:
    job = rows.job(rows.integration())
    by_run = Origin("integration", str(job.integration_id), job_id=job.pk)
    first, second = rows.record("division", code="a", name="A"), rows.record("division", code="b", name="B")
    apply(
        [Change("division", first.pk, values={"code": "c"}), Change("division", second.pk, values={"name": "C"})],
        by_run,
    )
    rows.record("division", code="a", name="Nouvelle")
    asked = undo(job)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.code, second.name, asked.restored, asked.left) == ("c", "B", 1, 1)


def test_an_open_run_and_an_emergency_refuse_an_undoing(administrator: Any) -> None:
    made = rows.integration()
    with pytest.raises(Refused, match="terminée"):
        services.request_undo(rows.running_job(made), actor=administrator)
    job = rows.job(rows.integration())
    asked = services.request_undo(job, actor=administrator)
    assert services.request_undo(job, actor=administrator) == asked
    services.stop_everything(actor=administrator)
    assert undoing.work_undos() == 0
    with pytest.raises(Refused, match="urgence"):
        services.request_undo(rows.job(rows.integration()), actor=administrator)


def test_the_page_previews_applies_and_tells_what_was_done(administrator_client: Client) -> None:
    job = rows.job(rows.integration())
    by_run = Origin("integration", str(job.integration_id), job_id=job.pk)
    person = rows.record("tenant", given_name="Zoé", family_name="Roy")
    apply([Change("tenant", person.pk, values={"given_name": "Zoë", "family_name": "Côté"})], by_run)
    apply([Change("tenant", person.pk, values={"family_name": "Caron"})], Origin("automation"))
    address = reverse("integrations:undo", args=[job.pk])
    assert address in administrator_client.get(reverse("integrations:job", args=[job.pk])).content.decode()
    html = administrator_client.get(address).content.decode()
    assert "rien n’a été écrit" in html and '<span class="after">Zoé</span>' in html and "Appliquer" in html
    assert "Automatisation, à l’instant" in html
    assert "Il n’y a rien à rétablir" in administrator_client.get(f"{address}?kind=property").content.decode()
    waiting = administrator_client.post(address, follow=True).content.decode()
    assert "Annulation en cours" in waiting and "every 2s" in waiting
    undoing.work_undos()
    html = administrator_client.get(address).content.decode()
    assert "1\xa0enregistrement rétabli" in html and "Il n’y a rien à rétablir de plus" in html
    actions = AuditEvent.objects.filter(action__startswith="sync.und").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["sync.undo_requested", "sync.undone"]


def test_an_undoing_costs_the_same_for_three_records_and_for_thirty(
    administrator: Any, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for number in (3, 30):
        job = rows.job(rows.integration())
        by_run = Origin("integration", str(job.integration_id), job_id=job.pk)
        people = [rows.record("tenant", given_name="Zoé", family_name="Roy") for _ in range(number)]
        apply([Change("tenant", each.pk, values={"given_name": "Zoë"}) for each in people], by_run)
        services.request_undo(job, actor=administrator)
        with CaptureQueriesContext(connection) as captured:
            undoing.work_undos()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_lines_addresses_and_references_come_back_whole(undo: Any) -> None:
    job = rows.job(rows.integration())
    by_run = Origin("integration", str(job.integration_id), job_id=job.pk)
    who, other = rows.record("customer", name="A"), rows.record("customer", name="B")
    address = {
        "line1": "1, rue Roy",
        "line2": "",
        "city": "Laval",
        "province": "QC",
        "postal_code": "H7A 1A1",
        "country": "CA",
    }
    lines = [{"description": "Appel", "quantity": "1", "unit_price": "100"}, {"description": "Pièces", "quantity": "2"}]
    bill = rows.record("invoice", number="F-1", customer=who.pk, lines=lines)
    apply([Change("customer", who.pk, values={"billing_address": address})], USER)
    changed = {"customer": other.pk, "lines": [{"description": "Autre chose", "quantity": "9"}]}
    apply(
        [
            Change("invoice", bill.pk, values=changed),
            Change("customer", who.pk, values={"billing_address": None}),
        ],
        by_run,
    )
    undo(job)
    bill = Invoice.objects.get(pk=bill.pk)
    assert [(line.description, line.quantity) for line in bill.lines.all()] == [("Appel", 1), ("Pièces", 2)]
    assert bill.customer_id == who.pk
    assert Customer.objects.get(pk=who.pk).billing_address == address


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happened_since_only_untouched_values_come_back(seed: int, undo: Any) -> None:
    """Random changes by the run and by people, in any order, against a plain model of what undoing means."""
    luck = random.Random(seed)
    fields = ("given_name", "family_name", "phone", "company_name")
    job = rows.job(rows.integration())
    by_run = Origin("integration", str(job.integration_id), job_id=job.pk)
    people = [rows.record("tenant", given_name="a", family_name="a") for _ in range(6)]
    expected: dict[Any, dict[str, str]] = {}
    for person in people:
        now = {name: getattr(person, name) for name in fields}
        before: dict[str, str] = {}
        written: dict[str, str] = {}
        for _ in range(luck.randrange(6)):
            name, value = luck.choice(fields), luck.choice("abcd")
            mine = luck.random() < 0.6
            if mine and now[name] != value:
                before.setdefault(name, now[name])
                written[name] = value
            apply([Change("tenant", person.pk, values={name: value})], by_run if mine else USER)
            now[name] = value
        expected[person.pk] = {
            name: before[name] if name in written and value == written[name] else value for name, value in now.items()
        }
    undo(job)
    held = {p.pk: {name: getattr(p, name) for name in fields} for p in Tenant.objects.all()}
    assert held == expected
    versions = dict(Tenant.objects.values_list("pk", "version"))
    undo(job)
    assert dict(Tenant.objects.values_list("pk", "version")) == versions


@pytest.mark.postgres
@pytest.mark.parametrize("seed", [1, 2])
def test_an_undoing_beside_a_run_leaves_both_sides_equal(
    both: Integration, synchronise: Synchronise, simulator: Control, administrator: Any, seed: int, monkeypatch: Any
) -> None:
    luck = random.Random(seed)
    monkeypatch.setattr(undoing, "BATCH", 3)
    both.conflict_policy, both.batch_size = "provider", 5
    both.save()
    edited = [t["id"] for t in luck.sample(simulator.objects("tenants"), 12)]
    for key in edited:
        simulator.edit("tenants", key, given_name="Erreur")
    job = synchronise(both)
    again = luck.sample(edited, 5)
    for key in again:
        simulator.edit("tenants", key, given_name="Correction")
    services.request_undo(job, actor=administrator)

    def work() -> None:
        time.sleep(luck.random() * 0.5)
        undoing.work_undos()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    synchronise(both)
    thread.join(60)
    for _ in range(2):
        synchronise(both)
    here = {
        link.remote_id: Tenant.objects.get(pk=link.record_id).given_name
        for link in RecordLink.objects.filter(resource="tenants")
    }
    assert here == {t["id"]: t["given_name"] for t in simulator.objects("tenants")}
    assert "Erreur" not in here.values()
    assert all(here[key] == "Correction" for key in again)
