"""What a preview tells of single records: values by field, names of what they refer to, conflicts, refusals."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import services
from integrations.models import (
    Approval,
    ApprovalState,
    Conflict,
    Exchange,
    Integration,
    JobStatus,
    RateBucket,
    RecordLink,
    RemoteOption,
    Side,
    SyncJob,
)
from integrations.records.models import Unit
from integrations.records.services import Change, Origin, apply
from integrations.sync.preview import WAITS
from tests.integrations.conftest import Synchronise, finish
from tests.integrations.quickbooks import connected

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1", label="Alice")


@pytest.fixture
def both(rovida: Integration, synchronise: Synchronise) -> Integration:
    """ROVIDA both ways, after its first synchronisation; nothing is sent before it is asked for."""
    rovida.direction, rovida.push_frequency = "both", "sync"
    rovida.save()
    synchronise(rovida)
    return rovida


def preview(integration: Integration, synchronise: Synchronise) -> dict[str, Any]:
    job = synchronise(integration, dry_run=True)
    job.refresh_from_db()
    return dict(job.report)


def examples(part: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [example for example in part["examples"] if example["action"] == action]


def test_each_side_is_told_field_by_field(both: Integration, synchronise: Synchronise, simulator: Control) -> None:
    there = simulator.objects("tenants")[0]
    link = RecordLink.objects.get(resource="tenants", remote_id=there["id"])
    unit = Unit.objects.select_related("property").first()
    assert unit is not None
    apply([Change("tenant", link.record_id, values={"given_name": "Alix", "unit": unit.pk})], USER)
    simulator.edit("tenants", there["id"], given_name="Béatrice", family_name="Roy")
    report = preview(both, synchronise)

    (conflict,) = examples(report["in"]["tenants"], "hold")
    assert conflict["changes"] == [{"name": "given_name", "label": "Prénom", "old": "Alix", "new": "Béatrice"}]
    (update,) = examples(report["in"]["tenants"], "update")
    assert [(change["label"], change["new"]) for change in update["changes"]] == [("Nom de famille", "Roy")]
    (sent,) = examples(report["out"]["tenants"], "update")
    (change,) = sent["changes"]
    assert (change["name"], change["new"]) == ("unit", str(unit.pk))
    assert report["out"]["tenants"]["titles"][str(unit.pk)] == f"{unit.number} · {unit.property.name}"


def test_what_cannot_be_taken_in_is_told_with_its_reason(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    simulator.fault("missing_field", path="/v1/tenants", field="family_name", record=0, times=1)
    report = preview(rovida, synchronise)
    (refusal,) = examples(report["in"]["tenants"], "fail")
    assert "Nom de famille" in refusal["sentence"]
    assert report["in"]["tenants"]["fail"] == 1


def test_examples_of_one_sort_leave_room_for_the_others(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    report = preview(rovida, synchronise)
    assert report["in"]["tenants"]["create"] == 150
    created = examples(report["in"]["tenants"], "create")
    assert len(created) == 10
    assert all("·" in title for title in report["in"]["tenants"]["titles"].values() if title[0].isdigit())


# --- Nothing is written before « Appliquer » ------------------------------------------------------------------------
def everything() -> dict[str, list[Any]]:
    """Every row of every table, but for the previews themselves and what tells how much was asked."""
    aside = (SyncJob, Exchange, RateBucket)
    models = apps.get_models(include_auto_created=True)
    tables = [m for m in models if m not in aside and m._meta.managed and not m._meta.proxy]
    return {m._meta.label: rows(m._base_manager.all()) for m in tables} | {
        "jobs": rows(SyncJob.objects.filter(dry_run=False))
    }


def rows(query: Any) -> list[Any]:
    """All columns; on PostgreSQL also who wrote each row last, so that one that was written as it was is seen."""
    if connection.vendor == "postgresql":
        query = query.extra(select={"written_by": f'"{query.model._meta.db_table}".xmin::text'})
    return list(query.order_by("pk").values())


def written(simulator: Control, slug: str) -> list[str]:
    return [f"{r['method']} {r['path']}" for r in simulator.requests(slug=slug) if r["method"] != "GET"]


def look(integration: Integration, direction: str, actor: Any) -> tuple[SyncJob, dict[str, list[Any]]]:
    """Ask for a preview; what every table holds then, and the preview once it is over."""
    job = services.request_preview(Integration.objects.get(pk=integration.pk), direction, actor=actor)
    before = everything()
    return finish(job), before


def test_a_preview_writes_nothing_on_either_side_and_applying_does_what_it_showed(
    both: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    both.create_missing = True
    both.save()
    there = simulator.objects("tenants")
    links = {link.remote_id: link.record_id for link in RecordLink.objects.filter(resource="tenants")}
    apply([Change("tenant", links[there[0]["id"]], values={"phone": "+15145550009"})], USER)
    apply([Change("tenant", links[there[1]["id"]], values={"given_name": "Alix"})], USER)
    some = Unit.objects.first()
    assert some is not None
    values = {"property": some.property_id, "number": "P-9", "kind": "parking"}
    apply([Change("unit", action="create", values=values)], USER)
    simulator.edit("tenants", there[1]["id"], given_name="Béatrice")
    simulator.edit("tenants", there[2]["id"], family_name="Roy-Caron")
    simulator.delete("work_orders", simulator.objects("work_orders")[0]["id"])
    simulator.fault("missing_field", path="/v1/tenants", field="family_name", record=3, times=1)
    simulator.forget_requests()
    job, before = look(both, "both", administrator)
    assert job.status == JobStatus.COMPLETED, job.error_message
    assert written(simulator, "rovida") == []
    assert everything() == before
    told = job.report
    seen = {name: told["in"][kind][name] for kind, name in (("tenants", "hold"), ("tenants", "update"))}
    assert seen == {"hold": 1, "update": 1} and told["in"]["work_orders"]["archive"] == 1
    assert (told["out"]["tenants"]["update"], told["out"]["units"]["create"]) == (1, 1)

    real = finish(services.apply_preview(job, actor=administrator))
    assert (real.updated, real.archived, real.pushed) == (1, 1, 2)
    assert len(written(simulator, "rovida")) == 2


def test_a_preview_leaves_alone_what_waits_for_a_person_and_what_a_person_approved(
    both: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    both.create_missing, both.conflict_policy = True, "hold"
    both.save()
    there = [each for each in simulator.objects("tenants") if not each["deleted_at"]]
    links = {link.remote_id: link.record_id for link in RecordLink.objects.filter(resource="tenants")}
    for each in there[:30]:
        simulator.delete("tenants", each["id"])
    apply([Change("tenant", links[each["id"]], values={"given_name": "Alix"}) for each in there[30:60]], USER)
    apply([Change("tenant", links[there[60]["id"]], values={"given_name": "Alix"})], USER)
    simulator.edit("tenants", there[60]["id"], given_name="Béatrice")
    synchronise(both)
    incoming, outgoing = Approval.objects.get(side=Side.IN), Approval.objects.get(side=Side.OUT)
    services.cancel_sync(services.approve(incoming, actor=administrator), actor=administrator)
    assert Conflict.objects.count() == 1 and (incoming.held.count(), outgoing.state) == (30, ApprovalState.OPEN)
    # And new changes of every sort on top.
    some = Unit.objects.first()
    assert some is not None
    values = {"property": some.property_id, "number": "P-9", "kind": "parking"}
    apply([Change("unit", action="create", values=values)], USER)
    apply([Change("tenant", links[there[61]["id"]], values={"phone": "+15145550009"})], USER)
    apply([Change("tenant", links[there[62]["id"]], "archive")], USER)
    its_own = ("id", "object", "created_at", "updated_at", "deleted_at", "version", "external_reference")
    new = {name: value for name, value in there[63].items() if name not in its_own}
    simulator.create("tenants", **new | {"given_name": "Nouvelle"})
    simulator.edit("tenants", there[64]["id"], family_name="Roy-Caron")
    simulator.delete("work_orders", simulator.objects("work_orders")[0]["id"])
    simulator.forget_requests()

    reports = {}
    for direction in ("in", "out", "both"):
        job, before = look(both, direction, administrator)
        assert job.status == JobStatus.COMPLETED, job.error_message
        assert everything() == before
        reports[direction] = job.report
    told = reports["both"]
    assert (told["in"]["tenants"]["create"], told["in"]["tenants"]["update"]) == (1, 1)
    assert told["in"]["work_orders"]["archive"] == 1
    assert told["out"]["units"]["create"] == 1 and told["out"]["tenants"]["update"] >= 1
    assert written(simulator, "rovida") == []


def test_looking_at_another_direction_sends_nothing_until_it_is_applied(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    synchronise(rovida)
    link = RecordLink.objects.filter(resource="tenants").first()
    assert link is not None
    apply([Change("tenant", link.record_id, values={"phone": "+15145550009"})], USER)
    simulator.forget_requests()
    job, before = look(rovida, "both", administrator)
    assert everything() == before
    assert job.report["out"]["tenants"]["update"] == 1
    assert services.enqueue_pushes() == 0, "it still only receives"
    finish(services.apply_preview(job, actor=administrator))
    rovida.refresh_from_db()
    assert rovida.direction == "both"
    assert written(simulator, "rovida") == [f"PATCH /v1/tenants/{link.remote_id}"]


def test_the_first_preview_of_books_keeps_not_even_their_lists(
    simulator: Control, administrator: Any, settings: Any
) -> None:
    settings.SIMULATOR_URL = simulator.url
    books = connected(simulator, direction="in")
    simulator.forget_requests(slug="quickbooks")
    job, before = look(books, "both", administrator)
    assert job.status == JobStatus.COMPLETED, job.error_message
    assert job.report["in"]["invoices"]["create"] > 0
    assert everything() == before and not RemoteOption.objects.exists()
    assert written(simulator, "quickbooks") == []


def test_a_creation_that_waits_for_another_is_among_the_examples(both: Integration, synchronise: Synchronise) -> None:
    made = apply([Change("property", action="create", values={"name": "Le Faubourg", "code": "FAU-1"})], USER)[0]
    apply([Change("unit", action="create", values={"property": made.id, "number": "101"})], USER)
    out = preview(both, synchronise)["out"]
    (shown,) = examples(out["units"], "create")
    assert out["units"]["create"] == 1
    assert shown["sentence"] == WAITS


def test_the_outbound_part_costs_the_same_for_three_records_and_for_thirty(
    both: Integration, synchronise: Synchronise
) -> None:
    links = list(RecordLink.objects.filter(resource="tenants")[:30])

    def statements(some: list[RecordLink]) -> int:
        apply(
            [Change("tenant", each.record_id, values={"phone": f"+1514555{n:04}"}) for n, each in enumerate(some)], USER
        )
        with CaptureQueriesContext(connection) as captured:
            preview(both, synchronise)
        return sum("tenant" in query["sql"] or "push" in query["sql"] for query in captured)

    assert statements(links) == statements(links[:3])


def test_the_command_looks_without_writing(both: Integration, simulator: Control) -> None:
    simulator.edit("tenants", simulator.objects("tenants")[0]["id"], family_name="Roy-Caron")
    before = everything()
    out = StringIO()
    call_command("sync", both.name, "--dry-run", stdout=out)
    assert "rien n’a été écrit" in out.getvalue() and "Locataires sur la plateforme : 1 à modifier" in out.getvalue()
    bells = "django_q.OrmQ"  # one is rung for every job
    assert everything() | {bells: []} == before | {bells: []}
