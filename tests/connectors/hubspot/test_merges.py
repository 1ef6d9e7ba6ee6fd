"""What people merge in HubSpot is one record here: the survivor tells the ids that it absorbed."""

import pytest

from integrations.models import HeldChange, LinkState, RecordLink, RecordMerge
from integrations.records.models import Contact, Customer, Event, RecordHistory
from integrations.records.services import Change, Origin, apply
from tests.connectors.hubspot.test_sync import find, integration, run
from tests.integrations.conftest import synchronise

__all__ = ["integration", "synchronise"]

pytestmark = pytest.mark.django_db(transaction=True)


def link(remote_id, resource="companies"):
    return RecordLink.objects.get(resource=resource, remote_id=remote_id)


def archive(integration, customer):
    apply([Change("customer", customer, "archive")], Origin("integration", str(integration.pk), label="HubSpot"))


@pytest.fixture
def two(integration):
    """Remote ids of a company to keep, and of one with contacts that is the same."""
    loser = Contact.objects.exclude(customer=None).order_by("pk")[0].customer_id
    links = RecordLink.objects.filter(resource="companies")
    return links.exclude(record_id=loser).order_by("pk")[0].remote_id, links.get(record_id=loser).remote_id


def test_the_losers_children_follow_and_its_record_is_archived_as_merged(integration, simulator, synchronise, two):
    integration.deletion_policy = "restore"  # a merge is no deletion: nothing may be made again
    integration.save()
    survivor, loser = link(two[0]).record_id, link(two[1]).record_id
    children = list(Contact.objects.filter(customer=loser).values_list("pk", flat=True))
    simulator.act("hubspot", "merge", kind="companies", id=two[0], other=two[1])
    job = run(synchronise, integration)
    assert set(Contact.objects.filter(pk__in=children).values_list("customer", flat=True)) == {survivor}
    assert (link(two[1]).state, link(two[1]).record_id) == (LinkState.ALIAS, survivor)
    assert (link(two[0]).state, link(two[0]).record_id) == (LinkState.LIVE, survivor)
    assert Customer.objects.get(pk=loser).archived_at and not Customer.objects.get(pk=survivor).archived_at
    merge = RecordMerge.objects.get()
    assert (merge.loser_id, merge.survivor_id, merge.merged_by) == (loser, survivor, integration.name)
    newest = RecordHistory.objects.filter(record_id=children[0]).order_by("-version")[0]
    assert newest.changes == {"customer": [str(loser), str(survivor)]} and newest.job_id == job.pk
    assert newest.origin == f"integration:{integration.pk}" and not HeldChange.objects.exists()
    assert not [one for one in simulator.objects("companies", "hubspot") if one["id"] == two[1]]


def test_a_repeat_changes_nothing(integration, simulator, synchronise, two):
    simulator.act("hubspot", "merge", kind="companies", id=two[0], other=two[1])
    run(synchronise, integration)
    before = Event.objects.count(), RecordHistory.objects.count(), RecordMerge.objects.get().merged_at
    for full in (False, True):
        job = synchronise(integration, full=full)
        assert (job.created, job.updated, job.archived, job.failed) == (0, 0, 0, 0)
    assert (Event.objects.count(), RecordHistory.objects.count(), RecordMerge.objects.get().merged_at) == before


def test_a_loser_that_was_taken_for_deleted_first_follows_all_the_same(integration, simulator, synchronise, two):
    survivor, loser = link(two[0]).record_id, link(two[1]).record_id
    RecordLink.objects.filter(remote_id=two[1]).update(state=LinkState.TOMBSTONE)
    archive(integration, loser)
    simulator.act("hubspot", "merge", kind="companies", id=two[0], other=two[1])
    run(synchronise, integration)
    assert link(two[1]).state == LinkState.ALIAS and not Contact.objects.filter(customer=loser).exists()
    assert Contact.objects.filter(customer=survivor).exists()


def test_an_unknown_survivor_takes_the_losers_record_over(integration, simulator, synchronise, two):
    loser = link(two[1]).record_id
    made = simulator.create("companies", "hubspot", name="Nouvelle raison sociale")
    count = Customer.objects.count()
    simulator.act("hubspot", "merge", kind="companies", id=made["id"], other=two[1])
    run(synchronise, integration)
    assert (link(made["id"]).record_id, link(made["id"]).state) == (loser, LinkState.LIVE)
    assert (link(two[1]).record_id, link(two[1]).state) == (loser, LinkState.ALIAS)
    kept = Customer.objects.get(pk=loser)
    assert kept.name == "Nouvelle raison sociale" and kept.archived_at is None
    assert Customer.objects.count() == count and find(simulator, "companies", id=made["id"])


def test_a_survivor_that_was_archived_here_absorbs_no_living_record(integration, simulator, synchronise, two):
    survivor, loser = link(two[0]).record_id, link(two[1]).record_id
    archive(integration, survivor)
    simulator.act("hubspot", "merge", kind="companies", id=two[0], other=two[1])
    synchronise(integration)
    assert not RecordMerge.objects.exists()
    assert Contact.objects.filter(customer=loser).exists()
