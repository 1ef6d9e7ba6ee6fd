"""An integration whose provider calls us: addresses, secrets, calls."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import count
from typing import Any

from django.test import Client

from integrations.models import Integration, ProviderApp
from tests.connectors.suite.calls import Caller, Moment
from tests.integrations import rows
from webhooks.inbound import keys, refusals
from webhooks.models import InboundSubscription, RefusedCall

_numbers = count(1000)


class Desk:
    """One integration of a caller's provider, ready to be called at `path`."""

    def __init__(self, caller: Caller, *, keyed: bool | None = None, **fields: Any) -> None:
        self.caller = caller
        self.declared = caller.connector.webhooks
        assert self.declared
        values: dict[str, Any] = {"provider": caller.slug, "account_id": caller.account, "webhooks_enabled": True}
        self.integration: Integration = rows.integration(**values | fields)
        self.key = keys.new_key()
        shared = self.declared.app_level and self.declared.secret == "app"
        self.keyed = not shared if keyed is None else keyed
        self.subscription = InboundSubscription.objects.create(
            integration=self.integration,
            key=self.key,
            key_hash=keys.key_hash(self.key),
            secrets=[{"secret": caller.secret, "until": ""}] if caller.secret else [],
            state="active",
        )
        if self.declared.secret == "app":
            ProviderApp.objects.get_or_create(
                provider=caller.slug,
                environment=self.integration.environment,
                defaults={"client_id": "c", "client_secret": "unused-client", "webhook_secrets": [caller.secret]},
            )
        self.client = Client(raise_request_exception=True)

    @property
    def path(self) -> str:
        """Where it is called."""
        return keys.path(self.caller.slug, self.key if self.keyed else "")

    def moment(self, number: str = "", **changed: Any) -> Moment:
        """What a call is made with, now and with the good secret unless told otherwise."""
        values: dict[str, Any] = {
            "secret": self.caller.secret,
            "number": number or str(next(_numbers)),
            "url": keys.address(self.caller.slug, self.key if self.keyed else ""),
            "at": time.time(),
        }
        return Moment(**values | changed)

    def send(self, body: bytes, headers: Mapping[str, str], *, path: str = "", client_ip: str = "203.0.113.9") -> Any:
        """Post these bytes."""
        given = dict(headers)
        kind = next((given.pop(name) for name in list(given) if name.lower() == "content-type"), "")
        # Named here too: the test client leaves it out of a request without body.
        given_type: dict[str, Any] = {"CONTENT_TYPE": kind}
        return self.client.post(path or self.path, body, kind, headers=given, REMOTE_ADDR=client_ip, **given_type)

    def call(self, body: bytes | None = None, moment: Moment | None = None) -> Any:
        """An authentic call about one object, or with that body."""
        moment = moment or self.moment()
        body = self.caller.body(moment) if body is None else body
        return self.send(body, self.caller.sign(body, moment))

    @property
    def refused_status(self) -> int:
        """What the provider is told of a bad signature."""
        from connectors.base.webhooks import Call

        return self.declared.refusal(Call(b"", {})).status


def refused() -> dict[str, int]:
    """How many calls were refused, by reason."""
    refusals.flush()
    return {each.reason: each.count for each in RefusedCall.objects.all()}
