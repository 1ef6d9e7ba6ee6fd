"""What a person decided on: approved changes are applied by the next run, refused ones are left as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base.errors import NotFound
from integrations.models import (
    Approval,
    ApprovalState,
    DeletionPolicy,
    HeldChange,
    LinkState,
    RecordLink,
    RiskyAction,
    Side,
)
from integrations.sync import links
from integrations.sync.mapping import CompiledResource
from integrations.sync.plan import Failure, Item, gone, read_items
from integrations.sync.progress import Checkpoint

if TYPE_CHECKING:
    from integrations.sync.parts import Parts
    from integrations.sync.run import Run

AT_ONCE = 100


def apply(parts: Parts) -> bool:
    """Apply the approved changes that come in, a page at a time; False when the slice ended first. Harmless when a kill
    lets some of it happen again."""
    run = parts.run
    rows = Approval.objects.filter(integration=run.integration, side=Side.IN, state=ApprovalState.APPROVED)
    for approval in rows.order_by("created_at"):
        compiled = next((each for each in parts.inbound if each.resource.name == approval.resource), None)
        if compiled is None:
            continue
        store = parts.store_of(compiled, deletion=_meaning(run, approval))
        while held := list(HeldChange.objects.filter(approval=approval).order_by("pk")[:AT_ONCE]):
            run.claim.check()
            items, failures = _items(run, compiled, held)
            store.store_items(items, failures, Checkpoint(None))
            HeldChange.objects.filter(pk__in=[row.pk for row in held], approval=approval).delete()
            if run.out_of_time():
                return False
    return True


def _meaning(run: Run, approval: Approval) -> str:
    """What a deletion means once a person approved it: where the integration asks, the answer was to archive, and to
    bring back what lives on there."""
    policy = run.integration.deletion_policy_of(approval.resource)
    if approval.action == RiskyAction.REVIVE:
        return DeletionPolicy.RESTORE
    return DeletionPolicy.ARCHIVE if policy == DeletionPolicy.ASK else policy


def _items(run: Run, compiled: CompiledResource, held: list[HeldChange]) -> tuple[list[Item], list[Failure]]:
    items: list[Item] = []
    failures: list[Failure] = []
    for row in held:
        if row.confirm and "fetch" in compiled.resource.capabilities:
            found, refused = read_now(run, compiled, row.remote_id)
        else:
            found, refused = _item_of(compiled, row)
        items += found
        failures += refused
    return items, failures


def read_now(run: Run, compiled: CompiledResource, remote_id: str) -> tuple[list[Item], list[Failure]]:
    """An object as the provider has it now; gone only where the provider says so itself."""
    try:
        raw = run.connector.fetch(compiled.resource.name, remote_id)
    except NotFound:
        return [gone(compiled, remote_id)], []
    return read_items(compiled, [raw])


def _item_of(compiled: CompiledResource, row: HeldChange) -> tuple[list[Item], list[Failure]]:
    if not row.payload:
        return [gone(compiled, row.remote_id)], []
    return read_items(compiled, [row.payload])


def leave(approval: Approval, compiled: CompiledResource) -> int:
    """Leave what was refused as it is on both sides: an object that is gone loses its link, and what an object became
    counts as seen, so that only its next change is looked at. An absence that nobody made sure of stays set aside
    until the object is seen again: no whole reading asks about it before. Needs a transaction; returns how many."""
    rows = HeldChange.objects.filter(approval=approval).order_by("pk")
    total = last = 0
    while held := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        total, last = total + len(held), held[-1].pk
        found = links.load(approval.integration_id, {(row.resource, row.remote_id) for row in held})
        changed = [
            link
            for row in held
            if (link := found.get((row.resource, row.remote_id))) is not None and _leave(link, row, approval, compiled)
        ]
        links.save(changed)
    rows.filter(confirm=False).delete()
    return total


def _leave(link: RecordLink, row: HeldChange, approval: Approval, compiled: CompiledResource) -> bool:
    items, _ = _item_of(compiled, row)
    if row.confirm or not items:
        # Nobody knows that it is gone.
        return False
    item = items[0]
    if item.deleted:
        link.state = LinkState.TOMBSTONE
    elif approval.action == RiskyAction.REVIVE:
        link.state = LinkState.CUT
    link.raw_hash = item.hash
    if not item.deleted:
        link.base_remote = link.base_remote | dict(item.raw_values)
        link.remote_version = item.version or link.remote_version
    return True
