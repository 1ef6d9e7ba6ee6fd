"""What the kit gives to each provider's fake, and what it asks of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Blueprint, Response

from connectors.simulator.bucket import Buckets
from connectors.simulator.clock import Clock
from connectors.simulator.faults import Faults
from connectors.simulator.portal import Portal
from connectors.simulator.sender import Sender
from connectors.simulator.store import Store


class Provider(ABC):
    """One fake provider. It is served below /<slug>; the control API works on it through these methods."""

    slug: ClassVar[str]
    rate: ClassVar[float | None] = None
    burst: ClassVar[int] = 1
    settings: ClassVar[Mapping[str, Any]] = {}
    """Name → default of the fake's own switches."""
    blueprint: Blueprint
    sender: Sender | None = None
    developer_portal: Portal | None = None

    log_number = 0
    """Rises whenever the log of requests is emptied."""
    resets = 0
    """Rises whenever everything begins anew."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.faults = Faults(store, self.slug)
        limits = store.get_value(self.slug, "rate_limit", {"rate": self.rate, "burst": self.burst})
        self.buckets = Buckets(limits["rate"], limits["burst"])

    def limit(self, rate: float | None, burst: int) -> None:
        """Impose other limits, kept over restarts; a rate of None imposes none."""
        self.store.set_value(self.slug, "rate_limit", {"rate": rate, "burst": burst})
        self.buckets.set(rate, burst)

    def setting(self, name: str) -> Any:
        """One of the fake's switches."""
        return self.store.get_value(self.slug, "settings", {}).get(name, self.settings[name])

    def configure(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set switches; answers all of them. ValueError when there is no such switch."""
        unknown = sorted(set(values) - set(self.settings))
        if unknown:
            raise ValueError(f"no switch {', '.join(unknown)}; there are {', '.join(self.settings)}")
        kept = {**self.store.get_value(self.slug, "settings", {}), **values}
        self.store.set_value(self.slug, "settings", kept)
        return {**self.settings, **kept}

    def perform(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """Something that a person does there: at the developer's portal, or what only this provider has."""
        if self.developer_portal and name in self.developer_portal.ACTS:
            return self.developer_portal.act(name, values)
        return self.act(name, values)

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """Something that only this provider does. KeyError when it does not."""
        raise KeyError(name)

    def reset(self, *, seed: bool = True) -> None:
        """Forget everything, limits and faults too; then the demonstration data again."""
        self.resets += 1
        self.forget_requests()
        self.store.clear(self.slug)
        self.buckets.set(self.rate, self.burst)
        if seed:
            self.seed()

    def forget_requests(self) -> None:
        """Empty the log of requests; one that is still being answered does not enter it any more."""
        self.log_number += 1
        self.store.execute("DELETE FROM requests WHERE provider = ?", (self.slug,))

    @abstractmethod
    def seed(self) -> None:
        """Write the demonstration data."""

    @abstractmethod
    def seed_bulk(self, kind: str, count: int) -> None:
        """Write `count` more objects of a kind, quickly and without webhooks."""

    @abstractmethod
    def edit(self, kind: str, object_id: str, values: dict[str, Any], remove: list[str]) -> dict[str, Any]:
        """Change an object as its owner would in the provider's own screens: unchecked, version and time moved,
        webhooks sent. KeyError when there is no such object."""

    @abstractmethod
    def create(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Add an object in the same way. KeyError when there is no such kind."""

    @abstractmethod
    def remove(self, kind: str, object_id: str) -> None:
        """Delete an object in the same way. KeyError when there is no such object."""

    @abstractmethod
    def refuse(self, status: int, headers: dict[str, str]) -> Response:
        """The provider's own error answer."""

    @abstractmethod
    def damage(self, kind: str, options: dict[str, Any], response: Response) -> Response:
        """A list's answer with the named fault in it."""
