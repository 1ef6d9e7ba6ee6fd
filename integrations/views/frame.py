"""What the tabs of one integration share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from integrations import panels
from integrations.models import Direction, Integration
from integrations.views.dashboard import card_of


@dataclass(frozen=True)
class Tab:
    """One section of an integration's page; `count` is a badge, left out at zero."""

    slug: str
    label: str
    url: str
    count: int = 0
    tone: str = ""


def _tabs(integration: Any, current: str) -> list[Tab]:
    """The sections that concern this integration, and the current one whatever it is."""
    waiting, refused = integration.open_conflicts, integration.refused_pushes
    asked = integration.open_approvals
    has_slots = any(resource.slots for resource in integration.connector.resources)
    offered = [
        ("overview", "detail", "Vue d’ensemble", True, 0, ""),
        ("jobs", "jobs", "Synchronisations", True, 0, ""),
        ("conflicts", "conflicts", "Conflits", integration.direction == Direction.BOTH or waiting, waiting, "warn"),
        ("approvals", "approvals", "À approuver", bool(asked), asked, "warn"),
        ("pushes", "pushes", "Envois", integration.sends or refused, refused, "bad"),
        ("slots", "slots", "Comptes", has_slots, 0, ""),
        ("settings", "settings", "Paramètres", True, 0, ""),
        ("log", "log", "Journal", True, 0, ""),
    ]
    own = [
        Tab(slug, label, reverse(f"integrations:{name}", args=[integration.pk]), count, tone)
        for slug, name, label, concerns, count, tone in offered
        if concerns or slug == current
    ]
    added = [
        Tab(tab.slug, tab.label, reverse(tab.url, args=[integration.pk]))
        for tab in panels.tabs()
        if tab.slug == current or tab.concerns(integration)
    ]
    place = next(index for index, tab in enumerate(own) if tab.slug == "settings")
    return [*own[:place], *added, *own[place:]]


def frame(integration: Integration, tab: str, **more: Any) -> dict[str, Any]:
    """The context of a tab: the integration (from selectors.integrations), its card, its sections, and `more`."""
    return {
        "integration": integration,
        "card": card_of(integration),
        "tabs": _tabs(integration, tab),
        "tab": tab,
        **more,
    }
