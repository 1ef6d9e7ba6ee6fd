"""How a Pipedrive webhook is known: it carries the user and password that were given when it was created."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.base.signatures import Verdict
from connectors.base.webhooks import Webhooks
from connectors.pipedrive import events


@dataclass(frozen=True)
class BasicCredentials:
    """HTTP Basic in UTF-8. A secret is "user:password", split at its first colon."""

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        url: str = "",
    ) -> Verdict:
        """Judge the header with every live secret; neither body nor time is signed."""
        given = {name.lower(): value for name, value in headers.items()}
        kind, _, value = given.get("authorization", "").strip().partition(" ")
        if not value:
            return Verdict("missing_header")
        known = [secret for secret in secrets if secret]
        if not known:
            return Verdict("no_secret")
        try:
            offered = base64.b64decode(value.strip(), validate=True)
        except (binascii.Error, ValueError):
            return Verdict("bad_signature")
        user, _, password = offered.partition(b":")
        good = False
        for secret in known:
            wanted_user, _, wanted_password = secret.encode().partition(b":")
            # Both are compared whatever the first one gives: the time says nothing of which was wrong.
            same_user = hmac.compare_digest(user, wanted_user)
            same_password = hmac.compare_digest(password, wanted_password)
            good |= same_user & same_password
        return Verdict() if good and kind.lower() == "basic" else Verdict("bad_signature")


WEBHOOKS = Webhooks(
    scheme=BasicCredentials(),
    parse=events.parse,
    secret="subscribed",
    resources=tuple(events.RESOURCES.values()),
    subscribes=True,
    # They do not expire, but Pipedrive removes those that did not answer.
    renew_every=timedelta(days=1),
)
