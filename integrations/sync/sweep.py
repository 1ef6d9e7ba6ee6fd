"""Deletions that no provider tells: what a whole reading did not see is looked for, and is gone only if not found.

A job that reads a resource from its beginning to its end is a generation. Each of its pages leaves the ids that it saw,
in the page's own transaction: a kill can neither lose nor repeat any. Who did not begin at the beginning leaves none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, Min, OuterRef
from django.utils import timezone

from integrations.models import ApprovalState, HeldChange, LinkState, RecordLink, SeenPage, SyncCursor, SyncJob
from integrations.sync.approved import read_now
from integrations.sync.errors import ErrorBook
from integrations.sync.mapping import CompiledResource
from integrations.sync.page import PageStore
from integrations.sync.plan import Failure, Item, gone
from integrations.sync.progress import Checkpoint
from integrations.sync.seen_pages import untold

if TYPE_CHECKING:
    from integrations.sync.parts import Parts
    from integrations.sync.run import Run

MOST_ASKED = 50
"""Absent objects that are asked for one by one at once; more of them wait for a person."""
MOST = 5_000
"""Absent objects that one sweep looks at; the next one takes the others."""
AT_ONCE = 100
_IDS = {
    "postgresql": "jsonb_array_elements_text(page.remote_ids) AS seen(value)",
    "sqlite": "json_each(page.remote_ids) AS seen",
}


def is_generation(run: Run, compiled: CompiledResource) -> bool:
    """Whether this pull is a whole reading from its very first page: what it does not see may be gone."""
    integration, job, name = run.integration, run.job, compiled.resource.name
    narrowed = integration.is_trial or not integration.include_deleted or integration.filters_of(compiled.resource)
    if not untold(job) or narrowed:
        return False
    if name in job.positions:
        return SeenPage.objects.filter(job=job, resource=name).exists()
    return job.full or not SyncCursor.objects.filter(integration=integration, resource=name).exists()


def sweep(parts: Parts) -> bool:
    """Look for what the generations of this job did not see; False when the slice ended first. Harmless when a kill
    lets it happen again."""
    run = parts.run
    if not untold(run.job):
        return True
    begun = set(SeenPage.objects.filter(job=run.job).values_list("resource", flat=True))
    for compiled in parts.inbound:
        name = compiled.resource.name
        if name in begun and name in run.job.done:
            _sweep(run, compiled)
            if run.out_of_time():
                return False
    return True


def _sweep(run: Run, compiled: CompiledResource) -> None:
    name = compiled.resource.name
    pages = SeenPage.objects.filter(job=run.job, resource=name)
    absent = absentees(run.job, name) if not pages.filter(readable=False).exists() else []
    book = ErrorBook(run.integration.pk, name, only=absent)
    store = PageStore(run.integration, run.job, run.claim, compiled, book, run.exchanges, run.retries, run.read_again)
    for start in range(0, len(absent), AT_ONCE):
        items, failures = _look(run, compiled, absent[start : start + AT_ONCE], ask=len(absent) <= MOST_ASKED)
        store.store_items(items, failures, Checkpoint(None))
        run.claim.check()
    pages.delete()


def absentees(job: SyncJob, resource: str) -> list[str]:
    """Remote ids that are linked since before the generation began and that none of its pages saw; one query. Without
    those whose absence an administrator refused to believe, until they were seen again."""
    began_at = SeenPage.objects.filter(job=job, resource=resource).aggregate(first=Min("began_at"))["first"]
    ours = {"integration": job.integration_id, "resource": resource}
    refused = HeldChange.objects.filter(**ours, remote_id=OuterRef("remote_id"), approval__state=ApprovalState.REFUSED)
    linked = RecordLink.objects.filter(~Exists(refused), **ours, state=LinkState.LIVE, synced_at__lt=began_at)
    sql, params = linked.order_by().values_list("remote_id").query.sql_with_params()
    key = SeenPage._meta.get_field("job").get_db_prep_value(job.pk, connection)
    table = connection.ops.quote_name(SeenPage._meta.db_table)
    with connection.cursor() as cursor:
        seen = f"SELECT seen.value FROM {table} AS page, {_IDS[connection.vendor]}"  # noqa: S608 - our own names
        mine = "page.job_id = %s AND page.resource = %s"
        cursor.execute(f"{sql} EXCEPT {seen} WHERE {mine} ORDER BY 1 LIMIT {MOST}", [*params, key, resource])
        return [row[0] for row in cursor.fetchall()]


def _look(run: Run, compiled: CompiledResource, absent: list[str], *, ask: bool) -> tuple[list[Item], list[Failure]]:
    """What became of absent objects: the provider is asked for each of a few; many are left to a person, who has each
    asked for before it is believed."""
    can_ask = "fetch" in compiled.resource.capabilities
    items: list[Item] = []
    failures: list[Failure] = []
    for remote_id in absent:
        if ask and can_ask:
            run.claim.check()
            found, refused = read_now(run, compiled, remote_id)
        else:
            found, refused = [gone(compiled, remote_id, timezone.now())], []
            found[0].confirm = can_ask
        items += found
        failures += refused
    return items, failures
