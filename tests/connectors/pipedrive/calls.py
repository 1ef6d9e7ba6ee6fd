"""How Pipedrive calls: one event, with the user and password that were given when the webhook was made."""

import base64
import json

from connectors.base.webhooks import Hint
from connectors.pipedrive.connector import Pipedrive
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.suite.calls import Caller, Moment, Vector

COMPANY = "123"
CHANGE = (FOLDER / "pipedrive/events/change.json").read_bytes()
CHANGED = Hint(
    "persons",
    "881",
    "change.person",
    "6f1c7c0e-3e3c-4a51-9d1b-0f6f4c1f0a22",
    COMPANY,
    at="2026-01-01T12:00:00.123000Z",
)


def body(moment: Moment) -> bytes:
    """A person changed."""
    event = json.loads(CHANGE)
    event["meta"] |= {"id": f"6f1c7c0e-3e3c-4a51-9d1b-{moment.number.rjust(12, '0')}", "entity_id": moment.number}
    event["data"]["id"] = int(moment.number)
    return json.dumps(event).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """HTTP Basic."""
    return basic(base64.b64encode(moment.secret.encode()).decode())


def basic(value: str) -> dict[str, str]:
    """The headers of a call."""
    return {"Content-Type": "application/json", "Authorization": f"Basic {value}"}


CALLER = Caller(
    connector=Pipedrive,
    secret="hook-7:Pa55:with:colons",
    other="hook-8:Pa55:with:colons",
    account=COMPANY,
    body=body,
    sign=sign,
    covers_body=False,
    vectors=(
        Vector(CHANGE, basic("aG9vay03OlBhNTU6d2l0aDpjb2xvbnM="), "hook-7:Pa55:with:colons", hints=(CHANGED,)),
        Vector(CHANGE, basic("aG9vay03OnMzY3LDqXQ6UGE1NQ=="), "hook-7:s3crét:Pa55", hints=(CHANGED,)),
    ),
)
