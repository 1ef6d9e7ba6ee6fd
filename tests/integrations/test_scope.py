"""Which objects are synchronised: deletions, periods, filters, divisions; each option end to end."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from integrations import services
from integrations.models import Integration, JobStatus, LinkState, PushOperation, RecordLink, SyncCursor
from integrations.records.models import Division, Invoice, Job, Payment, Property, Tenant, Unit
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import Synchronise
from tests.integrations.quickbooks import connected, fill_account_mapping, there, writes

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1")


def test_deletions_are_followed_only_when_wanted(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    rovida.include_deleted = False
    rovida.save()
    synchronise(rovida)
    order = simulator.objects("work_orders")[0]["id"]
    simulator.delete("work_orders", order)
    assert synchronise(rovida).archived == 0
    link = RecordLink.objects.get(resource="work_orders", remote_id=order)
    assert link.state == LinkState.LIVE and Job.objects.get(pk=link.record_id).archived_at is None


def test_a_filter_of_the_connector_narrows_the_pull(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    place = simulator.objects("properties")[0]["id"]
    wanted = [u for u in simulator.objects("units") if u["property_id"] == place]
    rovida.filters = {"units": {"property_id": place}}
    rovida.save()
    synchronise(rovida, resources=["properties", "units"])
    assert (Property.objects.count(), Unit.objects.count()) == (12, len(wanted))
    services.change_options(rovida, {"filters": {}}, actor=administrator)
    assert not SyncCursor.objects.exists()
    synchronise(rovida, resources=["properties", "units"])
    assert Unit.objects.count() == 140


def test_a_period_narrows_documents_both_ways_and_widening_it_reads_what_was_left_out(
    simulator: Control, synchronise: Synchronise, administrator: Any, settings: Any
) -> None:
    settings.SIMULATOR_URL = simulator.url
    dates = sorted(i["TxnDate"] for i in there(simulator, "Invoice").values())
    middle = dates[len(dates) // 2]
    integration = connected(simulator, date_from=date.fromisoformat(middle))
    assert synchronise(integration).status in (JobStatus.COMPLETED, JobStatus.PARTIAL)
    fill_account_mapping(integration)
    inside = [i for i in there(simulator, "Invoice").values() if i["TxnDate"] >= middle]
    assert Invoice.objects.count() == len(inside) < len(dates)
    mine = Invoice.objects.first()
    assert mine is not None
    line = {"description": "Visite", "quantity": 1, "unit_price": "100", "subtotal": "100.00", "tax_code": "gst_qst"}
    values = {"customer": mine.customer_id, "issue_date": "2001-01-01", "lines": [line]}
    old = apply([Change("invoice", action="create", values=values)], USER)[0].id
    simulator.forget_requests(slug="quickbooks")
    synchronise(integration)
    assert writes(simulator) == [] and not RecordLink.objects.filter(record_id=old).exists()
    services.change_options(integration, {"date_from": None}, actor=administrator)
    synchronise(integration)
    assert Invoice.objects.exclude(pk=old).count() == len(dates)
    assert Payment.objects.exists()


def test_only_records_of_the_chosen_divisions_are_created_there(
    rovida: Integration, synchronise: Synchronise, simulator: Control
) -> None:
    rovida.direction = "both"
    rovida.save()
    synchronise(rovida)
    ours, other = (
        applied.id
        for applied in apply(
            [
                Change("division", action="create", values={"code": c, "name": c.title()})
                for c in ("gestion", "toiture")
            ],
            USER,
        )
    )
    rovida.push_divisions.set(Division.objects.filter(pk=ours))
    place = Property.objects.first()
    assert place is not None
    values = [
        {"property": place.pk, "number": number, "kind": "parking", "division": division}
        for number, division in (("P-1", ours), ("P-2", other), ("P-3", None))
    ]
    apply([Change("unit", action="create", values=each) for each in values], USER)
    assert synchronise(rovida).pushed == 1
    assert {u["number"] for u in simulator.objects("units")} & {"P-1", "P-2", "P-3"} == {"P-1"}
    assert set(PushOperation.objects.values_list("status", flat=True)) == {"done"}
    assert Tenant.objects.exists()


def test_changes_of_other_divisions_wait_until_these_are_sent_too(
    rovida: Integration, synchronise: Synchronise, simulator: Control, administrator: Any
) -> None:
    synchronise(rovida)
    codes = ("gestion", "toiture")
    made = [Change("division", action="create", values={"code": c, "name": c.title()}) for c in codes]
    ours, other = (applied.id for applied in apply(made, USER))
    both = Integration.objects.get(pk=rovida.pk)
    services.change_options(both, {"direction": "both", "push_divisions": [ours]}, actor=administrator)
    mine, theirs, nobodys = RecordLink.objects.filter(resource="tenants").order_by("remote_id")[:3]
    for link, division in ((mine, ours), (theirs, other), (nobodys, None)):
        values = {"given_name": "Maëlle-Rose-Ève", **({"division": division} if division else {})}
        apply([Change("tenant", link.record_id, values=values)], USER)

    def changed() -> set[str]:
        return {one["id"] for one in simulator.objects("tenants") if one["given_name"] == "Maëlle-Rose-Ève"}

    synchronise(rovida)
    assert changed() == {mine.remote_id, nobodys.remote_id}
    services.change_options(Integration.objects.get(pk=rovida.pk), {"push_divisions": []}, actor=administrator)
    synchronise(rovida)
    assert changed() == {mine.remote_id, nobodys.remote_id, theirs.remote_id}
