"""Which of two readings of one object is the later one. Pure.

Readings come from several places at once (a run that pulls, a webhook that is followed, the answer to a write) and may
be stored in another order than they were made. What counts is the object's own version, never the order of arrival.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from integrations.models import LinkState, RecordLink
from integrations.sync.links import LinkKey

if TYPE_CHECKING:
    from integrations.models import SyncJob
    from integrations.sync.plan import Item

_JSON_DATE = re.compile(r"^/Date\((-?\d{1,15})([+-]\d{4})?\)/$")
_NUMBER = re.compile(r"^\d{1,18}$")


def compare(left: str, right: str) -> int | None:
    """-1, 0 or 1 as `left` comes before, is, or comes after `right` by the provider's own count or clock; None where
    the provider's versions tell no order (a hash, nothing at all)."""
    if left == right:
        return 0
    one: float | None
    other: float | None
    if _NUMBER.match(left) and _NUMBER.match(right):
        one, other = int(left), int(right)
    else:
        one, other = _instant(left), _instant(right)
        if one is None or other is None:
            return None
        if one.is_integer() or other.is_integer():
            # One of the two may be rounded to the second: within one second nothing can be told.
            one, other = one // 1, other // 1
    return (one > other) - (one < other)


def _instant(version: str) -> float | None:
    if ticks := _JSON_DATE.match(version):
        return int(ticks[1]) / 1000
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass
class Judged:
    """`taken`: later than what is stored. `stale`: earlier. `doubtful`: read before the link was last written by
    somebody else, with no version that tells which came first: to be read again."""

    taken: list[Item] = field(default_factory=list)
    stale: list[Item] = field(default_factory=list)
    doubtful: list[Item] = field(default_factory=list)


def judge(items: Iterable[Item], links: Mapping[LinkKey, RecordLink], resource: str) -> Judged:
    """Compare readings with the links as they are stored now."""
    judged = Judged()
    for item in items:
        link = links.get((resource, item.remote_id))
        if link is None or link.synced_at is None:  # not there yet, or not saved yet
            judged.taken.append(item)
            continue
        order = compare(item.version, link.remote_version)
        if link.state == LinkState.TOMBSTONE and not item.deleted:
            order = None  # a deletion seldom tells a version of its own
        if order == -1:
            judged.stale.append(item)
        elif order == 1 or item.read_at is None or link.synced_at < item.read_at:
            judged.taken.append(item)
        else:
            judged.doubtful.append(item)
    return judged


def news(items: Iterable[Item], links: Mapping[LinkKey, RecordLink], resource: str, job: SyncJob | None) -> list[Item]:
    """Without what a list holds as it was before a change that is stored already, be it on a later page."""
    begun, anew = (job.started_at, job.full) if job else (None, False)
    return [
        item
        for item in items
        if (link := links.get((resource, item.remote_id))) is None or not outdated(item, link, begun, anew=anew)
    ]


def outdated(item: Item, link: RecordLink, begun: datetime | None, *, anew: bool) -> bool:
    """Whether a reading is older than the one that is stored, so that it must not replace it.

    Versions that are dates tell it only of what this run stored, since it was `begun`: the provider's clock may have
    been set back before. Counts tell it always, but where everything is read `anew`: books may have been restored.
    """
    if compare(item.version, link.remote_version) != -1 or link.synced_at is None:
        return False
    of_this_run = begun is not None and link.synced_at >= begun
    return of_this_run or (not anew and bool(_NUMBER.match(item.version)))
