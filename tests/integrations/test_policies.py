"""Who wins a conflict: the field's policy, else the object's, else the integration's; each through the engine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from integrations import services
from integrations.core.models import AuditEvent
from integrations.models import Conflict, Exchange, FieldMapping, Integration, RecordLink
from integrations.records.models import Tenant
from integrations.records.services import Change, Origin, apply
from tests.integrations import rows
from tests.integrations.conftest import Synchronise

if TYPE_CHECKING:
    from tests.simulator import Control

pytestmark = pytest.mark.django_db(transaction=True)

USER = Origin("user", "1")
HERE, THERE = "Alice", "Béatrice"


@pytest.fixture
def both(rovida: Integration, synchronise: Synchronise) -> Integration:
    """ROVIDA both ways, after its first synchronisation."""
    rovida.direction = "both"
    rovida.save()
    synchronise(rovida)
    return rovida


class Edits:
    """One field of one tenant, edited on each side at chosen moments."""

    def __init__(self, simulator: Control) -> None:
        self.simulator = simulator
        self.remote_id = simulator.objects("tenants")[0]["id"]
        self.record = RecordLink.objects.get(resource="tenants", remote_id=self.remote_id).record_id

    def here(self, ago: float = 0) -> None:
        with time_machine.travel(timezone.now() - timedelta(seconds=ago), tick=True):
            apply([Change("tenant", self.record, values={"given_name": HERE})], USER)

    def there(self, later: float = 0) -> None:
        self.simulator.advance(later)
        self.simulator.edit("tenants", self.remote_id, given_name=THERE)

    def values(self) -> tuple[str, str]:
        """What each side has now."""
        theirs = next(o for o in self.simulator.objects("tenants") if o["id"] == self.remote_id)
        return Tenant.objects.get(pk=self.record).given_name, theirs["given_name"]


@pytest.mark.parametrize(
    ("field", "of_object", "of_integration", "winner"),
    [
        ("platform", "provider", "provider", HERE),
        ("provider", "platform", "platform", THERE),
        ("", "platform", "provider", HERE),
        ("", "provider", "platform", THERE),
        ("", "", "platform", HERE),
        ("", "", "provider", THERE),
    ],
)
def test_the_field_then_the_object_then_the_integration_decides(
    both: Integration,
    synchronise: Synchronise,
    simulator: Control,
    field: str,
    of_object: str,
    of_integration: str,
    winner: str,
) -> None:
    both.conflict_policy, both.object_policies = of_integration, {"tenants": of_object, "units": "hold"}
    both.save()
    FieldMapping.objects.filter(integration=both, local_field="tenant.given_name").update(conflict_policy=field)
    edits = Edits(simulator)
    edits.here()
    edits.there()
    synchronise(both)
    assert edits.values() == (winner, winner)
    assert not Conflict.objects.exists()


@pytest.mark.parametrize(
    ("field", "of_object", "of_integration"),
    [("hold", "platform", "provider"), ("", "hold", "provider"), ("", "", "hold")],
)
def test_a_hold_at_any_level_waits_for_a_person(
    both: Integration, synchronise: Synchronise, simulator: Control, field: str, of_object: str, of_integration: str
) -> None:
    both.conflict_policy, both.object_policies = of_integration, {"tenants": of_object}
    both.save()
    FieldMapping.objects.filter(integration=both, local_field="tenant.given_name").update(conflict_policy=field)
    edits = Edits(simulator)
    edits.here()
    edits.there()
    synchronise(both)
    assert edits.values() == (HERE, THERE)
    assert Conflict.objects.get().field == "given_name"


@pytest.mark.parametrize(
    ("here_ago", "there_later", "tolerance", "expected"),
    [
        (300, 0, 60, (THERE, THERE)),
        (300, 0, 600, (HERE, THERE)),
        (0, 0, 60, (HERE, THERE)),
        (-300, 0, 60, (HERE, HERE)),
        (5, 0, 0, (THERE, THERE)),
    ],
)
def test_the_newest_edit_wins_beyond_the_tolerance(
    both: Integration,
    synchronise: Synchronise,
    simulator: Control,
    here_ago: float,
    there_later: float,
    tolerance: int,
    expected: tuple[str, str],
) -> None:
    both.conflict_policy, both.newest_tolerance = "newest", tolerance
    both.save()
    edits = Edits(simulator)
    edits.here(here_ago)
    edits.there(there_later)
    synchronise(both)
    assert edits.values() == expected
    assert Conflict.objects.count() == (expected[0] != expected[1])


@pytest.mark.parametrize(("here_ago", "winner"), [(300, THERE), (-300, HERE)])
def test_a_provider_whose_clock_is_ten_minutes_off_does_not_win_by_that(
    both: Integration, synchronise: Synchronise, simulator: Control, here_ago: float, winner: str
) -> None:
    both.conflict_policy = "newest"
    both.save()
    edits = Edits(simulator)
    edits.here(here_ago)
    edits.there(later=600)
    synchronise(both)
    assert edits.values() == (winner, winner)


def test_the_object_s_policy_is_set_on_its_page_and_audited(administrator_client: Any) -> None:
    made = rows.integration(direction="both")
    FieldMapping.objects.bulk_create(services.default_mappings(made))
    address = reverse("integrations:mappings", args=[made.pk, "tenants"])
    said = rows.said(administrator_client.post(address, {"object_policy": "newest"}, follow=True))
    assert said == ["La règle des conflits de cet objet est enregistrée."]
    made.refresh_from_db()
    assert made.object_policies == {"tenants": "newest"}
    event = AuditEvent.objects.get(action="mapping.changed")
    assert (event.before, event.after) == ({"tenants.conflict_policy": ""}, {"tenants.conflict_policy": "newest"})
    assert "Comme l’objet" in administrator_client.get(address).content.decode()
    administrator_client.post(address, {"object_policy": ""})
    made.refresh_from_db()
    assert made.object_policies == {}
    assert administrator_client.post(address, {"object_policy": "coin"}).status_code == 200
    made.refresh_from_db()
    assert made.object_policies == {} and not Exchange.objects.exists()
