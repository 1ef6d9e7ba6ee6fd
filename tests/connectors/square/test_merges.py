"""What people merge in Square is one record here: the event of the loser's deletion tells the survivor."""

import pytest

from integrations import services
from integrations.models import HeldChange, JobStatus, LinkState, RecordLink, RecordMerge
from integrations.records.models import Customer, Payment
from tests.connectors.square.conftest import KEY
from tests.integrations.conftest import synchronise

__all__ = ["synchronise"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def integration(simulator, synchronise, administrator, settings):
    """After the first synchronisation, with the events."""
    settings.SIMULATOR_URL = simulator.url
    made = services.connect(
        "square", name="Square", environment="simulator", auth_method="api_key", secrets={"api_key": KEY},
        config={"read_events": "oui"}, actor=administrator, trial=False,
    )  # fmt: skip
    assert synchronise(made).status == JobStatus.COMPLETED
    return made


def test_the_losers_payments_follow_the_survivor_and_a_repeat_changes_nothing(integration, simulator, synchronise):
    loser = RecordLink.objects.get(
        resource="customers", record_id=Payment.objects.exclude(customer=None).order_by("pk")[0].customer_id
    )
    survivor = RecordLink.objects.filter(resource="customers").exclude(pk=loser.pk).order_by("pk")[0]
    paid = list(Payment.objects.filter(customer=loser.record_id).values_list("pk", flat=True))
    simulator.act("square", "merge_customers", id=loser.remote_id, into=survivor.remote_id)
    for _ in range(2):
        assert synchronise(integration).status == JobStatus.COMPLETED
        assert set(Payment.objects.filter(pk__in=paid).values_list("customer", flat=True)) == {survivor.record_id}
        link = RecordLink.objects.get(pk=loser.pk)
        assert (link.state, link.record_id) == (LinkState.ALIAS, survivor.record_id)
        assert RecordMerge.objects.get().loser_id == loser.record_id and not HeldChange.objects.exists()
        assert not Customer.objects.live().filter(pk=loser.record_id).exists()
