"""What people merge in Salesforce is one record here: the loser in the recycle bin names its survivor."""

import pytest

from integrations.models import HeldChange, LinkState, PushOperation, RecordLink, RecordMerge
from integrations.records.models import Contact, Customer, Event, RecordHistory
from integrations.records.services import Change, apply
from tests.connectors.salesforce.test_sync import USER, integration, run
from tests.integrations.conftest import synchronise

__all__ = ["integration", "synchronise"]

pytestmark = pytest.mark.django_db(transaction=True)


def link(remote_id):
    return RecordLink.objects.get(remote_id=remote_id)


@pytest.fixture
def two(integration):
    """Remote ids of an account with contacts, and of one that is the same."""
    integration.deletion_policy = "restore"  # a merge is no deletion: nothing may be made again
    integration.save()
    loser = Contact.objects.exclude(customer=None).order_by("pk")[0].customer_id
    links = RecordLink.objects.filter(resource="accounts")
    return links.get(record_id=loser).remote_id, links.exclude(record_id=loser).order_by("pk")[0].remote_id


def merge(simulator, kind, loser, survivor):
    simulator.act("salesforce", "merge", kind=kind, id=loser, into=survivor)


def test_an_accounts_children_follow_and_a_repeat_changes_nothing(integration, simulator, synchronise, two):
    loser, survivor = link(two[0]).record_id, link(two[1]).record_id
    children = set(Contact.objects.filter(customer=loser).values_list("pk", flat=True))
    merge(simulator, "Account", *two)
    run(synchronise, integration)
    assert set(Contact.objects.filter(pk__in=children).values_list("customer", flat=True)) == {survivor}
    assert (link(two[0]).state, link(two[0]).record_id) == (LinkState.ALIAS, survivor)
    assert (link(two[1]).state, link(two[1]).record_id) == (LinkState.LIVE, survivor)
    assert Customer.objects.get(pk=loser).archived_at and not Customer.objects.get(pk=survivor).archived_at
    assert RecordMerge.objects.get().loser_id == loser and not HeldChange.objects.exists()
    before = Event.objects.count(), RecordHistory.objects.count()
    for full in (False, True):
        job = synchronise(integration, full=full)
        assert (job.created, job.updated, job.archived, job.failed) == (0, 0, 0, 0)
    assert (Event.objects.count(), RecordHistory.objects.count()) == before


def test_a_contact_follows_too_and_a_plain_deletion_beside_it_stays_one(integration, simulator, synchronise):
    integration.deletion_policy = "archive"
    integration.save()
    loser, survivor, gone = RecordLink.objects.filter(resource="contacts").order_by("pk")[:3]
    merge(simulator, "Contact", loser.remote_id, survivor.remote_id)
    simulator.delete("Contact", gone.remote_id, "salesforce")
    job = run(synchronise, integration)
    states = [link(one.remote_id).state for one in (loser, survivor, gone)]
    assert (states, job.archived) == ([LinkState.ALIAS, LinkState.LIVE, LinkState.TOMBSTONE], 1)
    assert RecordMerge.objects.get().survivor_id == survivor.record_id


def test_a_full_reading_still_tells_what_was_merged_and_deleted_before_it(integration, simulator, synchronise):
    integration.deletion_policy = "archive"
    integration.save()
    loser, survivor, gone = RecordLink.objects.filter(resource="contacts").order_by("pk")[:3]
    merge(simulator, "Contact", loser.remote_id, survivor.remote_id)
    simulator.delete("Contact", gone.remote_id, "salesforce")
    assert synchronise(integration, full=True).archived == 1
    assert [link(one.remote_id).state for one in (loser, survivor, gone)] == ["alias", "live", "tombstone"]


def test_a_write_that_meets_a_merged_object_follows_it(integration, simulator, synchronise, two):
    loser, survivor = link(two[0]).record_id, link(two[1]).record_id
    apply([Change("customer", loser, values={"phone": "+15145550111"})], USER)
    merge(simulator, "Account", *two)
    # The pull before the write would tell of it: the write is first here.
    integration.direction = "out"
    integration.save()
    synchronise(integration)
    assert (link(two[0]).state, link(two[0]).record_id) == (LinkState.ALIAS, survivor)
    assert RecordMerge.objects.get().survivor_id == survivor
    assert not PushOperation.objects.filter(record_id=loser, action="create").exists()
