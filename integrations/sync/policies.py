"""Who wins a conflict: by field, else by object, else by integration. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.base.resource import Resource, dig
from integrations.models import ConflictPolicy, Integration, MappingDirection
from integrations.sync.conflicts import Policy
from integrations.sync.mapping import MappedField

NO_SKEW = timedelta(0)


@dataclass(frozen=True)
class Policies:
    """The conflict policies of one resource of an integration.

    tolerance: edits that lie closer than this cannot be told apart, as clocks differ and providers round; skew: how far
    the provider's clock is ahead of ours, as measured.
    """

    default: str
    two_way: bool
    receives: bool
    resource: Resource
    tolerance: timedelta
    skew: timedelta = NO_SKEW

    @classmethod
    def of_integration(cls, integration: Integration, resource: Resource, skew: timedelta = NO_SKEW) -> Policies:
        """The policies that an integration's settings mean."""
        both = integration.sends and integration.receives
        chosen = integration.object_policies.get(resource.name) or integration.conflict_policy
        tolerance = timedelta(seconds=integration.newest_tolerance)
        return cls(chosen, both, integration.receives, resource, tolerance, skew)

    def of(self, mapped: MappedField | None, record: Any, raw: dict[str, Any]) -> Policy:
        """The policy of one field of one record; `mapped` None is an embedded record's reference."""
        if mapped is None or not self.sends(mapped):
            # What only comes in belongs to the provider.
            return Policy.PROVIDER
        chosen = mapped.policy or self.default
        if chosen == ConflictPolicy.NEWEST:
            return self._newest(record.provenance.get(mapped.name, {}).get("at"), raw)
        return {ConflictPolicy.PLATFORM: Policy.PLATFORM, ConflictPolicy.PROVIDER: Policy.PROVIDER}.get(
            ConflictPolicy(chosen), Policy.HOLD
        )

    def closed(self, mapped: MappedField | None) -> bool:
        """Whether the provider's value never comes in: the platform's field of an integration that only sends."""
        return not self.receives and mapped is not None and mapped.direction == MappingDirection.BOTH

    def sends(self, mapped: MappedField | None) -> bool:
        """Whether the platform's value of this field goes to the provider."""
        return self.two_way and mapped is not None and mapped.direction == MappingDirection.BOTH

    def _newest(self, changed_here: Any, raw: dict[str, Any]) -> Policy:
        """The later edit, by our clock; a hold when they lie too close together or a time is missing.

        The provider tells when the object changed, not the field: its time is the latest that the field's can be.
        """
        here = _instant(changed_here)
        there = _instant(dig(raw, self.resource.modified_field)) if self.resource.modified_field else None
        if here is None or there is None or abs(here - (there - self.skew)) <= self.tolerance:
            return Policy.HOLD
        return Policy.PLATFORM if here > there - self.skew else Policy.PROVIDER


def _instant(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
