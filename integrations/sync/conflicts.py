"""Three-way merge of one field with two bases. Pure: no I/O, no clock.

L and R are the values of the platform and of the provider now; `base_local` and `base_remote` what each side had when
both last agreed. L and its base are canonical JSON of the platform, R and its base are raw values of the provider: a
transform that loses something, or a provider that reformats, comes to rest because each side is compared with itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from integrations.records.kinds import BLANK


class Outcome(StrEnum):
    """What is to be done with one field."""

    KEEP = "keep"
    PULL = "pull"
    HOLD = "hold"


class Policy(StrEnum):
    """Who wins when both sides changed to different values."""

    PLATFORM = "platform"
    PROVIDER = "provider"
    HOLD = "hold"


MISSING = object()


@dataclass(frozen=True)
class Sides:
    """One field of one record: `incoming` is R as the platform would hold it (canonical JSON)."""

    local: Any
    incoming: Any
    remote: Any
    base_local: Any = MISSING
    base_remote: Any = MISSING


def merge(sides: Sides, policy: Policy = Policy.PROVIDER) -> Outcome:
    """Decide for one field.

    A field that has no base yet (a record that was just matched, a new mapping) counts as changed on both sides, except
    that a blank never beats a value.
    """
    if sides.incoming == sides.local or sides.remote == sides.base_remote:
        return Outcome.KEEP
    if sides.base_local is MISSING:
        if sides.local in BLANK:
            return Outcome.PULL
        if sides.incoming in BLANK:
            return Outcome.KEEP
    elif sides.local == sides.base_local:
        return Outcome.PULL
    return {Policy.PLATFORM: Outcome.KEEP, Policy.PROVIDER: Outcome.PULL, Policy.HOLD: Outcome.HOLD}[policy]


def next_bases(sides: Sides, outcome: Outcome) -> tuple[Any, Any]:
    """(base_local, base_remote) after the outcome: what each side now has, so that quiet follows.

    A platform value that the provider does not have yet keeps its old base, by which the push later sees it. A field on
    hold keeps both.
    """
    if outcome is Outcome.HOLD:
        return sides.base_local, sides.base_remote
    if outcome is Outcome.PULL or sides.incoming == sides.local:
        return sides.incoming, sides.remote
    return (sides.incoming if sides.base_local is MISSING else sides.base_local), sides.remote
