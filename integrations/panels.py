"""What higher layers add to our pages, so that we need not know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.models import Integration

_figures: dict[str, list[Callable[[], int]]] = {}


@dataclass(frozen=True)
class Tab:
    """A section of an integration's page. `url`: the name of its address, which takes the integration's id; `concerns`:
    whether it is offered, without a query."""

    slug: str
    label: str
    url: str
    concerns: Callable[[Integration], bool]


_tabs: list[Tab] = []


def add_tab(tab: Tab) -> None:
    """Offer a section on each integration's page, before its settings; call it from AppConfig.ready()."""
    if tab not in _tabs:
        _tabs.append(tab)


def tabs() -> list[Tab]:
    """What was added, in that order."""
    return list(_tabs)


def add_figure(name: str, count: Callable[[], int]) -> None:
    """Let `count` (one query) contribute to a figure of the dashboard; call it from AppConfig.ready()."""
    _figures.setdefault(name, []).append(count)


def figure(name: str) -> int:
    """The sum of what was added under this name."""
    return sum(count() for count in _figures.get(name, []))
