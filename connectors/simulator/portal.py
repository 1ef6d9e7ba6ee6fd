"""What a person does at the developer's portal of a provider: the addresses of an application, and their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.simulator.store import Store


class Portal:
    """Registered addresses by URL, kept in the state file; done through the control API's acts.

    `make_key`: the key that the portal shows for a new address. What else a registration says (events, a version) is
    kept as given.
    """

    ACTS = ("register_webhook", "remove_webhook", "webhooks")

    def __init__(self, store: Store, provider: str, make_key: Callable[[], str]) -> None:
        self._store, self._provider, self._make_key = store, provider, make_key

    def all(self) -> list[dict[str, Any]]:
        """Every address: {"url", "key", …}."""
        return list(self._store.get_value(self._provider, "portal", {}).values())

    def get(self, url: str) -> dict[str, Any] | None:
        """One address, None when it is not registered."""
        found = self._store.get_value(self._provider, "portal", {}).get(url)
        return dict(found) if found else None

    def act(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """Register an address (again: changes it), remove one, or list all. KeyError when no address is given."""
        if name == "webhooks":
            return {"data": self.all()}
        url = str(values["url"])
        kept = self._store.get_value(self._provider, "portal", {})
        found = kept.pop(url, {})
        if name == "register_webhook":
            key = values.get("key") or found.get("key") or self._make_key()
            kept[url] = found = {**found, **values, "key": key}
        self._store.set_value(self._provider, "portal", kept)
        return dict(found)
