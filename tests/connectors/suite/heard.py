"""What a provider's simulator tells a receiver, judged and read by the connector."""

from __future__ import annotations

from typing import Any

from connectors.base.connector import Connector
from connectors.base.webhooks import Call, Hint, Subscription


def hints(connector: Connector, subscription: Subscription, calls: list[Call], **options: Any) -> list[Hint]:
    """The hints of authentic calls, in the order of arrival; a changed body or another secret must be refused."""
    webhooks = connector.webhooks
    assert webhooks is not None
    found = []
    for call in calls:
        verdict = webhooks.scheme.verify(call.body, call.headers, subscription.secrets, url=call.url, **options)
        assert verdict.ok, verdict.sentence
        assert not webhooks.scheme.verify(call.body, call.headers, ["whsec_AAAA"], url=call.url, **options).ok
        assert call.headers["content-type"].partition(";")[0] in webhooks.content_types
        found += webhooks.parse(call)
    return found
