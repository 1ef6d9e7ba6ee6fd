"""The checks of the suite, by name, and when each of them bears on a resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.base.resource import Resource
from tests.connectors.suite.adapter import Adapter, Subject
from tests.connectors.suite.desk import Desk, understood


@dataclass(frozen=True)
class Case:
    """One resource at one provider, for one check."""

    desk: Desk
    resource: Resource
    subject: Subject

    @property
    def adapter(self) -> Adapter:
        """The provider's."""
        return self.desk.adapter

    @property
    def name(self) -> str:
        """The resource's."""
        return self.resource.name

    def id_of(self, made: Any) -> str:
        """The connector's id of an object of the simulator."""
        return self.subject.object_id(self.resource, made)

    def live_ids(self) -> set[str]:
        """The ids of all that is there."""
        return {self.id_of(raw) for raw in self.desk.live(self.subject)}

    def read(self, raw: Any) -> dict[str, Any]:
        """What the platform reads of an object."""
        return understood(self.resource, raw)


ProviderCheck = Callable[[Desk], None]
ResourceCheck = Callable[[Case], None]
Applies = Callable[[Resource], bool]

PROVIDER_CHECKS: dict[str, tuple[ProviderCheck, frozenset[str]]] = {}
RESOURCE_CHECKS: dict[str, tuple[ResourceCheck, Applies]] = {}


def of_provider(*ways: str) -> Callable[[ProviderCheck], ProviderCheck]:
    """A check of the provider as a whole, for these ways of connecting (all when none is named)."""

    def keep(function: ProviderCheck) -> ProviderCheck:
        PROVIDER_CHECKS[function.__name__] = function, frozenset(ways or ("oauth2", "api_key"))
        return function

    return keep


def of_resource(applies: Applies = lambda _resource: True) -> Callable[[ResourceCheck], ResourceCheck]:
    """A check of each resource that it applies to."""

    def keep(function: ResourceCheck) -> ResourceCheck:
        RESOURCE_CHECKS[function.__name__] = (function, applies)
        return function

    return keep


def can(*capabilities: str) -> Applies:
    """Resources that declare all of these."""
    return lambda resource: set(capabilities) <= resource.capabilities
