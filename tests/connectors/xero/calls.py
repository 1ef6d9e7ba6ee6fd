"""How Xero calls: events of any organisation, and the check of an address (intent to receive)."""

import base64
import hmac
import json

from connectors.base.webhooks import Hint
from connectors.xero.connector import Xero
from tests.connectors.suite.calls import Caller, Moment, Vector

TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"
KEY = "pBc4dHf0sQ7vYz1LkT9mWeRuIoPaSdFgHjKlZxCvBnM2468ace+/xeroDemoKey=="
INTENT = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
INVOICE = "4f1b7d0c-9f4e-4c1c-8a2a-0c6a2b9f5d11"
EVENT = (
    b'{"events":[{"resourceUrl":"https://api.xero.com/api.xro/2.0/Invoices/4f1b7d0c-9f4e-4c1c-8a2a-0c6a2b9f5d11",'
    b'"resourceId":"4f1b7d0c-9f4e-4c1c-8a2a-0c6a2b9f5d11","tenantId":"c2cc9b6e-9458-4c7d-93cc-f02b81b0594f",'
    b'"tenantType":"ORGANISATION","eventCategory":"INVOICE","eventType":"UPDATE","eventDateUtc":"2026-05-04T14:05:31.9'
    b'02"}],"firstEventSequence":1,"lastEventSequence":1,"entropy":"FXNGWLCCGVANWHKILRUB"}'
)
SAME = f"{TENANT}:{INVOICE}:UPDATE:2026-05-04T14:05:31.902"


def body(moment: Moment) -> bytes:
    """One contact changed."""
    contact = f"717f2bfc-c6d4-41fd-b238-{moment.number.rjust(12, '0')}"
    event = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Contacts/{contact}",
        "resourceId": contact,
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
        "eventCategory": "CONTACT",
        "eventType": "UPDATE",
        "eventDateUtc": "2026-05-04T14:05:31.902",
    }
    return json.dumps({"events": [event], "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "X"}).encode()


def sign(body: bytes, moment: Moment) -> dict[str, str]:
    """HMAC of the body; the key is the text itself, though it looks like base64."""
    return signed(base64.b64encode(hmac.digest(moment.secret.encode(), body, "sha256")).decode())


def signed(signature: str) -> dict[str, str]:
    """The headers of a call."""
    return {"Content-Type": "application/json; charset=utf-8", "x-xero-signature": signature}


CALLER = Caller(
    connector=Xero,
    secret=KEY,
    other="autre+/clef==",
    account=TENANT,
    body=body,
    sign=sign,
    vectors=(
        Vector(INTENT, signed("8ixlMNHe6s9xPp9Dii+uFunM+moqqDQupTIDlU9+naw="), KEY, hints=()),
        Vector(
            EVENT,
            signed("AQ4eWbgOtVg0Lzn0lcoa3Fr0wHcCcaqm4XS56CW86xc="),
            KEY,
            hints=tuple(
                Hint(name, INVOICE, "INVOICE.UPDATE", f"{SAME}:{name}", TENANT, at="2026-05-04T14:05:31.902000Z")
                for name in ("invoices", "bills")
            ),
        ),
    ),
)
