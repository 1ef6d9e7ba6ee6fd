"""How Zoho calls: ids of changed records, with our channel and token."""

import json

from connectors.base.webhooks import Hint
from connectors.zoho.connector import Zoho
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.suite.calls import Caller, Moment, Vector

TOKEN = "d6f4c962d8daee9ccae0bc5d2666f6b805ae8f7a8a951279"
CHANNEL = "1000000068001"
SECRET = f"{CHANNEL}:{TOKEN}"
UPDATE = (FOLDER / "zoho/events/update.json").read_bytes().strip()
CHANGED = Hint(
    "contacts",
    "554023000000527002",
    "Contacts.update",
    f"{CHANNEL}:Contacts:update:554023000000527002:1767268800456",
    at="2026-01-01T12:00:00.456000Z",
)
JSON = {"Content-Type": "application/json"}


def body(moment: Moment) -> bytes:
    """A contact changed; the token is in the body."""
    channel, _, token = moment.secret.partition(":")
    event = json.loads(UPDATE) | {"ids": [moment.number], "channel_id": channel, "token": token}
    return json.dumps(event).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """No header says who calls."""
    return dict(JSON)


CALLER = Caller(
    connector=Zoho,
    secret=SECRET,
    other=f"{CHANNEL}:un-tout-autre-jeton",
    account="554023000000000001",
    body=body,
    sign=sign,
    covers_body=False,
    vectors=(Vector(UPDATE, JSON, SECRET, hints=(CHANGED,)),),
)
