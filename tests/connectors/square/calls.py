"""How Square calls: one event, signed with the registered address."""

import base64
import hmac
import json

from connectors.base.webhooks import Hint
from connectors.square.connector import Square
from tests.connectors.suite.adapter import FOLDER
from tests.connectors.suite.calls import Caller, Moment, Vector

KEY = "example-signature-key_0123456789"
URL = "https://hooks.example.ca/integrations/square/webhook"
BODY = (FOLDER / "square/events/payment.updated.json").read_bytes().strip()
GOOD = "gnbffYF/h84ajiUbXJIUlLRaU5qJ4ZLfFfEChQulFro="
PAID = Hint(
    "payments",
    "pEXAMPLEpayment0000000001ZY",
    "payment.updated",
    "6f1c2b7e-0d0a-4a51-9a3e-3c1f6d7e8a01",
    "MLEXAMPLE0001",
    at="2026-01-01T00:00:05.123000Z",
)


def body(moment: Moment) -> bytes:
    """A customer changed."""
    customer = {"id": f"C{moment.number}", "given_name": "Zoé", "version": 3}
    event = {
        "merchant_id": "MLLACOSTERENO",
        "type": "customer.updated",
        "event_id": f"6f1c2b7e-0d0a-4a51-9a3e-{moment.number.rjust(12, '0')}",
        "created_at": "2026-01-01T00:00:05.123Z",
        "data": {"type": "customer", "id": customer["id"], "object": {"customer": customer}},
    }
    return json.dumps(event, ensure_ascii=False).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """Address and body."""
    digest = hmac.digest(moment.secret.encode(), moment.url.encode() + body, "sha256")
    return signed(base64.b64encode(digest).decode())


def signed(signature: str) -> dict[str, str]:
    """The headers of a call."""
    return {"Content-Type": "application/json", "x-square-hmacsha256-signature": signature}


CALLER = Caller(
    connector=Square,
    secret=KEY,
    other="autre-clef-de-signature",
    account="MLLACOSTERENO",
    body=body,
    sign=sign,
    vectors=(Vector(BODY, signed(GOOD), KEY, URL, hints=(PAID,)),),
)
