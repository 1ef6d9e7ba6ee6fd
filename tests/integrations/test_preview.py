"""What a preview tells of single records: values by field, names of what they refer to, conflicts, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integrations.models import Integration, RecordLink
from integrations.records.models import Unit
from integrations.records.services import Change, Origin, apply
from tests.integrations.conftest import Synchronise

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
