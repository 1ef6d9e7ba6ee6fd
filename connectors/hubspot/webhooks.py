"""HubSpot's calls: one address per application, for all of its accounts.

The third signature signs the address and a time too. The two older ones do not, so that whoever once saw a call could
send it again for ever: they count only with a secret that was stored with their name before it ("v1:…").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.base.signatures import Verdict, out_of_time
from connectors.base.webhooks import Webhooks
from connectors.hubspot import events

# What HubSpot says it decodes in the address before it signs; its own SDKs do not, so that both forms are tried.
_ESCAPES = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
_SECRET = re.compile(r"(?:(v1|v2):)?(.+)", re.DOTALL)


@dataclass(frozen=True)
class HubSpotSignature:
    """The app's client secret is the key. `url`: the public address as registered, from configuration."""

    header: str = "X-HubSpot-Signature-v3"
    tolerance: int = 300

    def verify(
        self,
        body: bytes,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        *,
        now: float | None = None,
        method: str = "POST",
        url: str = "",
    ) -> Verdict:
        """Judge the raw body with every live secret; `now` in Unix seconds."""
        given = {name.lower(): value.strip() for name, value in headers.items()}
        keys = [found for secret in secrets if (found := _SECRET.fullmatch(secret))]
        stamp, version = given.get("x-hubspot-request-timestamp", ""), "v3"
        if not (offered := given.get(self.header.lower(), "")):
            # Opened by a secret only; where none opens it, the third signature is what is missing.
            version = given.get("x-hubspot-signature-version", "v1").lower()
            keys = [key for key in keys if key[1] == version]
            offered = given.get("x-hubspot-signature", "") if keys else ""
        if not offered or (version == "v3" and not stamp):
            return Verdict("missing_header")
        if version == "v3" and (untimely := out_of_time(stamp, self.tolerance, now, per_second=1000)):
            return untimely
        if not keys:
            return Verdict("no_secret")
        good = False
        for address in {url, _ESCAPES.sub(lambda match: bytes.fromhex(match[1]).decode(), url)}:
            for key in keys:
                wanted = _signed(version, key[2].encode(), (method + address).encode(), body, stamp)
                good |= hmac.compare_digest(offered.encode(), wanted)
        return Verdict() if good else Verdict("bad_signature")


def _signed(version: str, key: bytes, called: bytes, body: bytes, stamp: str) -> bytes:
    """called: method and address, without anything between."""
    if version == "v3":
        source = called + body + stamp.encode()
        return base64.b64encode(hmac.digest(key, source, hashlib.sha256))
    source = key + called + body if version == "v2" else key + body
    return hashlib.sha256(source).hexdigest().encode()


WEBHOOKS = Webhooks(
    scheme=HubSpotSignature(),
    parse=events.parse,
    secret="app",
    resources=events.RESOURCES,
    app_level=True,
    signs_time=True,
)
