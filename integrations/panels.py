"""What higher layers add to our pages, so that we need not know them."""

from collections.abc import Callable

_figures: dict[str, list[Callable[[], int]]] = {}


def add_figure(name: str, count: Callable[[], int]) -> None:
    """Let `count` (one query) contribute to a figure of the dashboard; call it from AppConfig.ready()."""
    _figures.setdefault(name, []).append(count)


def figure(name: str) -> int:
    """The sum of what was added under this name."""
    return sum(count() for count in _figures.get(name, []))
