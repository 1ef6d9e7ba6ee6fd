"""What a page asks before all else: its links, and whether there is anybody to tell."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations import routing
from integrations.models import Direction, Integration, LinkState, RecordLink
from integrations.sync import links
from tests.integrations import rows

pytestmark = pytest.mark.django_db


def link(integration: Integration, remote_id: str, **values: Any) -> RecordLink:
    return RecordLink.objects.create(
        integration=integration,
        remote_id=remote_id,
        record_kind="tenant",
        record_id=uuid4(),
        **{"resource": "tenants", "synced_at": timezone.now(), **values},
    )


def test_a_link_is_read_whole_and_nobody_elses() -> None:
    mine, other = rows.integration(), rows.integration()
    found = link(mine, 'été "1"', base_local={"name": "Zoé"}, base_remote={"name": None}, raw_hash="a" * 32)
    link(other, 'été "1"')
    link(mine, "2", state=LinkState.ARCHIVED)
    link(mine, "3", resource="units")
    key, gone = ("tenants", 'été "1"'), ("tenants", "2")
    assert links.load(mine.pk, {key, gone, ("units", "9")}) == {key: found}
    read = links.load(mine.pk, {key})[key]
    names = [column.attname for column in RecordLink._meta.concrete_fields]
    assert [getattr(read, name) for name in names] == [getattr(found, name) for name in names]
    assert links.load(mine.pk, set()) == {}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("known", [True, False])
def test_it_hears_of_other_senders_as_the_routing_does(direction: str, known: bool) -> None:
    mine, other = rows.integration(direction="both"), rows.integration(direction=direction)
    if known:
        link(mine, "1")
    told = links.look_up(mine.pk, {("tenants", "1")})
    assert told.others_send == routing.senders().exclude(pk=mine.pk).exists()
    assert len(told.links) == known
    other.deleted_at = timezone.now()
    other.save()
    assert not links.look_up(mine.pk, {("tenants", "1")}).others_send
