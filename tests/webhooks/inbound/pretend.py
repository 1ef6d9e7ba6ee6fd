"""Two providers that do not exist: one that calls an address per integration, one that calls one for all accounts."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any, ClassVar

from connectors.base.connector import Connector
from connectors.base.signatures import HmacHex, StandardWebhooks
from connectors.base.webhooks import Call, Handshake, Hint, Reply, Unreadable, Webhooks
from tests.connectors.suite.calls import Caller, Moment

ACCOUNT = "acc-1"
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="


def parse(call: Call) -> list[Hint]:
    """{"account": …, "events": [{"id", "object", "kind", "at"}]}."""
    try:
        data = json.loads(call.body)
        return [
            Hint(
                resource="customers" if each["kind"].startswith("customer") else "",
                remote_id=each["object"],
                kind=each["kind"],
                dedupe_key=each["id"],
                account=data.get("account", ""),
                at=each.get("at", ""),
                deleted=each["kind"].endswith(".deleted"),
                merged_into=each.get("merged_into", ""),
            )
            for each in data["events"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable("Le contenu n’est pas celui d’un appel.") from None


def handshake(call: Call) -> Handshake | None:
    """{"verify": code, "subscription": id, "account": …}."""
    data = json.loads(call.body)
    return Handshake(data["account"], data["subscription"], data["verify"]) if "verify" in data else None


def reply(call: Call) -> Reply:
    """Says how many bytes were taken."""
    return Reply(202, json.dumps({"taken": len(call.body)}).encode(), "application/json")


def event(number: str, kind: str = "customer.updated", **more: Any) -> dict[str, Any]:
    """One event of a body."""
    return {"id": f"evt_{number}", "object": f"cus_{number}", "kind": kind, "at": "2026-05-01T12:00:00Z"} | more


def body_of(*events: dict[str, Any], account: str = ACCOUNT) -> bytes:
    """A body with these events."""
    return json.dumps({"account": account, "events": list(events)}).encode()


class Keyed(Connector):
    """One address per integration, Standard Webhooks."""

    slug = "keyed"
    label = "Keyed"
    webhooks: ClassVar[Webhooks | None] = Webhooks(
        scheme=StandardWebhooks(),
        parse=parse,
        secret="subscribed",
        resources=("customers",),
        subscribes=True,
        signs_time=True,
        same_bytes=True,
        handshake=handshake,
        reply=reply,
    )


class Shared(Connector):
    """One address for all accounts, the body signed with the application's secret."""

    slug = "shared"
    label = "Shared"
    webhooks: ClassVar[Webhooks | None] = Webhooks(
        scheme=HmacHex(), parse=parse, secret="app", resources=("customers",), app_level=True
    )


def standard(body: bytes, moment: Moment) -> dict[str, str]:
    """Standard Webhooks."""
    key = base64.b64decode(moment.secret.removeprefix("whsec_"))
    signed = f"msg_{moment.number}.{int(moment.at)}.".encode() + body
    return {
        "Content-Type": "application/json",
        "webhook-id": f"msg_{moment.number}",
        "webhook-timestamp": str(int(moment.at)),
        "webhook-signature": "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode(),
    }


def simple(body: bytes, moment: Moment) -> dict[str, str]:
    """HMAC of the body in hexadecimal."""
    digest = hmac.digest(moment.secret.encode(), body, "sha256").hex()
    return {"Content-Type": "application/json", "X-Webhook-Signature": digest}


def body(moment: Moment) -> bytes:
    """One event."""
    return body_of(event(moment.number))


KEYED = Caller(Keyed, secret=SECRET, other=OTHER, account=ACCOUNT, body=body, sign=standard)
SHARED = Caller(Shared, secret="app-secret-1", other="app-secret-2", account=ACCOUNT, body=body, sign=simple)
CALLERS = {"keyed": KEYED, "shared": SHARED}
