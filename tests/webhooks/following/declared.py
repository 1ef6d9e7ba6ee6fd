"""Webhooks as a connector might declare them, put on one that is there."""

from __future__ import annotations

from typing import Any

from connectors.base.signatures import StandardWebhooks
from connectors.base.webhooks import Call, Hint, Webhooks


def parse(call: Call) -> list[Hint]:
    """Nothing: these tests write the events themselves."""
    return []


def declared(**values: Any) -> Webhooks:
    """For ROVIDA's properties and work orders."""
    given: dict[str, Any] = {
        "scheme": StandardWebhooks(),
        "parse": parse,
        "secret": "ours",
        "resources": ("properties", "work_orders"),
    }
    return Webhooks(**(given | values))
